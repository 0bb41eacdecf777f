import net from 'node:net';
import type { Net } from '../net/net.ts';
import { Socket } from '../net/socket/socket.ts';
import { connectArgs } from '../net/terms/args.ts';
import type { Constructor } from '../net/web/constructors.ts';
import { connectLocally } from './local-socket.ts';

/** Where connections lead and servers listen; of a stack on a device both are the same host. */
export interface Hosts {
  readonly client: Pick<Net, 'connect' | 'Socket'>;
  readonly server: Pick<Net, 'Server'>;
  /** Where a connection leads that is to this machine itself; undefined: as it was asked for. */
  readonly self?: string | undefined;
}

/** Node's own, before they are replaced. */
const { connect: connectOfNode, Socket: SocketOfNode } = net;

/** This machine, by a name or address that needs no look-up. */
const isSelf = (host: unknown): boolean =>
  host === undefined ||
  host === '' ||
  (typeof host === 'string' && /^(localhost|127\.[\d.]+|::1|0\.0\.0\.0|::)$/.test(host));

const placed = (host: unknown, self: string | undefined): object =>
  self !== undefined && isSelf(host) ? { host: self } : {};

/**
 * The arguments of `listen`, where a server that is for this machine alone (`127.0.0.1`) is to be reached by clients of the other host, whose
 * connections to this machine lead to `self`.
 */
export function listenArgs(args: readonly unknown[], self: string | undefined): unknown[] {
  const [first, second, ...rest] = args;
  if (typeof first === 'object' && first !== null) {
    const { host } = first as { host?: unknown };
    return host ? [{ ...first, ...placed(host, self) }, ...args.slice(1)] : [...args];
  }
  return self !== undefined && second && isSelf(second) ? [first, self, ...rest] : [...args];
}

/**
 * Is it about a pipe (a Unix socket), or about a file that is open already? Those are none of TCP's. Of a path and a port, node:net connects
 * to the path, and listens on the port.
 */
export function isLocal(args: readonly unknown[], verb: 'connect' | 'listen' = 'connect'): boolean {
  const [first] = args;
  if (typeof first === 'string') return !/^\s*\d+\s*$/.test(first);
  if (typeof first !== 'object' || first === null) return false;
  const { path, port, socketPath, fd, handle, _handle } = first as Record<string, unknown>;
  if (typeof fd === 'number' && fd >= 0) return true;
  if (handle || _handle || typeof socketPath === 'string') return true;
  return typeof path === 'string' && path !== '' && (verb === 'connect' || port === undefined);
}

/** `net.connect` for TCP on the stack, and for pipes on Node's own. */
export function connectOn({ client, self }: Hosts): typeof net.connect {
  const connect = (...args: unknown[]): unknown => {
    if (isLocal(args)) return connectOfNode(...(args as [string]));
    const [options, listener] = connectArgs(args);
    return client.connect({ ...options, ...placed(options.host, self) } as net.NetConnectOpts, listener ?? undefined);
  };
  return connect as unknown as typeof net.connect;
}

/** `net.Socket`: ours, or for an open file Node's own. */
export function socketClassOn({ client, self }: Hosts): typeof net.Socket {
  const { prototype } = client.Socket;
  const { connect } = prototype;
  prototype.connect = function (this: Socket, ...args: unknown[]) {
    // (Of a class of the program's own, the object can't become another's.)
    if (isLocal(args) && Object.getPrototypeOf(this) === prototype) return connectLocally(this, args);
    const [options, listener] = connectArgs(args);
    return Reflect.apply(connect, this, [{ ...options, ...placed(options.host, self) }, listener ?? undefined]);
  };
  return inTheirPlace(client.Socket, SocketOfNode, Socket) as unknown as typeof net.Socket;
}

/**
 * A constructor that stands in the place of Node's: for what isn't TCP's, and for objects of Node's own classes that are derived from it (a
 * TLSSocket, a terminal, an http.Server), it is Node's.
 *
 * @param Kind what all of ours are instances of, whichever host they are on
 */
export function inTheirPlace<C extends Constructor>(Ours: Constructor, Original: C, Kind: Constructor = Ours): C {
  // A number is an open file's.
  const isTheirs = (args: readonly unknown[]): boolean => typeof args[0] === 'number' || isLocal(args);
  function Replaced(this: unknown, ...args: unknown[]): unknown {
    if (new.target !== undefined) {
      return isTheirs(args) ? Reflect.construct(Original, args) : Reflect.construct(Ours, args, new.target);
    }
    if (this instanceof Ours) return Reflect.apply(Ours as unknown as () => unknown, this, args);
    if (this instanceof Original) return Reflect.apply(Original as unknown as () => unknown, this, args);
    return Reflect.construct(isTheirs(args) ? Original : Ours, args);
  }
  Replaced.prototype = Object.defineProperty(Ours.prototype, 'constructor', { value: Replaced });
  Object.defineProperty(Replaced, 'name', { value: Original.name });
  // Who asks whether something is a socket means all sockets: ours, and Node's own (a pipe, a TLSSocket).
  const isOne = function (this: unknown, thing: unknown): boolean {
    if (this !== Replaced) return Function.prototype[Symbol.hasInstance].call(this as () => void, thing);
    return thing instanceof Kind || thing instanceof Original;
  };
  Object.defineProperty(Replaced, Symbol.hasInstance, { value: isOne });
  return Object.setPrototypeOf(Replaced, Ours) as C;
}
