import type { Agent as HttpAgent, AgentOptions as HttpAgentOptions } from 'node:http';
import type { Agent as HttpsAgent, AgentOptions as HttpsAgentOptions } from 'node:https';
import { createRequire } from 'node:module';
import { type Connector, type ConnectorOptions, createConnector } from './connector.ts';
import {
  createDispatcher,
  type DispatcherOptions,
  type FetchDispatcher,
  fetchAgent,
  type Undici,
} from './dispatcher.ts';
import { createHttp, GLOBAL_AGENT, type StackHttp } from './http.ts';
import { createHttp2, type StackHttp2 } from './http2.ts';
import { createHttps, type StackHttps } from './https.ts';
import type { Sockets } from './sockets.ts';
import { createTls, type StackTls } from './tls.ts';

/** Node's modules above node:net, and its fetch, on a host of our own. */
export interface Web {
  /**
   * node:http: what listens and connects is of this host, all else is the module's own.
   *
   * @example
   * ```ts
   * stack.http.createServer((request, response) => response.end('hello\n')).listen(80);
   * stack.http.get('http://10.9.0.1:8000/', (response) => response.pipe(process.stdout));
   * ```
   */
  readonly http: StackHttp;
  /** node:https, in the same way. */
  readonly https: StackHttps;
  /**
   * node:tls, in the same way.
   *
   * @example
   * ```ts
   * const socket = stack.tls.connect({ host: 'example.org', port: 443, servername: 'example.org', ALPNProtocols: ['http/1.1'] });
   * socket.on('secureConnect', () => console.log(socket.remoteAddress, socket.getProtocol(), socket.alpnProtocol));
   * ```
   */
  readonly tls: StackTls;
  /**
   * node:http2, in the same way: `createServer` and `connect('http://...')` without TLS, `createSecureServer` and
   * `connect('https://...')` with it.
   */
  readonly http2: StackHttp2;
  /**
   * An agent for clients that take one (got, axios, node-fetch, `http.request`): it connects on this host, and keeps connections, as Node's
   * `http.globalAgent` does, unless `options` say otherwise.
   *
   * @example
   * ```ts
   * http.get('http://10.9.0.1:8000/', { agent: stack.agent() }, (response) => response.pipe(process.stdout));
   * ```
   */
  agent(options?: HttpAgentOptions): HttpAgent;
  /** The same for `https:` URLs; `options` also has what `tls.connect` takes: `ca`, `servername`, `ALPNProtocols`, ... */
  httpsAgent(options?: HttpsAgentOptions): HttpsAgent;
  /**
   * A dispatcher of undici's that connects on this host: for `fetch`, or with `undici` for the package of that name, whose releases are
   * best given their own.
   *
   * @param options as for undici's Agent; `connect` has options of `stack.connect` and `stack.tls.connect`
   * @throws Error ERR_INVALID_STATE without `undici`, if the application has replaced the dispatcher of Node's fetch by one that is no Agent
   *
   * @example
   * ```ts
   * await fetch('https://10.9.0.1/', { dispatcher: stack.dispatcher({ connect: { ca } }) });
   * undici.setGlobalDispatcher(stack.dispatcher({ undici, connections: 10 }));
   * ```
   */
  dispatcher<U extends Undici>(options: DispatcherOptions & { undici: U }): InstanceType<U['Agent']>;
  dispatcher(options?: DispatcherOptions): FetchDispatcher;
  /** What connects for a `Client`, `Pool` or `Agent` of undici: `new Pool(origin, { connect: stack.connector() })`. */
  connector(options?: ConnectorOptions): Connector;
  /**
   * Node's `fetch` on this host. Its connections are kept, as those of `fetch` are; for other settings (`ca`, `lookup`, time-outs) give it a
   * `dispatcher` of the stack.
   *
   * @throws as `dispatcher`
   *
   * @example
   * ```ts
   * const response = await stack.fetch('http://10.9.0.1:8000/', { signal: AbortSignal.timeout(1000) });
   * for await (const chunk of response.body!) process.stdout.write(chunk);
   * ```
   */
  readonly fetch: typeof fetch;
}

/** Loads one of Node's modules when it is first asked for: programs without HTTP need not wait for it. */
const load = createRequire(import.meta.url);

/** Adds the modules to `stack`, each made when it is first used. */
export function withWeb<S extends Sockets>(stack: S): S & Web {
  return Object.defineProperties(stack, Object.getOwnPropertyDescriptors(createWeb(stack))) as S & Web;
}

function createWeb(sockets: Sockets): Web {
  const http = once(() => createHttp(sockets, load('node:http')));
  const tls = once(() => createTls(sockets, load('node:tls')));
  const https = once(() => createHttps(sockets, load('node:https'), load('node:http'), load('node:tls')));
  const http2 = once(() => createHttp2(sockets, load('node:http2'), tls()));

  const connector = (options?: ConnectorOptions): Connector => createConnector(sockets, tls, options);
  const dispatcher = ({ undici, ...options }: DispatcherOptions & { undici?: Undici } = {}): FetchDispatcher =>
    createDispatcher(
      connector,
      (undici?.Agent as Undici['Agent'] & (new () => FetchDispatcher)) ?? fetchAgent(),
      options,
    );
  const ofFetch = once(dispatcher);
  return {
    get http() {
      return http();
    },
    get https() {
      return https();
    },
    get tls() {
      return tls();
    },
    get http2() {
      return http2();
    },
    agent: (options) => new (http().Agent)({ ...GLOBAL_AGENT, ...options }),
    httpsAgent: (options) => new (https().Agent)({ ...GLOBAL_AGENT, ...options }),
    dispatcher: dispatcher as Web['dispatcher'],
    connector,
    fetch: async (input, init) => fetch(input, { dispatcher: ofFetch(), ...init } as RequestInit),
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
