import { DOUBLE } from '../basics/double.ts';
import { DropCounts } from '../basics/drop-counts.ts';
import type { Random } from '../time/random.ts';
import type { Micros, TimerWheel } from '../time/wheel.ts';
import type { Address } from '../wire/address.ts';
import { Frame } from '../wire/frame.ts';
import type { Packet } from '../wire/packet.ts';
import { Segment } from '../wire/segment.ts';
import type { Seq } from '../wire/seq.ts';
import { parseTcp } from '../wire/tcp.ts';
import { ChallengeBudget } from './ack-throttle.ts';
import { type Cause, causes } from './causes.ts';
import { Connection } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { TcpCounters } from './counters.ts';
import type { TcpDrop } from './drops.ts';
import { fail, leaveToTable } from './ending.ts';
import { TcpError } from './errors.ts';
import type { TcpObserver } from './events.ts';
import { arrivesInListen } from './listen.ts';
import type { Listener } from './listener.ts';
import { Listeners } from './listeners.ts';
import type { Network } from './network.ts';
import { openActively } from './open.ts';
import { output } from './output.ts';
import { chooseEphemeralPort } from './ports.ts';
import { sendResetFor } from './replies.ts';
import { Secrets } from './secrets.ts';
import { segmentArrives } from './segment-arrives.ts';
import type { TcpSysctls } from './sysctls.ts';
import { hasNews, tellUser } from './tell-user.ts';
import { type TimeWaitEntry, TimeWaitTable } from './time-wait.ts';
import { arrivesInTimeWait } from './time-wait-arrives.ts';
import { PeerStamps } from './tw-recycle.ts';
import { mayTakeOver, takeOver } from './tw-reuse.ts';
import type { ConnectOptions, ListenOptions } from './user.ts';

/** A TIME_WAIT of at most this length counts as `TWKilled` (net/ipv4/inet_timewait_sock.c). */
const SHORT_WAIT: Micros = 4_000_000;
/** Enough for any host; what is beyond is copied. */
const MOST_LOCAL_ADDRESSES = 16;

/**
 * TCP of one host: its connections, listeners and TIME_WAIT table, and the way of a segment to them.
 *
 * Work is done in batches. `receive` takes segments one by one and marks connections; `deliver` then tells users what
 * happened, and `flush` sends: one wake-up and one ACK per batch, however many segments it had.
 */
export class Tcp {
  readonly network: Network;
  readonly wheel: TimerWheel;
  readonly sysctls: TcpSysctls;
  readonly counters = new TcpCounters();
  readonly drops = new DropCounts<TcpDrop>();
  readonly secrets: Secrets;
  readonly connections: ConnectionTable;
  readonly timeWait: TimeWaitTable;
  readonly listeners = new Listeners();
  /** Connections whose users have closed them. */
  orphans = 0;
  readonly peerStamps = new PeerStamps();
  readonly challenges: ChallengeBudget;
  /** The one frame that every segment leaves in. */
  readonly frame = new Frame();
  /** Who looks on; null: nobody, and no event is made. */
  observer: TcpObserver | null = null;
  /** Called when the first connection becomes active outside of a batch: `deliver` and `flush` are wanted. */
  onPending: (() => void) | null = null;
  /**
   * What time it is, for calls of the user that come outside of a batch. A host in virtual time needs none: there, time
   * only passes in batches.
   */
  clock: (() => Micros) | null = null;
  /** The time of the batch, call or timer run that is under way. */
  now: Micros;

  private readonly segment = new Segment();
  private readonly localAddresses: Address[] = [];
  /** Octets that may still be sent in this `flush`. */
  turnLeft = DOUBLE; // set by each `flush`
  /** Connections that something happened to, chained through themselves: an array emptied for each batch is garbage (measured). */
  private firstActive: Connection | null = null;
  private lastActive: Connection | null = null;
  private readonly untold: Connection[] = [];
  private readonly acceptable: Listener[] = [];
  private nextPort = 0;

  constructor(network: Network, wheel: TimerWheel, random: Random, sysctls: TcpSysctls, now: Micros) {
    this.network = network;
    this.wheel = wheel;
    this.sysctls = sysctls;
    this.now = now;
    this.secrets = new Secrets(random);
    this.challenges = new ChallengeBudget(random);
    this.connections = new ConnectionTable([random.next(), random.next()]);
    this.timeWait = new TimeWaitTable(wheel, [random.next(), random.next()], (index, at) =>
      this.leaveTimeWait(index, at),
    );
    this.nextPort = random.next() >>> 0;
  }

