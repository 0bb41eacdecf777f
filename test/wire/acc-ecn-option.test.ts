import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frame } from '../../src/wire/frame.ts';
import { Packet } from '../../src/wire/packet.ts';
import { ACK, Segment } from '../../src/wire/segment.ts';
import { Slab } from '../../src/wire/slab.ts';
import { optionsLength, parseTcp, TCP_HEADER, writeTcp } from '../../src/wire/tcp.ts';

function parsed(bytes: Uint8Array): Segment {
  const packet = new Packet();
  packet.slab = new Slab(bytes);
  packet.end = packet.transportEnd = bytes.length;
  packet.checksumTrusted = true;
  const segment = new Segment();
  expect(parseTcp(packet, segment)).toBeNull();
  return segment;
}

/** A header with these octets of options, which are a multiple of four. */
function withOptions(...options: number[]): Segment {
  const bytes = new Uint8Array(TCP_HEADER + options.length);
  bytes[12] = (bytes.length / 4) << 4;
  bytes.set(options, TCP_HEADER);
  return parsed(bytes);
}

const counter = fc.nat(0xffffff);

describe('the AccECN option (RFC 9768, section 3.2.3)', () => {
  it('is read as it was written, beside whatever else stands there', () => {
    const fields = fc.record({
      counters: fc.array(counter, { maxLength: 3 }),
      mss: fc.constantFrom(0, 1460),
      wscale: fc.constantFrom(-1, 7),
      sackPermitted: fc.boolean(),
      hasTimestamps: fc.boolean(),
      sackCount: fc.nat(3),
    });
    fc.assert(
      fc.property(fields, ({ counters, sackCount, ...plain }) => {
        const out = Object.assign(new Segment(), plain, { flags: ACK, sackCount, accEcnCount: counters.length });
        out.accEcnCounters.set(counters);
        out.sackEdges.set([1, 2, 3, 4, 5, 6, 7, 8].slice(0, 2 * sackCount));
        const length = optionsLength(out);
        fc.pre(length <= 40);
        expect(length % 4).toBe(0);
        const frame = new Frame();
        writeTcp(frame, out);
        const got = parsed(frame.header.slice(frame.transportStart, frame.headerEnd));
        expect([...got.accEcnCounters.slice(0, got.accEcnCount)]).toEqual(counters);
        expect(got.accEcnOrder1).toBe(true);
        const others = (s: Segment): unknown[] => [s.mss, s.wscale, s.sackPermitted, s.hasTimestamps, s.sackCount];
        expect(others(got)).toEqual(others(out));
        expect([...got.sackEdges.slice(0, 2 * sackCount)]).toEqual([...out.sackEdges.slice(0, 2 * sackCount)]);
      }),
    );
  });

  it('stands where the options behind it would have NOPs', () => {
    const lengthOf = (accEcnCount: number, more: Partial<Segment>): number =>
      optionsLength(Object.assign(new Segment(), more, { accEcnCount }));
    expect([0, 1, 2, 3].map((count) => lengthOf(count, {}))).toEqual([4, 8, 8, 12]);
    expect([0, 1, 2, 3].map((count) => lengthOf(count, { sackCount: 1 }) - 12)).toEqual([0, 4, 8, 12]);
    expect([0, 1, 2, 3].map((count) => lengthOf(count, { wscale: 7 }) - 4)).toEqual([4, 4, 8, 12]);
  });

  it('of order 0 has its counters the other way round', () => {
    const { accEcnOrder1, accEcnCount, accEcnCounters } = withOptions(172, 8, 0, 0, 1, 0, 0, 2);
    expect([accEcnOrder1, accEcnCount, ...accEcnCounters]).toEqual([false, 2, 1, 2, 0]);
  });

  it('of any length counts as far as it has whole counters', () => {
    for (let length = 2; length <= 40; length++) {
      const octets = Array.from({ length: 40 }, (_, i) => (i === 0 ? 174 : i === 1 ? length : i < length ? 0xff : 0));
      const { accEcnCount, accEcnCounters } = withOptions(...octets);
      const count = Math.min(3, Math.floor((length - 2) / 3));
      expect([accEcnCount, ...accEcnCounters]).toEqual([count, ...[0, 1, 2].map((i) => (i < count ? 0xffffff : 0))]);
    }
  });

  it('that says to be longer than the header, or shorter than itself, ends the list', () => {
    expect(withOptions(174, 5, 0, 0).accEcnCount).toBe(-1);
    expect(withOptions(174, 1, 2, 4, 5, 180, 0, 0)).toMatchObject({ accEcnCount: -1, mss: 0 });
    expect(withOptions(174, 0, 2, 4, 5, 180, 0, 0)).toMatchObject({ accEcnCount: -1, mss: 0 });
    expect(withOptions(1, 1, 1, 172).accEcnCount).toBe(-1);
  });

  it('of one segment is forgotten with the next', () => {
    const segment = withOptions(174, 5, 0, 0, 1, 0, 0, 0);
    expect(segment.accEcnCount).toBe(1);
    segment.clearOptions();
    expect(segment.accEcnCount).toBe(-1);
  });
});
