import type { Random } from '../time/random.ts';
import type { Micros, TimerWheel } from '../time/wheel.ts';
import { Address } from '../wire/address.ts';
import { DropCounts } from '../wire/drop-counts.ts';
import { Frame } from '../wire/frame.ts';
import type { Packet } from '../wire/packet.ts';
import { Segment } from '../wire/segment.ts';
import { parseTcp } from '../wire/tcp.ts';
import { segmentArrives } from './arrives.ts';
import { type Cause, causes } from './causes.ts';
import { Connection } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { TcpCounters } from './counters.ts';
import type { TcpDrop } from './drops.ts';
import { fail } from './ending.ts';
import { TcpError } from './errors.ts';
import type { TcpObserver } from './events.ts';
import { Listener } from './listener.ts';
import type { Network } from './network.ts';
import { arrivesInListen, openActively } from './open.ts';
import { output } from './output.ts';
import { chooseEphemeralPort } from './ports.ts';
import { sendResetFor } from './replies.ts';
import { Secrets } from './secrets.ts';
import type { TcpSysctls } from './sysctls.ts';
import { type TimeWaitEntry, TimeWaitTable } from './time-wait.ts';
import { arrivesInTimeWait } from './time-wait-arrives.ts';
import type { ConnectOptions, ListenOptions } from './user.ts';

const ANY_ADDRESS = new Address();

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
  private readonly listeners = new Map<number, Listener[]>();
  private readonly active: Connection[] = [];
  private readonly untold: Connection[] = [];
  private readonly acceptable: Listener[] = [];
  private nextPort = 0;
  private challengesUntil: Micros = 0;
  private challenges = 0;

  constructor(network: Network, wheel: TimerWheel, random: Random, sysctls: TcpSysctls, now: Micros) {
    this.network = network;
    this.wheel = wheel;
    this.sysctls = sysctls;
    this.now = now;
    this.secrets = new Secrets(random);
    this.connections = new ConnectionTable(random.next());
    this.timeWait = new TimeWaitTable(wheel, random.next(), (index, at) => this.leaveTimeWait(index, at));
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
    if (waiting >= 0) arrivesInTimeWait(this, waiting, segment);
    else this.arrivesForNobody(segment);
  }

  /** LISTEN (RFC 9293, section 3.10.7.2), or CLOSED (3.10.7.1): whatever it is, the answer is a RST. */
  arrivesForNobody(segment: Segment, iss?: number): void {
    const listener = this.findListener(segment.dst, segment.dstPort);
    if (listener !== null) {
      arrivesInListen(this, listener, segment, iss);
      return;
    }
    this.drop('NoSocket', segment, null);
    sendResetFor(this, segment);
  }

  /** Tells the users of all active connections what happened, and takes borrowed memory into our own. */
  deliver(): void {
    const { acceptable, active } = this;
    for (let i = 0; i < acceptable.length; i++) acceptable[i]!.deliver();
    acceptable.length = 0;
    // The list may grow while users are called; what is added is told with the next batch.
    for (let i = 0, n = active.length; i < n; i++) {
      const c = active[i]!;
      tellUser(c);
      c.receiveQueue.secure();
      c.reassembly.secure();
    }
  }

  /** Sends what active connections have to send. */
  flush(): void {
    const { active, untold } = this;
    for (let i = 0; i < active.length; i++) {
      const c = active[i]!;
      c.active = false;
      output(c);
      if (hasNews(c)) untold.push(c);
    }
    active.length = 0;
    // What came up while users were told waits for the next `deliver`.
    for (let c = untold.pop(); c !== undefined; c = untold.pop()) this.activate(c);
  }

  /** Something happened to `c`: it is looked at when the batch ends. */
  activate(c: Connection): void {
    if (c.active) return;
    c.active = true;
    if (this.active.push(c) === 1 && this.acceptable.length === 0) this.onPending?.();
  }

  noteAcceptable(listener: Listener): void {
    if (this.acceptable.push(listener) === 1 && this.active.length === 0) this.onPending?.();
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
    const localPort = options.localPort || chooseEphemeralPort(this, local, remote, remotePort, this.nextPort++);
    if (localPort === 0) {
      throw new TcpError('EADDRNOTAVAIL', `All ephemeral ports (ip_local_port_range) towards ${remote} are in use`);
    }
    if (this.isInUse(local, localPort, remote, remotePort)) {
      throw new TcpError('EADDRINUSE', `${local}:${localPort} is in use towards ${remote}:${remotePort}`);
    }
    const c = new Connection(this, local, localPort, remote.copy(), remotePort);
    c.user = options.user;
    if (options.socketOptions) c.options = options.socketOptions;
    openActively(this, c);
    this.activate(c);
    return c;
  }

  /**
   * Passive OPEN.
   * @throws TcpError EADDRNOTAVAIL (not our address), EADDRINUSE
   */
  listen(options: ListenOptions): Listener {
    const local = options.local ?? ANY_ADDRESS;
    if (!local.isUnspecified && !this.network.isLocal(local)) {
      throw new TcpError('EADDRNOTAVAIL', `${local} is not an address of this host`);
    }
    const port = options.port || this.freeListenPort();
    const others = this.listeners.get(port) ?? [];
    if (others.some((other) => covers(other.local, local) || covers(local, other.local))) {
      throw new TcpError('EADDRINUSE', `Somebody listens on ${local}:${port} already`);
    }
    const backlog = Math.min(options.backlog ?? this.sysctls.somaxconn, this.sysctls.somaxconn);
    const listener = new Listener(this, local, port, backlog, options.onAcceptable);
    if (options.socketOptions) listener.options = options.socketOptions;
    this.listeners.set(port, [...others, listener]);
    return listener;
  }

  removeListener(listener: Listener): void {
    const others = (this.listeners.get(listener.port) ?? []).filter((other) => other !== listener);
    if (others.length > 0) this.listeners.set(listener.port, others);
    else this.listeners.delete(listener.port);
  }

  *allListeners(): IterableIterator<Listener> {
    for (const list of this.listeners.values()) yield* list;
  }

  /** Is a four-tuple taken, by a connection or by one in TIME_WAIT? */
  isInUse(local: Address, localPort: number, remote: Address, remotePort: number): boolean {
    return (
      this.connections.find(remote, remotePort, local, localPort) !== null ||
      this.timeWait.find(remote, remotePort, local, localPort) >= 0
    );
  }

  // ---- TIME_WAIT

  enterTimeWait(entry: TimeWaitEntry, cause: Cause): void {
    this.timeWait.add(entry);
    if (this.observer) this.observer({ type: 'timeWait', now: this.now, action: 'enter', entry, cause });
  }

  private leaveTimeWait(index: number, now: Micros): void {
    this.counters.TW++;
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

  /** `tcp_challenge_ack_limit` per second for the whole host (RFC 5961, section 7). */
  mayChallenge(): boolean {
    if (this.now >= this.challengesUntil) {
      this.challengesUntil = this.now + 1_000_000;
      this.challenges = 0;
    }
    return this.challenges++ < this.sysctls.tcp_challenge_ack_limit;
  }

  isListening(local: Address, port: number): boolean {
    return this.findListener(local, port) !== null;
  }

  private findListener(local: Address, port: number): Listener | null {
    const list = this.listeners.get(port);
    if (list === undefined) return null;
    for (const listener of list) if (covers(listener.local, local)) return listener;
    return null;
  }

  private freeListenPort(): number {
    const [first, last] = this.sysctls.ip_local_port_range;
    const count = last - first + 1;
    const offset = this.nextPort++ % count;
    for (let i = 0; i < count; i++) {
      const port = first + ((offset + i) % count);
      if (!this.listeners.has(port)) return port;
    }
    throw new TcpError('EADDRINUSE', 'All ephemeral ports (ip_local_port_range) are listened on');
  }
}

