import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegmentJoiner } from '../../../src/link/offload/gro.ts';
import { SoftwareOffload } from '../../../src/link/offload/gso.ts';
import type { Frame } from '../../../src/wire/frame.ts';
import { Slab } from '../../../src/wire/slab.ts';
import { flatten, plainSum } from '../../support/octets.ts';
import { pattern, TCP_FLAGS, type TcpFrameOptions, tcpFrame, transportSum } from '../fake-device.ts';

const { ack, psh, fin, cwr } = TCP_FLAGS;

interface Handed {
  readonly bytes: Uint8Array;
  readonly gsoSize: number;
  readonly trusted: boolean;
}

/** What a batch of packets is handed up as. */
function join(packets: readonly Uint8Array[], joiner?: SegmentJoiner): Handed[] {
  const handed: Handed[] = [];
  const one =
    joiner ??
    new SegmentJoiner(({ slab, start, end, gsoSize, checksumTrusted: trusted }) => {
      handed.push({ bytes: slab.bytes.slice(start, end), gsoSize, trusted });
    });
  for (const bytes of packets) one.add(new Slab(bytes), 0, bytes.length);
  one.flush();
  one.batchEnd();
  return handed;
}

const segment = (options: TcpFrameOptions): Uint8Array => flatten(tcpFrame({ partial: false, ...options }));

/** Three segments of 1,000 octets and one of 500, behind each other, each but the first as `change` says. */
function four(
  change: (options: TcpFrameOptions, index: number) => TcpFrameOptions = (options) => options,
): Uint8Array[] {
  return [1000, 1000, 1000, 500].map((length, i) =>
    segment(change({ payload: [pattern(length, i)], seq: 1 + 1000 * i }, i)),
  );
}

const SEVENS_NINES = [...Buffer.alloc(7, 7), ...Buffer.alloc(9, 9)];

const headers = (packet: Uint8Array): number =>
  (packet[0]! >> 4 === 4 ? 20 : 40) + (packet.at(packet[0]! >> 4 === 4 ? 32 : 52)! >> 4) * 4;

function cut(frame: Frame): Uint8Array[] {
  const packets: Uint8Array[] = [];
  new SoftwareOffload().lower(frame, (one) => packets.push(flatten(one)));
  return packets;
}

/** The packets that a super-segment stands for. */
function cutAgain({ bytes, gsoSize }: Handed): Uint8Array[] {
  const at = headers(bytes);
  const version = bytes[0]! >> 4 === 4 ? 4 : 6;
  const tcp = version === 4 ? 20 : 40;
  const view = new DataView(bytes.buffer);
  return cut(
    tcpFrame({
      version,
      payload: [bytes.subarray(at)],
      gsoSize,
      flags: bytes[tcp + 13]!,
      seq: view.getUint32(tcp + 4),
      optionBytes: at - tcp - 20,
    }),
  );
}

