import { UNREACHABLE_PORT, UNREACHABLE_PROTOCOL } from '../../wire/icmp.ts';
import { IPV4_HEADER, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, parseIpv4 } from '../../wire/ipv4.ts';
import { findBadIpv4Option, findSourceRoute, reverseRoute, routeIsComplete } from '../../wire/ipv4-options.ts';
import type { Packet } from '../../wire/packet.ts';
import { checkUdp } from '../../wire/udp.ts';
import type { Ip } from '../ip.ts';
import type { IpDrop } from '../terms/drops.ts';

/** An IPv4 packet arrives. */
export function receiveIpv4(ip: Ip, packet: Packet): void {
  const { counters } = ip;
  counters.InReceives++;
  const parsed = parseIpv4(packet);
  if (parsed !== null && parsed !== 'IpFragment') {
    counters.InHdrErrors++;
    ip.drop(parsed, packet);
    return;
  }
  const problem = checkAddresses(ip, packet);
  if (problem !== null) {
    ip.drop(problem, packet);
    return;
  }
  const datagram = parsed === null ? packet : ip.fragments4.receive(packet);
  if (datagram !== null) receiveDatagram(ip, datagram);
}

/** A datagram for us, in one piece or put together. */
function receiveDatagram(ip: Ip, packet: Packet): void {
  const { counters } = ip;
  if (packet.transportStart - packet.start > IPV4_HEADER) {
    const problem = checkOptions(ip, packet);
    if (problem !== null) {
      ip.drop(problem, packet);
      return;
    }
  }
  counters.InDelivers++;
  switch (packet.protocol) {
    case PROTOCOL_TCP:
      ip.upper?.tcp(packet);
      return;
    case PROTOCOL_ICMP:
      ip.icmp.receive(packet);
      return;
    case PROTOCOL_UDP:
      receiveUdp(ip, packet);
      return;
    default:
      counters.InUnknownProtos++;
      ip.drop('IpUnknownProtocol', packet);
      ip.icmp.unreachable(packet, UNREACHABLE_PROTOCOL);
  }
}

/** No UDP here: every port is unreachable (RFC 1122, section 4.1.3.1). */
function receiveUdp(ip: Ip, packet: Packet): void {
  const { counters } = ip;
  const problem = checkUdp(packet);
  if (problem === null) {
    counters.UdpNoPorts++;
    ip.icmp.unreachable(packet, UNREACHABLE_PORT);
    return;
  }
  // What cannot be read has no port: silently discarded (section 4.1.3.4).
  counters.UdpInErrors++;
  if (problem === 'UdpChecksum') counters.UdpInCsumErrors++;
  ip.drop(problem, packet);
}

/** Is it for us, and from where one host can be? */
function checkAddresses(ip: Ip, packet: Packet): IpDrop | null {
  if (!ip.isLocal(packet.dst)) return whyNotOurs(ip, packet);
  if (ip.known.isMartian(packet.src)) {
    ip.counters.InAddrErrors++;
    return 'IpMartianSource';
  }
  // With TTL 0 as well: that ends a packet's way through routers, not in its host (RFC 1122, section 3.2.1.7).
  return null;
}

function whyNotOurs(ip: Ip, packet: Packet): IpDrop {
  const { counters } = ip;
  if (packet.dst.isMulticast) counters.InMcastPkts++;
  else if (ip.known.isBroadcast(packet.dst)) counters.InBcastPkts++;
  else {
    counters.InAddrErrors++;
    return 'IpNotOurs';
  }
  return 'IpNotUnicast';
}

/** Options: of all that there are, a host acts on source routes only (RFC 1122, section 3.2.1.8). */
function checkOptions(ip: Ip, packet: Packet): IpDrop | null {
  const bytes = packet.slab.bytes;
  const from = packet.start + IPV4_HEADER;
  const bad = findBadIpv4Option(bytes, from, packet.transportStart);
  if (bad >= 0) {
    ip.counters.InHdrErrors++;
    ip.icmp.parameterProblem(packet, bad - packet.start);
    return 'IpOptions';
  }
  const route = findSourceRoute(bytes, from, packet.transportStart);
  if (route < 0) return null;
  // One with stops left would have us pass it on: we are no router.
  if (ip.sysctls.accept_source_route === 0 || !routeIsComplete(bytes, route)) return 'IpSourceRoute';
  packet.returnRoute = reverseRoute(bytes, route, packet.src.w3);
  return null;
}
