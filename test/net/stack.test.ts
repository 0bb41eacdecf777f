import { AsyncLocalStorage } from 'node:async_hooks';
import dns from 'node:dns';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { Cable } from '../../src/link/cable.ts';
import type { Socket } from '../../src/net/socket/socket.ts';
import { createStack } from '../../src/net/stack.ts';
import { LogReader } from '../../src/observe/log/read.ts';
import { newReno } from '../../src/tcp/congestion/newreno.ts';
import type { SocketOptions } from '../../src/tcp/terms/socket-options.ts';
import type { Connection } from '../../src/tcp/user/connection.ts';
import { closed, listening, pair, pattern, pause } from './support/record.ts';
import { cableNets } from './support/two-nets.ts';

test('two stacks on the ends of a cable reach each other, with nothing else to be done', async () => {
  const cable = new Cable();
  const server = createStack(cable.a, { addresses: ['10.0.0.1/24'] });
  const client = createStack(cable.b, { addresses: ['10.0.0.2/24'] });
  server.createServer((socket) => socket.end(`You are ${socket.remoteAddress}`)).listen(4000);
  const chunks: Buffer[] = [];
  for await (const chunk of client.connect(4000, '10.0.0.1')) chunks.push(chunk);
  expect(String(Buffer.concat(chunks))).toBe('You are 10.0.0.2');
  await Promise.all([server.close(), client.close()]);
});

test("a server says so where a look-up in the place of Node's finds nothing to listen at, or what is no address", async () => {
  const { lookup } = dns;
  const nets = cableNets();
  try {
    for (const found of [[], [{ address: 'nowhere', family: 4 }]]) {
      Object.assign(dns, {
        lookup: (_name: string, _options: object, done: Answer) => setImmediate(done, null, found),
      });
      const [error] = await once(nets.server.createServer().listen(80, 'name.test'), 'error');
      expect(error).toMatchObject({ code: 'ERR_INVALID_IP_ADDRESS' });
    }
  } finally {
    Object.assign(dns, { lookup });
    await nets.close();
  }
});
type Answer = (error: null, found: unknown) => void;

test('fastOpen: the second connection has its request in the SYN, and the server has it before the handshake is over', async () => {
  const cable = new Cable();
  const server = createStack(cable.a, { addresses: ['10.0.0.1/24'], sysctls: { tcp_fastopen: 3 } });
  const client = createStack(cable.b, { addresses: ['10.0.0.2/24'] });
  const syns: string[] = [];
  client.record((entry) => {
    if (entry.type !== 'segment' || entry.direction !== 'out' || entry.flags !== 'S') return;
    syns.push(`${entry.length} octets, cookie ${entry.options?.fastOpen || 'asked for'}`);
  });
  const states: string[] = [];
  server
    .createServer({ fastOpen: { queue: 4 } }, (socket) => {
      states.push(`state ${socket.info().tcpi_state}, ${socket.info().tcpi_bytes_received} octets`);
      socket.once('data', (request) => socket.end(`You said ${request}`));
    })
    .listen(4000);
  for (const request of ['first', 'second']) {
    const socket = client.connect({ port: 4000, host: '10.0.0.1', fastOpen: true });
    socket.write(request);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    expect(String(Buffer.concat(chunks))).toBe(`You said ${request}`);
    expect(socket.info().tcpi_options & 32).toBe(request === 'second' ? 32 : 0);
  }
  expect(syns).toEqual(['0 octets, cookie asked for', expect.stringMatching(/^6 octets, cookie [0-9a-f]{16}$/)]);
  expect(states).toEqual(['state 1, 5 octets', 'state 3, 6 octets']);
  expect(server.inspect.counters().counters.TcpExtTCPFastOpenPassive).toBe(1);
  expect(client.inspect.counters().counters.TcpExtTCPFastOpenActive).toBe(1);
  await Promise.all([server.close(), client.close()]);
});

