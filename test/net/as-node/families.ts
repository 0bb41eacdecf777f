import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import type { Server } from '../../../src/net/server.ts';
import type { Socket } from '../../../src/net/socket/socket.ts';
import { closed, type Log } from '../support/record.ts';
import type { TwoNets } from '../support/two-nets.ts';
import type { Behaviour } from './behaviours.ts';

const portOf = (server: Server): number => (server.address() as { port: number }).port;

async function echoing({ server: net }: TwoNets, host?: string, ipv6Only = false): Promise<Server> {
  const server = net.createServer((far) => far.on('error', () => {}).pipe(far));
  server.listen({ port: 0, host, ipv6Only } as object);
  await once(server, 'listening');
  return server;
}

/** A look-up that finds these, asked for one or for all. */
const finding =
  (log: Log, ...addresses: string[]) =>
  (
    name: string,
    options: { all?: boolean; family?: number; hints?: number },
    done: (...args: never[]) => void,
  ): void => {
    log.add('asked', name, JSON.stringify(options));
    const found: LookupAddress[] = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const answer = options.all ? [null, found] : [null, found[0]!.address, found[0]!.family];
    setImmediate(() => (done as (...args: unknown[]) => void)(...answer));
  };

/** Notes what an attempt to connect goes through. */
function follow(log: Log, socket: Socket): Socket {
  for (const event of ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout']) {
    socket.on(event, (...args: unknown[]) => log.add(event, ...args.map((arg) => arg ?? String(arg))));
  }
  socket.on('connect', () => log.add('connect', socket.remoteAddress, socket.remoteFamily));
  socket.on('close', (hadError?: boolean) => log.add('close', hadError));
  socket.on('error', (error: Error & { errors?: Error[]; code?: string }) => {
    log.add('error', error.name, error.code, error.message.replaceAll(/\d{4,}/g, 'PORT'));
    for (const each of error.errors ?? []) log.add('of it', each);
  });
  return socket.resume();
}

const withoutPorts = (log: Log): string[] => log.entries.map((entry) => entry.replaceAll(/\b\d{4,5}\b/g, 'PORT'));

/** Connects to each of `hosts`, and ends at once. */
async function tryingEach(nets: TwoNets, log: Log, server: Server, hosts: readonly string[]): Promise<string[]> {
  for (const host of hosts) {
    const near = nets.client.connect(portOf(server), host).on('connect', () => near.end());
    await closed(follow(log, near));
  }
  server.close();
  return withoutPorts(log);
}

