import type { Host } from '../../host/host.ts';
import type { TimeWaitEntry } from '../../tcp/tables/time-wait-table.ts';
import type { Succession } from '../../tcp/user/succession.ts';
import type { Micros } from '../../time/wheel.ts';

export interface TimeWaitSnapshot {
  /** FIN_WAIT_2: its user is gone, and the peer's FIN is waited for. */
  state: 'TIME_WAIT' | 'FIN_WAIT_2';
  local: string;
  localPort: number;
  remote: string;
  remotePort: number;
  /** Until it ends of itself. */
  left: Micros;
  /** Who sent a FIN before it had one: the waiting is that side's. `both`: the FINs crossed (CLOSING). */
  closedFirst: 'us' | 'both';
  /** What brought it here, or made it begin anew. */
  lastSegment: 'FIN' | 'FIN again' | 'ACK of our FIN';
  /** TS.Recent (RFC 7323, section 4.3): a SYN has to be newer; null: there were no timestamps. */
  tsRecent: number | null;
  /** RCV.NXT: a SYN without timestamps has to begin beyond it. */
  rcvNxt: number;
  /** Who might have its place now. */
  succession: Succession;
}

export function* timeWaitSnapshots({ tcp }: Host): IterableIterator<TimeWaitSnapshot> {
  for (const index of tcp.timeWait.scan()) {
    tcp.beginCall();
    const entry = tcp.timeWait.read(index, tcp.now);
    yield {
      state: entry.state,
      local: entry.local.toString(),
      localPort: entry.localPort,
      remote: entry.remote.toString(),
      remotePort: entry.remotePort,
      left: Math.max(0, entry.expires - tcp.now),
      closedFirst: entry.simultaneous ? 'both' : 'us',
      lastSegment: lastSegmentOf(entry),
      tsRecent: entry.hasTimestamps ? entry.tsRecent >>> 0 : null,
      rcvNxt: entry.rcvNxt >>> 0,
      succession: tcp.successionOf(index),
    };
  }
}

function lastSegmentOf({ state, simultaneous, finAgain }: TimeWaitEntry): TimeWaitSnapshot['lastSegment'] {
  if (finAgain) return 'FIN again';
  return state === 'FIN_WAIT_2' || simultaneous ? 'ACK of our FIN' : 'FIN';
}
