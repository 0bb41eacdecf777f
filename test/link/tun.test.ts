import { describe, expect, it } from 'vitest';
import { TunLink } from '../../src/link/tun.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { flatten } from '../support/octets.ts';
import { FakeDevice, pattern, tcpFrame, transportSum } from './fake-device.ts';

interface Received {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly gsoSize: number;
  readonly checksumTrusted: boolean;
}

/** A link over a fake device, and everything that it has called. */
function setUp({ vnetHeader = true, sums = false, backlogPackets = 256, hold = false } = {}) {
  const device = new FakeDevice(vnetHeader, sums);
  const link = new TunLink(device, { backlogPackets });
  const received: Received[] = [];
  const log: string[] = [];
  const slabs = new Set<unknown>();
  const hooks = { onReceive: () => {} };
  link.attach({
    receive(packet) {
      const { slab, start, end, gsoSize, checksumTrusted } = packet;
      received.push({ bytes: slab.bytes.slice(start, end), start, gsoSize, checksumTrusted });
      slabs.add(slab);
      if (hold) slab.held = true;
      log.push('receive');
      hooks.onReceive();
    },
    batchEnd: () => log.push('batchEnd'),
    linkDown: (reason) => log.push(reason),
  });
  return { device, link, received, log, slabs, hooks };
}

/** What a link without any offload makes of a frame. */
function summed(frame: Frame): FakeDevice {
  const { device, link } = setUp({ vnetHeader: false });
  link.send(frame);
  link.flush();
  return device;
}

const withHeader = (packet: Uint8Array, header: readonly number[] = Array(10).fill(0)): Uint8Array =>
  Uint8Array.from([...header, ...packet]);

describe('TunLink, inward', () => {
  it('hands up a batch packet by packet and ends it once', () => {
    const { device, log, received, link } = setUp();
    const packet = flatten(tcpFrame({ payload: [pattern(100)] }));
    device.incoming = [withHeader(packet, [1, 1, 40, 0, 50, 0, 20, 0, 16, 0]), withHeader(packet)];
    device.events.readable();
    expect(log).toEqual(['receive', 'receive', 'batchEnd']);
    expect(received[0]).toMatchObject({ bytes: packet, gsoSize: 50, checksumTrusted: true });
    expect(received[1]).toMatchObject({ bytes: packet, gsoSize: 0, checksumTrusted: false });
    expect(link.counters).toMatchObject({ rxPackets: 2, rxBatches: 1, rxBytes: 280, rxSuperSegments: 1 });
  });

  it('needs no virtio_net_hdr', () => {
    const { device, received } = setUp({ vnetHeader: false });
    const packet = flatten(tcpFrame());
    device.incoming = [packet];
    device.events.readable();
    expect(received[0]).toMatchObject({ bytes: packet, gsoSize: 0, checksumTrusted: false });
  });

  it('drops and counts what makes no sense, and goes on', () => {
    const { device, received, link, log } = setUp();
    const packet = flatten(tcpFrame());
    device.incoming = [
      new Uint8Array(0),
      new Uint8Array(3),
      new Uint8Array(10),
      withHeader(packet, [1, 0, 0, 0, 0, 0, 255, 255, 0, 0]),
      withHeader(packet),
    ];
    device.events.readable();
    expect(received).toHaveLength(1);
    expect(log).toEqual(['receive', 'batchEnd']);
    expect(link.counters).toMatchObject({ rxDroppedEmpty: 3, rxDroppedBadVnetHeader: 1, rxPackets: 1 });
  });

  it('reads into the same bytes again when no receiver held them', () => {
    const { device, received, slabs, link } = setUp();
    for (let i = 0; i < 3; i++) {
      device.incoming = [withHeader(flatten(tcpFrame()))];
      device.events.readable();
    }
    expect(new Set(received.map((r) => r.start)).size).toBe(1);
    expect(slabs.size).toBe(1);
    expect(link.counters.rxSlabs).toBe(1);
  });

  it('reads into the bytes again of a batch that no receiver held, behind one that is held', () => {
    const { device, received, slabs, hooks } = setUp();
    const starts: number[] = [];
    for (const hold of [true, false, false, true, false]) {
      hooks.onReceive = () => {
        for (const slab of slabs) (slab as { held: boolean }).held ||= hold;
      };
      device.incoming = [withHeader(flatten(tcpFrame({ payload: [pattern(100)] })))];
      device.events.readable();
      starts.push(received.at(-1)!.start);
    }
    expect(slabs.size).toBe(1);
    const [first, second] = starts as [number, number];
    expect(second).toBeGreaterThan(first);
    expect(starts).toEqual([first, second, second, second, 2 * second - first]);
  });

  it('never writes into held bytes, and takes a new slab when one is full', () => {
    const { device, received, slabs, link } = setUp({ hold: true });
    const packet = withHeader(flatten(tcpFrame({ payload: [pattern(60000)] })));
    // A slab has room for two of them.
    for (let i = 0; i < 10; i++) {
      device.incoming = [packet];
      device.events.readable();
    }
    expect(received).toHaveLength(10);
    const starts = received.map((r) => r.start);
    for (let i = 0; i < 10; i += 2) expect(starts[i + 1]! - starts[i]!).toBeGreaterThanOrEqual(60_000);
    expect(slabs.size).toBe(5);
    expect(link.counters.rxSlabs).toBe(5);
  });

  it('reads one batch at a call, whatever waits', () => {
    const { device, log } = setUp();
    device.incoming = Array.from({ length: 10_000 }, () => withHeader(flatten(tcpFrame())));
    device.events.readable();
    expect(log.filter((entry) => entry === 'batchEnd')).toHaveLength(1);
    expect(device.incoming.length).toBe(10_000 - 512);
  });

  it('reads all that waits when it is polled, batch by batch', () => {
    const { device, log, link, received } = setUp();
    device.incoming = Array.from({ length: 1000 }, () => withHeader(flatten(tcpFrame())));
    link.poll();
    expect(received).toHaveLength(1000);
    expect(log.filter((entry) => entry === 'batchEnd')).toHaveLength(2);
  });

  it('polls no more than can have waited, however fast the far side sends', () => {
    const { device, log, link, hooks } = setUp();
    const packet = withHeader(flatten(tcpFrame()));
    hooks.onReceive = () => device.incoming.push(packet);
    device.incoming = [packet];
    link.poll();
    expect(log.filter((entry) => entry === 'batchEnd')).toHaveLength(64);
  });

  it('polls no further when it is closed from within, or the device is gone', () => {
    const { device, log, hooks, link } = setUp();
    hooks.onReceive = () => link.close();
    device.incoming = Array.from({ length: 1000 }, () => withHeader(flatten(tcpFrame())));
    link.poll();
    link.poll();
    expect(log).toEqual(['receive']);

    const other = setUp();
    other.device.deleted = true;
    other.link.poll();
    expect(other.log).toEqual(['The device fake0 was deleted.']);
  });

  it('stops at once when it is closed from within', () => {
    const { device, log, hooks, link } = setUp();
    hooks.onReceive = () => link.close();
    device.incoming = [withHeader(flatten(tcpFrame())), withHeader(flatten(tcpFrame()))];
    device.events.readable();
    expect(log).toEqual(['receive']);
    expect(device.closed).toBe(true);
  });

  it('goes down, once and with a reason, when the device is gone', () => {
    const { device, log } = setUp();
    device.deleted = true;
    device.events.readable();
    device.events.gone();
    expect(log).toEqual(['The device fake0 was deleted.']);
    expect(device.closed).toBe(true);
  });
});

