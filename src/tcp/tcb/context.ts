import { DOUBLE } from '../../basics/double.ts';
import { DropCounts } from '../../basics/drop-counts.ts';
import type { Random } from '../../time/random.ts';
import type { Micros, Timer, TimerWheel } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';
import { Frame } from '../../wire/frame.ts';
import type { Segment } from '../../wire/segment.ts';
import { ChallengeBudget } from '../tables/challenge-budget.ts';
import { ConnectionTable } from '../tables/connection-table.ts';
import { FastOpenCache } from '../tables/fast-open-cache.ts';
import { FastOpenKeys } from '../tables/fast-open-keys.ts';
import { ListenerTable } from '../tables/listener-table.ts';
import { PeerStamps } from '../tables/peer-stamps.ts';
import { Secrets } from '../tables/secrets.ts';
import { type TimeWaitEntry, TimeWaitTable } from '../tables/time-wait-table.ts';
import { type Cause, causes } from '../terms/causes.ts';
import { TcpCounters } from '../terms/counters.ts';
import { dropCauses, type TcpDrop } from '../terms/drops.ts';
import type { Network } from '../terms/network.ts';
import type { TcpSysctls } from '../terms/sysctls.ts';
import type { CongestionControl } from '../variables/congestion-control.ts';
import type { ListenQueues } from './listen-queues.ts';
import type { Tcb } from './tcb.ts';
import { EventStream, linksOf, tellDrop, tellTimeWait } from './tell.ts';

/** Enough for any host; what is beyond is copied. */
const MOST_LOCAL_ADDRESSES = 16;

/**
 * What all connections of a host share: tables, secrets, counters, the time, and which of them something happened to. It decides
 * nothing; `Tcp` extends it by the way of a segment and of a batch.
 */
export abstract class TcpContext {
  readonly network: Network;
  readonly wheel: TimerWheel;
  /** The times of departure of connections that are paced, to the microsecond; null: there have been none. */
  paceWheel: TimerWheel | null = null;
  /** Where chance comes from, for algorithms that want some. */
  readonly random: Random;
  readonly sysctls: TcpSysctls;
  readonly counters = new TcpCounters();
  readonly drops = new DropCounts<TcpDrop>();
  readonly secrets: Secrets;
  readonly connections: ConnectionTable<Tcb>;
  readonly timeWait: TimeWaitTable;
  readonly listeners = new ListenerTable<ListenQueues>();
  /** Connections whose users have closed them. */
  orphans = 0;
  /** Connections whose receive buffer has grown, and by how many octets all together. */
  grownBuffers = 0;
  grownOctets = 0;
  readonly peerStamps = new PeerStamps();
  readonly fastOpenCache = new FastOpenCache();
  readonly fastOpenKeys: FastOpenKeys;
  readonly challenges: ChallengeBudget;
  /** The one frame that every segment leaves in. */
  readonly frame = new Frame();
  readonly events = new EventStream();
  /** Called when the first connection becomes active outside of a batch: `deliver` and `flush` are wanted. */
  onPending: (() => void) | null = null;
  /** Called when a connection leaves the table of connections, for good: into CLOSED or TIME_WAIT. */
  onReleased: ((id: number) => void) | null = null;
  /**
   * Told what a user's callback has thrown. null: `deliver` throws it when all users were told (of several the first).
   */
  onUserFault: ((fault: unknown) => void) | null = null;
  /**
   * What time it is, for calls of the user that come outside of a batch. A host in virtual time needs none: there, time
   * only passes in batches.
   */
  clock: (() => Micros) | null = null;
  /** The time of the batch, call or timer run that is under way. */
  now: Micros;

  private readonly localAddresses: Address[] = [];
  /** Octets that may still be sent in this `flush`. */
  turnLeft = DOUBLE; // set by each `flush`
  /** Connections that something happened to, chained through themselves: an array emptied for each batch is garbage (measured). */
  protected firstActive: Tcb | null = null;
  protected lastActive: Tcb | null = null;
  protected readonly acceptable: ListenQueues[] = [];
  private nextPort = 0;
  private lastId = 0;