/** Does who is bound to `bound` get what comes to `address`? As in Linux, :: stands for both families and 0.0.0.0 for one. */
const covers = (bound: Address, address: Address): boolean =>
  bound.isUnspecified ? bound.family === 6 || address.family === 4 : bound.equals(address);

const hasNews = (c: Connection): boolean =>
  c.tellConnected ||
  c.tellReadable ||
  c.tellWritable ||
  c.tellUrgent ||
  c.tellTrouble ||
  c.untoldSoftError !== null ||
  c.tellClosed;

function tellUser(c: Connection): void {
  if (c.tellConnected) {
    c.tellConnected = false;
    c.user?.onConnected();
  }
  if (c.tellTrouble) {
    c.tellTrouble = false;
    c.user?.onTrouble?.(c.retransmits);
  }
  if (c.untoldSoftError !== null) {
    const error = c.untoldSoftError;
    c.untoldSoftError = null;
    c.user?.onSoftError?.(error);
  }
  if (c.tellUrgent) {
    c.tellUrgent = false;
    c.user?.onUrgent?.();
  }
  if (c.tellReadable) {
    c.tellReadable = false;
    c.user?.onReadable();
  }
  if (c.tellWritable) {
    c.tellWritable = false;
    c.user?.onWritable();
  }
  if (c.tellClosed) {
    c.tellClosed = false;
    c.user?.onClosed(c.closedBy);
  }
}
