import type { Address } from '../../wire/address.ts';
import { foldChecksum, pseudoHeaderSum, sumBytes } from '../../wire/checksum.ts';
import { IPV4_HEADER, PROTOCOL_ICMP, PROTOCOL_TCP } from '../../wire/ipv4.ts';
import { ACK, AE, CWR, ECE, SYN } from '../../wire/segment.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';
import type { IcmpAction, IpSpec, OptionSpec, TcpAction } from './ast.ts';
import { Unsupported } from './errors.ts';
import type { Flow } from './flow.ts';
import { icmpTypeAndCode } from './icmp-names.ts';
import { optionsLength } from './parse-options.ts';
import { peerOctet } from './payload.ts';
import type { Settings } from './settings.ts';

const ECN_BITS = { noecn: 0, ect1: 1, ect0: 2, ce: 3, ect01: 2 } as const;
const TTL = 255;
const ICMP_HEADER = 8;
/** How much of the quoted packet's transport header an ICMP error brings back (RFC 792). */
const QUOTED_OCTETS = 8;

/** The octets of a segment that the script's peer sends. */
export function buildTcp(spec: TcpAction, flow: Flow, settings: Settings, line: number): Uint8Array<ArrayBuffer> {
  const optionOctets = optionsLength(spec.options ?? []);
  const headerLength = TCP_HEADER + optionOctets;
  const packet = newPacket(spec.ip, PROTOCOL_TCP, headerLength + spec.length, settings.remoteIp, settings.localIp);
  const view = new DataView(packet.buffer);
  const at = IPV4_HEADER;
  const flags = withAce(spec);
  const seq = flow.remoteToLive(spec.seq, flags);
  view.setUint16(at, spec.ports?.src ?? flow.remotePort);
  view.setUint16(at + 2, spec.ports?.dst ?? flow.localPort);
  view.setInt32(at + 4, seq);
  view.setInt32(at + 8, flags & ACK ? flow.localToLive(spec.ack, flags) : spec.ack);
  view.setUint8(at + 12, (headerLength << 2) | (flags >> 8));
  view.setUint8(at + 13, flags & 0xff);
  view.setUint16(at + 14, spec.win ?? 0);
  view.setUint16(at + 18, spec.urg);
  writeOptions(packet, view, at + TCP_HEADER, spec, flags, flow, settings, line);
  const data = at + headerLength;
  // The pattern counts from the octet behind the SYN, as the application will read it; on the SYN itself data begins there.
  const offset = (seq - flow.remoteIss - (flags & SYN ? 0 : 1)) >>> 0;
  for (let i = 0; i < spec.length; i++) packet[data + i] = peerOctet(offset + i);
  const pseudo = pseudoHeaderSum(settings.remoteIp, settings.localIp, PROTOCOL_TCP, packet.length - at);
  view.setUint16(at + 16, foldChecksum(sumBytes(packet, at, packet.length, pseudo)));
  return packet;
}

/** AccECN's three-bit counter takes the place of AE, CWR and ECE. */
export function withAce(spec: TcpAction): number {
  if (spec.ace === null) return spec.flags;
  return spec.flags | (spec.ace & 4 ? AE : 0) | (spec.ace & 2 ? CWR : 0) | (spec.ace & 1 ? ECE : 0);
}

function writeOptions(
  packet: Uint8Array,
  view: DataView,
  from: number,
  spec: TcpAction,
  flags: number,
  flow: Flow,
  settings: Settings,
  line: number,
): void {
  let at = from;
  for (const option of spec.options ?? []) {
    const octets = encodeOption(option, (seq) => flow.localToLive(seq, flags));
    packet.set(octets, at);
    if (option.type === 'TS' && flags & ACK) view.setInt32(at + 6, flow.ecrToLive(option.ecr, settings, line));
    at += octets.length;
  }
}

/** The octets of an option; `sackEdge` turns the script's numbers into those wanted. */
export function encodeOption(option: OptionSpec, sackEdge: (seq: number) => number): number[] {
  switch (option.type) {
    case 'eol':
      return [0];
    case 'nop':
      return [1];
    case 'mss':
      return [2, 4, option.value >> 8, option.value & 255];
    case 'wscale':
      return [3, 3, option.value];
    case 'sackOK':
      return [4, 2];
    case 'sack':
      return [
        5,
        2 + 8 * option.blocks.length,
        ...option.blocks.flatMap(({ left, right }) => [...word(sackEdge(left)), ...word(sackEdge(right))]),
      ];
    case 'TS':
      return [8, 10, ...word(option.val), ...word(option.ecr)];
    case 'raw':
      return option.bytes;
    default:
      return option satisfies never;
  }
}

const word = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

/** The octets of an ICMP error about a segment of ours, as a router on the way (or the peer) sends it. */
export function buildIcmp(spec: IcmpAction, flow: Flow, settings: Settings): Uint8Array<ArrayBuffer> {
  if (spec.quoted.protocol !== 'tcp') throw new Unsupported(`ICMP errors that quote ${spec.quoted.protocol}`);
  const { type, code } = icmpTypeAndCode(spec.typeName, spec.codeName);
  const quoteLength = IPV4_HEADER + QUOTED_OCTETS;
  const { localIp, remoteIp } = settings;
  const packet = newPacket(spec.ip, PROTOCOL_ICMP, ICMP_HEADER + quoteLength, remoteIp, localIp);
  const view = new DataView(packet.buffer);
  const at = IPV4_HEADER;
  view.setUint8(at, type);
  view.setUint8(at + 1, code);
  if (spec.id !== null) view.setUint16(at + 4, spec.id);
  // RFC 1191, section 4: the next hop's MTU in the second half of what was unused.
  view.setUint16(at + 6, spec.mtu ?? 0);
  const quote = newPacket(spec.ip, PROTOCOL_TCP, TCP_HEADER + spec.quoted.length, localIp, remoteIp);
  const quoted = new DataView(quote.buffer);
  quoted.setUint16(IPV4_HEADER, flow.localPort);
  quoted.setUint16(IPV4_HEADER + 2, flow.remotePort);
  quoted.setInt32(IPV4_HEADER + 4, flow.localToLive(spec.quoted.seq, 0));
  packet.set(quote.subarray(0, quoteLength), at + ICMP_HEADER);
  view.setUint16(at + 2, foldChecksum(sumBytes(packet, at, packet.length, 0)));
  return packet;
}

/** An IPv4 packet with its header, and room for `length` octets behind. */
function newPacket(ip: IpSpec, protocol: number, length: number, src: Address, dst: Address): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(IPV4_HEADER + length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  packet[1] = (ip.tos ?? 0) | (ip.ecn === null ? 0 : ECN_BITS[ip.ecn]);
  view.setUint16(2, packet.length);
  view.setUint16(6, 0x4000);
  packet[8] = ip.ttl ?? TTL;
  packet[9] = protocol;
  view.setInt32(12, src.w3);
  view.setInt32(16, dst.w3);
  view.setUint16(10, foldChecksum(sumBytes(packet, 0, IPV4_HEADER, 0)));
  return packet;
}
