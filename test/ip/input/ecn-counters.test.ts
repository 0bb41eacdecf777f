import { describe, expect, it } from 'vitest';
import { countEcnIpv4, countEcnIpv6 } from '../../../src/ip/input/ecn-counters.ts';
import { IpCounters } from '../../../src/ip/terms/counters.ts';
import { Packet } from '../../../src/wire/packet.ts';
import { Slab } from '../../../src/wire/slab.ts';

/** A packet of TCP with 20 octets of header and so much data. */
function packetOf(tos: number, data: number, gsoSize: number): Packet {
  const packet = new Packet();
  packet.slab = new Slab(new Uint8Array(20 + data));
  packet.slab.bytes[12] = 5 << 4;
  packet.transportEnd = 20 + data;
  packet.tos = tos;
  packet.gsoSize = gsoSize;
  return packet;
}

describe('packets that arrive are counted by their ECN field', () => {
  it('whatever the rest of the octet says, a super-segment as what it carries', () => {
    const counters = new IpCounters();
    for (const [tos, times] of [
      [0xb8, 1],
      [0xb9, 2],
      [0x02, 3],
      [0xff, 4],
    ] as const) {
      for (let i = 0; i < times; i++) {
        countEcnIpv4(counters, packetOf(tos, 10, 0));
        countEcnIpv6(counters, packetOf(tos, 10, 0));
      }
    }
    countEcnIpv4(counters, packetOf(3, 2500, 1000));
    countEcnIpv6(counters, packetOf(3, 1000, 1000));
    const { InNoECTPkts, InECT1Pkts, InECT0Pkts, InCEPkts } = counters;
    expect([InNoECTPkts, InECT1Pkts, InECT0Pkts, InCEPkts]).toEqual([1, 2, 3, 7]);
    const { Ip6InNoECTPkts, Ip6InECT1Pkts, Ip6InECT0Pkts, Ip6InCEPkts } = counters;
    expect([Ip6InNoECTPkts, Ip6InECT1Pkts, Ip6InECT0Pkts, Ip6InCEPkts]).toEqual([1, 2, 3, 5]);
  });

  it('a super-segment without data is one packet', () => {
    const counters = new IpCounters();
    countEcnIpv4(counters, packetOf(3, 0, 1000));
    expect(counters.InCEPkts).toBe(1);
  });
});
