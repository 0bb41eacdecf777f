import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { inherits } from 'node:util';
import type { Server } from '../../../src/net/server.ts';
import type { Socket } from '../../../src/net/socket/socket.ts';
import { closed, listening } from '../support/record.ts';
import type { Behaviour } from './behaviours.ts';

/** A constructor of the time before classes. */
interface OldClass<Instance> {
  new (...args: never[]): Instance;
  call(self: object, ...args: unknown[]): void;
  readonly prototype: Instance;
}

/** What the constructors and prototypes are, and how one may make one's own of them. */
export const shapes: Record<string, Behaviour> = {
  'constructors without new': async ({ client: net }, log) => {
    const { Socket, Server } = net;
    for (const socket of [Socket(), new Socket(), net.Stream(), new net.Stream()]) {
      log.add(socket instanceof Socket, socket instanceof Duplex, socket.constructor === Socket);
    }
    for (const server of [Server(), new Server(), net.createServer()]) {
      log.add(server instanceof Server, server instanceof EventEmitter, server.constructor === Server);
    }
    log.add(Socket.name, Server.name, net.Stream === Socket, net.createConnection === net.connect);
    log.add(
      Server({ allowHalfOpen: true, pauseOnConnect: true }).allowHalfOpen,
      Server(() => {}).listenerCount('connection'),
    );
  },
  'util.inherits': async (nets, log) => {
    const Old = nets.client.Socket as unknown as OldClass<Socket>;
    function Mine(this: Socket & { mine: string }): void {
      Old.call(this, { allowHalfOpen: true });
      this.mine = 'mine';
    }
    inherits(Mine, Old);
    const OldServer = nets.server.Server as unknown as OldClass<Server>;
    function MyServer(this: Server, onConnection: (socket: Socket) => void): void {
      OldServer.call(this, { allowHalfOpen: true }, onConnection);
    }
    inherits(MyServer, OldServer);
    const server = new (MyServer as unknown as new (listener: (socket: Socket) => void) => Server)((far) =>
      far.pipe(far),
    );
    const port = await listening(nets, server);
    const socket = new (Mine as unknown as new () => Socket & { mine: string })();
    log.add(socket.mine, socket instanceof nets.client.Socket, socket instanceof (Mine as never), socket.allowHalfOpen);
    socket.connect(port, nets.address);
    socket.end('through');
    const [data] = await once(socket, 'data');
    log.add(data, socket.bytesRead, socket.bytesWritten);
    server.close();
    await once(server, 'close');
  },
  'classes of our own': async (nets, log) => {
    class Mine extends nets.client.Socket {
      override setNoDelay(on?: boolean): this {
        log.add('setNoDelay', on);
        return super.setNoDelay(on);
      }
    }
    class Counting extends nets.server.Server {
      count = 0;
      override emit(event: string, ...args: unknown[]): boolean {
        if (event === 'connection') this.count++;
        return super.emit(event, ...args);
      }
    }
    const server = new Counting((far) => void far.resume().end('bye'));
    const port = await listening(nets, server);
    const socket = new Mine({ highWaterMark: 1000 });
    log.add(socket.constructor.name, server.constructor.name, socket.writableHighWaterMark);
    socket.connect(port, nets.address).resume();
    socket.setNoDelay(true).write('hello');
    await closed(socket);
    log.add(server.count);
    await new Promise((done) => server.close(done));
  },
  'getters of the prototype': async ({ client: net }, log) => {
    const prototype = net.Socket.prototype as unknown as Record<string, unknown>;
    for (const name of [
      'pending',
      'readyState',
      'bytesRead',
      'bytesWritten',
      'remoteAddress',
      'localPort',
      '_connecting',
    ]) {
      log.add(name, prototype[name] === undefined || typeof prototype[name]);
      log.add(name, name in prototype, Object.hasOwn(prototype, name));
    }
    return log.entries.filter((entry) => !/bytesRead number|pending boolean|_connecting/.test(entry)).length > 0;
  },
  'properties in each state': async (nets, log) => {
    const facts = ({
      connecting,
      pending,
      readyState,
      destroyed,
      readable,
      writable,
      bytesRead,
      bytesWritten,
    }: Socket) => [connecting, pending, readyState, destroyed, readable, writable, bytesRead, bytesWritten].join();
    const addresses = (socket: Socket) =>
      JSON.stringify([socket.remoteAddress, socket.remoteFamily, typeof socket.remotePort, socket.localAddress]);
    const server = nets.server.createServer((far) => far.pipe(far));
    const port = await listening(nets, server);
    const socket = new nets.client.Socket();
    log.add('new', facts(socket), JSON.stringify(socket.address()), socket.timeout, addresses(socket));
    log.add(socket._connecting, socket._handle === null, socket.server, socket.bufferSize);
    socket.connect(port, nets.address);
    log.add(
      'connecting',
      facts(socket),
      socket._connecting,
      socket.remoteAddress,
      socket.remotePort,
      socket.bufferSize,
    );
    await once(socket, 'connect');
    log.add('connected', facts(socket), addresses(socket));
    log.add(
      JSON.stringify({ ...socket.address(), port: 0 }),
      (socket.address() as AddressInfo).port === socket.localPort,
    );
    socket.setEncoding('latin1').write('é');
    const [text] = await once(socket, 'data');
    log.add('read', facts(socket), text, socket.bufferSize);
    socket.end();
    await closed(socket.resume());
    log.add('closed', facts(socket), socket.setNoDelay() === socket, socket.setKeepAlive(true) === socket);
    log.add(socket.setTimeout(1) === socket, socket.ref() === socket, socket.unref() === socket);
    server.close();
  },
};
