import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Socket } from '../../../src/net/socket/socket.ts';
import type { SocketOptions } from '../../../src/net/terms/args.ts';
import { cableNets } from '../support/two-nets.ts';

let nets: ReturnType<typeof cableNets>;
beforeEach(() => {
  nets = cableNets();
});
afterEach(() => nets.close());

async function pair(client: SocketOptions, server: SocketOptions): Promise<[near: Socket, far: Socket]> {
  const listener = nets.server.createServer(server).listen(0);
  await once(listener, 'listening');
  const near = nets.client.connect({ port: (listener.address() as AddressInfo).port, host: nets.address, ...client });
  const [[far]] = await Promise.all([once(listener, 'connection') as Promise<[Socket]>, once(near, 'connect')]);
  return [near, far];
}

/** The memory of one side's only connection, as `ss -m` tells it. */
const memoryOf = (stack: typeof nets.clientStack) =>
  [...stack.inspect.sockets({ details: true })].find((socket) => socket.state === 'ESTABLISHED')!.details!.memory;

test('buffers have the sizes that options say, twice (socket(7)), on both sides', async () => {
  await pair({ recvBufferSize: 20_000, sendBufferSize: 30_000 }, { recvBufferSize: 40_000, sendBufferSize: 50_000 });
  expect(memoryOf(nets.clientStack)).toMatchObject({ receiveBuffer: 40_000, sendBuffer: 60_000 });
  expect(memoryOf(nets.serverStack)).toMatchObject({ receiveBuffer: 80_000, sendBuffer: 100_000 });
});

test('no buffer is smaller than the least, and a window never larger than half of it', async () => {
  const [near, far] = await pair({}, { recvBufferSize: 10_000, sendBufferSize: 1 });
  expect(memoryOf(nets.serverStack).sendBuffer).toBe(4608);
  expect(near.info().tcpi_snd_wnd).toBeLessThanOrEqual(10_000);
  far.pause();
  near.write(Buffer.alloc(200_000));
  while (near.info().tcpi_snd_wnd > 0) await new Promise(setImmediate);
  // What the stream above has taken out is not in the buffer.
  expect(near.info().tcpi_bytes_acked).toBeLessThanOrEqual(20_000 + far.readableLength);
});

test('they may change at any time, before a connection and during it', async () => {
  const [near] = await pair({}, {});
  near.setRecvBufferSize(50_000).setSendBufferSize(60_000);
  expect(memoryOf(nets.clientStack)).toMatchObject({ receiveBuffer: 100_000, sendBuffer: 120_000 });
  expect(near.write(Buffer.alloc(10_000))).toBe(true);
  const other = new nets.client.Socket().setRecvBufferSize(5_000).setQuickAck();
  other.connect(near.remotePort!, nets.address);
  await once(other, 'connect');
  const sizes = [...nets.clientStack.inspect.sockets({ details: true })].map(
    ({ details }) => details?.memory.receiveBuffer,
  );
  expect(sizes.sort()).toEqual([100_000, 10_000].sort());
});

test('quickAck: what was waiting to be acknowledged is, at once', async () => {
  const [near, far] = await pair({}, { quickAck: false });
  far.resume();
  near.write('x');
  await once(far, 'data');
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  expect(near.info().tcpi_unacked).toBe(1);
  far.setQuickAck();
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  expect(near.info().tcpi_unacked).toBe(0);
});

test.each([0, -1, 1.5, 2 ** 31, '5', null])('a size of %j is refused', (size) => {
  const socket = new nets.client.Socket();
  const refused = expect.objectContaining({ code: expect.stringMatching(/^ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)$/) });
  expect(() => socket.setRecvBufferSize(size as number)).toThrow(refused);
  expect(() => socket.setSendBufferSize(size as number)).toThrow(refused);
  expect(() => nets.server.createServer({ recvBufferSize: size as number })).toThrow(refused);
});
