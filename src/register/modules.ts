import type { EventEmitter } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';
import type { Constructor } from '../net/web/constructors.ts';
import { createHttp } from '../net/web/http.ts';
import { createHttp2 } from '../net/web/http2.ts';
import { createHttps } from '../net/web/https.ts';
import { serverClass } from '../net/web/server.ts';
import type { Sockets } from '../net/web/sockets.ts';
import { createTls } from '../net/web/tls.ts';
import { connectOn, type Hosts, inTheirPlace, isLocal, listenArgs, socketClassOn } from './sockets.ts';

/**
 * Puts the stack in the place of Node's TCP for all of the process: what `require`, `import` and Node's own modules above net (http, https,
 * tls, http2, fetch) get from node:net is the stack's from now on. What a module took out of node:net before stays Node's.
 */
export function replaceModules(hosts: Hosts): void {
  const { self } = hosts;
  const connect = connectOn(hosts);
  const Socket = socketClassOn(hosts);
  const sockets = { connect, Socket: hosts.client.Socket, Server: hosts.server.Server } as unknown as Sockets;
  // Each as it is now: what they call in each other is to be Node's own, and not what stands in its place afterwards.
  const [ofHttp, ofTls, ofHttp2] = [copyOf(http), copyOf(tls), copyOf(http2)];
  Object.assign(ofTls, { connect: (...args: [object]) => asNodeHasIt(() => connectTls(...args)) });
  const own = {
    http: createHttp(sockets, ofHttp),
    https: createHttps(sockets, copyOf(https), ofHttp, ofTls),
    tls: createTls(sockets, ofTls),
    // (Node's own calls what net.connect is by then: programs put something else there to look on.)
    http2: createHttp2({ ...sockets, connect: connectByModule }, ofHttp2, createTls(sockets, ofTls)),
  };
  Object.assign(own.tls, { connect: orLocally(own.tls.connect, ofTls.connect) });
  const { prototype } = own.https.Agent as unknown as { prototype: WithCreateConnection };
  prototype.createConnection = orLocally(prototype.createConnection, createConnection);
  listenLocally(classOf(own.http2.createServer()), classOf(ofHttp2.createServer()), self);
  listenLocally(classOf(own.http2.createSecureServer()), classOf(ofHttp2.createSecureServer()), self);
  Object.assign(http, own.http, { Server: replacing(own.http.Server, http.Server, self) });
  Object.assign(https, own.https, { Server: replacing(own.https.Server, https.Server, self) });
  Object.assign(tls, own.tls, { Server: replacing(own.tls.Server, tls.Server, self) });
  Object.assign(http2, own.http2);
  // A program may put an agent of its own in the place of these.
  for (const [ours, theirs] of [
    [own.http, http],
    [own.https, https],
  ] as const)
    Object.defineProperty(ours, 'globalAgent', { get: () => theirs.globalAgent });
  // Agents of a class that was taken from where node:http has it from.
  Object.assign(AgentOfNode.prototype, { createConnection: connect });
  replaceTlsSockets(own.tls.TLSSocket);
  const Server = replacing(serverClass(sockets, net.Server), net.Server, self);
  const createServer = (...args: unknown[]): net.Server => new Server(...(args as []));
  Object.assign(net, { connect, createConnection: connect, Socket, Stream: Socket, Server, createServer });
  syncBuiltinESMExports();
}

const connectByModule = ((options: net.NetConnectOpts) => net.connect(options)) as unknown as Sockets['connect'];

const classOf = (server: net.Server): Constructor<net.Server> => server.constructor as Constructor<net.Server>;

const { connect: connectTls, Server: TlsServer } = tls;
const { Socket: SocketOfNode } = net;
const { Agent: AgentOfNode } = http;

/**
 * Does something while `net.Socket` is Node's. A TLSSocket takes a net.Socket for one with a handle of C++, and what isn't one for any
 * stream, which ours is.
 */
function asNodeHasIt<T>(run: () => T): T {
  const { Socket } = net;
  Object.assign(net, { Socket: SocketOfNode });
  try {
    return run();
  } finally {
    Object.assign(net, { Socket });
  }
}

interface WithCreateConnection {
  createConnection(...args: unknown[]): net.Socket;
}
const { createConnection } = https.Agent.prototype as unknown as WithCreateConnection;

/** What connects on the stack; to a pipe it is Node's. */
const orLocally = <F extends (...args: never) => unknown>(connect: F, connectOfNode: F): F =>
  function (this: unknown, ...args: never[]) {
    return Reflect.apply(isLocal(args) ? connectOfNode : connect, this, args);
  } as unknown as F;

/** The two other ways to a TLSSocket: a program's own, and a TLS server's for what it accepts. */
function replaceTlsSockets(Ours: typeof tls.TLSSocket): void {
  const construct = (Class: typeof Ours, args: [never], target: typeof Ours): object =>
    asNodeHasIt(() => Reflect.construct(Class, args, target));
  Object.assign(tls, { TLSSocket: new Proxy(Ours, { construct }) });
  // (The secure servers of https and http2 inherit it.)
  const { prototype } = TlsServer as { prototype: EventEmitter };
  const { emit } = prototype;
  prototype.emit = function (event, ...args) {
    const happen = (): boolean => emit.call(this, event, ...args);
    return event === 'connection' ? asNodeHasIt(happen) : happen();
  };
}

/** A module as it is; what it loads when it is asked for it, it still does then. */
const copyOf = <M extends object>(module: M): M =>
  Object.defineProperties({}, Object.getOwnPropertyDescriptors(module)) as M;

/**
 * A server class that stands in the place of Node's. Node's own servers above it call methods of `net.Server.prototype` and
 * `tls.Server.prototype`, which are to be Node's for them.
 */
function replacing<C extends Constructor<net.Server>>(Class: C, Base: C, self: string | undefined): C {
  listenLocally(Class, Base, self);
  const { prototype } = Class as { prototype: object };
  for (const [name, { value: own }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const original = descriptorOf(Base.prototype, name)?.value;
    if (name === 'constructor' || typeof own !== 'function' || typeof original !== 'function') continue;
    const either = function (this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(this instanceof Class ? own : original, this, args);
    };
    Object.defineProperty(prototype, name, { value: either, writable: true, configurable: true });
  }
  return inTheirPlace(Class, Base);
}

/**
 * What isn't TCP's stays Node's: a server of ours that is to listen on a pipe, or on an open file, becomes one of Node's own, method by
 * method. What is for this machine alone listens where this machine's clients get to (`self`).
 */
function listenLocally(Class: Constructor<net.Server>, Base: Constructor<net.Server>, self: string | undefined): void {
  const { prototype } = Class;
  const ours = Object.getOwnPropertyDescriptors(prototype);
  const { listen } = prototype;
  prototype.listen = function (this: net.Server, ...args: unknown[]) {
    if (!isLocal(args, 'listen')) return listen.apply(this, listenArgs(args, self) as []);
    for (const name of Reflect.ownKeys(ours)) {
      if (name === 'constructor') continue;
      const original = descriptorOf(Base.prototype, name);
      if (original !== undefined) Object.defineProperty(this, name, { ...original, configurable: true });
    }
    return this.listen(...(args as []));
  };
}

function descriptorOf(prototype: object | null, name: PropertyKey): PropertyDescriptor | undefined {
  for (let at = prototype; at !== null; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
