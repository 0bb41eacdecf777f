import type { Random } from '../../time/random.ts';
import type { TimerWheel } from '../../time/wheel.ts';
import { IPV4_MAX_LENGTH, markWhole, parseIpv4 } from '../../wire/ipv4.ts';
import type { Packet } from '../../wire/packet.ts';
import type { IpContext } from '../context/context.ts';
import type { Icmp } from '../icmp/icmp.ts';
import { FragmentInput } from './fragment-input.ts';
import type { WholeDatagram } from './reassembly.ts';

/** Fragments of IPv4 datagrams arrive (RFC 791, section 3.2; RFC 1122, section 3.3.2). */
export class Ipv4Fragments extends FragmentInput {
  private readonly icmp: Icmp;

  constructor(ip: IpContext, icmp: Icmp, wheel: TimerWheel, random: Random) {
    super(ip, wheel, random, {
      requests: 'ReasmReqds',
      whole: 'ReasmOKs',
      failures: 'ReasmFails',
      timeouts: 'ReasmTimeout',
      overlaps: 'ReasmOverlaps',
      memory: 'ipfrag_high_thresh',
      time: 'ipfrag_time',
      distance: 'ipfrag_max_dist',
    });
    this.icmp = icmp;
  }

  /** @returns the datagram, if it is whole now */
  receive(packet: Packet): Packet | null {
    const added = this.add(packet);
    return typeof added === 'string' ? null : added;
  }

  protected read(packet: Packet): void {
    const { fragment } = this;
    const { bytes } = packet.slab;
    const at = packet.start;
    const word = (bytes[at + 6]! << 8) | bytes[at + 7]!;
    fragment.headerEnd = packet.transportStart;
    fragment.dataStart = packet.transportStart;
    fragment.dataEnd = packet.transportEnd;
    fragment.protocol = packet.protocol;
    fragment.id = (bytes[at + 4]! << 8) | bytes[at + 5]!;
    fragment.offset = (word & 0x1fff) << 3;
    fragment.more = (word & 0x2000) !== 0;
    fragment.maxEnd = IPV4_MAX_LENGTH - (packet.transportStart - at);
  }

  protected mendHeaders({ bytes, headerLength, congested }: WholeDatagram): void {
    markWhole(bytes, headerLength, congested);
  }

  protected parse(packet: Packet): void {
    parseIpv4(packet);
  }

  protected timeExceeded(first: Packet): void {
    this.icmp.timeExceeded(first);
  }
}