  // ---- The way in

  /** A packet whose IP header is parsed and meant for us. */
  receive(packet: Packet): void {
    const { segment, counters } = this;
    counters.InSegs++;
    const problem = parseTcp(packet, segment);
    if (problem !== null) {
      counters.InErrs++;
      if (problem === 'TcpChecksum') counters.InCsumErrors++;
      this.drop(problem, null, null);
      return;
    }
    const c = this.connections.find(segment.src, segment.srcPort, segment.dst, segment.dstPort);
    if (this.observer) this.observer({ type: 'segment', now: this.now, direction: 'in', segment, connection: c });
    if (c !== null) {
      c.segsIn += segment.count;
      this.activate(c);
      segmentArrives(c, segment);
      return;
    }
    const waiting = this.timeWait.find(segment.src, segment.srcPort, segment.dst, segment.dstPort);
    const iss = waiting >= 0 ? arrivesInTimeWait(this, waiting, segment) : null;
    if (waiting < 0 || iss !== null) this.arrivesWithoutConnection(segment, iss);
  }

  /**
   * LISTEN (RFC 9293, section 3.10.7.2), or CLOSED (3.10.7.1): whatever it is, the answer is a RST.
   * @param iss what the next incarnation of a connection in TIME_WAIT begins with; null: the segment is for no such
   */
  private arrivesWithoutConnection(segment: Segment, iss: Seq | null): void {
    const listener = this.listeners.find(segment.dst, segment.dstPort);
    if (listener !== null) {
      const c = arrivesInListen(this, listener, segment, iss);
      if (c !== null) segmentArrives(c, segment);
      return;
    }
    this.drop('NoSocket', segment, null);
    sendResetFor(this, segment);
  }

  /** Tells the users of all active connections what happened, and takes borrowed memory into our own. */
  deliver(): void {
    const { acceptable, lastActive } = this;
    for (let i = 0; i < acceptable.length; i++) acceptable[i]!.deliver();
    if (acceptable.length > 0) acceptable.length = 0; // a call into the runtime, even when nothing changes
    // The list may grow while users are called; what is added is told with the next batch.
    for (let c = this.firstActive; c !== null; c = c === lastActive ? null : c.nextActive) {
      tellUser(c);
      c.receiveQueue.secure();
    }
  }

  /**
   * Sends what active connections have to send, in turn, up to `tcp_limit_output_bytes`. Who sends for longer doesn't see
   * that packets come in until the link has no room left for them: with 32 senders and 32 receivers without limit, the
   * receivers got a hundredth (measured). A connection alone keeps nobody waiting.
   * @returns whether some have more to send: time to look for packets, and to call this again
   */
  flush(): boolean {
    const { untold } = this;
    this.turnLeft = this.connections.count > 1 ? this.sysctls.tcp_limit_output_bytes : Number.MAX_SAFE_INTEGER;
    for (let c = this.firstActive; c !== null && this.turnLeft > 0; c = this.firstActive) {
      this.firstActive = c.nextActive;
      if (this.firstActive === null) this.lastActive = null;
      c.nextActive = null;
      c.active = false;
      output(c);
      if (c.orphan) leaveToTable(c);
      if (hasNews(c)) untold.push(c);
    }
    const more = this.firstActive !== null;
    // What came up while users were told waits for the next `deliver`.
    for (let c = untold.pop(); c !== undefined; c = untold.pop()) this.activate(c);
    return more;
  }

  /** Something happened to `c`: it is looked at when the batch ends. */
  activate(c: Connection): void {
    if (c.active) return;
    const alone = this.lastActive === null && this.acceptable.length === 0;
    this.putLast(c);
    if (alone) this.onPending?.();
  }

  /** `c` has more to send than its turn allows. Nobody is told but by what `flush` returns. */
  waitForTurn(c: Connection): void {
    if (!c.active) this.putLast(c);
  }

  private putLast(c: Connection): void {
    c.active = true;
    if (this.lastActive !== null) this.lastActive.nextActive = c;
    else this.firstActive = c;
    this.lastActive = c;
  }

  noteAcceptable(listener: Listener): void {
    if (this.acceptable.push(listener) === 1 && this.firstActive === null) this.onPending?.();
  }

