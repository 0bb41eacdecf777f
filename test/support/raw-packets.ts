import { ICMP, type IpSpec, ip, type SegmentFields, TCP, tcp, words } from './ip-machine.ts';
import { HOST_ADDRESS } from './machine.ts';
import { checksum, u16, u32 } from './octets.ts';
import type { Peer } from './peer.ts';

/**
 * Packets written octet by octet, for what the peer's language has no word for: odd options, wrong checksums, IP options,
 * addresses that no host has. Sequence numbers are relative, as the peer's. It shares no code with the stack, so that an error in one doesn't hide in the other.
 */
export interface RawSegment extends SegmentFields, Pick<IpSpec, 'tos' | 'ttl'> {
  src?: string;
  dst?: string;
  ipOptions?: number[];
}

export const F = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;

/** A segment from `peer` to its host, as a whole IPv4 packet. */
export function rawPacket(peer: Peer, spec: RawSegment): Uint8Array {
  const { tos = 0, ttl = 64, ipOptions = [], ...fields } = spec;
  const ends = {
    src: peer.address.toString(),
    dst: HOST_ADDRESS.toString(),
    srcPort: peer.port,
    dstPort: peer.hostPort,
  };
  const seq = peer.iss + (spec.seq ?? 0);
  const ack = spec.flags & F.ACK ? (peer.hostIss ?? 0) + (spec.ack ?? 0) : 0;
  return tcp({ ...ends, ...fields, seq, ack }, { options: words(ipOptions), tos, ttl });
}

export function sendRaw(peer: Peer, spec: RawSegment): void {
  peer.machine.settle();
  peer.machine.receive(rawPacket(peer, spec));
}

export interface RawIcmp {
  type: number;
  code: number;
  /** The second half of the header: an MTU, a pointer. */
  rest?: number;
  /** Who reports. Default: a router. */
  src?: string;
  /** What is quoted of: a segment of the host's, by its relative sequence number. */
  seq?: number;
  /** Quote the connection of another host. */
  hostPort?: number;
  badChecksum?: boolean;
}

/** An ICMP error about a segment that the host sent to `peer`. */
export function sendIcmp(peer: Peer, spec: RawIcmp): void {
  const host = HOST_ADDRESS.toString();
  const ports = [...u16(spec.hostPort ?? peer.hostPort), ...u16(peer.port)];
  const begin = [...ports, ...u32((peer.hostIss ?? 0) + (spec.seq ?? 0))];
  const quote = ip({ src: host, dst: peer.address.toString(), protocol: TCP, payload: begin });
  const message = [spec.type, spec.code, 0, 0, ...u32(spec.rest ?? 0), ...quote];
  const sum = checksum(message) ^ (spec.badChecksum ? 1 : 0);
  message.splice(2, 2, sum >> 8, sum & 255);
  peer.machine.settle();
  peer.machine.receive(ip({ src: spec.src ?? '10.0.0.254', dst: host, protocol: ICMP, payload: message }));
}

/** The next packet that the host sent, octet by octet: IP header, TCP header, TCP options, data. */
export function takeRaw(peer: Peer) {
  peer.machine.settle();
  const sent = peer.machine.packets.shift();
  if (sent === undefined) throw new Error('The host sent nothing');
  const bytes = [...sent.bytes];
  const ipLength = (bytes[0]! & 15) * 4;
  const tcp = bytes.slice(ipLength);
  const offset = (tcp[12]! >> 4) * 4;
  const pseudo = [...bytes.slice(12, 20), 0, 6, ...u16(tcp.length)];
  return {
    bytes,
    tos: bytes[1]!,
    id: (bytes[4]! << 8) | bytes[5]!,
    ttl: bytes[8]!,
    dst: bytes.slice(16, 20).join('.'),
    ipOptions: bytes.slice(20, ipLength),
    tcp,
    flags: tcp[13]!,
    wnd: (tcp[14]! << 8) | tcp[15]!,
    options: tcp.slice(20, offset),
    data: tcp.slice(offset),
    /** 0 when the checksum in the segment is right. */
    sum: checksum([...pseudo, ...tcp]),
  };
}

/** The option list as pairs of kind and octets, walked strictly: throws at what has no length or a wrong one. */
export function optionList(octets: number[]): { kind: number; body: number[] }[] {
  const list: { kind: number; body: number[] }[] = [];
  for (let i = 0; i < octets.length; ) {
    const kind = octets[i]!;
    const length = kind < 2 ? 1 : octets[i + 1]!;
    if (kind >= 2 && (length === undefined || length < 2 || i + length > octets.length)) {
      throw new Error(`Option ${kind} at ${i} has the length ${length}`);
    }
    list.push({ kind, body: octets.slice(i + 2, i + Math.max(2, length)) });
    i += length;
  }
  return list;
}
