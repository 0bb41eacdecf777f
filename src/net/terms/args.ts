import type { ListenOptions, OnReadOpts, SocketConstructorOpts, TcpSocketConnectOpts } from 'node:net';
import { nodeError } from './errors.ts';

export type ConnectOptions = TcpSocketConnectOpts &
  Omit<SocketConstructorOpts, 'fd'> & { timeout?: number | undefined } & ExtraSettings &
  FastOpenOptions;
export type SocketOptions = Omit<SocketConstructorOpts, 'fd'> & {
  noDelay?: boolean | undefined;
  keepAlive?: boolean | undefined;
  keepAliveInitialDelay?: number | undefined;
  highWaterMark?: number | undefined;
  onread?: OnReadOpts | undefined;
} & ExtraSettings;

/** TCP Fast Open (RFC 7413), which node:net has not. */
export interface FastOpenOptions {
  /**
   * true: what is written before the connection is there, as `connect(...).write(...)` does at once, goes with the SYN, as much as fits
   * into one segment, and saves a round trip; where the server's cookie is not known yet, the SYN asks for it, and the next connection
   * has it. What the server doesn't take with the SYN is sent again by itself. A network may bring a SYN twice, and the server may then
   * see such a request twice: only for requests that do no harm so, as GET (RFC 7413, section 2.1). Without the bit 1 in `tcp_fastopen` it
   * is an ordinary connection. Default: false.
   */
  fastOpen?: boolean | undefined;
}

/** Settings of a socket that node:net has no names for. */
export interface ExtraSettings {
  /** As `setUserTimeout`: milliseconds. */
  userTimeout?: number | undefined;
  /** As `setCongestionControl`; `reno`, for example. */
  congestionControl?: string | undefined;
  /** As `setMaxPacingRate`: octets in a second. */
  maxPacingRate?: number | undefined;
}
export type Listener = () => void;

/** `connect(port, host?, listener?)` and `connect(options, listener?)` as one. */
export function connectArgs(args: readonly unknown[]): [options: Partial<ConnectOptions>, listener: Listener | null] {
  const [first, second] = args;
  const last = args[args.length - 1];
  const listener = typeof last === 'function' ? (last as Listener) : null;
  if (typeof first === 'object' && first !== null) return [first as ConnectOptions, listener];
  const options: Partial<ConnectOptions> = {};
  if (typeof first === 'number' || typeof first === 'string') options.port = first as number;
  if (typeof second === 'string') options.host = second;
  return [options, listener];
}

export interface ListenArgs {
  port: number;
  host: string | undefined;
  backlog: number | undefined;
  signal: AbortSignal | undefined;
  listener: Listener | null;
}

/** `listen(port?, host?, backlog?, listener?)` and `listen(options, listener?)` as one. */
export function listenArgs(args: readonly unknown[]): ListenArgs {
  const last = args[args.length - 1];
  const listener = typeof last === 'function' ? (last as Listener) : null;
  const [first] = args;
  const options: ListenOptions = typeof first === 'object' && first !== null ? { ...first } : {};
  if (typeof first === 'number' || typeof first === 'string') {
    options.port = first as number;
    if (typeof args[1] === 'string') options.host = args[1];
  } else if (!(typeof first === 'object' && first !== null)) {
    options.port = 0;
  } else if (options.port === null || (options.port === undefined && 'port' in options)) {
    options.port = 0;
  }
  if (options.port === undefined) {
    throw nodeError(TypeError, 'ERR_INVALID_ARG_VALUE', 'Cannot listen: the options have no "port"');
  }
  const number = args.slice(1, 3).find((arg) => typeof arg === 'number') as number | undefined;
  return {
    port: validPort(options.port, 'options.port'),
    host: options.host || undefined,
    backlog: options.backlog || number,
    signal: options.signal,
    listener,
  };
}

export function validPort(port: unknown, name = 'Port'): number {
  const number = typeof port === 'number' ? port : typeof port === 'string' && port.trim() !== '' ? Number(port) : NaN;
  if (number === number >>> 0 && number <= 0xffff) return number;
  throw nodeError(
    RangeError,
    'ERR_SOCKET_BAD_PORT',
    `${name} should be >= 0 and < 65536. Received ${port === null ? 'null' : `type ${typeof port} (${String(port)})`}.`,
  );
}

const LONGEST_TIMEOUT = 0x7fffffff;

/** The seconds in `milliseconds` that are whole, as milliseconds: keep-alives count in seconds. */
export const wholeSeconds = (milliseconds: number | undefined): number =>
  Math.max(0, ((milliseconds ?? 0) / 1000) | 0) * 1000;

/** Checks a duration for a timer, in milliseconds. */
export function validDuration(value: unknown, name: string): number {
  if (typeof value !== 'number') {
    throw nodeError(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" argument must be of type number`);
  }
  if (!(value >= 0 && value < Infinity)) {
    const message = `The value of "${name}" is out of range. It must be a non-negative finite number. Received ${value}`;
    throw nodeError(RangeError, 'ERR_OUT_OF_RANGE', message);
  }
  return Math.min(value, LONGEST_TIMEOUT);
}

/** Checks a rate in octets a second; Infinity: no limit. @returns null where there is none */
export function validRate(value: unknown, name: string): number | null {
  if (typeof value !== 'number') {
    throw nodeError(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" argument must be of type number`);
  }
  if (value > 0) return value === Infinity ? null : value;
  const message = `The value of "${name}" is out of range. It must be > 0 (Infinity: no limit). Received ${value}`;
  throw nodeError(RangeError, 'ERR_OUT_OF_RANGE', message);
}

/** Checks the name of a congestion control algorithm against those that the host has. */
export function validCongestionControl(value: unknown, known: ReadonlyMap<string, unknown>, name: string): string {
  if (typeof value === 'string' && known.has(value)) return value;
  const among = [...known.keys()].map((other) => `'${other}'`).join(', ');
  const message = `The "${name}" argument must be one of: ${among}. Received ${JSON.stringify(value)}`;
  throw nodeError(TypeError, 'ERR_INVALID_ARG_VALUE', message);
}