  // ---- The user's OPEN

  /** A call of the user begins: it may come long after the last batch. */
  beginCall(): void {
    if (this.clock !== null) this.now = Math.max(this.now, this.clock());
  }

  /**
   * Active OPEN.
   * @throws TcpError ENETUNREACH, EADDRNOTAVAIL (no port left, or not our address), EADDRINUSE
   */
  connect(options: ConnectOptions): Connection {
    this.beginCall();
    const { remote, remotePort } = options;
    // MUST-46: no OPEN to an address that stands for nobody, or for more than one.
    if (!this.network.isHost(remote)) throw new TcpError('ENETUNREACH', `${remote} is not the address of a host`);
    const local = options.local ?? this.network.sourceFor(remote);
    if (local === null) throw new TcpError('ENETUNREACH', `No route to ${remote}`);
    if (!this.network.isLocal(local)) throw new TcpError('EADDRNOTAVAIL', `${local} is not an address of this host`);
    if (local.family !== remote.family) throw new TcpError('EINVAL', `${local} cannot talk to ${remote}`);
    const ipOptions = options.socketOptions?.ipOptions ?? null;
    if (ipOptions !== null && this.network.prepareOptions(remote, ipOptions) === null) {
      throw new TcpError('EINVAL', `No IP header to ${remote} can have the given options`);
    }
    const localPort = options.localPort || chooseEphemeralPort(this, local, remote, remotePort);
    if (options.localPort && !this.isFree(local, localPort, remote, remotePort, true)) {
      throw new TcpError('EADDRINUSE', `${local}:${localPort} is in use towards ${remote}:${remotePort}`);
    }
    const lastLife = takeOver(this, local, localPort, remote, remotePort);
    const c = new Connection(this, local, localPort, remote.copy(), remotePort);
    c.user = options.user;
    if (options.socketOptions) c.options = options.socketOptions;
    openActively(this, c, lastLife);
    this.activate(c);
    return c;
  }

  /**
   * Passive OPEN.
   * @throws TcpError EADDRNOTAVAIL (not our address), EADDRINUSE
   */
  listen(options: ListenOptions): Listener {
    this.beginCall();
    return this.listeners.add(this, options);
  }

  /** May a connection that we open have this four-tuple? `bound`: the user insists on the port. */
  isFree(local: Address, localPort: number, remote: Address, remotePort: number, bound: boolean): boolean {
    if (this.connections.find(remote, remotePort, local, localPort) !== null) return false;
    const waiting = this.timeWait.find(remote, remotePort, local, localPort);
    return waiting < 0 || mayTakeOver(this, waiting, remote, bound);
  }

  /** Grows by one a call, so that a port does not come back soon (RFC 6056, section 3.3.3). */
  takePortCounter(): number {
    return this.nextPort++;
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

  allListeners(): IterableIterator<Listener> {
    return this.listeners[Symbol.iterator]();
  }

  // ---- TIME_WAIT

  enterTimeWait(entry: TimeWaitEntry, cause: Cause): void {
    if (entry.expires - this.now > SHORT_WAIT) this.counters.TW++;
    else this.counters.TWKilled++;
    this.timeWait.add(entry);
    if (this.observer) this.observer({ type: 'timeWait', now: this.now, action: 'enter', entry, cause });
  }

  /** An entry ends before its time. */
  endTimeWait(index: number, entry: TimeWaitEntry, cause: Cause): void {
    this.timeWait.remove(index);
    if (this.observer) this.observer({ type: 'timeWait', now: this.now, action: 'leave', entry, cause });
  }

  private leaveTimeWait(index: number, now: Micros): void {
    if (this.observer === null) return;
    const entry = this.timeWait.read(index, now);
    const cause = entry.state === 'TIME_WAIT' ? causes.twoMslOver : causes.finTimeout;
    this.observer({ type: 'timeWait', now, action: 'leave', entry, cause });
  }

  // ---- Odds and ends

  /** The link is gone: every connection fails. */
  failAll(error: TcpError): void {
    for (const c of [...this.connections]) fail(c, error, causes.linkDown, false);
  }

  drop(reason: TcpDrop, segment: Segment | null, connection: Connection | null): void {
    this.drops.add(reason);
    if (this.observer) this.observer({ type: 'drop', now: this.now, reason, segment, connection });
  }
}
