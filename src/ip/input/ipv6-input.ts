import {
  PROBLEM_HEADER_FIELD,
  PROBLEM_NEXT_HEADER,
  PROBLEM_OPTION,
  PROTOCOL_ICMPV6,
  UNREACHABLE6_PORT,
} from '../../wire/icmpv6.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../wire/ipv4.ts';
import { type Ipv6ExtensionDrop, parseIpv6, stepOverExtensions } from '../../wire/ipv6.ts';
import type { Packet } from '../../wire/packet.ts';
import { checkUdp } from '../../wire/udp.ts';
import type { Ip } from '../ip.ts';
import type { IpDrop } from '../terms/drops.ts';

/** An IPv6 packet arrives. */
export function receiveIpv6(ip: Ip, packet: Packet): void {
  const { counters } = ip;
  counters.Ip6InReceives++;
  const problem = check(ip, packet);
  if (problem !== null) {
    ip.drop(problem, packet);
    return;
  }
  const ending = stepOverExtensions(packet);
  if (ending === null) receiveDatagram(ip, packet);
  else if (ending === 'Ip6Fragment') receiveFragment(ip, packet);
  else endAtExtension(ip, packet, ending);
}

function receiveFragment(ip: Ip, packet: Packet): void {
  // What groups are for here is never fragmented (RFC 6980).
  if (packet.dst.isMulticast) {
    receiveMulticast(ip, packet);
    return;
  }
  const whole = ip.fragments6.receive(packet);
  if (whole === null) return;
  const ending = stepOverExtensions(whole);
  if (ending === null) receiveDatagram(ip, whole);
  else endAtExtension(ip, whole, ending);
}

/** A datagram for us or for a group, in one piece or put together. */
function receiveDatagram(ip: Ip, packet: Packet): void {
  const { counters } = ip;
  if (packet.dst.isMulticast) {
    receiveMulticast(ip, packet);
    return;
  }
  counters.Ip6InDelivers++;
  switch (packet.protocol) {
    case PROTOCOL_TCP:
      ip.upper?.tcp(packet);
      return;
    case PROTOCOL_ICMPV6:
      ip.icmpv6.receive(packet);
      return;
    case PROTOCOL_UDP:
      receiveUdp(ip, packet);
      return;
    default:
      // RFC 8200, section 4: Parameter Problem, and not an unreachable protocol, as it would be in IPv4.
      counters.Ip6InUnknownProtos++;
      ip.drop('IpUnknownProtocol', packet);
      ip.icmpv6.parameterProblem(packet, PROBLEM_NEXT_HEADER, packet.problemAt);
  }
}

/** As over IPv4. */
function receiveUdp(ip: Ip, packet: Packet): void {
  const { counters } = ip;
  const problem = checkUdp(packet);
  if (problem === null) {
    counters.Udp6NoPorts++;
    ip.icmpv6.unreachable(packet, UNREACHABLE6_PORT);
    return;
  }
  counters.Udp6InErrors++;
  if (problem === 'UdpChecksum') counters.Udp6InCsumErrors++;
  ip.drop(problem, packet);
}

/** Is it an IPv6 packet, whole, and for us or for a group? */
function check(ip: Ip, packet: Packet): IpDrop | null {
  const { counters } = ip;
  const problem = parseIpv6(packet);
  if (problem !== null) {
    if (problem === 'Ip6Truncated') counters.Ip6InHdrErrors++;
    else counters.Ip6InTruncatedPkts++;
    return problem;
  }
  const { src, dst } = packet;
  // An IPv4 address in an IPv6 header would pass for the address of another packet here; nobody may send one.
  if (dst.family === 4 || (!dst.isMulticast && !ip.isLocal(dst))) {
    counters.Ip6InAddrErrors++;
    return 'IpNotOurs';
  }
  // Who has no address yet may ask for neighbours (RFC 4861, section 4.1): such messages are known by their own name.
  const mayBeNameless = dst.isMulticast && src.isUnspecified;
  if (src.family === 4 || (!mayBeNameless && ip.known.isMartian(src))) {
    counters.Ip6InAddrErrors++;
    return 'IpMartianSource';
  }
  // With Hop Limit 0 as well: that is for routers to look at (RFC 8200, section 3).
  return null;
}

/** Of what comes to a group only ICMPv6 is even named; a segment is silently discarded (RFC 9293, MUST-57). */
function receiveMulticast(ip: Ip, packet: Packet): void {
  ip.counters.Ip6InMcastPkts++;
  if (packet.protocol === PROTOCOL_ICMPV6) ip.icmpv6.receiveMulticast(packet);
  else ip.drop('IpNotUnicast', packet);
}

/** Drops a packet for its extension headers, and tells the sender where the RFC wants that. */
function endAtExtension(ip: Ip, packet: Packet, reason: Ipv6ExtensionDrop): void {
  const { counters, icmpv6 } = ip;
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

  /** Never about a multicast packet but for an option that asks for it; never to nobody (RFC 4443, section 2.4 (e)). */
  function tell(code: number, aboutMulticastToo: boolean): void {
    if (packet.problemAt < 0 || packet.src.isUnspecified) return;
    if (packet.dst.isMulticast && !aboutMulticastToo) return;
    icmpv6.parameterProblem(packet, code, packet.problemAt);
  }
}