  constructor(network: Network, wheel: TimerWheel, random: Random, sysctls: TcpSysctls, now: Micros) {
    this.network = network;
    this.wheel = wheel;
    this.random = random;
    this.sysctls = sysctls;
    this.now = now;
    this.secrets = new Secrets(random);
    this.challenges = new ChallengeBudget(random);
    this.connections = new ConnectionTable([random.next(), random.next()]);
    this.timeWait = new TimeWaitTable(wheel, [random.next(), random.next()], (index, at) =>
      this.leaveTimeWait(index, at),
    );
    this.nextPort = random.next() >>> 0;
    this.fastOpenKeys = new FastOpenKeys(random);
  }

  // ---- What is above, and only called from here

  /** The congestion control algorithms of this host, by name. */
  abstract readonly congestionControls: Map<string, CongestionControl>;

  /** A passive OPEN needs a connection: one with the user's calls. */
  abstract newTcb(local: Address, localPort: number, remote: Address, remotePort: number): Tcb;

  /** A timer of `c` fires. */
  abstract timerFired(c: Tcb, timer: Timer, now: Micros): void;

  // ---- What the batch is about

  /** Something happened to `c`: it is looked at when the batch ends. */
  activate(c: Tcb): void {
    if (this.events.wants !== 0) linksOf(c).woken = this.events.because;
    if (c.active) return;
    const alone = this.lastActive === null && this.acceptable.length === 0;
    this.putLast(c);
    if (alone) this.onPending?.();
  }

  /** `c` has more to send than its turn allows. Only what `flush` returns tells of it. */
  waitForTurn(c: Tcb): void {
    if (!c.active) this.putLast(c);
  }

  private putLast(c: Tcb): void {
    c.active = true;
    if (this.lastActive !== null) this.lastActive.nextActive = c;
    else this.firstActive = c;
    this.lastActive = c;
  }

  noteAcceptable(listener: ListenQueues): void {
    if (this.acceptable.push(listener) === 1 && this.firstActive === null) this.onPending?.();
  }

  /** A call of the user begins: it may come long after the last batch. */
  beginCall(): void {
    if (this.clock !== null) this.now = Math.max(this.now, this.clock());
  }

  /** Grows by one a call, so that a port does not come back soon (RFC 6056, section 3.3.3). */
  takePortCounter(): number {
    return this.nextPort++;
  }

  /** A number for a connection or a listener, as long as the host lives; after 2^30 they come again. */
  takeId(): number {
    return (this.lastId = (this.lastId + 1) & 0x3fffffff);
  }

  /** What is added to our timestamp clock towards a peer. */
  timestampOffset(local: Address, remote: Address): number {
    return this.sysctls.tcp_timestamps === 1 ? this.secrets.timestampOffset(local, remote) : 0;
  }

  /** The same address in an object that stays: a host has few, and a connection needn't have one of its own. */
  keptAddress(local: Address): Address {
    for (const kept of this.localAddresses) if (kept.equals(local)) return kept;
    const kept = local.copy();
    if (this.localAddresses.length < MOST_LOCAL_ADDRESSES) this.localAddresses.push(kept);
    return kept;
  }

  /** An entry ends before its time. */
  endTimeWait(index: number, entry: TimeWaitEntry, cause: Cause): void {
    this.timeWait.remove(index);
    tellTimeWait(this, 'leave', entry, null, cause);
  }

  private leaveTimeWait(index: number, now: Micros): void {
    if (this.events.wants === 0) return;
    this.events.because = 0;
    const entry = this.timeWait.read(index, now);
    const cause = entry.state === 'TIME_WAIT' ? causes.twoMslOver : causes.finTimeout;
    tellTimeWait(this, 'leave', entry, null, cause);
  }

  /** Throws a segment away, which is counted by its reason, and as Linux counts it. */
  drop(reason: TcpDrop, segment: Segment | null, connection: Tcb | null): void {
    const { counter } = dropCauses[reason];
    if (counter !== undefined) this.counters[counter]++;
    this.drops.add(reason);
    tellDrop(this, reason, segment, connection);
  }
}
