import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Socket } from '../socket/socket.ts';
import { nodeError } from '../terms/errors.ts';
import type { Sockets } from './sockets.ts';
import type { StackTls } from './tls.ts';

/** Where undici wants to connect to. */
export interface Destination {
  hostname: string;
  /** With the port, if it is another than the protocol's. */
  host?: string | undefined;
  protocol: string;
  port: string;
  servername?: string | undefined;
  localAddress?: string | null | undefined;
  /** A connection that is there already, through a proxy, and lacks TLS only. */
  httpSocket?: object | undefined;
}

export type Connector = (
  to: Destination,
  callback: (error: Error | null, socket: Socket | TLSSocket | null) => void,
) => Socket | TLSSocket;

/** As undici's own connector has them. All others are for `stack.tls.connect` and `stack.connect`: `ca`, `lookup`, `family`, ... */
export interface ConnectorOptions {
  /** Milliseconds until the connection is there, with its TLS; 0: no limit. Default: 10,000. */
  timeout?: number | undefined;
  /** Offers HTTP/2 to TLS servers (ALPN). Default: false. */
  allowH2?: boolean | undefined;
  /** How many servers' last TLS sessions are remembered. Default: 100. */
  maxCachedSessions?: number | undefined;
  /** Default: true. */
  keepAlive?: boolean | undefined;
  /** Milliseconds. Default: 60,000. */
  keepAliveInitialDelay?: number | undefined;
  servername?: string | undefined;
  [forTheSocket: string]: unknown;
}

/** A function that connects on our host, as undici's Agent, Pool and Client take one for their option `connect`. */
export function createConnector(sockets: Sockets, tls: () => StackTls, settings: ConnectorOptions = {}): Connector {
  const { timeout = 10_000, allowH2 = false, maxCachedSessions = 100, ...options } = settings;
  const { keepAlive = true, keepAliveInitialDelay = 60_000 } = options;
  const sessions = new Map<string, Buffer>();

  const connectTls = (to: Destination, target: object): TLSSocket => {
    const servername = to.servername || options.servername || nameIn(to.host ?? to.hostname);
    const key = `${servername ?? to.hostname}:${to.port}`;
    const session = sessions.get(key);
    if (session !== undefined) remember(sessions, key, session, maxCachedSessions);
    const socket = tls().connect({
      session,
      ...target,
      servername,
      ALPNProtocols: allowH2 ? ['http/1.1', 'h2'] : ['http/1.1'],
      socket: to.httpSocket as never,
    });
    return socket.on('session', (issued) => remember(sessions, key, issued, maxCachedSessions));
  };

  return (to, callback) => {
    const isSecure = to.protocol === 'https:';
    const target: Record<string, unknown> = {
      ...options,
      host: to.hostname,
      port: Number(to.port || (isSecure ? 443 : 80)),
    };
    if (to.localAddress) target.localAddress = to.localAddress;
    const socket = isSecure ? connectTls(to, target) : sockets.connect(target);
    socket.setNoDelay(true).setKeepAlive(keepAlive, keepAliveInitialDelay);

    let waits = true;
    const settle = (error: Error | null): void => {
      if (!waits) return;
      waits = false;
      clearTimeout(timer);
      callback(error, error === null ? socket : null);
    };
    const giveUp = (): void => void socket.destroy(connectTimeout(to, timeout));
    const timer = timeout > 0 ? setTimeout(giveUp, timeout).unref() : undefined;
    socket.once(isSecure ? 'secureConnect' : 'connect', () => settle(null));
    socket.on('error', settle);
    socket.once('close', () => settle(closedBefore()));
    return socket;
  };
}

/** The name in `name:port`; undefined for an address, which TLS does not name (RFC 6066, section 3). */
function nameIn(host: string): string | undefined {
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.split(':')[0]!;
  return isIP(name) || isIP(host) ? undefined : name;
}

/** Keeps the last session of each server, and of servers as many as `most`: the one longest unused goes first. */
function remember(sessions: Map<string, Buffer>, key: string, session: Buffer, most: number): void {
  sessions.delete(key);
  if (most > 0) sessions.set(key, session);
  if (sessions.size > most) sessions.delete(sessions.keys().next().value!);
}

/** As undici has it, so that code which knows that one knows this one. */
function connectTimeout({ hostname, port }: Destination, timeout: number): Error {
  const message = `Connect Timeout Error (attempted address: ${hostname}:${port}, timeout: ${timeout}ms)`;
  return Object.assign(nodeError(Error, 'UND_ERR_CONNECT_TIMEOUT', message), { name: 'ConnectTimeoutError' });
}

const closedBefore = (): Error =>
  nodeError(Error, 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'Socket closed before the connection was established');
