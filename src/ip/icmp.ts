import type { Micros } from '../time/wheel.ts';
import { Address } from '../wire/address.ts';
import type { Frame } from '../wire/frame.ts';
import {
  checkIcmp,
  ICMP_ECHO,
  ICMP_ECHO_REPLY,
  ICMP_HEADER,
  ICMP_PARAMETER_PROBLEM,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  writeEchoReply,
  writeIcmpError,
} from '../wire/icmp.ts';
import { IPV4_HEADER, PROTOCOL_ICMP } from '../wire/ipv4.ts';
import type { Packet } from '../wire/packet.ts';
import type { Seq } from '../wire/seq.ts';
import type { Ip } from './ip.ts';

/** An ICMP error, and what it quotes of the packet of ours that it is about. Reused: borrowed until the call returns. */
export interface IcmpError {
  type: number;
  code: number;
  /** Next-hop MTU of "fragmentation needed" (RFC 1191, section 4), in bytes; 0: the router didn't say. */
  mtu: number;
  /** Who reports. */
  reporter: Address;
  protocol: number;
  local: Address;
  localPort: number;
  remote: Address;
  remotePort: number;
  seq: Seq;
}

/** ICMP for IPv4 (RFC 792; RFC 1122, section 3.2.2). */
export class Icmp {
  private readonly ip: Ip;
  private readonly frame: Frame;
  private readonly error: IcmpError = {
    type: 0,
    code: 0,
    mtu: 0,
    reporter: new Address(),
    protocol: 0,
    local: new Address(),
    localPort: 0,
    remote: new Address(),
    remotePort: 0,
    seq: 0,
  };
  private sentInSecond = 0;
  private secondEnds: Micros = 0;

  constructor(ip: Ip, frame: Frame) {
    this.ip = ip;
    this.frame = frame;
  }

  receive(packet: Packet): void {
    const { ip } = this;
    ip.counters.IcmpInMsgs++;
    const problem = checkIcmp(packet);
    if (problem !== null) {
      ip.counters.IcmpInErrors++;
      if (problem === 'IcmpChecksum') ip.counters.IcmpInCsumErrors++;
      ip.drop(problem, packet);
      return;
    }
    switch (packet.slab.bytes[packet.transportStart]!) {
      case ICMP_ECHO:
        this.echo(packet);
        return;
      case ICMP_UNREACHABLE:
        ip.counters.IcmpInDestUnreachs++;
        this.deliverError(packet);
        return;
      case ICMP_TIME_EXCEEDED:
        ip.counters.IcmpInTimeExcds++;
        this.deliverError(packet);
        return;
      case ICMP_PARAMETER_PROBLEM:
      case ICMP_SOURCE_QUENCH:
        this.deliverError(packet);
        return;
      case ICMP_ECHO_REPLY:
        ip.drop('IcmpIgnored', packet); // we never ask
        return;
      default:
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
    ip.sendFragmentable(frame, packet.dst, packet.src, PROTOCOL_ICMP);
  }

  /** Destination Unreachable about a packet for us that nobody here wants. */
  unreachable(packet: Packet, code: number): void {
    const { ip, frame } = this;
    if (!this.mayAnswer()) {
      ip.drop('IcmpRateLimit', packet);
      return;
    }
    writeIcmpError(frame, packet, ICMP_UNREACHABLE, code);
    ip.counters.IcmpOutMsgs++;
    ip.counters.IcmpOutDestUnreachs++;
    ip.sendFragmentable(frame, packet.dst, packet.src, PROTOCOL_ICMP);
  }

  /** `icmp_msgs_per_sec`. */
  private mayAnswer(): boolean {
    const { now, sysctls } = this.ip;
    if (now >= this.secondEnds) {
      this.secondEnds = now + 1_000_000;
      this.sentInSecond = 0;
    }
    return this.sentInSecond++ < sysctls.icmp_msgs_per_sec;
  }

  /** Reads the quotation: the IP header of a packet of ours, and the first 8 octets behind it. */
  private deliverError(packet: Packet): void {
    const { ip, error } = this;
    const bytes = packet.slab.bytes;
    const at = packet.transportStart;
    const quote = at + ICMP_HEADER;
    const room = packet.transportEnd - quote;
    const headerLength = room > 0 ? (bytes[quote]! & 15) << 2 : 0;
    const readable = room >= IPV4_HEADER && bytes[quote]! >> 4 === 4 && headerLength >= IPV4_HEADER;
    if (!readable || room < headerLength + 8) {
      ip.drop('IcmpQuote', packet);
      return;
    }
    const transport = quote + headerLength;
    error.type = bytes[at]!;
    error.code = bytes[at + 1]!;
    error.mtu = (bytes[at + 6]! << 8) | bytes[at + 7]!;
    error.reporter.set(packet.src);
    error.protocol = bytes[quote + 9]!;
    error.local.setIpv4(word(bytes, quote + 12));
    error.remote.setIpv4(word(bytes, quote + 16));
    error.localPort = (bytes[transport]! << 8) | bytes[transport + 1]!;
    error.remotePort = (bytes[transport + 2]! << 8) | bytes[transport + 3]!;
    error.seq = word(bytes, transport + 4);
    if (!ip.isLocal(error.local)) {
      ip.drop('IcmpQuote', packet);
      return;
    }
    ip.upper?.icmpError(error);
  }
}

const word = (b: Uint8Array, i: number): number => (b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!;