describe('joining segments', () => {
  it('makes one of a run: the first headers, all payload, and a header checksum that is right', () => {
    const packets = four();
    const [one, ...others] = join(packets);
    expect(others).toEqual([]);
    expect(one).toMatchObject({ gsoSize: 1000, trusted: true });
    expect(one!.bytes.length).toBe(40 + 3500);
    expect((one!.bytes[2]! << 8) | one!.bytes[3]!).toBe(40 + 3500);
    expect(plainSum(one!.bytes.subarray(0, 20))).toBe(0xffff);
    expect([...one!.bytes.subarray(40)]).toEqual(packets.flatMap((packet) => [...packet.subarray(40)]));
  });

  it('undoes what cutting has done, whatever lengths, options and family', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.constantFrom(4 as const, 6 as const),
        fc.constantFrom(0, 12, 40),
        fc.constantFrom(ack, ack | psh),
        (length, gsoSize, version, optionBytes, flags) => {
          const packets = cut(tcpFrame({ version, payload: [pattern(length)], gsoSize, optionBytes, flags }));
          const handed = join(packets);
          expect(handed).toHaveLength(1);
          expect(handed[0]!.gsoSize).toBe(packets.length > 1 ? gsoSize : 0);
          expect(packets.length > 1 ? cutAgain(handed[0]!).map(noId) : packets.map(noId)).toEqual(
            packets.length > 1 ? packets.map(noId) : [noId(handed[0]!.bytes)],
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('does so where they lie, if it may, and never beyond their memory', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 100, max: 3000 }),
        fc.constantFrom(4 as const, 6 as const),
        fc.nat(),
        (length, gsoSize, version, place) => {
          const packets = cut(tcpFrame({ version, payload: [pattern(length)], gsoSize }));
          // In two pieces of memory, each behind some octets of others.
          const inFirst = place % (packets.length + 1);
          const slabs = [packets.slice(0, inFirst), packets.slice(inFirst)].map(
            (some) => new Slab(Buffer.concat([Buffer.alloc(7, 7), ...some, Buffer.alloc(9, 9)])),
          );
          const handed: { slab: Slab; payload: Uint8Array }[] = [];
          const joiner = new SegmentJoiner(({ slab, start, end, gsoSize: size }) => {
            const bytes = slab.bytes.slice(start, end);
            expect(size).toBe(bytes.length - headers(bytes) > gsoSize ? gsoSize : 0);
            handed.push({ slab, payload: bytes.subarray(headers(bytes)) });
          });
          joiner.inPlace = true;
          for (const [i, slab] of slabs.entries()) {
            let at = 7;
            for (const packet of i === 0 ? packets.slice(0, inFirst) : packets.slice(inFirst)) {
              joiner.add(slab, at, at + packet.length);
              at += packet.length;
            }
          }
          joiner.flush();
          joiner.batchEnd();
          expect(handed.map(({ slab }) => slab)).toEqual(slabs.filter(({ bytes }) => bytes.length > 16));
          expect(Buffer.compare(Buffer.concat(handed.map(({ payload }) => payload)), pattern(length))).toBe(0);
          for (const { bytes } of slabs) expect([...bytes.subarray(0, 7), ...bytes.subarray(-9)]).toEqual(SEVENS_NINES);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of any packets in any order: no octet is lost, added, or moved, and what was wrong is not trusted', () => {
    const packet = fc.record({
      version: fc.constantFrom(4 as const, 6 as const),
      flags: fc.constantFrom(ack, ack, ack, ack | psh, ack | fin),
      optionBytes: fc.constantFrom(0, 0, 12),
      length: fc.constantFrom(0, 100, 100, 100, 99, 101),
      jump: fc.constantFrom(0, 0, 0, 1),
      broken: fc.constantFrom(false, false, false, true),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 30 }), (some) => {
        let seq = 0xffff_fff0;
        const packets = some.map(({ version, flags, optionBytes, length, jump, broken }, i) => {
          const bytes = segment({ version, flags, optionBytes, payload: [pattern(length, i)], seq: seq + jump });
          seq = (seq + jump + length) >>> 0;
          if (broken) bytes[bytes.length - 1]! ^= 1;
          return bytes;
        });
        const parts = join(packets).flatMap((one) => {
          if (one.gsoSize === 0) return [one];
          return cutAgain(one).map((bytes) => ({ bytes, gsoSize: 0, trusted: one.trusted }));
        });
        expect(parts.map(({ bytes }) => noId(bytes))).toEqual(packets.map(noId));
        for (const { bytes, trusted } of parts) if (trusted) expect(transportSum(bytes)).toBe(0xffff);
      }),
      { numRuns: 300 },
    );
  });

  it('hands up anything else as it came: short, cut off, or with lengths that lead beyond its end', () => {
    const real = fc.tuple(
      fc.constantFrom(4 as const, 6 as const),
      fc.nat(60),
      fc.array(fc.tuple(fc.nat(99), fc.nat(255)), { maxLength: 4 }),
    );
    const mangled = real.map(([version, length, changes]) => {
      const bytes = segment({ version, payload: [pattern(20)], optionBytes: 12 });
      for (const [at, octet] of changes) if (at < bytes.length) bytes[at] = octet;
      return bytes.subarray(0, Math.min(bytes.length, 20 + length));
    });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(mangled, fc.uint8Array({ minLength: 1, maxLength: 60 })), { maxLength: 8 }),
        (packets) => {
          const handed = join(packets.map((bytes) => bytes.slice()));
          const joined = handed.filter(({ gsoSize }) => gsoSize > 0);
          if (joined.length === 0)
            expect(handed.map(({ bytes }) => [...bytes])).toEqual(packets.map((bytes) => [...bytes]));
          for (const { bytes, trusted, gsoSize } of handed)
            if (trusted && gsoSize === 0) expect(transportSum(bytes)).toBe(0xffff);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a gap', (o: TcpFrameOptions, i: number) => (i === 2 ? { ...o, seq: 2002 } : o)],
    ['a longer one', (o: TcpFrameOptions, i: number) => (i === 2 ? { ...o, payload: [pattern(1001)] } : o)],
    ['an option more', (o: TcpFrameOptions, i: number) => (i === 2 ? { ...o, optionBytes: 4 } : o)],
    ['CWR', (o: TcpFrameOptions, i: number) => (i === 2 ? { ...o, flags: ack | cwr } : o)],
    ['FIN', (o: TcpFrameOptions, i: number) => (i === 2 ? { ...o, flags: ack | fin } : o)],
    ['the other family', (o: TcpFrameOptions, i: number) => (i === 2 ? { ...o, version: 6 as const } : o)],
  ])('ends the run at %s', (_, change) => {
    expect(join(four(change))[0]!.bytes.length).toBe(40 + 2000);
  });

  it.each([
    ['type of service', 1, 0x03],
    ['time to live', 8, 0x01],
    ['source', 15, 0x01],
    ['destination', 19, 0x01],
    ['source port', 21, 0x01],
    ['ACK number', 31, 0x01],
    ['reserved bit', 32, 0x01],
    ['window', 35, 0x01],
  ])('does not join what differs in its %s', (_, at, bits) => {
    const packets = four();
    const other = packets[2]!;
    other[at]! ^= bits;
    other[10] = other[11] = other[36] = other[37] = 0;
    const ip = 0xffff - plainSum(other.subarray(0, 20));
    other.set([ip >> 8, ip & 255], 10);
    const tcp = 0xffff - transportSum(other);
    other.set([tcp >> 8, tcp & 255], 36);
    const handed = join(packets);
    expect(handed[0]!.bytes.length).toBe(40 + 2000);
    expect(handed[1]!.bytes).toEqual(other);
  });

  it('ends the run behind PSH, and keeps it', () => {
    const handed = join(four((o, i) => (i === 1 ? { ...o, flags: ack | psh } : o)));
    expect(handed.map(({ bytes }) => bytes.length)).toEqual([2040, 1540]);
    expect(handed.map(({ bytes }) => bytes[33])).toEqual([ack | psh, ack]);
  });

  it('is never longer than a packet can say that it is', () => {
    const packets = Array.from({ length: 100 }, (_, i) => segment({ payload: [pattern(1448, i)], seq: 1 + 1448 * i }));
    const lengths = join(packets).map(({ bytes }) => bytes.length);
    expect(lengths).toEqual([40 + 45 * 1448, 40 + 45 * 1448, 40 + 10 * 1448]);
  });

  it('leaves what is held as it is, and takes memory again that is not', () => {
    const slabs: Slab[] = [];
    const seen: { slab: Slab; start: number; end: number; was: string }[] = [];
    const hex = (slab: Slab, start: number, end: number): string =>
      Buffer.from(slab.bytes.subarray(start, end)).toString('hex');
    let batch = 0;
    const joiner = new SegmentJoiner(({ slab, start, end }) => {
      slabs.push(slab);
      if (batch % 3 !== 0) return;
      slab.held = true;
      seen.push({ slab, start, end, was: hex(slab, start, end) });
    });
    for (; batch < 60; batch++) {
      join(
        four((o) => ({ ...o, payload: [pattern(o.payload![0]!.length, batch)] })),
        joiner,
      );
      for (const { slab, start, end, was } of seen) expect(hex(slab, start, end)).toBe(was);
    }
    // 20 batches of 3,540 octets are held, 21 of them lie side by side: one slab, and a second one as there might not be room.
    expect(new Set(slabs).size).toBeLessThanOrEqual(2);
  });
});

/** Cutting counts the identification up, and joining has no use for it. */
function noId(packet: Uint8Array): string {
  const copy = packet.slice();
  if (copy[0]! >> 4 === 4) copy.fill(0, 4, 6).fill(0, 10, 12);
  return Buffer.from(copy).toString('hex');
}
