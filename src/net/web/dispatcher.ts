import { nodeError } from '../terms/errors.ts';
import type { Connector, ConnectorOptions } from './connector.ts';

/** The undici package, or another that has its Agent. */
export interface Undici {
  Agent: AgentClass;
}
// biome-ignore lint/suspicious/noExplicitAny: each release has options of its own
type AgentClass<A extends object = object> = new (options: any) => A;

/** Options of undici's Agent, but that `connect` has no function of its own. */
export interface DispatcherOptions {
  connect?: ConnectorOptions | undefined;
  /** Offers HTTP/2 to TLS servers. */
  allowH2?: boolean | undefined;
  /** How long a connection may be idle, in milliseconds. */
  keepAliveTimeout?: number | undefined;
  /** Connections to one server at the most. */
  connections?: number | null | undefined;
  pipelining?: number | undefined;
  headersTimeout?: number | undefined;
  bodyTimeout?: number | undefined;
  [ofUndici: string]: unknown;
}

/** What `fetch` takes as its `dispatcher`. */
export type FetchDispatcher = RequestInit extends { dispatcher?: infer D } ? NonNullable<D> : object;

/** An Agent of undici's that connects by `connector`. */
export function createDispatcher<A extends object>(
  connector: (options: ConnectorOptions) => Connector,
  Agent: AgentClass<A>,
  options: DispatcherOptions,
): A {
  const { connect, ...rest } = options;
  const { allowH2 } = rest;
  return new Agent({ ...rest, connect: connector({ ...(allowH2 === undefined ? {} : { allowH2 }), ...connect }) });
}

/**
 * The Agent of the undici that is within Node, and behind its `fetch`. Node doesn't export it, but keeps one of it, the dispatcher that
 * `fetch` uses if it is given none, where the undici package finds it too: under a registered symbol, `undici.globalDispatcher.1` or
 * a later number.
 *
 * @throws Error ERR_INVALID_STATE if the application has put something else in that place
 */
export function fetchAgent(): AgentClass<FetchDispatcher> {
  void globalThis.Headers; // has Node load its undici
  for (const place of Object.getOwnPropertySymbols(globalThis).reverse()) {
    if (!place.description?.startsWith('undici.globalDispatcher.')) continue;
    const Agent = (globalThis as never as Record<symbol, object>)[place]!.constructor;
    if (Agent.name === 'Agent') return Agent as AgentClass<FetchDispatcher>;
  }
  throw nodeError(
    Error,
    'ERR_INVALID_STATE',
    "Cannot find the Agent of Node's fetch: setGlobalDispatcher() has put another dispatcher into its place. Install the undici package and use stack.dispatcher({ undici }) with its fetch",
  );
}
