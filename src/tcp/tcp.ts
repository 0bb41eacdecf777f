import type { Micros, Timer } from '../time/wheel.ts';
import type { Address } from '../wire/address.ts';
import type { Packet } from '../wire/packet.ts';
import { Segment } from '../wire/segment.ts';
import type { Seq } from '../wire/seq.ts';
import { parseTcp } from '../wire/tcp.ts';
import { icmpErrorArrives } from './arriving/icmp-error.ts';
import { arrivesInListen } from './arriving/listen.ts';
import { segmentArrives } from './arriving/segment-arrives.ts';
import { arrivesInTimeWait } from './arriving/time-wait.ts';
import { failForItself } from './closing/close.ts';
import { leaveToTable } from './closing/enter-time-wait.ts';
import { builtInAlgorithms } from './congestion/choice.ts';
import { guarded } from './congestion/guarded.ts';
import { output } from './sending/output.ts';
import { sendResetFor } from './sending/replies.ts';
import type { ConnectionTable } from './tables/connection-table.ts';
import type { ListenerTable } from './tables/listener-table.ts';
import { TcpContext } from './tcb/context.ts';
import type { Tcb } from './tcb/tcb.ts';
import { tellArrival } from './tcb/tell.ts';
import { sendCauses } from './terms/causes.ts';
import type { QuotedError } from './terms/network.ts';
import type { ConnectOptions, ListenOptions } from './terms/user.ts';
import { timerFired } from './timeouts/timeouts.ts';
import { hasPendingCallbacks, tellUser } from './user/callbacks.ts';
import { connect } from './user/connect.ts';
import { Connection } from './user/connection.ts';
import { listen } from './user/listen.ts';
import type { Listener } from './user/listener.ts';
import { type Succession, successionOf } from './user/succession.ts';
import type { CongestionControl } from './variables/congestion-control.ts';

/**
 * TCP of one host: its connections, listeners and TIME_WAIT table, and the way of a segment to them.
 *
 * Work is done in batches. `receive` takes segments one by one and marks connections; `deliver` then tells users what
 * happened, and `flush` sends: one wake-up and one ACK per batch, however many segments it had.
 *
 * The rooms below, in the order of RFC 9293, section 3.10. None imports from a line above its own:
 *
 *     user   arriving   timeouts                           events: the user's calls, SEGMENT ARRIVES, a timer fires
 *     opening                                              what they do
 *     closing
 *     sending   recovery
 *     receiving   path   congestion
 *     tcb                                                  what is remembered: records,
 *     queues   tables                                      what waits, what is looked up,
 *     terms                                                names
 */
export class Tcp extends TcpContext {
  // All that there are: `newTcb` and the user's `listen` make no others.
  declare readonly connections: ConnectionTable<Connection>;
  declare readonly listeners: ListenerTable<Listener>;

  override readonly congestionControls = builtInAlgorithms();
  private readonly segment = new Segment();
  private readonly untold: Tcb[] = [];
  /** What users' callbacks have thrown in this `deliver`. */
  private readonly faults: unknown[] = [];

  /**
   * A congestion control algorithm of the user's own: it can be chosen by its name.
   * @param failed told of what it throws; the connection is reno's then
   * @throws TypeError where it isn't one, or its name is one of ours
   */
  addCongestionControl(algorithm: CongestionControl, failed: (error: unknown) => void): void {
    if (builtInAlgorithms().has(algorithm?.name))
      throw new TypeError(`There is a congestion control "${algorithm.name}" already`);
    this.congestionControls.set(algorithm?.name, guarded(algorithm, failed));
    this.sysctls.tcp_available_congestion_control = [...this.congestionControls.keys()].join(' ');
  }

  // ---- The way in

