import { BlockList } from 'node:net';
import type { Log } from '../support/record.ts';
import type { TwoNets } from '../support/two-nets.ts';
import type { Behaviour } from './behaviours.ts';

/** Values that are none of those that an argument may have. */
type Wrong = unknown;

/** Notes what each attempt throws, message and all. */
function attempt(log: Log, what: string, action: () => unknown): void {
  try {
    const made = action() as { destroy?(): void; close?(): void };
    log.add(what, 'passes');
    made?.destroy?.();
    made?.close?.();
  } catch (error) {
    log.add(what, error);
  }
}

const each = (values: readonly Wrong[], log: Log, what: string, action: (value: never) => unknown): void => {
  for (const value of values) attempt(log, `${what} ${typeof value} ${String(value)}`, () => action(value as never));
};

const NO_NUMBERS = ['1', true, null, {}, [], Symbol.iterator, 1n, () => {}];
const NO_PORTS = [-1, 65536, 1.5, NaN, Infinity, '', ' ', '-1', '65536', 'abc', '1e6'];
const NO_FUNCTIONS = [1, 'lookup', true, {}];

const quiet = <S extends { on(event: 'error', listener: () => void): unknown }>(socket: S): S => {
  socket.on('error', () => {});
  return socket;
};

const version = Number(process.versions.node.split('.')[0]);

