import type * as http from 'node:http';
import type * as https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { inheriting, moduleLike } from './constructors.ts';
import { type CreateServer, GLOBAL_AGENT, type HttpModule, requests } from './http.ts';
import { serverClass } from './server.ts';
import type { Sockets } from './sockets.ts';
import { diesOfErrors, overTcp } from './tls.ts';

export type HttpsModule = typeof https;

/** node:https, with its servers and clients on our host. */
export interface StackHttps extends HttpsModule {
  createServer: HttpsModule['createServer'] & CreateServer<https.ServerOptions, http.RequestListener, https.Server>;
}

/** Node's, which remembers TLS sessions too. As it stands in the prototype: the types have none. */
interface WithCreateConnection {
  createConnection(options: object, callback?: unknown): TLSSocket;
}

export function createHttps(sockets: Sockets, https: HttpsModule, http: HttpModule): StackHttps {
  const Server = serverClass(sockets, https.Server, diesOfErrors);
  const { createConnection } = https.Agent.prototype as unknown as WithCreateConnection;
  const Agent = inheriting(https.Agent, {
    createConnection(this: https.Agent, options: { socket?: unknown }, callback?: unknown): TLSSocket {
      const begin = (withSocket: object): TLSSocket => createConnection.call(this as never, withSocket, callback);
      return options.socket ? begin(options) : overTcp(sockets, options, begin);
    },
  });
  const module: StackHttps = moduleLike(https as StackHttps, {
    Server,
    Agent,
    globalAgent: new Agent(GLOBAL_AGENT),
    createServer: (...args: [https.ServerOptions, http.RequestListener]) => new Server(...args),
    ...requests(http, () => module.globalAgent),
  });
  return module;
}
