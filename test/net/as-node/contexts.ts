import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import type { Socket } from '../../../src/net/socket/socket.ts';
import { closed, type Log, listening, pattern, pause } from '../support/record.ts';
import type { Behaviour } from './behaviours.ts';

/** Notes which store each event of a socket finds. The listeners are attached in a context of their own, which must not show. */
function watchStore(log: Log, storage: AsyncLocalStorage<string>, name: string, socket: Socket): Socket {
  return storage.run(`${name}'s listeners`, () => {
    for (const event of ['connect', 'ready', 'end', 'finish', 'drain', 'close', 'error'] as const) {
      socket.on(event, () => log.add(name, event, storage.getStore()));
    }
    socket.once('data', () => log.add(name, 'data', storage.getStore()));
    return socket.resume();
  });
}

/** AsyncLocalStorage: which call's context each event and callback runs in. */
export const contexts: Record<string, Behaviour> = {
  'the events of both sides': async (nets, log) => {
    const storage = new AsyncLocalStorage<string>();
    const server = nets.server.createServer({ allowHalfOpen: true });
    server.on('connection', (far) => {
      log.add('connection', storage.getStore());
      watchStore(log, storage, 'far', far);
      far.once('end', () => storage.run('far.end', () => far.end('bye')));
    });
    server.on('listening', () => log.add('listening', storage.getStore()));
    const port = await storage.run('listen', () => listening(nets, server));
    const near = storage.run('connect', () => nets.client.connect(port, nets.address));
    watchStore(log, storage, 'near', near);
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    storage.run('early write', () => near.write('x', () => log.add('near write', storage.getStore())));
    const [far] = await accepted;
    await pause(10);
    storage.run('near.end', () => near.end(() => log.add('near ended', storage.getStore())));
    await Promise.all([near, far].map((socket) => once(socket, 'close')));
    await new Promise<void>((done) => storage.run('server.close', () => server.close(() => done())));
    return [log.of('near'), log.of('far'), log.of('connection'), log.of('listening')];
  },
  'what comes while connecting, and an idle time-out': async (nets, log) => {
    const storage = new AsyncLocalStorage<string>();
    const server = nets.server.createServer((far) => far.resume());
    const port = await listening(nets, server);
    const lookup = (_name: string, _options: object, done: (...found: unknown[]) => void): void => {
      log.add('asked', storage.getStore());
      setImmediate(() => done(null, nets.address, 4));
    };
    const options = { port, host: 'some.name', lookup: lookup as never, autoSelectFamily: false };
    const near = storage.run('connect', () => nets.client.connect(options));
    for (const event of ['lookup', 'connectionAttempt', 'connect', 'ready'])
      near.on(event, () => log.add(event, storage.getStore()));
    await once(near, 'connect');
    storage.run('setTimeout', () => near.setTimeout(5, () => log.add('timeout', storage.getStore())));
    await once(near, 'timeout');
    storage.run('destroy', () => near.destroy());
    await closed(near);
    await pause(10); // the other side is closed, too
    storage.run('close', () => server.close(() => log.add('closed', storage.getStore())));
    await once(server, 'close');
  },
  'data behind a pause': async (nets, log) => {
    const storage = new AsyncLocalStorage<string>();
    const server = nets.server.createServer({ pauseOnConnect: true }, (far) => {
      void pause(20).then(() => {
        storage.run('listener', () => far.on('data', () => log.add('data', storage.getStore())));
        storage.run('resume', () => far.resume());
      });
    });
    const port = await listening(nets, server);
    const near = storage.run('connect', () => nets.client.connect(port, nets.address));
    near.end('some');
    await once(near, 'close');
    server.close();
  },
  'callbacks of long and short writes': async (nets, log) => {
    const storage = new AsyncLocalStorage<string>();
    const server = nets.server.createServer((far) => far.resume());
    const port = await listening(nets, server);
    const near = storage.run('connect', () => nets.client.connect(port, nets.address));
    await once(near, 'connect');
    for (const [i, length] of [10, 5000, 20, 100_000].entries()) {
      const called = storage.run(
        `write ${i}`,
        () =>
          new Promise<void>((done) =>
            near.write(pattern(length), () => {
              log.add(`callback ${i}`, storage.getStore());
              done();
            }),
          ),
      );
      await called;
    }
    storage.run('end', () => near.end(() => log.add('ended', storage.getStore())));
    await once(near, 'close');
    server.close();
  },
  'back-pressure: the callback and drain of a write that waits': async (nets, log) => {
    const storage = new AsyncLocalStorage<string>();
    const server = nets.server.createServer({ pauseOnConnect: true });
    const port = await listening(nets, server);
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const near = storage.run('connect', () => nets.client.connect(port, nets.address));
    const [[far]] = await Promise.all([accepted, once(near, 'connect')]);
    near.on('drain', () => log.add('drain', storage.getStore()));
    near.on('finish', () => log.add('finish', storage.getStore()));
    storage.run('write', () => near.write(pattern(30_000_000), () => log.add('callback', storage.getStore())));
    await pause(20);
    storage.run('resume', () => far.resume());
    await once(near, 'drain');
    storage.run('end', () => near.end());
    await once(near, 'close');
    server.close();
  },
  'a refused connection, and one that is destroyed': async (nets, log) => {
    const storage = new AsyncLocalStorage<string>();
    const server = nets.server.createServer((far) => far.resume());
    const port = await listening(nets, server);
    const near = watchStore(
      log,
      storage,
      'destroyed',
      storage.run('connect', () => nets.client.connect(port, nets.address)),
    );
    await once(near, 'connect');
    storage.run('destroy', () => near.destroy(new Error('enough')));
    await new Promise((done) => near.once('close', done));
    await new Promise((done) => server.close(done));
    const refused = storage.run('connect again', () => nets.client.connect(port, nets.address));
    watchStore(log, storage, 'refused', refused);
    await new Promise((done) => refused.once('close', done));
  },
  'connections at once, whose handler enters a context': async (nets, log) => {
    const storage = new AsyncLocalStorage<string>();
    const listener = nets.server.createServer((far) => {
      log.add('connection', storage.getStore());
      storage.enterWith('entered');
      far.on('data', () => log.add('data', storage.getStore())).on('error', () => {});
    });
    const port = await listening(nets, listener);
    const sockets = Array.from({ length: 3 }, () => nets.client.connect(port, nets.address));
    for (const socket of sockets) socket.end('x');
    await closed(...sockets);
    await new Promise((done) => listener.close(done));
    return [log.of('connection'), log.of('data')];
  },
  'a reset': async (nets, log) => {
    const storage = new AsyncLocalStorage<string>();
    const server = nets.server.createServer();
    const port = await listening(nets, server);
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const near = watchStore(
      log,
      storage,
      'near',
      storage.run('connect', () => nets.client.connect(port, nets.address)),
    );
    const [far] = await accepted;
    await pause(10);
    const gone = new Promise((done) => near.once('close', done));
    storage.run('reset', () => far.resetAndDestroy());
    await Promise.all([gone, closed(far)]);
    server.close();
  },
};
