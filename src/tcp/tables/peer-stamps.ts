import type { Micros } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';
import type { Segment } from '../../wire/segment.ts';

/** How long a peer's timestamp is held against its SYNs (TCP_PAWS_MSL), and how far back one may be (TCP_PAWS_WINDOW). */
const HELD_FOR: Micros = 60_000_000;
const TOLERANCE = 1;
/** Peers that are remembered; beyond it the one that came first is forgotten. */
const MOST_PEERS = 4096;

/** TIME_WAIT lasts so many RTOs with `tcp_tw_recycle`. */
export const RECYCLED_WAIT = 3.5;

interface Stamp {
  value: number;
  at: Micros;
}

/**
 * `tcp_tw_recycle` as it was until Linux 4.11: short TIME_WAITs, and in their place the last timestamp of each peer *address*.
 * The idea (Van Jacobson's) was that one address is one host with one clock. Behind NAT it is many hosts, each with a clock
 * of its own: all but the one whose clock is ahead have their SYNs dropped for a minute after each connection.
 */
export class PeerStamps {
  private readonly stamps = new Map<string, Stamp>();

  /** A connection with this peer goes into TIME_WAIT. */
  remember(remote: Address, value: number, at: Micros): void {
    const key = remote.toString();
    const known = this.stamps.get(key);
    if (known !== undefined && ((value - known.value) | 0) < 0 && at - known.at < HELD_FOR) return;
    this.stamps.delete(key);
    this.stamps.set(key, { value, at });
    if (this.stamps.size > MOST_PEERS) this.stamps.delete(this.stamps.keys().next().value!);
  }

  /** Is a SYN's timestamp older than the last one seen from its address, or missing, while that is held against it? */
  isOlder(segment: Segment, now: Micros): boolean {
    const known = this.stamps.get(segment.src.toString());
    if (known === undefined || now - known.at >= HELD_FOR) return false;
    return !segment.hasTimestamps || ((known.value - segment.tsVal) | 0) > TOLERANCE;
  }
}
