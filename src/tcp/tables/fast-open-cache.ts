import type { Micros } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';
import { FastOpenOption } from '../../wire/options/fast-open.ts';

/** Servers that are remembered; beyond it the one that was not used for longest is forgotten. */
const MOST_SERVERS = 4096;
/** After so many SYNs in a row that were lost for what they carried, the next are ordinary ones ... */
const DROPS_IN_A_ROW = 2;
/** ... for so long, doubled with each drop (tcp_fastopen_cache_get of Linux 4.14 and before; RFC 7413, section 4.1.3). */
const DROPS_COUNT_FOR: Micros = 60_000_000;
const MOST_DOUBLINGS = 6;

/** What is remembered of a server (RFC 7413, section 4.1.3). */
export class FastOpenServer {
  /** Its MSS, 0: not known, which bounds the data of a SYN. */
  mss = 0;
  readonly cookie = new FastOpenOption();
  /**
   * A request had no answer: the option is tried as it was as an experiment. 2: that had none either, so it's the usual one again
   * (tcp_rcv_fastopen_synack).
   */
  triesExperimental: 0 | 1 | 2 = 0;
  /** SYNs with data in a row that got no answer, while one without did; and when the last one was. */
  drops = 0;
  droppedAt: Micros = 0;

  /** Something on the way drops its SYNs with data: it gets none for a while. */
  isAvoided(now: Micros): boolean {
    if (this.drops < DROPS_IN_A_ROW) return false;
    return now - this.droppedAt < DROPS_COUNT_FOR * 2 ** Math.min(this.drops, MOST_DOUBLINGS);
  }
}

/**
 * The client's side of Fast Open: cookies and what else is known of servers, by the two addresses; and whether Fast Open
 * pauses for all of them, since something near us seems to swallow what it sends.
 */
export class FastOpenCache {
  private readonly servers = new Map<string, FastOpenServer>();
  /** How often in a row it was found that connections come to nothing, and when last. */
  private holes = 0;
  private holeAt: Micros = 0;

  get size(): number {
    return this.servers.size;
  }

  find(local: Address, remote: Address): FastOpenServer | null {
    return this.servers.get(`${local}>${remote}`) ?? null;
  }

  /** What is known of a server, to be changed. */
  entry(local: Address, remote: Address): FastOpenServer {
    const key = `${local}>${remote}`;
    const server = this.servers.get(key) ?? new FastOpenServer();
    this.servers.delete(key);
    this.servers.set(key, server);
    if (this.servers.size > MOST_SERVERS) this.servers.delete(this.servers.keys().next().value!);
    return server;
  }

  /** Forgets all servers. */
  clear(): void {
    this.servers.clear();
  }

  // ---- Black holes (RFC 7413, section 7.1; tcp_fastopen_active_disable)

  noteBlackHole(now: Micros): void {
    this.holes++;
    this.holeAt = now;
  }

  get hadBlackHoles(): boolean {
    return this.holes > 0;
  }

  /** Is it too soon after a black hole? `wait`: after the first, doubled with each further one. */
  pauses(now: Micros, wait: Micros): boolean {
    return wait > 0 && this.holes > 0 && now - this.holeAt < wait * 2 ** Math.min(this.holes - 1, MOST_DOUBLINGS);
  }

  /** A connection that began with Fast Open got data. */
  blackHoleIsGone(): void {
    this.holes = 0;
  }
}
