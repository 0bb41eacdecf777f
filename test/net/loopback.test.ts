import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Cable } from '../../src/link/cable.ts';
import type { Socket } from '../../src/net/socket/socket.ts';
import { createStack, type Stack } from '../../src/net/stack.ts';
import { pattern } from './support/record.ts';

/** A host at one end of a cable. At the other end lies what it has sent: nothing, here. */
let cable: Cable;
let stack: Stack;

function bringUp(offload: boolean): void {
  cable = new Cable({ offload });
  stack = createStack(cable.a, { addresses: ['10.0.0.1/24', 'fd00::1/64'] });
  cable.stop();
}

beforeEach(() => bringUp(false));
afterEach(async () => {
  await stack.close();
  expect(cable.a.take()).toEqual([]);
});

async function listening(host?: string): Promise<number> {
  const server = stack.createServer((socket) => void socket.pipe(socket)).listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function connected(port: number, host: string): Promise<Socket> {
  const socket = stack.connect(port, host);
  await once(socket, 'connect');
  return socket;
}

const EVERYWHERE = ['127.0.0.1', '127.1.2.3', '10.0.0.1', '::1', 'fd00::1'];

for (const host of EVERYWHERE) {
  test(`a stack connects to itself at ${host}`, async () => {
    const socket = await connected(await listening(), host);
    expect(socket.remoteAddress).toBe(host);
    expect(socket.localAddress).toBe(host.startsWith('127.') ? '127.0.0.1' : host);
    socket.end('hello');
    const [data] = await once(socket, 'data');
    expect(String(data)).toBe('hello');
  });
}

test.each([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])('to connect to %s is to connect to %s', async (host, reached) => {
  const socket = await connected(await listening(), host);
  expect(socket.remoteAddress).toBe(reached);
});

test('who listens at 127.0.0.1 is not at our other addresses', async () => {
  const port = await listening('127.0.0.1');
  await connected(port, '127.0.0.1');
  for (const host of ['10.0.0.1', '127.0.0.2']) {
    await expect(connected(port, host)).rejects.toMatchObject({ code: 'ECONNREFUSED', address: host, port });
  }
});

test('no segment with a source in 127.0.0.0/8 leaves: such a connection is refused', async () => {
  const attempt = once(stack.connect({ port: 9, host: '10.0.0.2', localAddress: '127.0.0.1' }), 'connect');
  await expect(attempt).rejects.toMatchObject({ code: 'EINVAL', syscall: 'connect' });
});

describe('what comes from the link', () => {
  test.each([
    ['to 127.0.0.1', '10.0.0.2', '127.0.0.1', 'IpNotOurs'],
    ['from 127.0.0.1', '127.0.0.1', '10.0.0.1', 'IpMartianSource'],
    ['from our own address', '10.0.0.1', '10.0.0.1', 'IpMartianSource'],
  ] as const)('%s is dropped', async (_what, from, to, reason) => {
    const port = await listening();
    cable.a.inject([{ bytes: synPacket(from, to, port), gsoSize: 0, checksumTrusted: true }]);
    await sleep(1);
    expect(stack.host.ip.drops.get(reason)).toBe(1);
    expect([...stack.host.connections()]).toEqual([]);
  });
});

test.each([[false], [true]])('a long transfer arrives whole (super-segments: %s)', async (offload) => {
  await stack.close();
  bringUp(offload);
  const sent = pattern(3_000_000);
  const socket = await connected(await listening(), '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (bytes) => received.push(bytes));
  socket.end(sent);
  await once(socket, 'end');
  expect(Buffer.concat(received).equals(sent)).toBe(true);
});

test('two sockets that answer each other for ever keep nothing else from its turn', async () => {
  const socket = await connected(await listening(), '127.0.0.1');
  let rounds = 0;
  socket.on('data', () => {
    rounds++;
    socket.write('x');
  });
  socket.write('x');
  while (rounds < 100) await sleep(1); // a timer that never fires would have this test fail by its time-out
  socket.destroy();
  expect(rounds).toBeGreaterThan(99);
});

test('a reset comes by the loopback too', async () => {
  const server = stack.createServer((socket) => socket.resetAndDestroy()).listen(0);
  await once(server, 'listening');
  const socket = stack.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [error] = await once(socket, 'close').catch((error: unknown) => [error]);
  expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
});

/** An IPv4 packet with a SYN in it. Its checksums are not looked at. */
function synPacket(from: string, to: string, port: number): Uint8Array {
  const bytes = new Uint8Array(40);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x45;
  view.setUint16(2, bytes.length);
  bytes[8] = 64;
  bytes[9] = 6;
  bytes.set(from.split('.').map(Number), 12);
  bytes.set(to.split('.').map(Number), 16);
  view.setUint16(20, 1234);
  view.setUint16(22, port);
  view.setUint32(32, 0x5002ffff);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += view.getUint16(i);
  view.setUint16(10, ~((sum & 0xffff) + (sum >>> 16)));
  return bytes;
}
