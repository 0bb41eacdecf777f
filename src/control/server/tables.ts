import type { Hello, Parameters } from '../terms/protocol.ts';

/**
 * Answers a call. What it returns is sent as JSON; an iterator is sent as a list, in pieces, a piece a turn of the event loop:
 * so it must bear that things change between its items. A null among them
 * is not sent: it stands for work that brought nothing. What it throws is told the client: a `ControlError` with its code.
 */
export type Call = (parameters: Parameters) => unknown;

/**
 * Begins a stream for one subscriber: `push` takes the entries, which must be what JSON can say, and are turned into text before
 * it returns. It never waits: where the subscriber is too slow it counts the entry and forgets it. It answers whether the entry was taken.
 * `leavesOut` answers whether it would do so with an entry, and then has counted it: so none need be made.
 * @returns what ends the stream; called once, when the client says so or is gone
 */
export type Stream = (parameters: Parameters, push: (entry: object) => boolean, leavesOut: () => boolean) => () => void;

/** What a server has to offer. Entries may be added while it runs. */
export interface Tables {
  hello: Hello;
  /** By name: `sockets`, `impair`. */
  calls: Map<string, Call>;
  /** By name: what `subscribe` takes as `stream`. */
  streams: Map<string, Stream>;
}
