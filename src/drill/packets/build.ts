import { foldChecksum, pseudoHeaderSum, sumBytes } from '../../wire/checksum.ts';
import { ICMP_HEADER } from '../../wire/icmp/icmp.ts';
import { PROTOCOL_ICMPV6 } from '../../wire/icmp/icmpv6.ts';
import { PROTOCOL_ICMP, PROTOCOL_TCP } from '../../wire/ipv4.ts';
import { ACK, AE, CWR, ECE, SYN } from '../../wire/segment.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';
import type { IcmpAction, OptionSpec, TcpAction } from '../script/ast.ts';
import { optionsLength } from '../script/parse-options.ts';
import type { Settings } from '../script/settings.ts';
import { ScriptError, Unsupported } from '../terms/errors.ts';
import { draftPacket } from './build-ip.ts';
import { icmpTypeAndCode, tellsMtu } from './icmp-names.ts';
import type { Numbers } from './numbers.ts';
import { peerOctet } from './payload.ts';

/** How much of the quoted packet's transport header an ICMP error brings back (RFC 792). */
const QUOTED_OCTETS = 8;
const U16 = 0xffff;

/** The octets of a segment that the script's peer sends. */
export function buildTcp(spec: TcpAction, numbers: Numbers, settings: Settings, line: number): Uint8Array<ArrayBuffer> {
  const optionOctets = optionsLength(spec.options ?? []);
  const headerLength = TCP_HEADER + optionOctets;
  const { remote, local } = numbers;
  const { packet, view, at } = draftPacket(spec.ip, PROTOCOL_TCP, headerLength + spec.length, remote, local);
  const flags = withAce(spec);
  const seq = numbers.remoteToLive(spec.seq, flags);
  view.setUint16(at, spec.ports?.src ?? numbers.remotePort);
  view.setUint16(at + 2, spec.ports?.dst ?? numbers.localPort);
  view.setInt32(at + 4, seq);
  view.setInt32(at + 8, flags & ACK ? numbers.localToLive(spec.ack, flags) : spec.ack);
  view.setUint8(at + 12, (headerLength << 2) | (flags >> 8));
  view.setUint8(at + 13, flags & 0xff);
  view.setUint16(at + 14, spec.win ?? 0);
  view.setUint16(at + 18, spec.urg);
  writeOptions(packet, view, at + TCP_HEADER, spec, flags, numbers, settings, line);
  const data = at + headerLength;
  // The pattern counts from the octet behind the SYN, as the application will read it; on the SYN itself data begins there.
  const offset = (seq - numbers.remoteIss - (flags & SYN ? 0 : 1)) >>> 0;
  for (let i = 0; i < spec.length; i++) packet[data + i] = peerOctet(offset + i);
  const pseudo = pseudoHeaderSum(remote, local, PROTOCOL_TCP, packet.length - at);
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
  numbers: Numbers,
  settings: Settings,
  line: number,
): void {
  let at = from;
  for (const option of spec.options ?? []) {
    const octets = encodeOption(option, (seq) => numbers.localToLive(seq, flags));
    packet.set(octets, at);
    if (option.type === 'TS' && flags & ACK) view.setInt32(at + 6, numbers.ecrToLive(option.ecr, settings, line));
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

/**
 * The octets of an ICMP error about a segment of ours, as a router on the way (or the peer) sends it. Over IPv6 it is an
 * ICMPv6 one.
 */
export function buildIcmp(spec: IcmpAction, numbers: Numbers): Uint8Array<ArrayBuffer> {
  if (spec.quoted.protocol !== 'tcp') throw new Unsupported(`ICMP errors that quote ${spec.quoted.protocol}`);
  const { local, remote } = numbers;
  const { family } = local;
  const { type, code } = icmpTypeAndCode(spec, family);
  const quote = draftPacket(spec.ip, PROTOCOL_TCP, TCP_HEADER + spec.quoted.length, local, remote);
  quote.view.setUint16(quote.at, numbers.localPort);
  quote.view.setUint16(quote.at + 2, numbers.remotePort);
  quote.view.setInt32(quote.at + 4, numbers.localToLive(spec.quoted.seq, 0));
  const quoteLength = quote.at + QUOTED_OCTETS;
  const protocol = family === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;
  const { packet, view, at } = draftPacket(spec.ip, protocol, ICMP_HEADER + quoteLength, remote, local);
  view.setUint8(at, type);
  view.setUint8(at + 1, code);
  if (spec.id !== null) view.setUint16(at + 4, spec.id);
  if (spec.mtu !== null) {
    if (!tellsMtu(type, code, family)) throw new ScriptError(0, `icmp ${spec.typeName} tells no MTU`);
    // RFC 1191, section 4: the second half of what was unused. RFC 4443, section 3.2: all four octets.
    if (family === 6) view.setUint32(at + 4, spec.mtu);
    else if (spec.mtu <= U16) view.setUint16(at + 6, spec.mtu);
    else throw new ScriptError(0, `An MTU over IPv4 is ${U16} at most, not ${spec.mtu}`);
  }
  packet.set(quote.packet.subarray(0, quoteLength), at + ICMP_HEADER);
  const pseudo = family === 4 ? 0 : pseudoHeaderSum(remote, local, protocol, packet.length - at);
  view.setUint16(at + 2, foldChecksum(sumBytes(packet, at, packet.length, pseudo)));
  return packet;
}
