import type { Address } from '../../wire/address.ts';
import type { Frame } from '../../wire/frame.ts';
import { TIME_EXCEEDED_REASSEMBLY } from '../../wire/icmp/icmp.ts';
import {
  checkIcmpv6,
  ICMPV6_ECHO,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_TOO_BIG,
  ICMPV6_UNREACHABLE,
  icmpv6Kind,
  isIcmpv6Error,
  MLD_DONE,
  MLD_QUERY,
  MLD_REPORT,
  MLD2_REPORT,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  PROTOCOL_ICMPV6,
  REDIRECT,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
  writeEchoReply6,
  writeIcmpv6Error,
} from '../../wire/icmp/icmpv6.ts';
import { IPV6_HEADER, readIpv6Address } from '../../wire/ipv6.ts';
import type { Packet } from '../../wire/packet.ts';
import type { IpContext } from '../context/context.ts';
import type { IpDrop } from '../terms/drops.ts';
import { QUOTED_TRANSPORT } from '../terms/icmp-error.ts';
import { IcmpFamily } from './icmp-family.ts';

/**
 * ICMPv6 (RFC 4443), without what it does on links with neighbours: a TUN device has none, so solicitations and listener
 * reports are dropped, each kind under its own name.
 */
export class Icmpv6 extends IcmpFamily {
  constructor(ip: IpContext, frame: Frame) {
    super(ip, frame, PROTOCOL_ICMPV6, {
      received: 'Icmp6InMsgs',
      unreadable: 'Icmp6InErrors',
      wrongChecksums: 'Icmp6InCsumErrors',
      echos: 'Icmp6InEchos',
      sent: 'Icmp6OutMsgs',
      echoReplies: 'Icmp6OutEchoReplies',
    });
  }

  /** A message to a group: nothing to be answered, but its name is worth knowing. */
  receiveMulticast(packet: Packet): void {
    if (!this.isSound(packet, checkIcmpv6(packet))) return;
    this.ip.drop(this.countOther(packet.slab.bytes[packet.transportStart]!), packet);
  }

  receive(packet: Packet): void {
    const { ip } = this;
    const { counters } = ip;
    if (!this.isSound(packet, checkIcmpv6(packet))) return;
    const { bytes } = packet.slab;
    const at = packet.transportStart;
    switch (bytes[at]!) {
      case ICMPV6_ECHO:
        this.echo(packet, ip.sysctls.echo_ignore_all !== 0);
        return;
      case ICMPV6_UNREACHABLE:
        counters.Icmp6InDestUnreachs++;
        this.deliverError(packet, icmpv6Kind(bytes[at]!, bytes[at + 1]!));
        return;
      case ICMPV6_TOO_BIG:
        counters.Icmp6InPktTooBigs++;
        this.deliverError(packet, icmpv6Kind(bytes[at]!, bytes[at + 1]!));
        return;
      case ICMPV6_TIME_EXCEEDED:
        counters.Icmp6InTimeExcds++;
        this.deliverError(packet, icmpv6Kind(bytes[at]!, bytes[at + 1]!));
        return;
      case ICMPV6_PARAMETER_PROBLEM:
        counters.Icmp6InParmProblems++;
        this.deliverError(packet, icmpv6Kind(bytes[at]!, bytes[at + 1]!));
        return;
      default:
        ip.drop(this.countOther(bytes[at]!), packet);
    }
  }

  /** Counts a message that we have no use for. @returns the name under which it is dropped */
  private countOther(type: number): IpDrop {
    const { counters } = this.ip;
    switch (type) {
      case MLD_QUERY:
        counters.Icmp6InGroupMembQueries++;
        return 'Icmp6MulticastListener';
      case MLD_REPORT:
        counters.Icmp6InGroupMembResponses++;
        return 'Icmp6MulticastListener';
      case MLD_DONE:
        counters.Icmp6InGroupMembReductions++;
        return 'Icmp6MulticastListener';
      case MLD2_REPORT:
        counters.Icmp6InMLDv2Reports++;
        return 'Icmp6MulticastListener';
      case ROUTER_SOLICITATION:
        counters.Icmp6InRouterSolicits++;
        return 'Icmp6RouterDiscovery';
      case ROUTER_ADVERTISEMENT:
        counters.Icmp6InRouterAdvertisements++;
        return 'Icmp6RouterDiscovery';
      case NEIGHBOR_SOLICITATION:
        counters.Icmp6InNeighborSolicits++;
        return 'Icmp6NeighborDiscovery';
      case NEIGHBOR_ADVERTISEMENT:
        counters.Icmp6InNeighborAdvertisements++;
        return 'Icmp6NeighborDiscovery';
      case REDIRECT:
        counters.Icmp6InRedirects++;
        return 'Icmp6NeighborDiscovery';
      default:
        return 'IcmpIgnored';
    }
  }

  protected writeEchoReply(echo: Packet): void {
    writeEchoReply6(this.frame, echo);
  }

  protected echoOptions(): null {
    return null;
  }

  unreachable(packet: Packet, code: number): void {
    if (this.send(packet, ICMPV6_UNREACHABLE, code, 0)) this.ip.counters.Icmp6OutDestUnreachs++;
  }

  /** The rest of the datagram that `first` begins did not come (RFC 4443, section 3.3). */
  timeExceeded(first: Packet): void {
    if (this.send(first, ICMPV6_TIME_EXCEEDED, TIME_EXCEEDED_REASSEMBLY, 0)) this.ip.counters.Icmp6OutTimeExcds++;
  }

  /** `pointer`: the offset of the octet that is the problem (RFC 4443, section 3.4). */
  parameterProblem(packet: Packet, code: number, pointer: number): void {
    if (this.send(packet, ICMPV6_PARAMETER_PROBLEM, code, pointer)) this.ip.counters.Icmp6OutParmProblems++;
  }

  protected isError(packet: Packet): boolean {
    return isIcmpv6Error(packet);
  }

  /** About a multicast packet we speak with an address of our own (RFC 4443, section 2.2 (b)). */
  protected sourceAbout(packet: Packet): Address | null {
    return packet.dst.isMulticast ? this.ip.addresses.sourceFor(packet.src) : packet.dst;
  }

  protected writeError(packet: Packet, src: Address, type: number, code: number, word: number): void {
    writeIcmpv6Error(this.frame, packet, src, type, code, word);
  }

  /** We send no extension headers, so the transport header must follow at once. */
  protected readQuote(packet: Packet, quote: number, to: number): boolean {
    const { error } = this;
    const { bytes } = packet.slab;
    const at = packet.transportStart;
    if (to - quote < IPV6_HEADER + QUOTED_TRANSPORT || bytes[quote]! >> 4 !== 6) return false;
    // A number above 2^31 is as good as any that is too large to matter.
    error.mtu = (bytes[at + 4]! | bytes[at + 5]!) !== 0 ? 0xffff : (bytes[at + 6]! << 8) | bytes[at + 7]!;
    error.quotedLength = IPV6_HEADER + ((bytes[quote + 4]! << 8) | bytes[quote + 5]!);
    error.protocol = bytes[quote + 6]!;
    readIpv6Address(bytes, quote + 8, error.local);
    readIpv6Address(bytes, quote + 24, error.remote);
    error.readTransport(bytes, quote + IPV6_HEADER);
    return error.local.family === 6;
  }
}
