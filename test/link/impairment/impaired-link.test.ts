import { describe, expect, it } from 'vitest';
import { Cable } from '../../../src/link/cable.ts';
import { ImpairedLink } from '../../../src/link/impairment/impaired-link.ts';
import { parseImpairments } from '../../../src/link/impairment/language/parse.ts';
import { SeededRandom } from '../../../src/time/random.ts';
import { pattern, TCP_FLAGS, tcpFrame, transportSum } from '../fake-device.ts';
import { read } from '../support/bad-path.ts';

interface Heard {
  bytes: Uint8Array;
  gsoSize: number;
  trusted: boolean;
}

/** One end of a cable behind a bad path: what our host hears, what the far end does, and the time in milliseconds. */
function world(text: string, options: { offload?: boolean; mtu?: number } = {}) {
  const cable = new Cable({ offload: true, ...options });
  const time = { now: 0 };
  const impairments = parseImpairments(text);
  const link = new ImpairedLink(cable.a, { impairments, random: new SeededRandom(1), clock: () => time.now * 1000 });
  const near: (Heard | string)[] = [];
  const far: Heard[] = [];
  link.attach({
    receive: ({ slab, start, end, gsoSize, checksumTrusted: trusted }) =>
      near.push({ bytes: slab.bytes.slice(start, end), gsoSize, trusted }),
    batchEnd: () => near.push('batchEnd'),
    linkDown: (reason) => near.push(reason),
  });
  cable.b.attach({
    receive: ({ slab, start, end, gsoSize, checksumTrusted: trusted }) =>
      far.push({ bytes: slab.bytes.slice(start, end), gsoSize, trusted }),
    batchEnd: () => {},
    linkDown: () => {},
  });
  const advance = (to: number): void => {
    time.now = to;
    link.advance(to * 1000);
  };
  return { cable, link, near, far, time, advance };
}

const superSegment = (version: 4 | 6) =>
  tcpFrame({ version, payload: [pattern(10_001)], gsoSize: 1000, seq: 500, flags: TCP_FLAGS.ack | TCP_FLAGS.psh });

/** The data of segments with their numbers, put together. */
function collected(packets: readonly Heard[]): Uint8Array {
  const parts = packets.map(({ bytes }) => {
    const { segment } = read(bytes);
    return { at: segment.seq - 500, data: bytes.subarray(segment.payloadStart) };
  });
  const whole = new Uint8Array(10_001);
  for (const { at, data } of parts) whole.set(data, at);
  return whole;
}

describe.each([4, 6] as const)('super-segments over IPv%i', (version) => {
  it('are cut on their way out, each packet with the right checksum', () => {
    const { cable, link, far } = world('delay 0us');
    link.send(superSegment(version));
    link.flush();
    cable.deliver();
    expect(far).toHaveLength(11);
    for (const { bytes, gsoSize, trusted } of far) {
      expect([gsoSize, trusted]).toEqual([0, false]);
      expect(transportSum(bytes)).toBe(0xffff);
    }
    expect(collected(far)).toEqual(pattern(10_001));
  });

  it('are cut on their way in, so that a rule is about one packet of the wire', () => {
    const { cable, near } = world('drop DATA 3 in');
    cable.b.send(superSegment(version));
    cable.b.flush();
    cable.deliver();
    const packets = near.filter((what) => typeof what !== 'string');
    expect(near.at(-1)).toBe('batchEnd');
    expect(packets).toHaveLength(10);
    for (const { bytes, gsoSize } of packets) {
      expect(gsoSize).toBe(0);
      expect(transportSum(bytes)).toBe(0xffff);
    }
    const expected = pattern(10_001).fill(0, 2000, 3000);
    expect(collected(packets)).toEqual(expected);
  });
});

describe('ImpairedLink', () => {
  it('is like the link within, to its host', () => {
    for (const offload of [true, false]) {
      const { cable, link } = world('', { offload, mtu: 1234 });
      expect([link.mtu, link.gsoMaxSize, link.checksumOffload, link.queueLength]).toEqual([
        ...[1234, cable.a.gsoMaxSize, cable.a.checksumOffload],
        undefined,
      ]);
    }
  });

  it('loses packets of the wire, not super-segments', () => {
    const { cable, link, far } = world('loss 10%');
    for (let i = 0; i < 100; i++) {
      link.send(superSegment(4));
      link.flush();
      cable.deliver();
    }
    expect(far.length).toBeGreaterThan(1100 * 0.87);
    expect(far.length).toBeLessThan(1100 * 0.93);
  });

  it('keeps packets until their time, and hands them over as one batch', () => {
    const { cable, link, near, far, advance } = world('delay 5ms');
    link.send(tcpFrame({ seq: 1 }));
    link.send(tcpFrame({ seq: 2 }));
    link.flush();
    cable.b.send(tcpFrame({ seq: 3 }));
    cable.b.flush();
    cable.deliver();
    expect([near, far]).toEqual([['batchEnd'], []]);
    expect(link.nextDeadline()).toBe(5000);
    advance(5);
    cable.deliver();
    expect(far.map(({ bytes }) => read(bytes).segment.seq)).toEqual([1, 2]);
    expect(near.map((what) => (typeof what === 'string' ? what : 'packet'))).toEqual([
      'batchEnd',
      'packet',
      'batchEnd',
    ]);
    expect(link.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('keeps the memory of what it delays to itself', () => {
    const { cable, link, far, near, advance } = world('delay 5ms');
    const payload = pattern(100);
    link.send(tcpFrame({ payload: [payload], partial: false }));
    link.flush();
    payload.fill(0);
    cable.b.send(tcpFrame({ payload: [pattern(100)] }));
    cable.b.flush();
    const [packet] = cable.b.take();
    cable.a.inject([packet!]);
    packet!.bytes.fill(0);
    advance(5);
    cable.deliver();
    expect([...far[0]!.bytes.subarray(40)]).toEqual([...pattern(100)]);
    expect([...(near[1] as Heard).bytes.subarray(40)]).toEqual([...pattern(100)]);
  });

  it('leaves a packet trusted that it has not touched, and no other', () => {
    const { cable, near } = world('corrupt payload of DATA 2');
    for (const seq of [1, 2]) cable.b.send(tcpFrame({ seq, payload: [pattern(10)] }));
    cable.b.flush();
    cable.deliver();
    expect(near.map((what) => (typeof what === 'string' ? what : what.trusted))).toEqual([true, false, 'batchEnd']);
  });

  it('sends what it keeps for the far side when it is closed, and nothing after that', () => {
    const { cable, link, near, far, advance } = world('delay 1s');
    link.send(tcpFrame({ seq: 1 }));
    cable.b.send(tcpFrame({ seq: 2 }));
    cable.b.flush();
    cable.deliver();
    link.close();
    link.send(tcpFrame({ seq: 3 }));
    link.flush();
    advance(2000);
    cable.deliver();
    expect(far.map(({ bytes }) => read(bytes).segment.seq)).toEqual([1]);
    expect(near).toEqual(['batchEnd']);
    expect(link.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('hands on that the link within is gone', () => {
    const { cable, near, link } = world('delay 1s');
    cable.a.cut('cut');
    expect(near).toEqual(['cut']);
    expect(link.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });
});
