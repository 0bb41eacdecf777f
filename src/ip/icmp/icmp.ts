import type { Address } from '../../wire/address.ts';
import type { Frame } from '../../wire/frame.ts';
import {
  checkIcmp,
  ICMP_ECHO,
  ICMP_PARAMETER_PROBLEM,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  icmpKind,
  isIcmpError,
  TIME_EXCEEDED_REASSEMBLY,
  writeEchoReply,
  writeIcmpError,
} from '../../wire/icmp/icmp.ts';
import { IPV4_HEADER, PROTOCOL_ICMP } from '../../wire/ipv4.ts';
import { findSourceRoute, Ipv4Options, routeDestination, routeIsComplete } from '../../wire/ipv4-options.ts';
import type { Packet } from '../../wire/packet.ts';
import type { IpContext } from '../context/context.ts';
import { QUOTED_TRANSPORT } from '../terms/icmp-error.ts';
import { IcmpFamily } from './icmp-family.ts';

/** ICMP for IPv4 (RFC 792; RFC 1122, section 3.2.2). */
export class Icmp extends IcmpFamily {
  constructor(ip: IpContext, frame: Frame) {
    super(ip, frame, PROTOCOL_ICMP, {
      received: 'IcmpInMsgs',
      unreadable: 'IcmpInErrors',
      wrongChecksums: 'IcmpInCsumErrors',
      echos: 'IcmpInEchos',
      sent: 'IcmpOutMsgs',
      echoReplies: 'IcmpOutEchoReps',
    });
  }

  receive(packet: Packet): void {
    const { ip } = this;
    const { counters } = ip;
    if (!this.isSound(packet, checkIcmp(packet))) return;
    const { bytes } = packet.slab;
    const at = packet.transportStart;
    switch (bytes[at]!) {
      case ICMP_ECHO:
        this.echo(packet, ip.sysctls.icmp_echo_ignore_all !== 0);
        return;
      case ICMP_UNREACHABLE:
        counters.IcmpInDestUnreachs++;
        this.deliverError(packet, icmpKind(bytes[at]!, bytes[at + 1]!));
        return;
      case ICMP_TIME_EXCEEDED:
        counters.IcmpInTimeExcds++;
        this.deliverError(packet, icmpKind(bytes[at]!, bytes[at + 1]!));
        return;
      case ICMP_PARAMETER_PROBLEM:
        counters.IcmpInParmProbs++;
        this.deliverError(packet, icmpKind(bytes[at]!, bytes[at + 1]!));
        return;
      case ICMP_SOURCE_QUENCH:
        // Silently discarded (RFC 9293, MUST-55; RFC 6633).
        counters.IcmpInSrcQuenchs++;
        ip.drop('IcmpSourceQuench', packet);
        return;
      default:
        // Echo replies among them: we never ask.
        ip.drop('IcmpIgnored', packet);
    }
  }

  protected writeEchoReply(echo: Packet): void {
    writeEchoReply(this.frame, echo);
  }

  /** Back along the way it came (RFC 1122, section 3.2.2.6). */
  protected echoOptions(echo: Packet): Ipv4Options | null {
    const from = echo.start + IPV4_HEADER;
    if (from === echo.transportStart) return null;
    // The time of day is not ours to know: the highest bit says so (RFC 791, section 3.1).
    const stamp = 0x80000000 | Math.floor(this.ip.now / 1000);
    return Ipv4Options.ofReply(echo.slab.bytes, from, echo.transportStart, echo.dst, stamp, echo.returnRoute);
  }

  /** Destination Unreachable about a packet for us that no protocol here wants. */
  unreachable(packet: Packet, code: number): void {
    if (this.send(packet, ICMP_UNREACHABLE, code, 0)) this.ip.counters.IcmpOutDestUnreachs++;
  }

  /** Time Exceeded: the rest of the datagram that `first` begins did not come (RFC 1122, section 3.3.2). */
  timeExceeded(first: Packet): void {
    if (this.send(first, ICMP_TIME_EXCEEDED, TIME_EXCEEDED_REASSEMBLY, 0)) this.ip.counters.IcmpOutTimeExcds++;
  }

  /** Parameter Problem about a packet for us whose header is wrong at offset `pointer` (RFC 1122, section 3.2.2.5). */
  parameterProblem(packet: Packet, pointer: number): void {
    if (this.send(packet, ICMP_PARAMETER_PROBLEM, 0, pointer << 24)) this.ip.counters.IcmpOutParmProbs++;
  }

  protected isError(packet: Packet): boolean {
    return isIcmpError(packet);
  }

  protected sourceAbout(packet: Packet): Address {
    return packet.dst;
  }

  protected writeError(packet: Packet, _src: Address, type: number, code: number, word: number): void {
    writeIcmpError(this.frame, packet, type, code, word);
  }

  protected readQuote(packet: Packet, quote: number, to: number): boolean {
    const { error } = this;
    const { bytes } = packet.slab;
    const at = packet.transportStart;
    const room = to - quote;
    const headerLength = room > 0 ? (bytes[quote]! & 15) << 2 : 0;
    if (room < IPV4_HEADER || bytes[quote]! >> 4 !== 4 || headerLength < IPV4_HEADER) return false;
    if (room < headerLength + QUOTED_TRANSPORT) return false;
    error.mtu = (bytes[at + 6]! << 8) | bytes[at + 7]!;
    error.quotedLength = (bytes[quote + 2]! << 8) | bytes[quote + 3]!;
    error.protocol = bytes[quote + 9]!;
    error.local.setIpv4(word(bytes, quote + 12));
    error.remote.setIpv4(finalDestination(bytes, quote, headerLength));
    error.readTransport(bytes, quote + headerLength);
    return true;
  }
}

/** Where a quoted packet was going: a source-routed one not to its next stop, but to the last. */
function finalDestination(bytes: Uint8Array, header: number, headerLength: number): number {
  if (headerLength > IPV4_HEADER) {
    const route = findSourceRoute(bytes, header + IPV4_HEADER, header + headerLength);
    if (route >= 0 && !routeIsComplete(bytes, route)) return routeDestination(bytes, route);
  }
  return word(bytes, header + 16);
}

const word = (b: Uint8Array, i: number): number => (b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!;
