import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CablePacket } from '../../../src/link/cable.ts';
import type { Socket } from '../../../src/net/socket/socket.ts';
import { pattern } from '../support/record.ts';
import { cableNets } from '../support/two-nets.ts';

// No timer of the driver's fires in between, however busy the machine is.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets the flush come that follows a batch or a call. */
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Connected pairs on a cable that has stopped carrying: the test hands over the packets. */
async function setUp(count: number) {
  const nets = cableNets();
  const { cable } = nets;
  const listener = nets.server.createServer().listen(0, nets.address);
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const pairs: { near: Socket; far: Socket }[] = [];
  for (let i = 0; i < count; i++) {
    const accepted = once(listener, 'connection') as Promise<[Socket]>;
    const near = nets.client.connect({ port, host: nets.address, noDelay: true });
    const [[far]] = await Promise.all([accepted, once(near, 'connect')]);
    pairs.push({ near, far: far.on('data', () => {}) });
  }
  cable.stop();
  cable.a.take();
  cable.b.take();
  return { nets, cable, pairs };
}

/** An IPv4 packet's ports, and how much data is in it. */
function read({ bytes }: CablePacket) {
  const header = (bytes[0]! & 0x0f) * 4;
  const tcp = new DataView(bytes.buffer, bytes.byteOffset + header);
  return { to: tcp.getUint16(2), data: bytes.length - header - (tcp.getUint8(12) >>> 4) * 4 };
}

describe('a batch of segments', () => {
  test('is one deliver, one flush, and one ACK per connection', async () => {
    const { nets, cable, pairs } = await setUp(3);
    for (const { near } of pairs) near.write(pattern(8 * 1448));
    await turn();
    const batch = cable.b.take();
    expect(batch.length).toBe(24);
    const { host } = nets.serverStack;
    const deliver = vi.spyOn(host, 'deliver');
    const flush = vi.spyOn(host, 'flush');
    cable.a.inject(batch);
    // The application has been told before the batch's end returned; the flush comes behind its ticks, and delivers what
    // the application's calls have brought about.
    expect(deliver).toHaveBeenCalledTimes(1);
    expect(flush).not.toHaveBeenCalled();
    expect(pairs.map(({ far }) => far.bytesRead)).toEqual([8 * 1448, 8 * 1448, 8 * 1448]);
    await turn();
    expect(flush).toHaveBeenCalledTimes(1);
    expect(deliver).toHaveBeenCalledTimes(2);
    const answers = cable.a.take().map(read);
    expect(answers.map(({ data }) => data)).toEqual([0, 0, 0]);
    expect(new Set(answers.map(({ to }) => to)).size).toBe(3);
    cable.start();
    await nets.close();
  });

  test('that follows another in the same turn is answered by itself', async () => {
    const { nets, cable, pairs } = await setUp(1);
    pairs[0]!.near.write(pattern(8 * 1448));
    await turn();
    const packets = cable.b.take();
    const flush = vi.spyOn(nets.serverStack.host, 'flush');
    cable.a.inject(packets.slice(0, 4));
    cable.a.inject(packets.slice(4));
    await turn();
    expect(flush).toHaveBeenCalledTimes(2);
    expect(cable.a.take().length).toBe(2);
    cable.start();
    await nets.close();
  });

  test('is answered with what the application writes, in the same segment as the ACK', async () => {
    const { nets, cable, pairs } = await setUp(1);
    const [{ near, far }] = pairs as [{ near: Socket; far: Socket }];
    far.on('data', () => process.nextTick(() => far.write('answer')));
    near.write(pattern(4 * 1448));
    await turn();
    // From the event loop, as links do it: ticks come before promise jobs then.
    setImmediate(() => cable.a.inject(cable.b.take()));
    await turn();
    await turn();
    expect(cable.a.take().map((packet) => read(packet).data)).toEqual(['answer'.length]);
    cable.start();
    await nets.close();
  });
});
