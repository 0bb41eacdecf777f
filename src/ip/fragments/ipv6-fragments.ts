import type { Random } from '../../time/random.ts';
import type { TimerWheel } from '../../time/wheel.ts';
import { PROBLEM_FIRST_FRAGMENT, PROBLEM_HEADER_FIELD } from '../../wire/icmp/icmpv6.ts';
import { FRAGMENT_HEADER, findUpperHeader, IPV6_HEADER, IPV6_MAX_PAYLOAD, parseIpv6 } from '../../wire/ipv6.ts';
import type { Packet } from '../../wire/packet.ts';
import type { IpContext } from '../context/context.ts';
import type { Icmpv6 } from '../icmp/icmpv6.ts';
import { FragmentInput } from './fragment-input.ts';
import type { WholeDatagram } from './reassembly.ts';

/** Where the fields lie that a Parameter Problem points to: in the IPv6 header, and in the fragment header. */
const PAYLOAD_LENGTH_AT = 4;
const FRAGMENT_OFFSET_AT = 2;

/**
 * Fragments of IPv6 datagrams arrive (RFC 8200, section 4.5): `transportStart` is at the fragment header, `problemAt` at
 * the field that says so. Atomic fragments (RFC 6946) don't come here.
 */
export class Ipv6Fragments extends FragmentInput {
  private readonly icmpv6: Icmpv6;

  constructor(ip: IpContext, icmpv6: Icmpv6, wheel: TimerWheel, random: Random) {
    super(ip, wheel, random, {
      requests: 'Ip6ReasmReqds',
      whole: 'Ip6ReasmOKs',
      failures: 'Ip6ReasmFails',
      timeouts: 'Ip6ReasmTimeout',
      memory: 'ip6frag_high_thresh',
      time: 'ip6frag_time',
      // No distance: identifications of 32 bits don't come again so soon.
    });
    this.icmpv6 = icmpv6;
  }

  /** @returns the datagram, if it is whole now: `stepOverExtensions` comes next */
  receive(packet: Packet): Packet | null {
    const { icmpv6 } = this;
    if (!hasAllHeaders(packet)) {
      this.ip.counters.Ip6ReasmReqds++;
      this.discard('FragmentHeaders', packet);
      icmpv6.parameterProblem(packet, PROBLEM_FIRST_FRAGMENT, 0);
      return null;
    }
    const added = this.add(packet);
    if (typeof added !== 'string') return added;
    // The other reasons are silent: no ICMP error answers an overlap.
    if (added === 'FragmentLength' && (packet.transportEnd - packet.transportStart) % 8 !== 0)
      icmpv6.parameterProblem(packet, PROBLEM_HEADER_FIELD, PAYLOAD_LENGTH_AT);
    else if (added === 'FragmentTooLong') {
      const pointer = packet.transportStart + FRAGMENT_OFFSET_AT - packet.start;
      icmpv6.parameterProblem(packet, PROBLEM_HEADER_FIELD, pointer);
    }
    return null;
  }

  protected read(packet: Packet): void {
    const { fragment } = this;
    const { bytes } = packet.slab;
    const at = packet.transportStart;
    const word = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    fragment.headerEnd = at;
    fragment.dataStart = at + FRAGMENT_HEADER;
    fragment.dataEnd = packet.transportEnd;
    fragment.protocol = 0;
    fragment.id = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
    fragment.offset = word & 0xfff8;
    fragment.more = (word & 1) !== 0;
    fragment.maxEnd = IPV6_MAX_PAYLOAD - (at - packet.start - IPV6_HEADER);
    fragment.nextHeaderAt = packet.problemAt;
    fragment.nextHeader = bytes[at]!;
  }

  protected mendHeaders({ bytes, nextHeaderAt, nextHeader, congested }: WholeDatagram): void {
    const length = bytes.length - IPV6_HEADER;
    bytes[PAYLOAD_LENGTH_AT] = length >> 8;
    bytes[PAYLOAD_LENGTH_AT + 1] = length;
    bytes[nextHeaderAt] = nextHeader;
    // The traffic class lies across the first two octets, ECN in its lowest bits.
    if (congested) bytes[1]! |= 0x30;
  }

  protected parse(packet: Packet): void {
    parseIpv6(packet);
  }

  protected timeExceeded(first: Packet): void {
    this.icmpv6.timeExceeded(first);
  }
}

/** A first fragment must have all headers, the transport's included (RFC 7112; RFC 8200, section 4.5). */
function hasAllHeaders(packet: Packet): boolean {
  const { bytes } = packet.slab;
  const at = packet.transportStart;
  const isFirst = (bytes[at + 2]! | (bytes[at + 3]! & 0xf8)) === 0;
  return !isFirst || findUpperHeader(bytes, bytes[at]!, at + FRAGMENT_HEADER, packet.transportEnd) !== null;
}