/** What is refused, and in which words. What the words are about is in the documentation of node:net. */
export const refusals: Record<string, Behaviour> = {
  'new Socket': async ({ client: net }, log) => {
    for (const name of ['objectMode', 'readableObjectMode', 'writableObjectMode']) {
      attempt(log, name, () => new net.Socket({ [name]: true }));
    }
    each(NO_NUMBERS.slice(0, 4), log, 'keepAliveInitialDelay', (keepAliveInitialDelay) => {
      return new net.Socket({ keepAliveInitialDelay });
    });
    each([-1, 0, 1500], log, 'keepAliveInitialDelay', (keepAliveInitialDelay) => {
      return new net.Socket({ keepAliveInitialDelay });
    });
    attempt(log, 'fd', () => new net.Socket({ fd: -1 } as object));
    attempt(log, 'highWaterMark', () => new net.Socket({ highWaterMark: -5 }));
  },
  'connect: what to connect to': async ({ client: net, address }, log) => {
    attempt(log, 'nothing', () => (net.connect as () => unknown)());
    attempt(log, 'no port', () => net.connect({ host: address } as never));
    each(NO_PORTS.slice(0, 9), log, 'port', (port) => quiet(net.connect({ port, host: address })));
    each([true, null, {}, [], () => {}], log, 'port', (port) => quiet(net.connect({ port, host: address })));
    for (const host of [['127.0.0.1'], 5, {}, true]) {
      if (version < 22) break; // (20 has other words, and of an array it dies)
      attempt(log, `host ${host}`, () => net.connect({ port: 9, host } as never));
    }
    each([5, {}, [], true], log, 'path', (path) => net.connect({ path, port: 9 } as never));
    attempt(log, 'port as text', () => quiet(net.connect({ port: '9' as never, host: address })));
    attempt(log, 'port as hexadecimal text', () => quiet(net.connect({ port: '0x9' as never, host: address })));
  },
  'connect: from where, and how': async ({ client: net, address }, log) => {
    const where = { port: 9, host: address };
    each(['x', '1.2.3', '300.0.0.1', 'localhost'], log, 'localAddress', (localAddress) => {
      return quiet(net.connect({ ...where, localAddress }));
    });
    each(['1', {}, true], log, 'localPort', (localPort) => quiet(net.connect({ ...where, localPort })));
    each([1, 'true', {}], log, 'autoSelectFamily', (autoSelectFamily) => {
      return quiet(net.connect({ ...where, autoSelectFamily }));
    });
    each([0, -10, 1.5, 2 ** 31, '10', NaN], log, 'autoSelectFamilyAttemptTimeout', (autoSelectFamilyAttemptTimeout) => {
      return quiet(net.connect({ ...where, autoSelectFamilyAttemptTimeout } as never));
    });
    each(NO_FUNCTIONS, log, 'lookup', (lookup) => quiet(net.connect({ port: 9, host: 'some.name', lookup })));
    each(NO_FUNCTIONS.slice(0, 1), log, 'lookup without need', (lookup) => quiet(net.connect({ ...where, lookup })));
  },
  'listen: where': async ({ server: net }, log) => {
    each(NO_PORTS.slice(0, 9), log, 'port', (port) => net.createServer().listen({ port }));
    each([true, {}, []], log, 'port', (port) => net.createServer().listen({ port }));
    attempt(log, 'no port, no path', () => net.createServer().listen({} as never));
    attempt(log, 'exclusive alone', () => net.createServer().listen({ exclusive: true }));
    attempt(log, 'true', () => net.createServer().listen(true as never));
    attempt(log, 'path that is none', () => net.createServer().listen({ path: 5 } as never));
    attempt(log, 'fd that is none', () => net.createServer().listen({ fd: -1 } as never));
    attempt(log, 'backlog as text', () => net.createServer().listen(0, '127.0.0.3', '5' as never));
    each([1, {}, 'signal'], log, 'signal', (signal) => net.createServer().listen({ port: 0, signal }));
  },
  'listen twice': async ({ server: net, address }, log) => {
    const server = net.createServer().listen(0, address);
    await new Promise((done) => server.once('listening', done));
    attempt(log, 'again', () => server.listen(0, address));
    log.add(server.listening);
    await new Promise((done) => server.close(done));
  },
  createServer: async ({ server: net }, log) => {
    each([1, 'x', true, Symbol.iterator], log, 'options', (options) => net.createServer(options));
    each([null, undefined, {}, () => {}], log, 'options', (options) =>
      net.createServer(options).listenerCount('connection'),
    );
    each(NO_NUMBERS.slice(0, 4), log, 'keepAliveInitialDelay', (keepAliveInitialDelay) => {
      return net.createServer({ keepAliveInitialDelay });
    });
    each(NO_NUMBERS.slice(0, 4), log, 'highWaterMark', (highWaterMark) => net.createServer({ highWaterMark }));
  },
  setTimeout: async ({ client: net }, log) => {
    const socket = new net.Socket();
    each([...NO_NUMBERS.slice(0, 6), -1, NaN, Infinity, -Infinity], log, 'msecs', (msecs) => {
      socket.setTimeout(msecs);
    });
    each([1, 'x', {}], log, 'callback', (callback) => void socket.setTimeout(10, callback));
    each([1, 'x', {}], log, 'callback of none', (callback) => void socket.setTimeout(0, callback));
    socket.destroy();
  },
  'write and end': async ({ client: net }, log) => {
    each([1, true, {}, [], undefined, Symbol.iterator], log, 'write', (chunk) => {
      const socket = quiet(new net.Socket());
      return socket.write(chunk);
    });
    attempt(log, 'write null', () => quiet(new net.Socket()).write(null as never));
    attempt(log, 'encoding', () => quiet(new net.Socket()).write('x', 'utf77' as never));
  },
  'blocked addresses': async (nets, log) => {
    if (Number(process.versions.node.split('.')[0]) < 24) return; // no option of connect before
    const blockList = new BlockList();
    blockList.addAddress('127.0.0.9');
    await blocked(nets, log, blockList);
    each([1, {}, 'list'], log, 'blockList', (list) => new nets.client.Socket({ blockList: list }));
    each([1, {}, 'list'], log, 'blockList of a server', (list) => nets.server.createServer({ blockList: list }));
  },
};

async function blocked({ client: net }: TwoNets, log: Log, blockList: BlockList): Promise<void> {
  const socket = net.connect({ port: 9, host: '127.0.0.9', blockList } as never);
  await new Promise<void>((done) => {
    socket.on('error', (error) => {
      log.add(error);
      done();
    });
  });
}
