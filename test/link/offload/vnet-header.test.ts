import { describe, expect, it } from 'vitest';
import { readVnetHeader, VNET_HEADER, writeVnetHeader } from '../../../src/link/offload/vnet-header.ts';
import { Packet } from '../../../src/wire/packet.ts';
import { flatten } from '../../support/octets.ts';
import { pattern, TCP_FLAGS, tcpFrame } from '../fake-device.ts';

interface Fields {
  readonly flags?: number;
  readonly type?: number;
  readonly gsoSize?: number;
  readonly start?: number;
  readonly offset?: number;
}

function read(fields: Fields, packet = flatten(tcpFrame())): Packet | null {
  const { flags = 0, type = 0, gsoSize = 0, start = 0, offset = 0 } = fields;
  const bytes = new Uint8Array(VNET_HEADER + packet.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = flags;
  bytes[1] = type;
  view.setUint16(4, gsoSize, true);
  view.setUint16(6, start, true);
  view.setUint16(8, offset, true);
  bytes.set(packet, VNET_HEADER);
  const result = new Packet();
  return readVnetHeader(bytes, 0, bytes.length, result) ? result : null;
}

describe('reading a virtio_net_hdr', () => {
  it('takes a plain packet as it is', () => {
    expect(read({})).toMatchObject({ start: 10, end: 50, gsoSize: 0, checksumTrusted: false });
  });

  it('trusts a checksum that the kernel left out, and one it has verified', () => {
    expect(read({ flags: 1, start: 20, offset: 16 })).toMatchObject({ checksumTrusted: true });
    expect(read({ flags: 2 })).toMatchObject({ checksumTrusted: true });
    // The field may be the last thing in the packet.
    expect(read({ flags: 1, start: 20, offset: 18 })).toMatchObject({ checksumTrusted: true });
  });

  it('knows super-segments of both families, with and without the ECN bit', () => {
    const v6 = flatten(tcpFrame({ version: 6 }));
    expect(read({ flags: 1, start: 20, offset: 16, type: 1, gsoSize: 1460 })).toMatchObject({ gsoSize: 1460 });
    expect(read({ flags: 1, start: 20, offset: 16, type: 0x81, gsoSize: 1460 })).toMatchObject({ gsoSize: 1460 });
    expect(read({ flags: 1, start: 40, offset: 16, type: 4, gsoSize: 1440 }, v6)).toMatchObject({ gsoSize: 1440 });
  });

  it('ignores a gso_size without a type', () => {
    expect(read({ gsoSize: 1460 })).toMatchObject({ gsoSize: 0 });
  });

  it.each([
    ['a checksum field behind the end', { flags: 1, start: 20, offset: 19 }],
    ['a checksum field far outside', { flags: 1, start: 0xffff, offset: 0xffff }],
    ['a super-segment of size 0', { type: 1, gsoSize: 0 }],
    ['TCP over IPv6 that is IPv4', { type: 4, gsoSize: 1000 }],
    ['UDP fragmentation offload, which the device was not asked for', { type: 3, gsoSize: 1000 }],
    ['UDP segmentation offload, likewise', { type: 5, gsoSize: 1000 }],
    ['a type that does not exist', { type: 0x7f, gsoSize: 1000 }],
  ])('refuses %s', (_, fields) => {
    expect(read(fields)).toBeNull();
  });
});

describe('writing a virtio_net_hdr', () => {
  const write = (frame: ReturnType<typeof tcpFrame>): number[] => {
    const bytes = new Uint8Array(12).fill(0xee);
    writeVnetHeader(frame, bytes, 1);
    expect([bytes[0], bytes[11]]).toEqual([0xee, 0xee]);
    return [...bytes.subarray(1, 11)];
  };

  it('is all zero for a frame that asks for nothing', () => {
    expect(write(tcpFrame({ partial: false }))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('says where the checksum goes', () => {
    expect(write(tcpFrame({ payload: [pattern(5)] }))).toEqual([1, 0, 0, 0, 0, 0, 20, 0, 16, 0]);
    expect(write(tcpFrame({ version: 6 }))).toEqual([1, 0, 0, 0, 0, 0, 40, 0, 16, 0]);
  });

  it('describes super-segments', () => {
    const payload = [pattern(4000)];
    expect(write(tcpFrame({ payload, gsoSize: 1460 }))).toEqual([1, 1, 40, 0, 0xb4, 0x05, 20, 0, 16, 0]);
    expect(write(tcpFrame({ version: 6, payload, gsoSize: 1440 }))).toEqual([1, 4, 60, 0, 0xa0, 0x05, 40, 0, 16, 0]);
  });

  it('says ECN where CWR is set', () => {
    const flags = TCP_FLAGS.ack | TCP_FLAGS.cwr;
    expect(write(tcpFrame({ payload: [pattern(4000)], gsoSize: 1460, flags }))[1]).toBe(0x81);
  });

  it('calls nothing a super-segment that fits one segment', () => {
    expect(write(tcpFrame({ payload: [pattern(1460)], gsoSize: 1460 }))[1]).toBe(0);
  });
});
