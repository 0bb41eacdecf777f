import {
  PROBLEM_HEADER_FIELD,
  PROBLEM_NEXT_HEADER,
  PROBLEM_OPTION,
  PROTOCOL_ICMPV6,
  UNREACHABLE6_PORT,
} from '../../wire/icmp/icmpv6.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../wire/ipv4.ts';
import { type Ipv6ExtensionDrop, parseIpv6, stepOverExtensions } from '../../wire/ipv6.ts';
import type { Packet } from '../../wire/packet.ts';
import type { IpContext } from '../context/context.ts';
import type { Ipv6Fragments } from '../fragments/ipv6-fragments.ts';
import type { Icmpv6 } from '../icmp/icmpv6.ts';
import type { IpDrop } from '../terms/drops.ts';
import { countEcnIpv6 } from './ecn-counters.ts';
import { isUdpForNoPort, type UdpCounters } from './udp.ts';

const UDP: UdpCounters = { noPorts: 'Udp6NoPorts', unreadable: 'Udp6InErrors', wrongChecksums: 'Udp6InCsumErrors' };

/** IPv6 packets arrive. */
export class Ipv6Input {
  private readonly ip: IpContext;
  private readonly icmpv6: Icmpv6;
  private readonly fragments: Ipv6Fragments;

  constructor(ip: IpContext, icmpv6: Icmpv6, fragments: Ipv6Fragments) {
    this.ip = ip;
    this.icmpv6 = icmpv6;
    this.fragments = fragments;
  }

  receive(packet: Packet): void {
    const { ip } = this;
    const { counters } = ip;
    counters.Ip6InReceives++;
    const problem = this.check(packet);
    if (problem !== null) {
      ip.drop(problem, packet);
      return;
    }
    countEcnIpv6(counters, packet);
    const ending = stepOverExtensions(packet);
    if (ending === null) this.receiveDatagram(packet);
    else if (ending === 'Ip6Fragment') this.receiveFragment(packet);
    else this.endAtExtension(packet, ending);
  }

  private receiveFragment(packet: Packet): void {
    // What groups are for here is never fragmented (RFC 6980).
    if (packet.dst.isMulticast) {
      this.receiveMulticast(packet);
      return;
    }
    const whole = this.fragments.receive(packet);
    if (whole === null) return;
    const ending = stepOverExtensions(whole);
    if (ending === null) this.receiveDatagram(whole);
    else this.endAtExtension(whole, ending);
  }

  /** A datagram for us or for a group, in one piece or put together. */
  private receiveDatagram(packet: Packet): void {
    const { ip } = this;
    const { counters } = ip;
    if (packet.dst.isMulticast) {
      this.receiveMulticast(packet);
      return;
    }
    counters.Ip6InDelivers++;
    switch (packet.protocol) {
      case PROTOCOL_TCP:
        ip.upper?.tcp(packet);
        return;
      case PROTOCOL_ICMPV6:
        this.icmpv6.receive(packet);
        return;
      case PROTOCOL_UDP:
        if (isUdpForNoPort(ip, packet, UDP)) this.icmpv6.unreachable(packet, UNREACHABLE6_PORT);
        return;
      default:
        // RFC 8200, section 4: Parameter Problem, and not an unreachable protocol, as it would be in IPv4.
        counters.Ip6InUnknownProtos++;
        ip.drop('IpUnknownProtocol', packet);
        this.icmpv6.parameterProblem(packet, PROBLEM_NEXT_HEADER, packet.problemAt);
    }
  }

  /** Is it an IPv6 packet, whole, and for us or for a group? */
  private check(packet: Packet): IpDrop | null {
    const { ip } = this;
    const { counters } = ip;
    const problem = parseIpv6(packet);
    if (problem !== null) {
      if (problem === 'Ip6Truncated') counters.Ip6InHdrErrors++;
      else counters.Ip6InTruncatedPkts++;
      return problem;
    }
    const { src, dst } = packet;
    // An IPv4 address in an IPv6 header would pass for the address of another packet here; no host may send one.
    if (dst.family === 4 || (!dst.isMulticast && !ip.isForUs(dst))) {
      counters.Ip6InAddrErrors++;
      return 'IpNotOurs';
    }
    // A host without an address yet may ask for neighbours (RFC 4861, section 4.1): such messages are known by their own name.
    const mayBeNameless = dst.isMulticast && src.isUnspecified;
    if (src.family === 4 || (!mayBeNameless && ip.isMartian(src))) {
      counters.Ip6InAddrErrors++;
      return 'IpMartianSource';
    }
    // With Hop Limit 0 as well: that is for routers to look at (RFC 8200, section 3).
    return null;
  }

  /** Of what comes to a group only ICMPv6 is even named; a segment is silently discarded (RFC 9293, MUST-57). */
  private receiveMulticast(packet: Packet): void {
    const { ip } = this;
    ip.counters.Ip6InMcastPkts++;
    if (packet.protocol === PROTOCOL_ICMPV6) this.icmpv6.receiveMulticast(packet);
    else ip.drop('IpNotUnicast', packet);
  }

  /** Drops a packet for its extension headers, and tells the sender where the RFC wants that. */
  private endAtExtension(packet: Packet, reason: Ipv6ExtensionDrop): void {
    const { ip, icmpv6 } = this;
    const { counters } = ip;
    ip.drop(reason, packet);
    switch (reason) {
      case 'Ip6NoNextHeader':
        counters.Ip6InDelivers++;
        return;
      case 'Ip6Fragment':
        // Of a datagram that was put together: no sender makes fragments of fragments.
        counters.Ip6ReasmReqds++;
        counters.Ip6ReasmFails++;
        return;
      case 'Ip6ExtensionHeader':
        counters.Ip6InHdrErrors++;
        return;
      case 'Ip6NextHeader':
        counters.Ip6InHdrErrors++;
        tell(PROBLEM_NEXT_HEADER, false);
        return;
      case 'Ip6Option':
        counters.Ip6InHdrErrors++;
        tell(PROBLEM_OPTION, true);
        return;
      case 'Ip6RoutingHeader':
        counters.Ip6InHdrErrors++;
        tell(PROBLEM_HEADER_FIELD, false);
        return;
      default:
        reason satisfies never;
    }

    /** Never about a multicast packet but for an option that asks for it; never to the unspecified address (RFC 4443, section 2.4 (e)). */
    function tell(code: number, aboutMulticastToo: boolean): void {
      if (packet.problemAt < 0 || packet.src.isUnspecified) return;
      if (packet.dst.isMulticast && !aboutMulticastToo) return;
      icmpv6.parameterProblem(packet, code, packet.problemAt);
    }
  }
}
