import type * as http from 'node:http';
import { inheriting, moduleLike } from './constructors.ts';
import { serverClass } from './server.ts';
import type { ListenerOptions, Sockets } from './sockets.ts';

export type HttpModule = typeof http;

/** node:http, with its servers and clients on our host. */
export interface StackHttp extends HttpModule {
  createServer: HttpModule['createServer'] & CreateServer<http.ServerOptions, http.RequestListener, http.Server>;
}

/** `createServer` with what our listener has beyond Node's. */
export type CreateServer<Options, RequestListener, Server> = (
  options: Options & ListenerOptions,
  listener?: RequestListener,
) => Server;

/** What Node's own `globalAgent` is made with. */
export const GLOBAL_AGENT = { keepAlive: true, scheduling: 'lifo', timeout: 5000 } as const;

export function createHttp(sockets: Sockets, http: HttpModule): StackHttp {
  const Server = serverClass(sockets, http.Server);
  const Agent = inheriting(http.Agent, {
    createConnection: (...args: Parameters<Sockets['connect']>) => sockets.connect(...args),
  });
  const module: StackHttp = moduleLike(http as StackHttp, {
    Server,
    Agent,
    globalAgent: new Agent(GLOBAL_AGENT),
    createServer: (...args: [http.ServerOptions, http.RequestListener]) => new Server(...args),
    ...requests(http, () => module.globalAgent),
  });
  return module;
}

type RequestArgs = [input: unknown, options?: unknown, callback?: unknown];

/** `request` and `get`, which take their sockets from an agent of ours where the application names none. */
export function requests(http: HttpModule, defaultAgent: () => http.Agent): Pick<HttpModule, 'request' | 'get'> {
  const request = (...[input, options, callback]: RequestArgs): http.ClientRequest => {
    const own = { _defaultAgent: defaultAgent() };
    const hasUrl = typeof input === 'string' || input instanceof URL;
    const args = hasUrl
      ? typeof options === 'function'
        ? [input, own, options]
        : [input, { ...own, ...(options as object) }, callback]
      : [{ ...own, ...(input as object) }, options ?? callback];
    return Reflect.construct(http.ClientRequest, args);
  };
  const get = (...args: RequestArgs): http.ClientRequest => {
    const asked = request(...args);
    asked.end();
    return asked;
  };
  return { request, get };
}