describe('TunLink, outward', () => {
  it('writes a super-segment in one piece, payload by reference, at flush', () => {
    const { device, link } = setUp();
    const frame = tcpFrame({ payload: [pattern(3000), pattern(1001, 5)], gsoSize: 1460 });
    link.send(frame);
    expect(device.written).toEqual([]);
    link.flush();
    expect(device.written).toEqual([withHeader(flatten(frame), [1, 1, 40, 0, 0xb4, 5, 20, 0, 16, 0])]);
    expect(link.counters).toMatchObject({ txPackets: 1, txBatches: 1, txSuperSegments: 1 });
  });

  it('cuts and sums in software where the device does not', () => {
    const { device, link } = setUp({ vnetHeader: false });
    expect(link.checksumOffload).toBe(false);
    expect(link.gsoMaxSize).toBe(0);
    link.send(tcpFrame({ payload: [pattern(4001)], gsoSize: 1460 }));
    link.flush();
    expect(device.written.map((p) => p.length)).toEqual([1500, 1500, 1121]);
    for (const packet of device.written) expect(transportSum(packet)).toBe(0xffff);
  });

  it('cuts a super-segment whose checksum is complete: the kernel would cut it without summing', () => {
    const { device, link } = setUp();
    link.send(tcpFrame({ payload: [pattern(4000)], gsoSize: 1460, partial: false }));
    link.flush();
    expect(device.written.map((p) => p.length)).toEqual([1510, 1510, 1130]);
    for (const packet of device.written) expect(transportSum(packet.subarray(10))).toBe(0xffff);
  });

  it('takes the headers at send, so that one frame serves for all', () => {
    const { device, link } = setUp({ vnetHeader: false });
    const frame = tcpFrame({ partial: false });
    link.send(frame);
    frame.header.fill(0);
    link.flush();
    expect(device.written[0]).toEqual(flatten(tcpFrame({ partial: false })));
  });

  it('flushes by itself when its arena is full', () => {
    const { device, link } = setUp();
    for (let i = 0; i < 257; i++) link.send(tcpFrame());
    expect(device.written).toHaveLength(256);
    link.flush();
    expect(device.written).toHaveLength(257);
  });

  it('takes more slices than its arena has', () => {
    const { device, link } = setUp();
    const payload = Array.from({ length: 2000 }, (_, i) => pattern(1 + (i % 3), i));
    const frame = tcpFrame({ payload });
    link.send(tcpFrame({ payload: [pattern(3)] }));
    link.send(frame);
    link.flush();
    expect(device.written[1]!.subarray(10)).toEqual(flatten(frame));
  });

  it('counts what the kernel refuses', () => {
    const { device, link } = setUp();
    device.verdict = 'down';
    link.send(tcpFrame());
    link.flush();
    device.verdict = 'reject';
    link.send(tcpFrame());
    link.flush();
    expect(link.counters).toMatchObject({ txDeviceDown: 1, txRefused: 1, txPackets: 0 });
  });

  it('learns of a deleted device at flush, and says so in a turn of its own', async () => {
    const { device, link, log } = setUp();
    device.deleted = true;
    link.send(tcpFrame());
    link.flush();
    expect(log).toEqual([]);
    await Promise.resolve();
    expect(log).toEqual(['The device fake0 was deleted.']);
    link.send(tcpFrame());
    link.flush();
    expect(link.counters.txClosed).toBe(2);
  });

  it('closes once, and then neither sends nor receives', () => {
    const { device, link } = setUp();
    link.send(tcpFrame());
    link.close();
    link.close();
    expect(device.written).toHaveLength(1);
    link.send(tcpFrame());
    link.flush();
    expect(device.written).toHaveLength(1);
    expect(link.counters.txClosed).toBe(1);
  });
});