test('a server that wants Fast Open says what it needs, and how many requests may be pending is a number', async () => {
  const stack = createStack(new Cable().a, { addresses: ['10.0.0.1/24'] });
  expect(() => stack.createServer({ fastOpen: true }).listen(4000)).toThrow('tcp_fastopen with 2 among its bits');
  for (const queue of [0, -1, 1.5, Number.NaN]) {
    expect(() => stack.createServer({ fastOpen: { queue } })).toThrow('a whole number above 0');
  }
  await stack.close();
});

test('the context in which the library is loaded shows in no event of an accepted socket', async () => {
  const storage = new AsyncLocalStorage<string>();
  vi.resetModules();
  const late = await storage.run('loading', () => import('../../src/index.ts'));
  const cable = new late.Cable();
  const server = late.createStack(cable.a, { addresses: ['10.0.0.1/24'] });
  const client = late.createStack(cable.b, { addresses: ['10.0.0.2/24'] });
  const stores: unknown[] = [];
  server.createServer((socket) => socket.on('end', () => stores.push(storage.getStore())).resume()).listen(4000);
  const socket = client.connect(4000, '10.0.0.1');
  socket.end('x');
  await once(socket.resume(), 'close');
  expect(stores).toEqual([undefined]);
  await Promise.all([server.close(), client.close()]);
});

test('info tells what TCP knows, during the connection and after it', async () => {
  const nets = cableNets();
  const { near, far } = await pair(nets);
  far.resume();
  expect(() => new nets.client.Socket().info()).toThrow('before there is one');
  near.end(pattern(100_000));
  expect(near.info()).toMatchObject({ tcpi_state: 1, tcpi_bytes_acked: expect.any(Number) });
  await closed(near, far);
  expect(far.info().tcpi_bytes_received).toBeGreaterThanOrEqual(100_000);
  await nets.close();
});

test('a stack writes down what it does, and remembers the last entries of connections that have ended', async () => {
  const cable = new Cable();
  const server = createStack(cable.a, { addresses: ['10.0.0.1/24'], history: 8 });
  const client = createStack(cable.b, { addresses: ['10.0.0.2/24'] });
  const lines: string[] = [];
  const stop = server.record((entry) => lines.push(JSON.stringify(entry)));
  server.createServer((socket) => socket.resume().end('bye')).listen(4000);
  const socket = client.connect(4000, '10.0.0.1').resume();
  socket.end('hello');
  await once(socket, 'close');
  await pause(1); // the last ACK is on its way
  stop();
  const count = lines.length;
  const reader = new LogReader();
  const states = lines.flatMap((line) => {
    const entry = reader.read(line);
    return entry?.type === 'state' ? [entry.to] : [];
  });
  expect(states.slice(0, 2)).toEqual(['SYN_RECEIVED', 'ESTABLISHED']);
  const [ended] = server.inspect.ended();
  expect(ended).toMatchObject({ ended: true, connection: { remote: '10.0.0.2', localPort: 4000 } });
  expect(ended!.entries.length).toBeLessThanOrEqual(8);
  expect(ended!.entries.some(({ type }) => type === 'state')).toBe(true);
  expect(server.inspect.history(ended!.connection.connection)).toEqual(ended);
  expect(server.inspect.history(999_999)).toBeNull();
  expect([...client.inspect.ended()]).toEqual([]); // it was not asked to remember
  await Promise.all([server.close(), client.close()]);
  expect(lines).toHaveLength(count);
});

test.each([
  [undefined, false, 33_554_432],
  [500, false, 750_000],
  [500, true, 33_554_432],
  [100_000, false, 33_554_432],
  [10, false, 131_072],
])(
  'with a queue of %s packets, offload %s, the largest receive buffer is %i',
  async (queueLength, offload, largest) => {
    const link = Object.assign(new Cable({ offload }).a, queueLength === undefined ? {} : { queueLength });
    const stack = createStack(link, { addresses: ['10.0.0.1/24'] });
    expect(stack.host.sysctls.tcp_rmem).toEqual([4096, 131_072, largest]);
    await stack.close();
  },
);

test('a receive buffer that was asked for is that large, whatever the queue', async () => {
  const link = Object.assign(new Cable().a, { queueLength: 500 });
  const tcp_rmem: [number, number, number] = [4096, 8192, 1_000_000];
  const stack = createStack(link, { addresses: ['10.0.0.1/24'], sysctls: { tcp_rmem } });
  expect(stack.host.sysctls.tcp_rmem).toEqual(tcp_rmem);
  await stack.close();
});

