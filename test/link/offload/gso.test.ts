import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SoftwareOffload } from '../../../src/link/offload/gso.ts';
import type { Frame } from '../../../src/wire/frame.ts';
import { flatten, plainSum } from '../../support/octets.ts';
import { pattern, TCP_FLAGS, tcpFrame, transportSum } from '../fake-device.ts';

function lower(frame: Frame): Uint8Array[] {
  const packets: Uint8Array[] = [];
  new SoftwareOffload().lower(frame, (segment) => {
    expect(segment.gsoSize).toBe(0);
    expect(segment.checksumPartial).toBe(false);
    packets.push(flatten(segment));
  });
  return packets;
}

const word = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer).getUint16(at);
const long = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer).getUint32(at);

describe('cutting a super-segment', () => {
  it('cuts IPv4 as the kernel would: ids count up, and every length and checksum is right', () => {
    const data = pattern(2500);
    const packets = lower(tcpFrame({ payload: [data], gsoSize: 1000, seq: 0xfffffe00 }));
    expect(packets.map((p) => p.length)).toEqual([1040, 1040, 540]);
    expect(packets.map((p) => word(p, 2))).toEqual([1040, 1040, 540]);
    expect(packets.map((p) => word(p, 4))).toEqual([0xffff, 0, 1]);
    expect(packets.map((p) => long(p, 24))).toEqual([0xfffffe00, 0x1e8, 0x5d0]);
    for (const packet of packets) {
      expect(plainSum(packet.subarray(0, 20))).toBe(0xffff);
      expect(transportSum(packet)).toBe(0xffff);
    }
    expect(packets.flatMap((p) => [...p.subarray(40)])).toEqual([...data]);
  });

  it('cuts IPv6, options and all', () => {
    const packets = lower(tcpFrame({ version: 6, payload: [pattern(300)], gsoSize: 100, optionBytes: 12 }));
    expect(packets.map((p) => p.length)).toEqual([172, 172, 172]);
    expect(packets.map((p) => word(p, 4))).toEqual([132, 132, 132]);
    for (const packet of packets) {
      expect(transportSum(packet)).toBe(0xffff);
      expect([...packet.subarray(60, 72)]).toEqual(Array(12).fill(1));
    }
  });

  it('leaves FIN and PSH to the last segment and CWR to the first', () => {
    const { fin, psh, ack, cwr } = TCP_FLAGS;
    const packets = lower(tcpFrame({ payload: [pattern(30)], gsoSize: 10, flags: fin | psh | ack | cwr }));
    expect(packets.map((p) => p[33])).toEqual([ack | cwr, ack, ack | psh | fin]);
  });

  it('leaves the frame as it was, so that it may be sent again', () => {
    const frame = tcpFrame({ payload: [pattern(30)], gsoSize: 10 });
    const before = flatten(frame);
    lower(frame);
    expect(flatten(frame)).toEqual(before);
    expect(frame.gsoSize).toBe(10);
    expect(lower(frame)).toHaveLength(3);
  });

  it('copes with any slices and any size', () => {
    const slices = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 });
    fc.assert(
      fc.property(
        slices,
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(4 as const, 6 as const),
        (payload, gsoSize, version) => {
          const data = payload.flatMap((slice) => [...slice]);
          const packets = lower(tcpFrame({ version, payload, gsoSize }));
          const headers = version === 4 ? 40 : 60;
          expect(packets.flatMap((p) => [...p.subarray(headers)])).toEqual(data);
          expect(packets).toHaveLength(Math.max(1, Math.ceil(data.length / gsoSize)));
          for (const packet of packets) {
            expect(packet.length).toBeLessThanOrEqual(headers + gsoSize);
            expect(transportSum(packet)).toBe(0xffff);
          }
        },
      ),
    );
  });
});

describe('completing a checksum', () => {
  it('gives what a full computation gives, over slices of odd lengths', () => {
    const payload = [pattern(3, 9), pattern(1, 200), pattern(0), pattern(8, 3), pattern(5, 77)];
    const [packet] = lower(tcpFrame({ payload }));
    expect(packet).toEqual(flatten(tcpFrame({ payload, partial: false })));
  });

  it('hands on a frame that asks for nothing', () => {
    const frame = tcpFrame({ payload: [pattern(9)], partial: false });
    let sent: Frame | null = null;
    new SoftwareOffload().lower(frame, (f) => {
      sent = f;
    });
    expect(sent).toBe(frame);
  });

  it('spells a UDP checksum of zero 0xffff (RFC 768)', () => {
    const frame = tcpFrame();
    frame.headerEnd = frame.transportStart + 8;
    frame.checksumOffset = 6;
    const udp = frame.transportStart;
    frame.header.set([0, 1, 0, 2, 0, 8, 0xff, 0xf4], udp);
    const [packet] = lower(frame);
    expect(word(packet!, 26)).toBe(0xffff);
  });
});
