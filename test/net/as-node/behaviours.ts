import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Socket } from '../../../src/net/socket/socket.ts';
import { closed, type Log, listening, pair, pattern, pause } from '../support/record.ts';
import type { TwoNets } from '../support/two-nets.ts';

/** Something net does, told as a log: on every TCP the same. */
export type Behaviour = (nets: TwoNets, log: Log) => Promise<unknown>;

export const connecting: Record<string, Behaviour> = {
  'connect, exchange, end by the client': async (nets, log) => {
    const server = nets.server.createServer((far) => {
      log.watch('far', far, { data: false });
      far.on('data', (bytes) => far.write(bytes));
    });
    const port = await listening(nets, server);
    const near = nets.client.connect(port, nets.address);
    log.add(near.connecting, near.pending, near.readyState, near.remoteAddress);
    log.watch('near', near);
    near.end('hello');
    await closed(near);
    await new Promise((done) => server.close(done));
    return [log.of('near'), log.of('far'), log.entries[0], near.bytesRead, near.bytesWritten, near.readyState];
  },
  'connection refused': async (nets, log) => {
    const server = nets.server.createServer();
    const port = await listening(nets, server);
    await new Promise((done) => server.close(done));
    const near = log.watch('near', nets.client.connect(port, nets.address));
    near.write('lost', log.callback('near write'));
    await closed(near);
    log.add('destroyed', near.destroyed, near.connecting, near.readyState);
  },
  'no such local address': async (nets, log) => {
    const near = log.watch('near', nets.client.connect({ port: 9, host: nets.address, localAddress: '192.0.2.1' }));
    await closed(near);
  },
  'bad arguments throw at once': async (nets, log) => {
    const attempts = [
      () => new nets.client.Socket().connect({ port: 65536, host: nets.address }),
      () => new nets.client.Socket().connect({ port: -1, host: nets.address }),
      () => new nets.client.Socket().connect({ host: nets.address } as never),
      () => nets.server.createServer().listen(70000),
      () => new nets.client.Socket().setTimeout(-1),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
        log.add('nothing');
      } catch (error) {
        log.add((error as { code: string }).code, (error as Error).name);
      }
    }
  },
  'destroy while connecting': async (nets, log) => {
    const near = log.watch('near', nets.client.connect(9, nets.address));
    near.destroy();
    await closed(near);
    log.add(near.destroyed, near.readyState);
  },
  "destroy with an error of one's own": async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    listener.close();
    log.watch('near', near);
    far.on('error', () => {}).resume();
    near.destroy(new Error('enough'));
    await closed(near, far);
  },
  'the lookup option, and its event': async (nets, log) => {
    const { listener } = await pair(nets);
    const { port } = listener.address() as AddressInfo;
    const near = nets.client.connect({
      port,
      host: 'some.name',
      family: 4,
      lookup: (name, _options, done) => {
        log.add('asked', name);
        setImmediate(() => done(null, nets.address, 4));
      },
    });
    near.on('lookup', (error, address, family, host) =>
      log.add('lookup', error, address === nets.address, family, host),
    );
    log.watch('near', near);
    await once(near, 'connect');
    near.destroy();
    await closed(near);
    const lost = nets.client.connect({
      port,
      host: 'other.name',
      family: 4,
      lookup: (_name, _options, done) =>
        setImmediate(() => done(Object.assign(new Error('gone'), { code: 'ENOTFOUND' }), '', 0)),
    });
    log.watch('lost', lost);
    await closed(lost);
    listener.close();
  },
  "a server's events and address": async (nets, log) => {
    const server = nets.server.createServer();
    for (const event of ['listening', 'connection', 'close', 'error']) server.on(event, () => log.add(event));
    log.add(server.listening, server.address());
    const port = await listening(nets, server);
    log.add(
      server.listening,
      (server.address() as AddressInfo).address === nets.address,
      (server.address() as AddressInfo).family,
    );
    const near = nets.client.connect(port, nets.address);
    const [far] = (await once(server, 'connection')) as [Socket];
    log.add(far.server === server, far.remoteFamily, far.localPort === port, far.remotePort === near.localPort);
    await new Promise((done) => server.getConnections((error, count) => done(log.add('connections', error, count))));
    server.close((error) => log.add('closed', error));
    await pause(20);
    log.add('still open', server.listening);
    near.end();
    far.resume();
    near.resume();
    await once(server, 'close');
    server.close((error) => log.add('again', error!));
    await pause(20);
  },
  'a port that is taken': async (nets, log) => {
    const first = nets.server.createServer();
    const port = await listening(nets, first);
    const second = nets.server.createServer().listen(port, nets.address);
    second.on('error', (error) => log.add('error', error));
    await once(second, 'error');
    log.add(second.listening);
    first.close();
  },
  'maxConnections drops': async (nets, log) => {
    const server = nets.server.createServer((far) => far.resume());
    server.maxConnections = 1;
    const port = await listening(nets, server);
    const first = nets.client.connect(port, nets.address).resume();
    await once(first, 'connect');
    const dropping = once(server, 'drop');
    const second = log.watch('second', nets.client.connect(port, nets.address));
    const [drop] = await dropping;
    log.add('drop', Object.keys(drop).sort(), drop.localPort === port, drop.remoteFamily);
    await closed(second);
    first.destroy();
    await new Promise((done) => server.close(done));
    return [log.of('second'), log.of('drop')];
  },
  'listening ends by a signal': async (nets, log) => {
    const controller = new AbortController();
    const server = nets.server.createServer();
    server.listen({ port: 0, host: nets.address, signal: controller.signal });
    await once(server, 'listening');
    setImmediate(() => controller.abort());
    await once(server, 'close');
    log.add(server.listening);
  },
};