// The resolver takes addresses in parts, too, and asks no server for them (inet_aton(3)).
test('a name is looked up, to listen as to connect', async () => {
  const nets = cableNets();
  const listener = nets.server.createServer().listen(0, '10.1');
  await once(listener, 'listening');
  const { address, port } = listener.address() as AddressInfo;
  expect(address).toBe('10.0.0.1');
  const near = nets.client.connect(port, '10.1');
  await once(near, 'connect');
  expect(near.remoteAddress).toBe('10.0.0.1');
  near.destroy();
  await nets.close();
});

test.each([
  ['10.0.0.1/33', /^The prefix of 10\.0\.0\.1 must be a whole number from 0 to 32\. Received '33'/],
  ['10.0.0.1/', /prefix of 10\.0\.0\.1/],
  ['fd00::1/129', /from 0 to 128/],
  ['10.0.0', /Not an IP address: 10\.0\.0/],
])('an address such as %s is refused', (text, message) => {
  expect(() => createStack(new Cable().a, { addresses: [text] })).toThrow(message);
});

test('a link must say how long a packet may be', () => {
  for (const mtu of [67, 65_536, 1.5, Number.NaN]) {
    expect(() => createStack(new Cable({ mtu }).a, { addresses: ['10.0.0.1/24'] })).toThrow(
      /link\.mtu must be a whole/,
    );
  }
});