describe('TunLink, when the device is full', () => {
  const numbered = (n: number) => tcpFrame({ payload: [pattern(8, n)], seq: n });
  const sequences = (device: FakeDevice) => device.written.map((p) => new DataView(p.buffer).getUint32(34));

  it('leaves checksums to a device that completes them, and completes those of what has to wait', () => {
    const { device, link } = setUp({ vnetHeader: false, sums: true });
    expect(link.checksumOffload).toBe(true);
    const partial = flatten(tcpFrame({ payload: [pattern(101)] }));
    link.send(tcpFrame({ payload: [pattern(101)] }));
    link.flush();
    expect(device.written).toEqual([partial]);
    device.room = 0;
    link.send(tcpFrame({ payload: [pattern(101)] }));
    link.flush();
    device.room = 1;
    device.events.writable();
    const [whole] = summed(tcpFrame({ payload: [pattern(101)] })).written;
    expect(device.written[1]).toEqual(whole);
    expect(device.written[1]).not.toEqual(partial);
  });

  it('keeps what was not taken, in order, and sends it when there is room', () => {
    const { device, link } = setUp();
    device.room = 2;
    for (let n = 1; n <= 4; n++) link.send(numbered(n));
    link.flush();
    expect(sequences(device)).toEqual([1, 2]);
    expect(device.writableWatched).toBe(true);
    expect(link.counters).toMatchObject({ txPackets: 2, txQueued: 2 });

    device.room = 1;
    device.events.writable();
    expect(sequences(device)).toEqual([1, 2, 3]);
    expect(device.writableWatched).toBe(true);

    device.room = 100;
    device.events.writable();
    expect(sequences(device)).toEqual([1, 2, 3, 4]);
    expect(device.writableWatched).toBe(false);
    expect(device.written[3]!.subarray(10)).toEqual(flatten(numbered(4)));
    expect(link.counters.txPackets).toBe(4);
  });

  it('lets nothing overtake what waits', () => {
    const { device, link } = setUp();
    device.room = 0;
    link.send(numbered(1));
    link.flush();
    device.room = 100;
    link.send(numbered(2));
    link.flush();
    expect(sequences(device)).toEqual([]);
    device.events.writable();
    expect(sequences(device)).toEqual([1, 2]);
  });

  it('keeps a copy: the payload may change after the flush', () => {
    const { device, link } = setUp();
    const chunk = pattern(8, 1);
    device.room = 0;
    link.send(tcpFrame({ payload: [chunk], seq: 1 }));
    link.flush();
    chunk.fill(0);
    device.room = 1;
    device.events.writable();
    expect(device.written[0]!.subarray(10)).toEqual(flatten(numbered(1)));
  });

  it('drops and counts what is more than it keeps', () => {
    const { device, link } = setUp({ backlogPackets: 3 });
    device.room = 0;
    for (let n = 1; n <= 5; n++) link.send(numbered(n));
    link.flush();
    expect(link.counters).toMatchObject({ txQueued: 3, txQueueFull: 2 });
    device.room = 100;
    device.events.writable();
    expect(sequences(device)).toEqual([1, 2, 3]);
  });
});