  /** A packet whose IP header is parsed and meant for us. */
  receive(packet: Packet): void {
    const { segment, counters } = this;
    counters.InSegs++;
    const problem = parseTcp(packet, segment);
    if (problem !== null) {
      if (problem === 'TcpChecksum') counters.InErrs++; // beside its own
      this.drop(problem, null, null);
      return;
    }
    const c = this.connections.find(segment.src, segment.srcPort, segment.dst, segment.dstPort);
    if (this.events.wants !== 0) tellArrival(this, segment, c);
    if (c !== null) {
      if (segment.isSigned) {
        this.drop('Md5Unexpected', segment, c);
        return;
      }
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
    const listener = this.listeners.find(segment.dst, segment.dstPort, segment.srcPort);
    if (listener !== null) {
      if (segment.isSigned) {
        this.drop('Md5Unexpected', segment, null);
        return;
      }
      const c = arrivesInListen(this, listener, segment, iss);
      if (c !== null) segmentArrives(c, segment);
      return;
    }
    this.drop('NoSocket', segment, null);
    sendResetFor(this, segment, null, sendCauses.resetNoSocket);
  }

  /** Tells the users of all active connections what happened, and takes borrowed memory into our own. */
  deliver(): void {
    const { acceptable, lastActive } = this;
    for (let i = 0; i < acceptable.length; i++) {
      this.events.toldOf = acceptable[i]!.lastEvent;
      try {
        acceptable[i]!.deliver();
      } catch (fault) {
        this.noteFault(fault);
      }
    }
    this.events.toldOf = 0;
    while (acceptable.length > 0) acceptable.pop(); // `length = 0` is a call into the runtime (measured)
    // The list may grow while users are called; what is added is told with the next batch.
    for (let c = this.firstActive; c !== null; c = c === lastActive ? null : c.nextActive) {
      this.tell(c);
      c.receiveQueue.copyBorrowed();
    }
    if (this.faults.length > 0) this.throwFault();
  }

  /** All that there is to tell, whatever the user's callbacks throw: each has been told what it was called for. */
  private tell(c: Tcb): void {
    for (;;) {
      try {
        tellUser(c);
        return;
      } catch (fault) {
        this.noteFault(fault);
      }
    }
  }

  private noteFault(fault: unknown): void {
    if (this.onUserFault !== null) this.onUserFault(fault);
    else this.faults.push(fault);
  }

  private throwFault(): never {
    const [first] = this.faults;
    this.faults.length = 0;
    throw first;
  }

  /**
   * Sends what active connections have to send, in turn, up to `tcp_limit_output_bytes`. A host that sends for longer
   * doesn't see that packets come in until the link has no room left for them: with 32 senders and 32 receivers without limit, the
   * receivers got a hundredth (measured). A connection alone keeps no other waiting.
   * @param room how many octets the link wants at the moment
   * @returns whether some have more to send: time to look for packets, and to call this again
   */
  flush(room = Number.MAX_SAFE_INTEGER): boolean {
    const { untold, events } = this;
    this.turnLeft = this.connections.count > 1 ? Math.min(room, this.sysctls.tcp_limit_output_bytes) : room;
    for (let c = this.firstActive; c !== null && this.turnLeft > 0; c = this.firstActive) {
      this.firstActive = c.nextActive;
      if (this.firstActive === null) this.lastActive = null;
      c.nextActive = null;
      c.active = false;
      try {
        output(c);
      } catch (error) {
        failForItself(c, error);
      }
      if (c.orphan) leaveToTable(c);
      if (hasPendingCallbacks(c)) untold.push(c);
    }
    events.because = 0;
    const more = this.firstActive !== null;
    // What came up while users were told waits for the next `deliver`.
    for (let c = untold.pop(); c !== undefined; c = untold.pop()) this.activate(c);
    return more;
  }

  // ---- The user's OPEN

  /**
   * Active OPEN.
   * @throws TcpError ENETUNREACH, EADDRNOTAVAIL (no port left, or not our address), EADDRINUSE
   */
  connect(options: ConnectOptions): Connection {
    this.beginCall();
    return connect(this, options);
  }

  /**
   * Passive OPEN.
   * @throws TcpError EADDRNOTAVAIL (not our address), EADDRINUSE
   */
  listen(options: ListenOptions): Listener {
    this.beginCall();
    return listen(this, options);
  }

  allListeners(): IterableIterator<Listener> {
    return this.listeners[Symbol.iterator]();
  }

  /** Who may take the place of an entry of the TIME_WAIT table now, and by which rule. */
  successionOf(index: number): Succession {
    return successionOf(this, index);
  }

  // ---- What the context calls

  override newTcb(local: Address, localPort: number, remote: Address, remotePort: number): Connection {
    return new Connection(this, local, localPort, remote, remotePort);
  }

  override timerFired(c: Tcb, timer: Timer, now: Micros): void {
    try {
      timerFired(c, timer, now);
    } catch (error) {
      failForItself(c, error);
    }
  }

  // ---- What IP tells

  /** An ICMP error about a segment of ours. @returns whether there is a connection that it is about */
  icmpError(error: QuotedError): boolean {
    return icmpErrorArrives(this, error);
  }
}