describe('what a socket is told reaches its connection', () => {
  const settingsOf = (socket: Socket): Readonly<SocketOptions> => (socket._connection as Connection).settings;

  test('before it is connected, and while it is', async () => {
    const nets = cableNets();
    const { listener } = await pair(nets, { server: { noDelay: true, keepAlive: true, keepAliveInitialDelay: 5999 } });
    const { port } = listener.address() as AddressInfo;
    const accepted = once(listener, 'connection') as Promise<[Socket]>;
    const near = new nets.client.Socket().setNoDelay(true).setKeepAlive(true, 7000).setUserTimeout(9000);
    near.connect(port, nets.address);
    const [[far]] = await Promise.all([accepted, once(near, 'connect')]);
    expect(settingsOf(near)).toMatchObject({ noDelay: true, keepAlive: true, keepIdle: 7, userTimeout: 9000 });
    expect(settingsOf(far)).toMatchObject({ noDelay: true, keepAlive: true, keepIdle: 5, userTimeout: null });
    // Beside the delay, as libuv sets them whatever the sysctls say.
    for (const socket of [near, far]) expect(settingsOf(socket)).toMatchObject({ keepInterval: 1, keepCount: 10 });
    near.setNoDelay(false).setKeepAlive(false).setUserTimeout(0);
    expect(settingsOf(near)).toMatchObject({ noDelay: false, keepAlive: false, userTimeout: 0 });
    near.setNoDelay().setKeepAlive(true, 8000);
    expect(settingsOf(near)).toMatchObject({ noDelay: true, keepAlive: true, keepIdle: 8 });
    await nets.close();
  });

  test('of the delay before the first keep-alive whole seconds count, and none leaves what was', async () => {
    const nets = cableNets();
    const { near } = await pair(nets);
    near.setKeepAlive(true, 500);
    expect(settingsOf(near)).toMatchObject({ keepAlive: true, keepIdle: null, keepInterval: null, keepCount: null });
    near.setKeepAlive(true, 1999);
    expect(settingsOf(near).keepIdle).toBe(1);
    near.setKeepAlive(true);
    near.setKeepAlive(true, 999);
    near.setKeepAlive(true, Infinity);
    expect(settingsOf(near).keepIdle).toBe(1);
    near.setKeepAlive(true, 5000, 3999, 4);
    expect(settingsOf(near)).toMatchObject({ keepIdle: 5, keepInterval: 3, keepCount: 4 });
    near.setKeepAlive({ enable: true, initialDelay: 6000, count: 2 });
    expect(settingsOf(near)).toMatchObject({ keepIdle: 6, keepInterval: 1, keepCount: 2 });
    await nets.close();
  });

  test('the type of service is in the SYN, too, and leaves the bits of ECN alone', async () => {
    const cable = new Cable();
    const server = createStack(cable.a, { addresses: ['10.0.0.1/24'] });
    const client = createStack(cable.b, { addresses: ['10.0.0.2/24'] });
    const tos: number[] = [];
    const { send } = cable.b;
    cable.b.send = function (frame) {
      tos.push(frame.joined()[1]!);
      return send.call(this, frame);
    };
    const listener = server.createServer((socket) => socket.resume()).listen(80);
    await once(listener, 'listening');
    const near = client.connect({ port: 80, host: '10.0.0.1', typeOfService: 0x28 });
    await once(near, 'connect');
    expect(new Set(tos)).toEqual(new Set([0x28]));
    expect(near.getTypeOfService()).toBe(0x28);
    expect(near.setTypeOfService(0xff).getTypeOfService()).toBe(0xfc);
    tos.length = 0;
    near.write('hello');
    await new Promise((done) => setTimeout(done, 50));
    expect(tos).toContain(0xfc);
    for (const wrong of [256, -1, 1.5]) {
      expect(() => near.setTypeOfService(wrong)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    }
    for (const wrong of ['16', undefined, null, Number.NaN]) {
      const setting = () => new client.Socket().setTypeOfService(wrong as number);
      expect(setting).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    }
    expect(() => new client.Socket({ typeOfService: 999 })).toThrow(
      'The value of "options.typeOfService" is out of range',
    );
    await Promise.all([server.close(), client.close()]);
  });
});

describe('the congestion control', () => {
  test('is chosen for each socket and server, and may change', async () => {
    const nets = cableNets();
    for (const { host } of [nets.serverStack, nets.clientStack]) {
      host.tcp.congestionControls.set('own', { ...newReno, name: 'own' });
    }
    const of = (socket: Socket): string => (socket._connection as Connection).congestionControl;
    const { near, far } = await pair(nets, {
      client: { congestionControl: 'own' },
      server: { congestionControl: 'own' },
    });
    expect([of(near), of(far)]).toEqual(['own', 'own']);
    near.setCongestionControl('reno');
    expect([of(near), of(far)]).toEqual(['reno', 'own']);
    await nets.close();
  });

  test.each(['none', 5])('is not %j, and the error says which there are', (value) => {
    const { client, server } = cableNets();
    const congestionControl = value as string;
    const refused = expect.objectContaining({
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringContaining("must be one of: 'reno', 'cubic', 'bbr'. Received"),
    });
    expect(() => new client.Socket().setCongestionControl(congestionControl)).toThrow(refused);
    expect(() => client.connect({ port: 9, host: '10.0.0.99', congestionControl })).toThrow(refused);
    expect(() => server.createServer({ congestionControl })).toThrow(refused);
  });
});

describe('the most that may leave in a second (SO_MAX_PACING_RATE)', () => {
  const rateOf = (socket: Socket): number => (socket._connection as Connection).info().tcpi_max_pacing_rate;

  test('is chosen for each socket and server, and may change', async () => {
    const nets = cableNets();
    const { near, far } = await pair(nets, { client: { maxPacingRate: 500_000 }, server: { maxPacingRate: 1e6 } });
    expect([rateOf(near), rateOf(far)]).toEqual([500_000, 1e6]);
    near.setMaxPacingRate(20_000);
    expect(rateOf(near)).toBe(20_000);
    expect((near._connection as Connection).info().tcpi_pacing_rate).toBe(20_000);
    near.setMaxPacingRate(Infinity);
    expect(rateOf(near)).toBe(2 ** 64);
    await nets.close();
  });

  test.each([
    ['100', 'ERR_INVALID_ARG_TYPE'],
    [0, 'ERR_OUT_OF_RANGE'],
    [-1, 'ERR_OUT_OF_RANGE'],
    [Number.NaN, 'ERR_OUT_OF_RANGE'],
  ])('is not %j', (value, code) => {
    const { client, server } = cableNets();
    const maxPacingRate = value as number;
    const refused = expect.objectContaining({ code });
    expect(() => new client.Socket().setMaxPacingRate(maxPacingRate)).toThrow(refused);
    expect(() => client.connect({ port: 9, host: '10.0.0.99', maxPacingRate })).toThrow(refused);
    expect(() => server.createServer({ maxPacingRate })).toThrow(refused);
  });
});

describe('the user timeout', () => {
  test('ends a connection whose peer is silent', async () => {
    const nets = cableNets();
    const { near } = await pair(nets, { client: { userTimeout: 300 } });
    nets.cable.stop();
    near.write('lost');
    const [error] = await once(near, 'error');
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'read' });
    await Promise.all([nets.serverStack.close(0), nets.clientStack.close(0)]);
  });

  test('ends an attempt to connect, and is an option of servers', async () => {
    const nets = cableNets();
    const { far } = await pair(nets, { server: { userTimeout: 700 } });
    expect((far._connection as Connection).settings.userTimeout).toBe(700);
    const near = nets.client.connect({ port: 9, host: '10.0.0.99', userTimeout: 300 });
    const [error] = await once(near, 'error');
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect' });
    await nets.close();
  });

  test.each([-1, Number.NaN, '5'])('is not %j', (value) => {
    const { client } = cableNets();
    expect(() => new client.Socket().setUserTimeout(value as number)).toThrow();
  });
});

