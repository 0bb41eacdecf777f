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
 * `fetch` uses if it is given none, where the undici package finds it too: under a registered symbol, `undici.globalDispatcher.1`, and
 * from release 8 on `.2`.
 *
 * @throws Error ERR_INVALID_STATE if the application has put something else in that place
 */
export function fetchAgent(): AgentClass<FetchDispatcher> {
  void globalThis.Headers; // has Node load its undici
  const isOld = Number.parseInt(process.versions.undici ?? '8', 10) < 8;
  const [kept, newer] = isOld ? [classAt(1), classAt(2)] : [classAt(2)];
  if (kept?.name === 'Agent') return kept;
  // Release 8 of the package, in a Node whose own is older, keeps its Agent in the newer place, and in the older one what makes it fit.
  if (kept?.name === 'Dispatcher1Wrapper' && newer?.name === 'Agent') {
    return new Proxy(newer, { construct: (Agent, [options]) => new kept(new Agent(options)) });
  }
  throw nodeError(
    Error,
    'ERR_INVALID_STATE',
    "Cannot find the Agent of Node's fetch: setGlobalDispatcher() has put another dispatcher into its place. Install the undici package and use stack.dispatcher({ undici }) with its fetch",
  );
}

/** The class of what is kept there. */
function classAt(place: 1 | 2): AgentClass<FetchDispatcher> | undefined {
  const kept = (globalThis as never as Record<symbol, object | undefined>)[
    Symbol.for(`undici.globalDispatcher.${place}`)
  ];
  return kept?.constructor as AgentClass<FetchDispatcher> | undefined;
}
