/**
 * What is said on a control socket: a line of JSON a message. `CONTROL.md`, in the folder above, is its documentation.
 */

/** Another number, and neither side understands the other. Calls, streams and fields that are new don't change it. */
export const PROTOCOL = 1;

/** The longest line that a server reads, in bytes. Requests are short. */
export const LONGEST_REQUEST = 64 * 1024;
/** The longest line that a client reads, in bytes. */
export const LONGEST_ANSWER = 16 * 1024 * 1024;

/** The first line that a client gets: with whom it talks. */
export interface Hello {
  /** The version of tcpglass. */
  tcpglass: string;
  protocol: number;
  pid: number;
  device: string;
  /** The addresses of the host. */
  addresses: string[];
}

export type RequestId = number | string;

/** What is in a request beside `id` and `call`. */
export type Parameters = Readonly<Record<string, unknown>>;

export interface Request {
  id: RequestId;
  call: string;
  parameters: Parameters;
}

/** What a server sends. */
export type Message =
  | { hello: Hello }
  /** Part of an answer that is a list. */
  | { id: RequestId; items: unknown[] }
  /** The answer; after `items` it says how many there were: `{ count }`. */
  | { id: RequestId; result: unknown }
  /** `id` is null where the request had none that could be read. */
  | { id: RequestId | null; error: { code: string; message: string } }
  /** Of a stream. `{ gap: n }` as entry: so many were left out before this, their reader was too slow. */
  | { subscription: number; entry: unknown };

/** What can go wrong, told apart by `code`. */
export type ControlErrorCode =
  /** The line was no request; the connection is closed. */
  | 'badRequest'
  | 'unknownCall'
  | 'badParameters'
  /** What was asked about isn't there (any more). */
  | 'notFound'
  /** Too many clients, or subscriptions of one. */
  | 'busy'
  /** The other side is another user. */
  | 'refused'
  /** Anything else. */
  | 'failed'
  // Of the client itself:
  /** No stack is there, or more than one. */
  | 'noStack'
  | 'severalStacks'
  /** The other side speaks another version of the protocol, or none. */
  | 'version'
  /** The connection ended before the answer. */
  | 'closed';

/** An error that the other side is told: one sentence, and what it can do about it. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: ControlErrorCode;

  constructor(code: ControlErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** @throws ControlError badRequest: the line is none */
export function parseRequest(line: string): Request {
  const value = parseObject(line);
  if (value === null) throw new ControlError('badRequest', 'A request is one line with a JSON object');
  const { id, call, ...parameters } = value;
  if (!isId(id)) throw new ControlError('badRequest', 'A request has an "id", a string or a number');
  if (typeof call !== 'string') throw new ControlError('badRequest', 'A request has a "call", a string');
  return { id, call, parameters };
}

/** The JSON object in a line; null: there is none. */
export function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const isId = (id: unknown): id is RequestId => (typeof id === 'string' && id.length <= 64) || typeof id === 'number';
