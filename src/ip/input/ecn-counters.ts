import type { Packet } from '../../wire/packet.ts';
import { CE, codepointOf, ECT0, ECT1 } from '../../wire/packet.ts';
import type { IpCounters } from '../terms/counters.ts';

/** Counts a packet by its ECN field, a super-segment as what it carries (ip_rcv_core in net/ipv4/ip_input.c). */
export function countEcnIpv4(counters: IpCounters, packet: Packet): void {
  const count = packetsIn(packet);
  const field = codepointOf(packet.tos);
  if (field === CE) counters.InCEPkts += count;
  else if (field === ECT0) counters.InECT0Pkts += count;
  else if (field === ECT1) counters.InECT1Pkts += count;
  else counters.InNoECTPkts += count;
}

export function countEcnIpv6(counters: IpCounters, packet: Packet): void {
  const count = packetsIn(packet);
  const field = codepointOf(packet.tos);
  if (field === CE) counters.Ip6InCEPkts += count;
  else if (field === ECT0) counters.Ip6InECT0Pkts += count;
  else if (field === ECT1) counters.Ip6InECT1Pkts += count;
  else counters.Ip6InNoECTPkts += count;
}

/** Of a super-segment, whose headers the link has looked at: its data offset is good. */
function packetsIn({ slab, transportStart, transportEnd, gsoSize }: Packet): number {
  if (gsoSize === 0) return 1;
  const payload = transportEnd - transportStart - ((slab.bytes[transportStart + 12]! >> 4) << 2);
  return Math.max(1, Math.ceil(payload / gsoSize));
}
