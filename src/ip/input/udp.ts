import type { Packet } from '../../wire/packet.ts';
import { checkUdp } from '../../wire/udp.ts';
import type { IpContext } from '../context/context.ts';
import type { IpCounters } from '../terms/counters.ts';

/** UDP's counters, under the names that they have in one family. */
export interface UdpCounters {
  noPorts: keyof IpCounters;
  unreadable: keyof IpCounters;
  wrongChecksums: keyof IpCounters;
}

/**
 * A UDP datagram arrives. There are no sockets for it: every port is unreachable (RFC 1122, section 4.1.3.1).
 * @returns whether its sender is to be told so. What cannot be read has no port: silently discarded (section 4.1.3.4)
 */
export function isUdpForNoPort(ip: IpContext, packet: Packet, names: UdpCounters): boolean {
  const problem = checkUdp(packet);
  if (problem === null) {
    ip.counters[names.noPorts]++;
    return true;
  }
  ip.counters[names.unreadable]++;
  if (problem === 'UdpChecksum') ip.counters[names.wrongChecksums]++;
  ip.drop(problem, packet);
  return false;
}
