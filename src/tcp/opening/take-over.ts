import type { Micros } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';
import { type Seq, seqAdd } from '../../wire/seq.ts';
import type { TimeWaitEntry } from '../tables/time-wait-table.ts';
import type { TcpContext } from '../tcb/context.ts';
import { causes } from '../terms/causes.ts';

/** A new incarnation's first sequence number lies this far beyond the old one's last (net/ipv4/tcp_minisocks.c). */
const NEXT_INCARNATION = 65_535 + 2;

/** What a connection inherits from the one in TIME_WAIT whose place it takes. */
export interface PreviousIncarnation {
  tsRecent: number;
  tsRecentAt: Micros;
}

/** Beyond all that the old connection sent: no octet of it can be taken for one of the new (RFC 9293, section 3.4.3; RFC 6191). */
export const nextIss = (entry: TimeWaitEntry): Seq => seqAdd(entry.sndNxt, NEXT_INCARNATION);

/**
 * May a connection that we open take the place of one in TIME_WAIT (tcp_twsk_unique in net/ipv4/tcp_ipv4.c)? It must have had
 * timestamps: then what is left of it on the way is older than all that the new one gets, and PAWS discards it. A user
 * who insists on a port may have it; a port of our choice needs `tcp_tw_reuse`, and so old a TIME_WAIT that the clock has moved.
 */
export function mayTakeOver(tcp: TcpContext, index: number, remote: Address, bound: boolean): boolean {
  const { sysctls, timeWait, now } = tcp;
  if (!timeWait.hasTimestamps(index) || timeWait.isFinWait2(index)) return false;
  if (bound) return true;
  // 2 is for connections that never leave the host. Linux knows them by their loopback addresses, TCP here by their ends.
  if (sysctls.tcp_tw_reuse === 0 || (sysctls.tcp_tw_reuse === 2 && !tcp.network.isLocal(remote))) return false;
  const age = now - (timeWait.expiresAt(index, now) - sysctls.tcp_timewait_len * 1000);
  return age > sysctls.tcp_tw_reuse_delay * 1000;
}

/** What a connection that we open begins to count from: beyond the one in TIME_WAIT whose place it will take, if there is one. */
export function firstSequence(
  tcp: TcpContext,
  local: Address,
  localPort: number,
  remote: Address,
  remotePort: number,
): Seq {
  const index = tcp.timeWait.find(remote, remotePort, local, localPort);
  if (index >= 0) return nextIss(tcp.timeWait.read(index, tcp.now));
  return tcp.secrets.initialSequence(tcp.now, local, localPort, remote, remotePort);
}

/** Ends the TIME_WAIT of a four-tuple that a connection of ours is about to use; null: there was none. */
export function takeOver(
  tcp: TcpContext,
  local: Address,
  localPort: number,
  remote: Address,
  remotePort: number,
): PreviousIncarnation | null {
  const index = tcp.timeWait.find(remote, remotePort, local, localPort);
  if (index < 0) return null;
  const entry = tcp.timeWait.read(index, tcp.now);
  tcp.counters.TWRecycled++;
  tcp.endTimeWait(index, entry, causes.takenOver);
  return { tsRecent: entry.tsRecent, tsRecentAt: entry.tsRecentAt };
}
