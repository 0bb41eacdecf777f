import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { address } from '../../src/wire/address.ts';
import { foldSum, sumBytes } from '../../src/wire/checksum.ts';
import { Frame } from '../../src/wire/frame.ts';
import { PROTOCOL_TCP, parseIpv4, writeIpv4 } from '../../src/wire/ipv4.ts';
import { Packet } from '../../src/wire/packet.ts';
import { ACK, Segment, SYN } from '../../src/wire/segment.ts';
import { Slab } from '../../src/wire/slab.ts';
import { optionsLength, parseTcp, sealTcp, writeTcp } from '../../src/wire/tcp.ts';
import { flatten } from '../support/octets.ts';

const SRC = address('10.0.0.1');
const DST = address('10.0.0.2');

function packetOf(bytes: Uint8Array): Packet {
  const packet = new Packet();
  packet.slab = new Slab(bytes);
  packet.end = bytes.length;
  return packet;
}

function bytesOf(segment: Segment, payload = new Uint8Array(0)): Uint8Array {
  segment.src = SRC;
  segment.dst = DST;
  const frame = new Frame();
  writeTcp(frame, segment);
  if (payload.length > 0) frame.addSlice(payload, 0, payload.length);
  sealTcp(frame, segment, false);
  writeIpv4(frame, SRC, DST, PROTOCOL_TCP, 0, 64, 0);
  return flatten(frame);
}

function parsed(bytes: Uint8Array): Segment {
  const packet = packetOf(bytes);
  expect(parseIpv4(packet)).toBeNull();
  const segment = new Segment();
  expect(parseTcp(packet, segment)).toBeNull();
  return segment;
}

/** A header with these option octets, padded with zeros to a multiple of four; its checksum is trusted. */
function withOptions(...options: number[]): Segment {
  const padded = [...options];
  while (padded.length % 4 !== 0) padded.push(0);
  const bytes = new Uint8Array(20 + padded.length);
  bytes[12] = (bytes.length / 4) << 4;
  bytes.set(padded, 20);
  const packet = packetOf(bytes);
  packet.checksumTrusted = true;
  packet.transportEnd = bytes.length;
  const segment = new Segment();
  expect(parseTcp(packet, segment)).toBeNull();
  return segment;
}

describe('the TCP header', () => {
  it('is read as it was written: any fields, any options, any payload', () => {
    const word = fc.integer();
    const short = fc.nat(0xffff);
    const fields = fc.record({
      srcPort: short,
      dstPort: short,
      seq: word,
      ack: word,
      flags: fc.nat(0x1ff),
      wnd: short,
      urg: short,
      mss: short,
      wscale: fc.integer({ min: -1, max: 255 }),
      sackPermitted: fc.boolean(),
      ts: fc.option(fc.tuple(word, word)),
      sack: fc.array(fc.tuple(word, word), { maxLength: 4 }),
      payload: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fields, ({ ts, sack, payload, ...plain }) => {
        const out = Object.assign(new Segment(), plain);
        out.hasTimestamps = ts !== null;
        [out.tsVal, out.tsEcr] = ts ?? [0, 0];
        out.sackCount = sack.length;
        sack.flat().forEach((edge, i) => {
          out.sackEdges[i] = edge;
        });
        if (optionsLength(out) > 40) return; // the stack never asks for that much
        const back = parsed(bytesOf(out, payload));
        for (const key of Object.keys(plain) as (keyof typeof plain)[]) expect(back[key], key).toBe(plain[key]);
        expect([back.hasTimestamps, back.tsVal, back.tsEcr]).toEqual([out.hasTimestamps, out.tsVal, out.tsEcr]);
        expect([...back.sackEdges.subarray(0, 2 * back.sackCount)]).toEqual(sack.flat());
        const { slab, payloadStart, length } = back;
        expect(slab.bytes.subarray(payloadStart, payloadStart + length)).toEqual(payload);
      }),
    );
  });

  it('SYN and FIN count in SEG.LEN (RFC 9293, section 3.4)', () => {
    const segment = new Segment();
    segment.length = 10;
    segment.flags = 0x03;
    expect(segment.segLen).toBe(12);
  });

  it('a sum that the link had tells as much as adding up all octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(2), fc.nat(0xfffe), (payload, padding, damage) => {
        const good = bytesOf(Object.assign(new Segment(), { flags: ACK, seq: 7 }), payload);
        const bytes = Uint8Array.from([...good, ...new Uint8Array(padding).fill(0x55)]);
        bytes[24]! ^= damage >> 8;
        bytes[25]! ^= damage & 0xff;
        const packet = packetOf(bytes);
        expect(parseIpv4(packet)).toBeNull();
        const verdict = parseTcp(packet, new Segment());
        packet.end = bytes.length;
        packet.sum = foldSum(sumBytes(bytes, packet.start, packet.end, 0));
        parseIpv4(packet);
        expect(parseTcp(packet, new Segment())).toBe(verdict);
        expect(verdict).toBe(damage === 0 ? null : 'TcpChecksum');
        // The sum is what decides then, not the octets.
        packet.sum ^= 1;
        if (padding === 0 && damage === 0) expect(parseTcp(packet, new Segment())).toBe('TcpChecksum');
      }),
    );
  });

  it('a wrong checksum, a cut header, a lying data offset are named', () => {
    const good = bytesOf(Object.assign(new Segment(), { flags: SYN | ACK, mss: 1460 }), Uint8Array.of(1, 2, 3));
    const tcp = (change: (bytes: Uint8Array) => Uint8Array | undefined): string | null => {
      const bytes = good.slice();
      const packet = packetOf(change(bytes) ?? bytes);
      packet.transportStart = 20;
      packet.transportEnd = packet.end;
      packet.src.set(SRC);
      packet.dst.set(DST);
      return parseTcp(packet, new Segment());
    };
    expect(tcp(() => undefined)).toBeNull();
    expect(tcp((b) => void (b[30]! ^= 1))).toBe('TcpChecksum');
    expect(tcp((b) => b.subarray(0, 39))).toBe('TcpTruncated');
    expect(tcp((b) => void (b[32] = 0x40))).toBe('TcpDataOffset');
    expect(tcp((b) => void (b[32] = 0xf0))).toBe('TcpDataOffset');
  });
});

