import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Framing, writePrefix } from '../../../src/link/stream/framing.ts';
import { Splitter } from '../../../src/link/stream/splitter.ts';
import { Slab } from '../../../src/wire/slab.ts';

/** An IPv6 header and the longest payload. */
const LONGEST = 65_575;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** An IP packet as far as framing looks at it. */
function packet(version: number, payload: number, fill: number): Uint8Array {
  const header = version === 4 ? 20 : 40;
  const bytes = new Uint8Array(header + payload).fill(fill);
  const view = new DataView(bytes.buffer);
  bytes[0] = version === 4 ? 0x45 : 0x60;
  if (version === 4) view.setUint16(2, bytes.length);
  else {
    view.setUint16(4, payload);
    bytes[6] = 6;
  }
  return bytes;
}

function framed(framing: Framing, packets: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    packets.map((bytes) => {
      const prefix = new Uint8Array(framing === 'ip' ? 0 : 4);
      writePrefix(framing, bytes.length, prefix, 0);
      return Buffer.concat([prefix, bytes]);
    }),
  );
}

/** What comes out; some of the slabs are held, as a host holds those whose payload it hands up. */
function split(
  framing: Framing,
  chunks: readonly Uint8Array[],
  batches: (index: number) => boolean = () => true,
  longest = LONGEST,
) {
  const lent: { slab: Slab; start: number; end: number; was: string }[] = [];
  const held: typeof lent = [];
  const splitter = new Splitter(framing, longest, (slab, start, end) => {
    const seen = { slab, start, end, was: hex(slab.bytes.subarray(start, end)) };
    lent.push(seen);
    if (lent.length % 3 === 0) {
      slab.held = true;
      held.push(seen);
    }
    return true;
  });
  let batch = 0;
  for (const [i, chunk] of chunks.entries()) {
    const fault = splitter.push(new Slab(chunk));
    if (fault !== null) return { fault, packets: lent.map(({ was }) => was), kept: splitter.kept };
    if (!batches(i)) continue;
    // Nothing that was lent in this batch has been written over before its end, and nothing held ever.
    for (const { slab, start, end, was } of [...lent.slice(batch), ...held]) {
      expect(hex(slab.bytes.subarray(start, end))).toBe(was);
    }
    splitter.batchEnd();
    batch = lent.length;
  }
  return { fault: null, packets: lent.map(({ was }) => was), kept: splitter.kept };
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.slice(from, places[i] ?? bytes.length));
}

const somePackets = fc.array(
  fc.tuple(fc.constantFrom(4, 6), fc.oneof(fc.nat(40), fc.nat(3000), fc.constant(65_000)), fc.nat(255)),
  { minLength: 1, maxLength: 12 },
);
const framings = fc.constantFrom<Framing>('ip', 'length32be');

describe('Splitter', () => {
  it('finds the packets, wherever the stream is cut and joined', () => {
    fc.assert(
      fc.property(framings, somePackets, fc.array(fc.nat(), { maxLength: 40 }), fc.nat(5), (framing, some, cuts, n) => {
        const packets = some.map(([version, payload, fill]) => packet(version, payload, fill));
        const chunks = cut(framed(framing, packets), cuts);
        const { fault, packets: found, kept } = split(framing, chunks, (i) => i % (n + 1) === 0);
        expect([fault, kept]).toEqual([null, 0]);
        expect(found).toEqual(packets.map(hex));
      }),
      { numRuns: 300 },
    );
  });

  it('finds them byte by byte', () => {
    for (const framing of ['ip', 'length32be'] as const) {
      const packets = [packet(6, 0, 1), packet(4, 3000, 2), packet(4, 0, 3)];
      const bytes = framed(framing, packets);
      expect(split(framing, cut(bytes, [...bytes.keys()])).packets).toEqual(packets.map(hex));
    }
  });

  it('ends at garbage or waits for what it announces, never keeps more than a frame, and says the same wherever it is cut', () => {
    const garbage = fc.uint8Array({ minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(framings, garbage, fc.array(fc.nat(), { maxLength: 20 }), (framing, bytes, cuts) => {
        const whole = split(framing, [bytes]);
        expect(split(framing, cut(bytes, cuts))).toEqual({ ...whole, kept: expect.anything() });
        if (whole.fault === null) expect(split(framing, cut(bytes, cuts)).kept).toBe(whole.kept);
        expect(whole.kept).toBeLessThan(LONGEST + 4);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['ip', 'IpVersion', '00'],
    ['ip', 'IpVersion', '51'],
    ['ip', 'IpHeaderLength', '44'],
    ['ip', 'IpTotalLength', '45000000'],
    ['ip', 'IpTotalLength', '46000014'],
    ['ip', 'Ip6Jumbogram', '60000000000000'],
    ['length32be', 'PacketTooLong', '01'],
    ['length32be', 'PacketTooLong', '00010028'],
    ['length32be', 'EmptyPacket', '00000000'],
  ] as const)('%s: %s, said by the first byte that shows it', (framing, fault, octets) => {
    const bytes = Uint8Array.from(Buffer.from(octets, 'hex'));
    expect(split(framing, [bytes]).fault).toBe(fault);
    expect(split(framing, cut(bytes, [...bytes.keys()])).fault).toBe(fault);
    expect(split(framing, [bytes.subarray(0, -1)]).fault).toBeNull();
  });

  it('takes the longest packets, and an IPv6 packet without payload that is no jumbogram', () => {
    const longest = [packet(4, 65_515, 1), packet(6, 65_535, 2), packet(6, 0, 3)];
    for (const framing of ['ip', 'length32be'] as const) {
      expect(split(framing, cut(framed(framing, longest), [70_000, 65_537])).packets).toEqual(longest.map(hex));
    }
  });
});