export const families: Record<string, Behaviour> = {
  'an IPv4 peer of a server of both families': async (nets, log) => {
    const server = await echoing(nets);
    server.on('connection', (far: Socket) => {
      log.add(far.remoteAddress, far.remoteFamily, far.localAddress, far.localFamily);
      log.add(JSON.stringify({ ...far.address(), port: 0 }));
    });
    for (const host of ['127.0.0.1', '::1']) {
      const near = nets.client.connect(portOf(server), host);
      await once(near, 'connect');
      near.end();
      await closed(near.resume());
    }
    server.close();
  },
  ipv6Only: async (nets, log) => {
    const server = await echoing(nets, '::', true);
    return tryingEach(nets, log, server, ['::1', '127.0.0.1']);
  },
  '0.0.0.0 is IPv4 only': async (nets, log) => {
    const server = await echoing(nets, '0.0.0.0');
    return tryingEach(nets, log, server, ['127.0.0.1', '::1', '0.0.0.0']);
  },
  'a name with addresses of both families, of which the first is good': async (nets, log) => {
    const server = await echoing(nets, '127.0.0.1');
    const lookup = finding(log, '127.0.0.1', '::1') as never;
    const near = follow(
      log,
      nets.client.connect({ port: portOf(server), host: 'some.name', lookup, autoSelectFamily: true }),
    );
    await once(near, 'connect');
    log.add(near.autoSelectFamilyAttemptedAddresses.length);
    near.end('x');
    await closed(near);
    server.close();
    return withoutPorts(log);
  },
  'of which the second is good': async (nets, log) => {
    const server = await echoing(nets, '127.0.0.1');
    const lookup = finding(log, '::1', '127.0.0.1', '127.0.0.1') as never;
    const near = nets.client.connect({ port: portOf(server), host: 'some.name', lookup, autoSelectFamily: true });
    follow(log, near).write('before it is connected');
    const [data] = await once(near, 'data');
    log.add(String(data), ...near.autoSelectFamilyAttemptedAddresses);
    near.end();
    await closed(near);
    server.close();
    return withoutPorts(log);
  },
  'of which none is good': async (nets, log) => {
    const server = await echoing(nets, '127.0.0.1');
    const port = portOf(server);
    await new Promise((done) => server.close(done));
    const lookup = finding(log, '::1', '127.0.0.1', '127.0.0.2') as never;
    const near = follow(log, nets.client.connect({ port, host: 'some.name', lookup, autoSelectFamily: true }));
    await closed(near);
    log.add(...near.autoSelectFamilyAttemptedAddresses);
    return withoutPorts(log);
  },
  'one address only': async (nets, log) => {
    const server = await echoing(nets, '127.0.0.1');
    const lookup = finding(log, '127.0.0.1') as never;
    const near = follow(
      log,
      nets.client.connect({ port: portOf(server), host: 'some.name', lookup, autoSelectFamily: true }),
    );
    await once(near, 'connect');
    near.end();
    await closed(near);
    server.close();
    return withoutPorts(log);
  },
  'without autoSelectFamily': async (nets, log) => {
    const server = await echoing(nets, '127.0.0.1');
    const lookup = finding(log, '::1', '127.0.0.1') as never;
    await closed(
      follow(log, nets.client.connect({ port: portOf(server), host: 'some.name', lookup, autoSelectFamily: false })),
    );
    server.close();
    return withoutPorts(log);
  },
  'a family, a hint, an address of our own': async (nets, log) => {
    const server = await echoing(nets);
    const port = portOf(server);
    for (const options of [
      { family: 6 },
      { family: 4 },
      { family: 'IPv4' },
      { hints: 32 },
      { localAddress: '127.0.0.7' },
    ]) {
      const lookup = finding(log, options.family === 6 ? '::1' : '127.0.0.1') as never;
      const near = nets.client.connect({ port, host: 'some.name', lookup, ...options } as never);
      await once(near, 'connect');
      log.add(near.remoteAddress, near.localAddress);
      near.end();
      await closed(near.resume());
    }
    server.close();
  },
  'what is found is no address': async (nets, log) => {
    const lookups = [
      (_name: string, options: { all?: boolean }, done: (...args: unknown[]) => void) =>
        options.all ? done(null, [{ address: 'here', family: 4 }]) : done(null, 'here', 4),
      (_name: string, options: { all?: boolean }, done: (...args: unknown[]) => void) =>
        options.all ? done(null, [{ address: '127.0.0.1', family: 5 }]) : done(null, '127.0.0.1', 5),
      (_name: string, _options: object, done: (...args: unknown[]) => void) => done(new Error('not found')),
    ];
    for (const autoSelectFamily of [true, false]) {
      for (const lookup of lookups) {
        const options = { port: 9, host: 'some.name', lookup: lookup as never, autoSelectFamily };
        await closed(follow(log, nets.client.connect(options)));
      }
    }
  },
  'a socket destroyed by its own look-up': async (nets, log) => {
    const lookup = finding(log, '127.0.0.1', '::1') as never;
    const near = follow(log, nets.client.connect({ port: 9, host: 'some.name', lookup, autoSelectFamily: true }));
    near.on('lookup', () => near.destroy());
    await closed(near);
  },
  'localhost is a name': async (nets, log) => {
    const server = await echoing(nets);
    const near = nets.client.connect(portOf(server), 'localhost');
    near.once('lookup', (error, _address, _family, host) => log.add('lookup', error, host));
    await once(near, 'connect');
    near.end();
    await closed(near.resume());
    server.close();
  },
  'a local port that is listened on': async (nets, log) => {
    const server = await echoing(nets, '127.0.0.1');
    const other = await echoing(nets, '127.0.0.1');
    const options = { port: portOf(server), host: '127.0.0.1', localAddress: '127.0.0.1', localPort: portOf(other) };
    await closed(follow(log, nets.client.connect(options)));
    server.close();
    other.close();
    return withoutPorts(log);
  },
};
