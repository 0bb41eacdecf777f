import { once } from 'node:events';
import { expect, test } from 'vitest';
import { Cable } from '../../src/link/cable.ts';
import { createStack } from '../../src/net/stack.ts';
import { closed, listening, pair, pattern } from './record.ts';
import { cableWorld } from './worlds.ts';

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

test('info tells what TCP knows, during the connection and after it', async () => {
  const world = cableWorld();
  const { near, far } = await pair(world);
  far.resume();
  expect(() => new world.client.Socket().info()).toThrow('before there is one');
  near.end(pattern(100_000));
  expect(near.info()).toMatchObject({ tcpi_state: 1, tcpi_bytes_acked: expect.any(Number) });
  await closed(near, far);
  expect(far.info().tcpi_bytes_received).toBeGreaterThanOrEqual(100_000);
  await world.close();
});

test('close waits until the peers have what was queued', async () => {
  const world = cableWorld();
  const { near, far } = await pair(world);
  let received = 0;
  far.on('data', (bytes) => (received += bytes.length));
  near.write(pattern(1_000_000));
  await world.clientStack.close();
  await closed(near, far);
  expect(received).toBe(1_000_000);
  expect([...world.clientStack.host.tcp.connections]).toEqual([]);
  await world.close();
});

test('close does not wait for ever', async () => {
  const cable = new Cable();
  const stack = createStack(cable.a, { addresses: ['10.0.0.1/24'] });
  const socket = stack.connect(80, '10.0.0.2');
  socket.on('error', () => {});
  const began = performance.now();
  await stack.close(50);
  expect(performance.now() - began).toBeLessThan(1000);
  expect(socket.destroyed).toBe(true);
});

test('a cut cable fails what is open', async () => {
  const cable = new Cable();
  const stack = createStack(cable.a, { addresses: ['10.0.0.1/24'] });
  const server = stack.createServer();
  await listening({ address: '10.0.0.1' } as never, server);
  const socket = stack.connect(80, '10.0.0.2');
  const errors = Promise.all([once(socket, 'error'), once(server, 'error')]);
  cable.a.cut('somebody pulled the plug');
  const [[socketError], [serverError]] = await errors;
  expect(socketError.message).toBe('connect ENETDOWN: somebody pulled the plug');
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
  const socket = stack.connect(81);
  socket.on('error', () => {});
  await new Promise(process.nextTick);
  await new Promise(process.nextTick);
  expect(socket._connection?.remote.toString() ?? '10.0.0.1').toBe('10.0.0.1');
  await stack.close(20);
});