test('close waits until the peers have what was queued', async () => {
  const nets = cableNets();
  const { near, far } = await pair(nets);
  let received = 0;
  far.on('data', (bytes) => (received += bytes.length));
  near.write(pattern(1_000_000));
  await nets.clientStack.close(20_000); // a busy machine needs more than the default
  await closed(near, far);
  expect(received).toBe(1_000_000);
  expect([...nets.clientStack.host.tcp.connections]).toEqual([]);
  await nets.close();
});

test('close does not wait for ever', async () => {
  const cable = new Cable();
  const stack = createStack(cable.a, { addresses: ['10.0.0.1/24'] });
  const socket = stack.connect(80, '10.0.0.2');
  socket.on('error', () => {});
  const began = performance.now();
  await stack.close(50);
  // Without a limit it would wait until the last SYN is given up, after four minutes.
  expect(performance.now() - began).toBeLessThan(60_000);
  expect(socket.destroyed).toBe(true);
});

test('a cut cable fails what is open', async () => {
  const cable = new Cable();
  const stack = createStack(cable.a, { addresses: ['10.0.0.1/24'] });
  const server = stack.createServer();
  await listening({ address: '10.0.0.1' } as never, server);
  const socket = stack.connect(80, '10.0.0.2');
  const errors = Promise.all([once(socket, 'error'), once(server, 'error')]);
  cable.a.cut('the plug was pulled');
  const [[socketError], [serverError]] = await errors;
  expect(socketError.message).toBe('connect ENETDOWN: the plug was pulled');
  expect(serverError).toMatchObject({ code: 'ENETDOWN', syscall: 'listen' });
  expect(server.listening).toBe(false);
});

test('knobs have their names from Linux', async () => {
  const stack = createStack(new Cable().a, { addresses: ['10.0.0.1/24'], sysctls: { tcp_timewait_len: 1234 } });
  expect(stack.host.sysctls.tcp_timewait_len).toBe(1234);
  await stack.close();
});

test('an address that is none is refused by name', () => {
  expect(() => createStack(new Cable().a, { addresses: ['10.0.0.256/24'] })).toThrow('10.0.0.256');
});

test('a server that listens everywhere says so, and localhost is this host', async () => {
  const stack = createStack(new Cable().a, { addresses: ['10.0.0.1/24'] });
  const server = stack.createServer().listen(80);
  await once(server, 'listening');
  expect(server.address()).toEqual({ address: '0.0.0.0', family: 'IPv4', port: 80 });
  const socket = stack.connect(80);
  await once(socket, 'connect');
  expect(socket.remoteAddress).toBe('127.0.0.1');
  await stack.close(20);
});