/** Keeps the event loop busy, so that timers are due when it goes on. */
function busyFor(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

export const ending: Record<string, Behaviour> = {
  'the peer ends: our side ends by itself': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    log.watch('near', near);
    far.resume().end('bye');
    await closed(near, far);
    listener.close();
  },
  'writing after the other side ended': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    log.watch('near', near);
    far
      .resume()
      .on('error', () => {})
      .end();
    await closed(near);
    log.add(near.write('too late', log.callback('write')));
    await closed(near);
    await pause(5);
    listener.close();
  },
  "the listener that a socket's 'end' begins with": async (nets, log) => {
    for (const allowHalfOpen of [true, false]) {
      log.add(new nets.client.Socket({ allowHalfOpen }).eventNames().includes('end'), allowHalfOpen);
      log.add(new nets.client.Socket({ allowHalfOpen }).listenerCount('end'));
    }
    for (const change of [
      (socket: Socket) => socket,
      (socket: Socket) => Object.assign(socket, { allowHalfOpen: true }),
      (socket: Socket) => socket.removeAllListeners('end'),
    ]) {
      const { near, far, listener } = await pair(nets);
      log.add('listeners', near.listenerCount('end'), far.listenerCount('end'));
      change(near).resume();
      near.on('error', (error) => log.add('error', error));
      near.on('end', () => log.add('written', near.end('in the end'), near.write('too late', log.callback('write'))));
      far.resume().end();
      await pause(20);
      log.add('state', near.destroyed, near.write('later still', log.callback('write')));
      near.destroy();
      far.destroy();
      await closed(near, far);
      listener.close();
    }
    return log.entries.map((entry) => entry.replace(/^written \S+/, 'written'));
  },
  'allowHalfOpen: one side talks on': async (nets, log) => {
    const { near, far, listener } = await pair(nets, {
      client: { allowHalfOpen: true },
      server: { allowHalfOpen: true },
    });
    log.watch('near', near);
    log.watch('far', far);
    near.end('question');
    await once(far, 'end');
    log.add('states', near.readyState, far.readyState);
    far.write('answer');
    await once(near, 'data');
    far.end();
    await closed(near, far);
    listener.close();
    return [log.of('near'), log.of('far'), log.of('states')];
  },
  'write after end': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    far.resume();
    log.watch('near', near);
    near.end('one');
    near.write('two', log.callback('write'));
    near.end(log.callback('end'));
    await closed(near);
    listener.close();
    // 'finish' needs no system call here, so it may come first.
    return log.entries.filter((entry) => entry !== 'near finish');
  },
  'write and end after destroy': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    far.resume().on('error', () => {});
    log.watch('near', near);
    near.destroy();
    log.add(near.write('x', log.callback('write')));
    near.end(log.callback('end'));
    await closed(near);
    await pause(5);
    listener.close();
  },
  resetAndDestroy: async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    log.watch('near', near);
    log.watch('far', far);
    near.resetAndDestroy();
    await closed(near, far);
    listener.close();
    return [log.of('near'), log.of('far')];
  },
  'resetAndDestroy of nothing': async (nets, log) => {
    const near = log.watch('near', new nets.client.Socket());
    near.resetAndDestroy();
    await closed(near);
    // node:net forgets the argument of 'close' here.
    return log.entries.filter((entry) => !entry.startsWith('near close'));
  },
  'destroy with unread data resets': async (nets, log) => {
    const { near, far, listener } = await pair(nets, { server: { pauseOnConnect: true } });
    log.watch('near', near);
    near.write(pattern(1000));
    // Far longer than it takes for the data to arrive.
    await pause(100);
    far.destroy();
    await closed(near);
    listener.close();
    return log.entries.map((entry) => entry.replace('"write EPIPE"', '"read ECONNRESET"'));
  },
  'destroySoon sends what was written': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    log.watch('near', near);
    let length = 0;
    far.on('data', (bytes) => (length += bytes.length));
    near.write(pattern(300_000));
    near.destroySoon();
    await closed(near, far);
    listener.close();
    log.add(length);
    // The peer's FIN may come together with the last acknowledgement, or later.
    return log.entries.filter((entry) => entry !== 'near end');
  },
  'end with data, encoding and callback': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    const chunks: Buffer[] = [];
    far.on('data', (bytes) => chunks.push(bytes));
    log.watch('near', near);
    near.write('00ff', 'hex');
    near.write('é', 'latin1');
    near.end('ende', 'utf8', log.callback('ended'));
    await closed(near, far);
    listener.close();
    return [log.entries, Buffer.concat(chunks).toString('hex'), near.bytesWritten, far.bytesRead];
  },
  'a reset behind the end of an answered request': async (nets, log) => {
    const { near, far, listener } = await pair(nets, { client: { allowHalfOpen: true } });
    log.watch('near', near);
    far.end('all');
    await once(near, 'end');
    far.resetAndDestroy();
    await pause(20);
    log.add('then');
    near.write('more');
    await closed(near);
    listener.close();
  },
  "'close' comes behind the immediates of who destroys, and before a timer that is due": async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    near.on('close', () => log.add('close'));
    near.on('data', () => {
      setTimeout(() => log.add('timer'), 1);
      near.destroy();
      setImmediate(() => log.add('immediate'));
      busyFor(3);
    });
    far.on('error', () => {}).resume();
    far.write('x');
    await closed(near, far);
    await pause(10);
    listener.close();
  },
  "'end', and with it 'close', come before a timer that is due": async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    log.watch('near', near);
    near.on('end', () => {
      setTimeout(() => log.add('timer'), 1);
      busyFor(3);
    });
    far.resume().end();
    await closed(near, far);
    await pause(10);
    listener.close();
  },
  timeout: async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    log.watch('near', near);
    // Far apart, for machines that are busy with something else for half a second.
    near.setTimeout(1000, () => log.add('callback'));
    log.add(near.timeout);
    far.resume();
    for (let i = 0; i < 3; i++) {
      await pause(350);
      far.write('busy');
    }
    log.add('busy is over');
    await once(near, 'timeout');
    near.setTimeout(0);
    await pause(1100);
    near.end();
    await closed(near);
    listener.close();
  },
  'a second setTimeout replaces the first': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    near.resume().on('timeout', () => log.add('timeout', near.timeout));
    near.setTimeout(20);
    near.setTimeout(60_000);
    await pause(100);
    near.setTimeout(20);
    await once(near, 'timeout');
    far.end();
    await closed(near);
    listener.close();
  },
  'a socket connects again': async (nets, log) => {
    const server = nets.server.createServer((far) => far.on('error', () => {}).end('hi'));
    const port = await listening(nets, server);
    const near = log.watch('near', nets.client.connect(port, nets.address));
    await closed(near);
    near.connect(port, nets.address).resume();
    await new Promise((done) => near.once('close', done));
    log.add(near.bytesRead);
    server.close();
  },
};
