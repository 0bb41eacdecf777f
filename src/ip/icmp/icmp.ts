import type { Frame } from '../../wire/frame.ts';
import {
  checkIcmp,
  ICMP_ECHO,
  ICMP_HEADER,
  ICMP_PARAMETER_PROBLEM,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  icmpKind,
  isIcmpError,
  TIME_EXCEEDED_REASSEMBLY,
  writeEchoReply,
  writeIcmpError,
} from '../../wire/icmp.ts';
import { IPV4_HEADER, PROTOCOL_ICMP } from '../../wire/ipv4.ts';
import { findSourceRoute, Ipv4Options, routeDestination, routeIsComplete } from '../../wire/ipv4-options.ts';
import type { Packet } from '../../wire/packet.ts';
import type { Ip } from '../ip.ts';
import { IcmpError, QUOTED_TRANSPORT } from '../terms/icmp-error.ts';

/** ICMP for IPv4 (RFC 792; RFC 1122, section 3.2.2). */
export class Icmp {
  private readonly ip: Ip;
  private readonly frame: Frame;
  private readonly error = new IcmpError();

  constructor(ip: Ip, frame: Frame) {
    this.ip = ip;
    this.frame = frame;
  }

  receive(packet: Packet): void {
    const { ip } = this;
    const { counters } = ip;
    counters.IcmpInMsgs++;
    const problem = checkIcmp(packet);
    if (problem !== null) {
      counters.IcmpInErrors++;
      if (problem === 'IcmpChecksum') counters.IcmpInCsumErrors++;
      ip.drop(problem, packet);
      return;
    }
    switch (packet.slab.bytes[packet.transportStart]!) {
      case ICMP_ECHO:
        this.echo(packet);
        return;
      case ICMP_UNREACHABLE:
        counters.IcmpInDestUnreachs++;
        this.deliverError(packet);
        return;
      case ICMP_TIME_EXCEEDED:
        counters.IcmpInTimeExcds++;
        this.deliverError(packet);
        return;
      case ICMP_PARAMETER_PROBLEM:
        counters.IcmpInParmProbs++;
        this.deliverError(packet);
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

  private echo(packet: Packet): void {
    const { ip, frame } = this;
    ip.counters.IcmpInEchos++;
    if (ip.sysctls.icmp_echo_ignore_all !== 0) {
      ip.drop('IcmpIgnored', packet);
      return;
    }
    writeEchoReply(frame, packet);
    ip.counters.IcmpOutMsgs++;
    ip.counters.IcmpOutEchoReps++;
    // With the same TOS (RFC 1349, section 5.1), and back along the way it came (RFC 1122, section 3.2.2.6).
    ip.sendDatagram(frame, packet.dst, packet.src, PROTOCOL_ICMP, packet.tos, this.replyOptions(packet));
  }

  private replyOptions(echo: Packet): Ipv4Options | null {
    const from = echo.start + IPV4_HEADER;
    if (from === echo.transportStart) return null;
    // The time of day is not ours to know: the highest bit says so (RFC 791, section 3.1).
    const stamp = 0x80000000 | Math.floor(this.ip.now / 1000);
    return Ipv4Options.ofReply(echo.slab.bytes, from, echo.transportStart, echo.dst, stamp, echo.returnRoute);
  }

  /** Destination Unreachable about a packet for us that nobody here wants. */
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

  private send(packet: Packet, type: number, code: number, word: number): boolean {
    const { ip, frame } = this;
    if (isIcmpError(packet)) return false;
    if (!ip.icmpLimit.admits(ip.now, ip.sysctls.icmp_msgs_per_sec)) {
      ip.drop('IcmpRateLimit', packet);
      return false;
    }
    writeIcmpError(frame, packet, type, code, word);
    ip.counters.IcmpOutMsgs++;
    ip.sendDatagram(frame, packet.dst, packet.src, PROTOCOL_ICMP, 0, packet.returnRoute);
    return true;
  }

  /** Reads the quotation: the IP header of a packet of ours, and the first 8 octets behind it. */
  private deliverError(packet: Packet): void {
    const { ip, error } = this;
    const bytes = packet.slab.bytes;
    const at = packet.transportStart;
    const kind = icmpKind(bytes[at]!, bytes[at + 1]!);
    if (kind === null) {
      ip.drop('IcmpIgnored', packet);
      return;
    }
    const quote = at + ICMP_HEADER;
    const room = packet.transportEnd - quote;
    const headerLength = room > 0 ? (bytes[quote]! & 15) << 2 : 0;
    const readable = room >= IPV4_HEADER && bytes[quote]! >> 4 === 4 && headerLength >= IPV4_HEADER;
    if (!readable || room < headerLength + QUOTED_TRANSPORT) {
      ip.drop('IcmpQuote', packet);
      return;
    }
    error.kind = kind;
    error.mtu = (bytes[at + 6]! << 8) | bytes[at + 7]!;
    error.quotedLength = (bytes[quote + 2]! << 8) | bytes[quote + 3]!;
    error.reporter.set(packet.src);
    error.protocol = bytes[quote + 9]!;
    error.local.setIpv4(word(bytes, quote + 12));
    error.remote.setIpv4(finalDestination(bytes, quote, headerLength));
    error.readTransport(bytes, quote + headerLength);
    if (!ip.isLocal(error.local)) {
      ip.drop('IcmpQuote', packet);
      return;
    }
    if (!ip.upper?.icmpError(error)) ip.drop('IcmpQuote', packet);
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
