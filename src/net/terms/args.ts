import type { BlockList, ListenOptions, OnReadOpts, SocketConstructorOpts, TcpSocketConnectOpts } from 'node:net';
import { checkSignal, noSuchTransport, wrongValue } from './argument-errors.ts';
import { validPort } from './values.ts';

export type ConnectOptions = TcpSocketConnectOpts &
  Omit<SocketConstructorOpts, 'fd'> & { timeout?: number | undefined } & Pick<SocketOptions, 'typeOfService'> &
  ExtraSettings &
  FastOpenOptions;
export type SocketOptions = Omit<SocketConstructorOpts, 'fd'> & {
  noDelay?: boolean | undefined;
  keepAlive?: boolean | undefined;
  keepAliveInitialDelay?: number | undefined;
  highWaterMark?: number | undefined;
  onread?: OnReadOpts | undefined;
  /** As `setTypeOfService`. */
  typeOfService?: number | undefined;
  /** Addresses that `connect` refuses with ERR_IP_BLOCKED. */
  blockList?: BlockList | undefined;
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
  /** As `setQuickAck`. */
  quickAck?: boolean | undefined;
  /** As `setRecvBufferSize`, in octets; set before the handshake, which announces how far the window can grow. */
  recvBufferSize?: number | undefined;
  /** As `setSendBufferSize`, in octets. */
  sendBufferSize?: number | undefined;
}
export type Listener = () => void;

/** The arguments of `connect`, as one. */
export type ConnectArgs = [options: Partial<ConnectOptions>, listener: Listener | null];

/**
 * `connect(port, host?, listener?)`, `connect(options, listener?)` and `connect(path, listener?)` as one. `net.connect` calls
 * `socket.connect` with that, as node:net does: who puts a function of its own in its place sees it so.
 */
export function connectArgs(args: readonly unknown[]): ConnectArgs {
  const [first] = args;
  if (Array.isArray(first) && first.length === 2 && typeof first[0] === 'object') return first as ConnectArgs;
  const last = args[args.length - 1];
  return [optionsOf(args) as Partial<ConnectOptions>, typeof last === 'function' ? (last as Listener) : null];
}

/** What the arguments of `connect` and `listen` mean, before any check (normalizeArgs in lib/net.js). */
export function optionsOf(args: readonly unknown[]): object {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) return first;
  if (args.length === 0) return {};
  if (typeof first === 'string' && toNumber(first) === undefined) return { path: first };
  return typeof second === 'string' ? { port: first, host: second } : { port: first };
}

/** A number of 0 or more, also as text. */
function toNumber(value: unknown): number | undefined {
  const number = Number(value);
  return number >= 0 ? number : undefined;
}

export interface ListenArgs {
  port: number;
  host: string | undefined;
  backlog: number | undefined;
  ipv6Only: boolean;
  reusePort: boolean;
  signal: AbortSignal | undefined;
  listener: Listener | null;
}

/**
 * `listen(port?, host?, backlog?, listener?)` and `listen(options, listener?)` as one.
 * @throws ERR_INVALID_ARG_VALUE, ERR_INVALID_ARG_TYPE, ERR_SOCKET_BAD_PORT
 */
export function listenArgs(args: readonly unknown[]): ListenArgs {
  const last = args[args.length - 1];
  const options: ListenOptions & { fd?: unknown; reusePort?: boolean } =
    typeof args[0] === 'function' ? { port: 0 } : optionsOf(args);
  if (options.signal !== undefined) checkSignal(options.signal, 'options.signal');
  const isOpen = args.length === 0 || options.port === null || (options.port === undefined && 'port' in options);
  const port = isOpen ? 0 : options.port;
  if (typeof port !== 'number' && typeof port !== 'string') throw notAPort(options);
  return {
    port: validPort(port, 'options.port'),
    host: options.host || undefined,
    backlog: options.backlog || toNumber(args[1]) || toNumber(args[2]) || undefined,
    ipv6Only: Boolean(options.ipv6Only),
    reusePort: Boolean(options.reusePort),
    signal: options.signal,
    listener: typeof last === 'function' ? (last as Listener) : null,
  };
}

function notAPort(options: ListenOptions & { fd?: unknown }): Error {
  if (typeof options.path === 'string') return noSuchTransport('options.path', options.path);
  if (typeof options.fd === 'number' && options.fd >= 0) return noSuchTransport('options.fd', options.fd);
  if ('port' in options || 'path' in options) return wrongValue('options', options);
  return wrongValue('options', options, 'must have the property "port" or "path"');
}
