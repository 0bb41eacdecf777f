import type { Tcb } from '../../tcp/tcb/tcb.ts';
import { type Segment, SYN } from '../../wire/segment.ts';
import type { Seq } from '../../wire/seq.ts';
import { type Ends, relativeTo } from './record-segment.ts';
import type { SegmentEntry } from './schema.ts';

/** More that wait at once are forgotten, the oldest first: what comes for them is of no connection then. */
const MOST = 10_000;

/** What is remembered of one: enough to tell its segments in its own numbers. */
export interface Ended {
  readonly id: number;
  readonly iss: Seq;
  readonly irs: Seq;
  /** The scales of the windows that we say, and that the peer says. */
  readonly ownScale: number;
  readonly peerScale: number;
}

const keyOf = (e: Ends): string => `${e.local} ${e.localPort} ${e.remote} ${e.remotePort}`;

/**
 * Which connection an entry of the TIME_WAIT table was, of those that a log has seen enter it: the table itself doesn't keep
 * that. So the peer's FIN that comes again is shown where it belongs.
 */
export class EndedConnections {
  private readonly known = new Map<string, Ended>();

  add(ends: Ends, { id, snd, rcv }: Tcb): void {
    const key = keyOf(ends);
    this.known.delete(key);
    this.known.set(key, { id, iss: snd.iss, irs: rcv.irs, ownScale: rcv.wscale, peerScale: snd.wscale });
    if (this.known.size > MOST) this.known.delete(this.known.keys().next().value!);
  }

  find(ends: Ends): Ended | undefined {
    return this.known.size === 0 ? undefined : this.known.get(keyOf(ends));
  }

  remove(ends: Ends): void {
    this.known.delete(keyOf(ends));
  }
}

/** A segment of a connection that is an entry of the table now gets the connection's numbers, as those before it. */
export function makeRelativeToEnded(entry: SegmentEntry, s: Segment, ended: Ended): void {
  entry.connection = ended.id;
  // A SYN has the numbers of the next incarnation.
  if (s.flags & SYN) return;
  const [own, other, scale] =
    entry.direction === 'in' ? [ended.irs, ended.iss, ended.peerScale] : [ended.iss, ended.irs, ended.ownScale];
  entry.seq = relativeTo(own, s.seq);
  if (entry.ack !== undefined) entry.ack = relativeTo(other, s.ack);
  entry.window = s.wnd * 2 ** scale;
  delete entry.absolute;
}
