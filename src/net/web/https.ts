import type * as http from 'node:http';
import type * as https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { inheriting, moduleLike } from './constructors.ts';
import { type CreateServer, GLOBAL_AGENT, type HttpModule, requests } from './http.ts';
import { serverClass } from './server.ts';
import type { Sockets } from './sockets.ts';
import { connectOver, type TlsModule } from './tls.ts';
import { diesWithSocket } from './tls-socket.ts';

export type HttpsModule = typeof https;

/** node:https, with its servers and clients on our host. */
export interface StackHttps extends HttpsModule {
  createServer: HttpsModule['createServer'] & CreateServer<https.ServerOptions, http.RequestListener, https.Server>;
}

/** Node's, which remembers TLS sessions too. As it stands in the prototype: the types have none. */
interface WithCreateConnection {
  createConnection(options: object, callback?: unknown): TLSSocket;
}

/** What the arguments of an agent's `createConnection` come to: `(options, callback?)`, `(port, options?)` or `(port, host, options?)`. */
function connectionOptions(args: readonly unknown[]): { socket?: unknown } {
  const [first, second] = args;
  const given = args.find((arg) => typeof arg === 'object' && arg !== null);
  if (given !== undefined && given === first) return given;
  const where = typeof second === 'string' ? { host: second } : {};
  return { ...given, ...where, port: first } as object;
}

export function createHttps(sockets: Sockets, https: HttpsModule, http: HttpModule, tls: TlsModule): StackHttps {
  const Server = serverClass(sockets, https.Server, diesWithSocket);
  const { createConnection } = https.Agent.prototype as unknown as WithCreateConnection;
  const Agent = inheriting(https.Agent, {
    createConnection(this: https.Agent, ...args: unknown[]): TLSSocket {
      const options = connectionOptions(args);
      const callback = options === args[0] ? args[1] : undefined;
      const make = (withSocket: object): TLSSocket => createConnection.call(this as never, withSocket, callback);
      return options.socket ? make(options) : connectOver(sockets, tls, options, make);
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
