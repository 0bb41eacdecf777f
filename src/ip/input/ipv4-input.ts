import { UNREACHABLE_PORT, UNREACHABLE_PROTOCOL } from '../../wire/icmp/icmp.ts';
import { IPV4_HEADER, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, parseIpv4 } from '../../wire/ipv4.ts';
import { findBadIpv4Option, findSourceRoute, reverseRoute, routeIsComplete } from '../../wire/ipv4-options.ts';
import type { Packet } from '../../wire/packet.ts';
import type { IpContext } from '../context/context.ts';
import type { Ipv4Fragments } from '../fragments/ipv4-fragments.ts';
import type { Icmp } from '../icmp/icmp.ts';
import type { IpDrop } from '../terms/drops.ts';
import { countEcnIpv4 } from './ecn-counters.ts';
import { isUdpForNoPort, type UdpCounters } from './udp.ts';

const UDP: UdpCounters = { noPorts: 'UdpNoPorts', unreadable: 'UdpInErrors', wrongChecksums: 'UdpInCsumErrors' };

/** IPv4 packets arrive. */
export class Ipv4Input {
  private readonly ip: IpContext;
  private readonly icmp: Icmp;
  private readonly fragments: Ipv4Fragments;

  constructor(ip: IpContext, icmp: Icmp, fragments: Ipv4Fragments) {
    this.ip = ip;
    this.icmp = icmp;
    this.fragments = fragments;
  }

  receive(packet: Packet): void {
    const { ip } = this;
    const { counters } = ip;
    counters.InReceives++;
    const parsed = parseIpv4(packet);
    if (parsed !== null && parsed !== 'IpFragment') {
      counters.InHdrErrors++;
      ip.drop(parsed, packet);
      return;
    }
    countEcnIpv4(counters, packet);
    const problem = this.checkAddresses(packet);
    if (problem !== null) {
      ip.drop(problem, packet);
      return;
    }
    const datagram = parsed === null ? packet : this.fragments.receive(packet);
    if (datagram !== null) this.receiveDatagram(datagram);
  }

  /** A datagram for us, in one piece or put together. */
  private receiveDatagram(packet: Packet): void {
    const { ip } = this;
    const { counters } = ip;
    if (packet.transportStart - packet.start > IPV4_HEADER) {
      const problem = this.checkOptions(packet);
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
        this.icmp.receive(packet);
        return;
      case PROTOCOL_UDP:
        if (isUdpForNoPort(ip, packet, UDP)) this.icmp.unreachable(packet, UNREACHABLE_PORT);
        return;
      default:
        counters.InUnknownProtos++;
        ip.drop('IpUnknownProtocol', packet);
        this.icmp.unreachable(packet, UNREACHABLE_PROTOCOL);
    }
  }

  /** Is it for us, and from where one host can be? */
  private checkAddresses(packet: Packet): IpDrop | null {
    const { ip } = this;
    if (!ip.isForUs(packet.dst)) return this.whyNotOurs(packet);
    if (ip.isMartian(packet.src)) {
      ip.counters.InAddrErrors++;
      return 'IpMartianSource';
    }
    // With TTL 0 as well: that ends a packet's way through routers, not in its host (RFC 1122, section 3.2.1.7).
    return null;
  }

  private whyNotOurs(packet: Packet): IpDrop {
    const { ip } = this;
    const { counters } = ip;
    if (packet.dst.isMulticast) counters.InMcastPkts++;
    else if (ip.addresses.isBroadcast(packet.dst)) counters.InBcastPkts++;
    else {
      counters.InAddrErrors++;
      return 'IpNotOurs';
    }
    return 'IpNotUnicast';
  }

  /** Options: of all that there are, a host acts on source routes only (RFC 1122, section 3.2.1.8). */
  private checkOptions(packet: Packet): IpDrop | null {
    const { ip } = this;
    const bytes = packet.slab.bytes;
    const from = packet.start + IPV4_HEADER;
    const bad = findBadIpv4Option(bytes, from, packet.transportStart);
    if (bad >= 0) {
      ip.counters.InHdrErrors++;
      this.icmp.parameterProblem(packet, bad - packet.start);
      return 'IpOptions';
    }
    const route = findSourceRoute(bytes, from, packet.transportStart);
    if (route < 0) return null;
    // One with stops left would have us pass it on: we are no router.
    if (ip.sysctls.accept_source_route === 0 || !routeIsComplete(bytes, route)) return 'IpSourceRoute';
    packet.returnRoute = reverseRoute(bytes, route, packet.src.w3);
    return null;
  }
}
