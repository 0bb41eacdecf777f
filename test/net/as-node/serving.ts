import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import dns, { type LookupAddress } from 'node:dns';
import { EventEmitter, once } from 'node:events';
import { BlockList } from 'node:net';
import type { Server } from '../../../src/net/server.ts';
import type { Socket } from '../../../src/net/socket/socket.ts';
import { closed, type Log, listening, pause } from '../support/record.ts';
import type { TwoNets } from '../support/two-nets.ts';
import type { Behaviour } from './behaviours.ts';

const version = Number(process.versions.node.split('.')[0]);

/** Listens, and notes what comes of it. */
async function listened(log: Log, what: string, server: Server): Promise<void> {
  const [outcome] = await Promise.race([once(server, 'listening').then(() => ['listens']), failed(server)]);
  log.add(what, outcome);
}
const failed = (server: Server): Promise<[Error]> =>
  new Promise((done) => server.once('error', (error) => done([error])));

const portOf = (server: Server): number => (server.address() as { port: number }).port;

export const serving: Record<string, Behaviour> = {
  'the many ways to listen': async ({ server: net }, log) => {
    const ways: ((server: Server) => Server)[] = [
      (server) => server.listen(),
      (server) => server.listen(0),
      (server) => server.listen('0' as never),
      (server) => server.listen(null as never),
      (server) => server.listen(undefined),
      (server) => server.listen({ port: 0 }),
      (server) => server.listen({ port: undefined as never }),
      (server) => server.listen({ port: '0' as never, host: '127.0.0.3', backlog: 5 }),
      (server) => server.listen(0, '127.0.0.3'),
      (server) => server.listen(0, 5),
      (server) => server.listen(0, '127.0.0.3', 5),
      (server) => server.listen(0, ''),
      (server) => server.listen(0, '0.0.0.0'),
      (server) => server.listen(0, '::'),
      (server) => server.listen(0, '::1'),
      (server) => server.listen({ port: 0, host: '::', ipv6Only: true }),
      (server) => server.listen(() => log.add('called')),
      (server) => server.listen(0, () => log.add('called')),
      (server) => server.listen(0, '127.0.0.3', 5, () => log.add('called')),
      (server) => server.listen({ port: 0 }, () => log.add('called')),
    ];
    for (const [i, way] of ways.entries()) {
      const server = net.createServer();
      log.add(i, way(server) === server, server.listening);
      await once(server, 'listening');
      log.add(JSON.stringify({ ...(server.address() as object), port: 0 }), server.listening);
      await new Promise((done) => server.close(done));
      log.add(server.listening, server.address());
    }
  },
  'listening, moment by moment': async ({ server: net, address }, log) => {
    const ways = [[0], [0, address], [{ port: 0, host: address, signal: new AbortController().signal }]];
    for (const way of ways) {
      const server = net.createServer();
      const note = (when: string) => log.add(when, server.listening, server.address() !== null);
      for (const event of ['listening', 'close']) server.on(event, () => note(event));
      server.listen(...(way as [number]));
      note('at once');
      void Promise.resolve().then(() => note('in a promise'));
      process.nextTick(() => note('in a tick'));
      setImmediate(() => note('in the next turn'));
      await pause(5);
      server.close();
      note('closed');
      process.nextTick(() => note('closed, in a tick'));
      server.listen(0);
      note('again');
      await pause(5);
      server.close();
      await pause(5);
    }
    const taken = net.createServer().listen(0, address);
    await once(taken, 'listening');
    for (const way of [[portOf(taken)], [portOf(taken), address]]) {
      const server = net.createServer().on('error', () => log.add('error', server.listening, server.address()));
      server.listen(...(way as [number]));
      log.add('taken', server.listening);
      await pause(5);
    }
    await new Promise((done) => taken.close(done));
  },
  'who may listen beside whom': async ({ server: net }, log) => {
    const places = ['127.0.0.3', '127.0.0.4', '0.0.0.0', '::', '::1', undefined];
    for (const [first, firstOnly] of [...places.map((place) => [place, false] as const), ['::', true] as const]) {
      for (const second of places) {
        const a = net.createServer().listen({ port: 0, host: first, ipv6Only: firstOnly } as never);
        await once(a, 'listening');
        const b = net.createServer().listen({ port: portOf(a), host: second } as never);
        await listened(log, `${first} ${firstOnly}, then ${second}:`, b);
        await new Promise((done) => b.close(done));
        await new Promise((done) => a.close(done));
      }
    }
    return log.entries.map((entry) => entry.replaceAll(/:\d+"/g, ':PORT"'));
  },
  'reusePort: listeners that share a place, and connections that go to all of them': async (nets, log) => {
    if (version < 22) return;
    const counts = [0, 0];
    const [first, second, third] = [0, 1, 2].map((i) =>
      nets.server.createServer((far) => {
        counts[i]!++;
        far.resume().end();
      }),
    ) as [Server, Server, Server];
    const options = { host: nets.address, reusePort: true } as object;
    await listened(log, 'first', first.listen({ ...options, port: 0 }));
    const port = portOf(first);
    await listened(log, 'second', second.listen({ ...options, port }));
    await listened(log, 'third', third.listen(port, nets.address));
    const near = Array.from({ length: 50 }, () => nets.client.connect(port, nets.address).resume());
    await closed(...near);
    log.add(counts[0]! > 0, counts[1]! > 0, counts[0]! + counts[1]!);
    await new Promise((done) => first.close(done));
    const another = nets.client.connect(port, nets.address).resume();
    await closed(another);
    log.add(counts[0]! + counts[1]!);
    await new Promise((done) => second.close(done));
  },
  "names, by a look-up that was put in the place of Node's": async (nets, log) => {
    if (version < 22) return;
    const names: Record<string, string[]> = {
      'link.test': ['fe80::1', 'febf::2', '127.0.0.3'],
      'six.test': ['fe80::1', '::1'],
      'only.test': ['fe80::1'],
      '127.0.0.3': ['127.0.0.3'],
    };
    const { lookup } = dns;
    const ours = (name: string, options: { all?: boolean }, done: (error: Error | null, found?: unknown) => void) => {
      const found = names[name]?.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
      log.add('asked', name, options.all);
      setImmediate(() => (found ? done(null, found) : done(new Error('no such name'))));
    };
    Object.assign(dns, { lookup: ours });
    try {
      for (const name of [...Object.keys(names), 'other.test']) {
        const server = nets.server.createServer().listen(0, name);
        await listened(log, name, server);
        log.add((server.address() as { address?: string } | null)?.address);
        server.close();
      }
      const server = nets.server.createServer((far) => far.end()).listen(0, '127.0.0.3');
      await once(server, 'listening');
      Object.assign(names, { 'near.test': ['127.0.0.3'] });
      const near = nets.client.connect(portOf(server), 'near.test').resume();
      near.on('lookup', (...found) => log.add('lookup', ...found));
      await closed(near);
      server.close();
    } finally {
      Object.assign(dns, { lookup });
    }
    // Which error it is has to do with the kernel's scopes of link-local addresses.
    return log.entries.map((entry) => entry.replace(/^only.test .*("address":"fe80::1").*/, 'only.test fails: $1'));
  },
  'an address that is not ours': async ({ server: net }, log) => {
    await listened(log, 'listen', net.createServer().listen(80, '203.0.113.9'));
    await listened(log, 'listen', net.createServer().listen(80, '2001:db8::9'));
  },
  'a port that is free again': async (nets, log) => {
    const first = nets.server.createServer((far) => far.end());
    const port = await listening(nets, first);
    const near = nets.client.connect(port, nets.address).resume();
    await closed(near);
    await new Promise((done) => first.close(done));
    const second = nets.server.createServer().listen(port, nets.address);
    await listened(log, 'again', second);
    await new Promise((done) => second.close(done));
  },
  'captureRejections: an async handler that fails': async (nets, log) => {
    EventEmitter.captureRejections = true;
    const server = nets.server.createServer(async (far) => {
      far.on('error', (error) => log.add('far', error));
      throw new Error('failed in the handler');
    });
    EventEmitter.captureRejections = false;
    const port = await listening(nets, server);
    const near = log.watch('near', nets.client.connect(port, nets.address));
    await closed(near);
    server.close();
    return [log.of('far'), log.of('near')];
  },
  'captureRejections: async handlers of servers and sockets': async (nets, log) => {
    EventEmitter.captureRejections = true;
    const server = nets.server.createServer();
    EventEmitter.captureRejections = false;
    server.on('error', (error) => log.add('server', error));
    server.on('listening', async () => {
      throw new Error('failed upon listening');
    });
    server.on('connection', (far) => void far.on('error', () => {}).pipe(far));
    const port = await listening(nets, server);
    for (const captureRejections of [true, false]) {
      const near = nets.client.connect({ port, host: nets.address, captureRejections } as never);
      near.on('error', (error) => log.add('near', captureRejections, error));
      near.on('data', async () => {
        if (captureRejections) throw new Error('failed upon data');
        near.end();
      });
      near.write('x');
      await closed(near);
      log.add(near.destroyed, near.errored?.message);
    }
    server.close();
    return [log.of('server'), log.of('near'), log.of('true')];
  },
  'maxConnections of 0': async (nets, log) => {
    const server = nets.server.createServer((far) => far.resume().end());
    server.maxConnections = 0;
    server.on('drop', () => log.add('dropped'));
    const port = await listening(nets, server);
    const near = nets.client.connect(port, nets.address).resume();
    await closed(near.on('error', () => {}));
    server.close();
    await once(server, 'close');
  },
  'what a dropped connection was': async (nets, log) => {
    const server = nets.server.createServer((far) => far.resume());
    server.maxConnections = 1;
    server.listen(0);
    await once(server, 'listening');
    const first = nets.client.connect(portOf(server), '127.0.0.1');
    await once(first, 'connect');
    await pause(5);
    const second = nets.client.connect(portOf(server), '127.0.0.1').resume();
    const [drop] = await once(server, 'drop');
    log.add(JSON.stringify({ ...drop, remotePort: 0, localPort: 0 }));
    await closed(second.on('error', () => {}));
    first.destroy();
    server.close();
    await once(server, 'close');
  },
  'blockList of a server': async (nets, log) => {
    if (version < 24) return;
    const blockList = new BlockList();
    blockList.addAddress('127.0.0.5');
    const server = nets.server.createServer({ blockList } as object, (far) => {
      log.add('connection', far.remoteAddress);
      far.end();
    });
    const port = await listening(nets, server);
    for (const localAddress of ['127.0.0.5', '127.0.0.6']) {
      await closed(nets.client.connect({ port, host: nets.address, localAddress }).resume());
    }
    server.close();
  },
  'diagnostics channels': async (nets, log) => {
    await heard(log, async () => {
      const server = nets.server.createServer((far) => {
        log.add('connection');
        far.resume().end();
      });
      const port = await listening(nets, server);
      const near = nets.client.connect(port, nets.address).resume();
      log.add('connect called');
      await closed(near);
      const taken = nets.server.createServer().on('error', () => {});
      taken.listen(port, nets.address);
      await once(taken, 'error');
      server.close();
      await once(server, 'close');
    });
  },
  'close, and close again': async (nets, log) => {
    const server = nets.server.createServer();
    await listening(nets, server);
    server.on('close', () => log.add('close'));
    log.add(server.close(log.callback('first')) === server, server.listening);
    server.close(log.callback('second'));
    await once(server, 'close');
    await pause(5);
    await server[Symbol.asyncDispose]();
    log.add(await new Promise((done) => server.getConnections((error, count) => done(`${error} ${count}`))));
    await new Promise<void>((done) => server.listen(0, nets.address, done));
    log.add('listens again', server.listening);
    await server[Symbol.asyncDispose]();
    log.add(server.listening);
  },
  'listen, and close before it is told': async (nets, log) => {
    const server = nets.server.createServer();
    server.on('listening', () => log.add('listening'));
    server.on('close', () => log.add('close'));
    server.listen(0, nets.address);
    server.close(log.callback('closed'));
    await pause(10);
  },
  'settings of a server are those of its sockets': async (nets, log) => {
    const server = nets.server.createServer({ allowHalfOpen: true, highWaterMark: 1234, pauseOnConnect: true });
    const port = await listening(nets, server);
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const near = nets.client.connect(port, nets.address);
    const [far] = await accepted;
    log.add(
      far.allowHalfOpen,
      far.readableHighWaterMark,
      far.writableHighWaterMark,
      far.isPaused(),
      far.server === server,
    );
    far.destroy();
    await closed(near.on('error', () => {}).resume());
    server.close();
  },
};

/** Has the log hear of what the channels of node:net tell while `body` runs. */
async function heard(log: Log, body: () => Promise<void>): Promise<void> {
  const names = ['net.client.socket', 'net.server.socket'];
  for (const event of version >= 22 ? ['asyncStart', 'asyncEnd', 'error'] : [])
    names.push(`tracing:net.server.listen:${event}`);
  const listeners = names.map((name) => {
    const listener = (message: unknown): void => {
      const { socket, error } = message as { socket?: Socket; error?: Error };
      log.add(name, socket ? socket.connecting : '', error ? (error as { code?: string }).code : '');
    };
    subscribe(name, listener);
    return () => unsubscribe(name, listener);
  });
  try {
    await body();
  } finally {
    for (const end of listeners) end();
  }
}

export type { TwoNets };
