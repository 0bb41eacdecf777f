import type { Micros } from '../../time/wheel.ts';
import { foldChecksum, pseudoHeaderSum, sumBytes } from '../../wire/checksum.ts';
import type { Frame } from '../../wire/frame.ts';
import { ICMP_HEADER } from '../../wire/icmp/icmp.ts';
import { PROTOCOL_ICMPV6 } from '../../wire/icmp/icmpv6.ts';
import { PROTOCOL_ICMP, PROTOCOL_TCP, parseIpv4 } from '../../wire/ipv4.ts';
import { parseIpv6 } from '../../wire/ipv6.ts';
import { Packet } from '../../wire/packet.ts';
import { CWR, FIN, PSH } from '../../wire/segment.ts';
import { seqAdd } from '../../wire/seq.ts';
import { Slab } from '../../wire/slab.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';
import type { Captured, RawOption } from '../terms/captured.ts';

/** Reads a frame that leaves. Its octets are copied: the frame is borrowed. */
export function capture(frame: Frame, at: Micros): Captured {
  const bytes = frame.joined();
  const packet = new Packet();
  packet.slab = new Slab(bytes);
  packet.end = bytes.length;
  const family = bytes[0]! >> 4 === 6 ? 6 : 4;
  const problem = family === 6 ? parseIpv6(packet) : parseIpv4(packet);
  const captured: Captured = {
    at,
    flaw: problem === null ? null : `its IP header is wrong (${problem})`,
    src: packet.src,
    dst: packet.dst,
    tos: packet.tos,
    ttl: packet.ttl,
    flowLabel: family === 6 ? ((bytes[1]! & 15) << 16) | (bytes[2]! << 8) | bytes[3]! : 0,
    protocol: packet.protocol,
    tcp: null,
    icmp: null,
  };
  if (captured.flaw !== null) return captured;
  if (packet.end !== bytes.length) captured.flaw = 'its IP header has the wrong length';
  else if (packet.protocol === PROTOCOL_TCP) readTcp(captured, packet, bytes);
  else if (packet.protocol === (family === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)) readIcmp(captured, packet, bytes);
  return captured;
}

/** What a device makes of a super-segment: FIN and PSH are the last one's, CWR the first one's (RFC 3168, section 6.1.2). */
export function segmentsOf(captured: Captured, gsoSize: number): Captured[] {
  const { tcp } = captured;
  if (tcp === null || gsoSize === 0 || tcp.payload.length <= gsoSize) return [captured];
  const segments: Captured[] = [];
  for (let at = 0; at < tcp.payload.length; at += gsoSize) {
    const payload = tcp.payload.subarray(at, at + gsoSize);
    let { flags } = tcp;
    if (at + gsoSize < tcp.payload.length) flags &= ~(FIN | PSH);
    if (at > 0) flags &= ~CWR;
    segments.push({ ...captured, tcp: { ...tcp, seq: seqAdd(tcp.seq, at), flags, payload } });
  }
  return segments;
}

function readTcp(captured: Captured, packet: Packet, bytes: Uint8Array): void {
  const at = packet.transportStart;
  const length = bytes.length - at;
  const headerLength = length >= TCP_HEADER ? (bytes[at + 12]! >> 4) << 2 : 0;
  if (headerLength < TCP_HEADER || headerLength > length) {
    captured.flaw = 'its TCP header has an impossible length';
    return;
  }
  const pseudo = pseudoHeaderSum(packet.src, packet.dst, PROTOCOL_TCP, length);
  if (foldChecksum(sumBytes(bytes, at, bytes.length, pseudo)) !== 0) captured.flaw = 'its TCP checksum is wrong';
  const view = new DataView(bytes.buffer);
  if (bytes[at + 12]! & 0x0e) captured.flaw = 'a reserved bit of its TCP header is set';
  const options = readOptions(bytes, at + TCP_HEADER, at + headerLength);
  if (options === null) captured.flaw = 'its TCP options have impossible lengths';
  captured.tcp = {
    srcPort: view.getUint16(at),
    dstPort: view.getUint16(at + 2),
    seq: view.getInt32(at + 4),
    ack: view.getInt32(at + 8),
    flags: ((bytes[at + 12]! & 1) << 8) | bytes[at + 13]!,
    win: view.getUint16(at + 14),
    urg: view.getUint16(at + 18),
    options: options ?? [],
    payload: bytes.subarray(at + headerLength),
  };
}

/** Every option in its place, padding included; null when a length is impossible. */
function readOptions(bytes: Uint8Array, from: number, to: number): RawOption[] | null {
  const options: RawOption[] = [];
  for (let at = from; at < to; ) {
    const kind = bytes[at]!;
    const length = kind <= 1 ? 1 : at + 1 < to ? bytes[at + 1]! : 0;
    if (length < 1 || (kind > 1 && length < 2) || at + length > to) return null;
    options.push(bytes.subarray(at, at + length));
    at += length;
  }
  return options;
}

function readIcmp(captured: Captured, packet: Packet, bytes: Uint8Array): void {
  const { transportStart: at, protocol, src, dst } = packet;
  if (bytes.length < at + ICMP_HEADER) {
    captured.flaw = 'its ICMP message is cut off';
    return;
  }
  // Only ICMPv6 has a pseudo-header (RFC 4443, section 2.3).
  const pseudo = protocol === PROTOCOL_ICMPV6 ? pseudoHeaderSum(src, dst, protocol, bytes.length - at) : 0;
  if (foldChecksum(sumBytes(bytes, at, bytes.length, pseudo)) !== 0) captured.flaw = 'its ICMP checksum is wrong';
  captured.icmp = { type: bytes[at]!, code: bytes[at + 1]! };
}
