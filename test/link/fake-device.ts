import {
  FRAME_FIELDS,
  READ_FIELDS,
  SLICE_FIELDS,
  STATS_DOWN,
  STATS_REJECTED,
  type TunDevice,
  type TunDeviceEvents,
} from '../../src/link/device.ts';
import { Frame } from '../../src/wire/frame.ts';
import { plainSum } from '../support/octets.ts';

const gone = (): Error => Object.assign(new Error('EBADFD'), { code: 'EBADFD' });

/** A TUN device that a test holds in its hands: `incoming` is what the kernel sends, `written` what it was given. */
export class FakeDevice implements TunDevice {
  readonly name = 'fake0';
  readonly mtu = 1500;
  readonly queueLength = 500;
  readonly grant;
  readonly roomForRead = 65562;
  incoming: Uint8Array[] = [];
  written: Uint8Array[] = [];
  /** How many more frames it takes before it says EAGAIN. */
  room = Number.POSITIVE_INFINITY;
  /** What becomes of each frame: taken, or skipped and counted as the kernel would. */
  verdict: 'take' | 'down' | 'reject' = 'take';
  deleted = false;
  closed = false;
  writableWatched = false;
  reads = 0;
  /** What it says of each packet's sum. */
  sum = -1;
  events!: TunDeviceEvents;

  constructor(vnetHeader: boolean, sums = false) {
    this.grant = { vnetHeader, checksum: vnetHeader, tso4: vnetHeader, tso6: vnetHeader, sums };
  }

  watch(events: TunDeviceEvents): void {
    this.events = events;
  }

  watchWritable(on: boolean): void {
    this.writableWatched = on;
  }

  read(slab: Uint8Array, from: number, table: Int32Array): number {
    if (this.deleted) throw gone();
    if (slab.length - from < this.roomForRead) throw new RangeError('slab has no room for a packet');
    this.reads++;
    let at = from;
    let count = 0;
    while (this.incoming.length > 0 && READ_FIELDS * count < table.length && slab.length - at >= this.roomForRead) {
      const packet = this.incoming.shift()!;
      slab.set(packet, at);
      table.set([at, packet.length, this.sum], READ_FIELDS * count);
      at += packet.length;
      count++;
    }
    return count;
  }

  write(
    headers: Uint8Array,
    frames: Int32Array,
    frameCount: number,
    buffers: readonly Uint8Array[],
    slices: Int32Array,
    stats: Int32Array,
  ): number {
    if (this.deleted) throw gone();
    for (let i = 0; i < frameCount; i++) {
      if (this.room <= 0) return i;
      this.room--;
      if (this.verdict === 'down') stats[STATS_DOWN]!++;
      else if (this.verdict === 'reject') stats[STATS_REJECTED]!++;
      else this.written.push(join(headers, frames.subarray(i * FRAME_FIELDS), buffers, slices));
    }
    return frameCount;
  }

  ref(): void {}
  unref(): void {}
  close(): void {
    this.closed = true;
  }
}

function join(headers: Uint8Array, frame: Int32Array, buffers: readonly Uint8Array[], slices: Int32Array): Uint8Array {
  const bytes = [...headers.subarray(frame[0]!, frame[0]! + frame[1]!)];
  for (let s = frame[2]!; s < frame[2]! + frame[3]!; s++) {
    const [buffer, from, to] = slices.subarray(SLICE_FIELDS * s);
    bytes.push(...buffers[buffer!]!.subarray(from, to));
  }
  return Uint8Array.from(bytes);
}

/** A packet's addresses, protocol and transport part, summed: 0xffff when the transport checksum is right. */
export function transportSum(packet: Uint8Array): number {
  const v6 = packet[0]! >>> 4 === 6;
  const transport = packet.subarray(v6 ? 40 : (packet[0]! & 15) * 4);
  const addresses = v6 ? packet.subarray(8, 40) : packet.subarray(12, 20);
  const protocol = v6 ? packet[6]! : packet[9]!;
  const { length } = transport;
  return plainSum([...addresses, 0, protocol, length >>> 8, length & 255, ...transport]);
}

export const TCP_FLAGS = { fin: 1, psh: 8, ack: 16, cwr: 128 };

export interface TcpFrameOptions {
  readonly version?: 4 | 6;
  readonly payload?: readonly Uint8Array[];
  readonly gsoSize?: number;
  readonly flags?: number;
  readonly seq?: number;
  readonly optionBytes?: number;
  readonly partial?: boolean;
}

/** A TCP frame as the host would hand it down: with a partial checksum unless told otherwise. */
export function tcpFrame(options: TcpFrameOptions = {}): Frame {
  const { version = 4, payload = [], gsoSize = 0, flags = TCP_FLAGS.ack, seq = 1, optionBytes = 0 } = options;
  const { partial = true } = options;
  const frame = new Frame();
  frame.reset(20 + optionBytes);
  for (const slice of payload) frame.addSlice(slice, 0, slice.length);
  frame.gsoSize = gsoSize;
  frame.checksumPartial = partial;
  frame.checksumOffset = 16;
  const { view, header, transportStart: tcp } = frame;
  view.setUint16(tcp, 80);
  view.setUint16(tcp + 2, 40000);
  view.setUint32(tcp + 4, seq);
  view.setUint32(tcp + 8, 77);
  header[tcp + 12] = ((20 + optionBytes) / 4) << 4;
  header[tcp + 13] = flags;
  view.setUint16(tcp + 14, 1000);
  header.fill(1, tcp + 20, tcp + 20 + optionBytes);
  if (version === 4) writeIpv4(frame);
  else writeIpv6(frame);
  const pseudo = pseudoSum(frame);
  view.setUint16(tcp + 16, pseudo);
  if (!partial) view.setUint16(tcp + 16, 0xffff - plainSum(fullSumBytes(frame, pseudo)));
  return frame;
}

function writeIpv4(frame: Frame): void {
  frame.ipStart = frame.transportStart - 20;
  const { view, header, ipStart: ip } = frame;
  header.set([0x45, 0x02, 0, 0, 0xff, 0xff, 0x40, 0, 64, 6, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1], ip);
  view.setUint16(ip + 2, frame.packetLength);
  view.setUint16(ip + 10, 0xffff - plainSum(header.subarray(ip, ip + 20)));
}

function writeIpv6(frame: Frame): void {
  frame.ipStart = frame.transportStart - 40;
  const { view, header, ipStart: ip } = frame;
  header.set([0x60, 0, 0, 0, 0, 0, 6, 64], ip);
  header.set([0xfd, ...Array(14).fill(0), 2, 0xfd, ...Array(14).fill(0), 1], ip + 8);
  view.setUint16(ip + 4, frame.packetLength - 40);
}

function pseudoSum(frame: Frame): number {
  const { header, ipStart: ip, transportStart } = frame;
  const addresses = header[ip]! >>> 4 === 6 ? header.subarray(ip + 8, ip + 40) : header.subarray(ip + 12, ip + 20);
  const length = frame.packetLength - (transportStart - ip);
  return plainSum([...addresses, 0, 6, length >>> 8, length & 255]);
}

function fullSumBytes(frame: Frame, pseudo: number): number[] {
  const bytes = [...frame.header.subarray(frame.transportStart, frame.headerEnd)];
  bytes[16] = pseudo >>> 8;
  bytes[17] = pseudo & 255;
  for (let i = 0; i < frame.sliceCount; i++) bytes.push(...frame.slices[i]!);
  return bytes;
}

/** `length` bytes that no shift or swap maps to themselves. */
export const pattern = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + (i >>> 8) * 13 + seed) & 255);