describe('TCP options (RFC 9293, section 3.2)', () => {
  it('unknown kinds are stepped over (MUST-6), the end of the list is obeyed', () => {
    expect(withOptions(99, 4, 1, 2, 2, 4, 5, 0xb4).mss).toBe(1460);
    expect(withOptions(0, 2, 4, 5, 0xb4).mss).toBe(0);
    expect(withOptions(1, 1, 1, 2, 4, 5, 0xb4).mss).toBe(1460);
  });

  it('an illegal length ends the list without harm (MUST-7)', () => {
    for (const options of [[2, 0], [2, 1], [99, 0, 2, 4, 5, 0xb4], [2, 40, 5, 0xb4], [1, 1, 1, 2], [5, 255], [8]]) {
      const { mss, hasTimestamps, sackCount, wscale } = withOptions(...options);
      expect([mss, hasTimestamps, sackCount, wscale]).toEqual([0, false, 0, -1]);
    }
  });

  it('a known kind with another length than its own is ignored', () => {
    expect(withOptions(2, 3, 5, 3, 3, 7).mss).toBe(0);
    expect(withOptions(2, 3, 5, 3, 3, 7).wscale).toBe(7);
    expect(withOptions(3, 4, 7, 7).wscale).toBe(-1);
    expect(withOptions(5, 9, 0, 0, 0, 0, 0, 0, 0).sackCount).toBe(0);
  });

  it('what an earlier segment had does not show in the next', () => {
    const segment = new Segment();
    const both = [
      Object.assign(new Segment(), { flags: SYN, mss: 1460, wscale: 7, sackPermitted: true }),
      new Segment(),
    ];
    for (const next of both) {
      const packet = packetOf(bytesOf(next));
      parseIpv4(packet);
      parseTcp(packet, segment);
    }
    expect([segment.mss, segment.wscale, segment.sackPermitted, segment.hasTimestamps]).toEqual([0, -1, false, false]);
  });
});

describe('hostile packets', () => {
  it('any octets whatever: a segment within the packet or a named drop, never an exception', () => {
    const header = bytesOf(Object.assign(new Segment(), { flags: SYN, mss: 1460 }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(60), fc.boolean(), (noise, keep, trusted) => {
        // Half of it real, so that the noise gets past the first checks.
        const bytes = noise.slice();
        bytes.set(header.subarray(0, Math.min(keep, bytes.length)));
        const packet = packetOf(bytes);
        packet.checksumTrusted = trusted;
        const drop = parseIpv4(packet);
        if (drop !== null) return;
        const segment = new Segment();
        if (parseTcp(packet, segment) !== null) return;
        expect(segment.length).toBeGreaterThanOrEqual(0);
        expect(segment.payloadStart + segment.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('any option octets behind a real header, any length of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (options) => {
        withOptions(...options);
      }),
      { numRuns: 2000 },
    );
  });
});
