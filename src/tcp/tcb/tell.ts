import type { Micros } from '../../time/wheel.ts';
import { FIN, RST, type Segment, SYN, URG } from '../../wire/segment.ts';
import type { TimeWaitEntry } from '../tables/time-wait-table.ts';
import { type Cause, ordinaryCauses } from '../terms/causes.ts';
import type { TcpDrop } from '../terms/drops.ts';
import type { QuotedError } from '../terms/network.ts';
import { WANTS, WANTS_ALL } from '../terms/wants.ts';
import type { TcpContext } from './context.ts';
import {
  EventLinks,
  type Retransmission,
  type TcpEvent,
  type TcpObserver,
  type TimerAction,
  type TimerName,
  type UserCall,
} from './events.ts';
import type { ListenQueues } from './listen-queues.ts';
import type { Tcb } from './tcb.ts';

/**
 * Numbers the events of a host and hands them to the one that observes. An event is made by the functions below, one for each
 * kind, and by nothing else: of what is not wanted they make nothing.
 *
 * What causes what follows from how TCP works: a segment, a timer or a call of the user is dealt with to its end, and all that
 * happens meanwhile is its effect (`because`). What the end of the batch brings is an effect of what `EventLinks` remembers.
 */
export class EventStream {
  /** The kinds that some observer wants (`WANTS`); 0: none, and no event is made. */
  wants = 0;
  /** The event whose effects happen now; 0: none that was made. */
  because = 0;
  /** While users are told something: what they are told of. Their calls are its effects. */
  toldOf = 0;
  /** The last segment that left. */
  lastSent = 0;
  /** Grows when other kinds are wanted than before: what connections remember of events before that may be out of date. */
  epoch = 0;
  private count = 0;
  private observers: readonly { readonly observer: TcpObserver; readonly wants: number }[] = [];

  /** @returns a function that ends it */
  observe(observer: TcpObserver, wants = WANTS_ALL): () => void {
    const entry = { observer, wants };
    this.install([...this.observers, entry]);
    return () => this.install(this.observers.filter((other) => other !== entry));
  }

  private install(observers: EventStream['observers']): void {
    this.observers = observers;
    const wants = observers.reduce((all, observer) => all | observer.wants, 0);
    if (wants !== this.wants) this.epoch++;
    this.wants = wants;
    this.because = this.toldOf = this.lastSent = 0;
  }

  /** A number in the row of events, for something that others see: what the path does. */
  takeNumber(): number {
    return ++this.count;
  }

  /** @returns the event's number */
  tell(kind: number, event: TcpEvent): number {
    event.id = ++this.count;
    for (const { observer, wants } of this.observers) if ((wants & kind) !== 0) observer(event);
    return event.id;
  }
}

/** Of a connection that is observed: what later events may be effects of. */
export function linksOf(c: Tcb): EventLinks {
  return knownLinks(c) ?? (c.links = new EventLinks(c.tcp.events.epoch));
}

/** Those that it has; null: there are none, or none that still hold. */
const knownLinks = (c: Tcb): EventLinks | null =>
  c.links !== null && c.links.epoch === c.tcp.events.epoch ? c.links : null;

/** A segment begins to be dealt with. What follows is its effect. */
export function tellArrival(tcp: TcpContext, segment: Segment, connection: Tcb | null): void {
  const { events, now } = tcp;
  events.because = 0;
  const kind = connection !== null && isPlain(segment) ? WANTS.segment : WANTS.segment | WANTS.notableSegment;
  if ((events.wants & kind) === 0) {
    // Our ACK of it is no effect of the one before.
    if (connection !== null && connection.links !== null) connection.links.data = 0;
    return;
  }
  events.because = events.tell(kind, {
    id: 0,
    because: 0,
    now,
    type: 'segment',
    direction: 'in',
    segment,
    connection,
    cause: null,
  });
  if (connection !== null && segment.segLen > 0) linksOf(connection).data = events.because;
}

/** By its flags and options it says nothing but data and ACK. */
const isPlain = (segment: Segment): boolean =>
  (segment.flags & (SYN | FIN | RST | URG)) === 0 && segment.sackCount === 0;

export function tellDeparture(tcp: TcpContext, segment: Segment, connection: Tcb | null, cause: Cause): void {
  const { events, now } = tcp;
  const ordinary = connection !== null && isPlain(segment) && ordinaryCauses.has(cause);
  const kind = ordinary ? WANTS.segment : WANTS.segment | WANTS.notableSegment;
  if ((events.wants & kind) === 0) {
    events.lastSent = 0;
    return;
  }
  events.lastSent = events.tell(kind, {
    id: 0,
    because: events.because,
    now,
    type: 'segment',
    direction: 'out',
    segment,
    connection,
    cause,
  });
}

export function tellState(connection: Tcb, from: Tcb['state'], lasted: Micros, cause: Cause): void {
  const { events, now } = connection.tcp;
  if ((events.wants & WANTS.state) === 0) return;
  events.tell(WANTS.state, {
    id: 0,
    because: events.because,
    now,
    type: 'state',
    connection,
    from,
    to: connection.state,
    lasted,
    cause,
  });
}

/** What leaves next is a retransmission, and an effect of this event. */
export function tellRetransmission(connection: Tcb, retransmission: Retransmission): void {
  const { events, now } = connection.tcp;
  if ((events.wants & WANTS.retransmit) === 0) return;
  const because = knownLinks(connection)?.loss || events.because;
  events.because = events.tell(WANTS.retransmit, {
    id: 0,
    because,
    now,
    type: 'retransmit',
    connection,
    ...retransmission,
  });
}

export function tellLoss(connection: Tcb, action: 'marked' | 'undone', cause: Cause): void {
  const { events, now } = connection.tcp;
  if ((events.wants & WANTS.loss) === 0) return;
  linksOf(connection).loss = events.tell(WANTS.loss, {
    id: 0,
    because: events.because,
    now,
    type: 'loss',
    connection,
    action,
    cause,
  });
}

export function tellDrop(tcp: TcpContext, reason: TcpDrop, segment: Segment | null, connection: Tcb | null): void {
  const { events, now } = tcp;
  if ((events.wants & WANTS.drop) === 0) return;
  events.tell(WANTS.drop, { id: 0, because: events.because, now, type: 'drop', reason, segment, connection });
}

/** A timer is set, moved to another deadline, or cancelled. */
export function tellTimer(
  connection: Tcb,
  timer: TimerName,
  action: Exclude<TimerAction, 'fired'>,
  deadline: Micros,
  cause: Cause,
): void {
  const { events, now } = connection.tcp;
  if ((events.wants & WANTS.timer) === 0) return;
  const id = events.tell(WANTS.timer, {
    id: 0,
    because: events.because,
    now,
    type: 'timer',
    connection,
    timer,
    action,
    deadline,
    cause,
  });
  linksOf(connection)[LINK_OF_TIMER[timer]] = id;
}

/** A timer fires. What follows is its effect, and it is one of what set the timer. */
export function tellFired(connection: Tcb, timer: TimerName, cause: Cause): void {
  const { events, now } = connection.tcp;
  events.because = 0;
  if ((events.wants & WANTS.fired) === 0) return;
  const because = knownLinks(connection)?.[LINK_OF_TIMER[timer]] ?? 0;
  events.because = events.tell(WANTS.fired, {
    id: 0,
    because,
    now,
    type: 'timer',
    connection,
    timer,
    action: 'fired',
    deadline: now,
    cause,
  });
}

const LINK_OF_TIMER = {
  retransmit: 'retransmitTimer',
  'tail loss probe': 'retransmitTimer',
  reordering: 'retransmitTimer',
  'window probe': 'retransmitTimer',
  'delayed ACK': 'ackTimer',
  'keep-alive': 'keepAliveTimer',
  FIN_WAIT_2: 'keepAliveTimer',
  pacing: 'pacingTimer',
} as const satisfies Record<TimerName, keyof EventLinks>;

export function tellCwnd(connection: Tcb, cwnd: number, ssthresh: number, cause: Cause): void {
  const { events, now } = connection.tcp;
  if ((events.wants & WANTS.cwnd) === 0) return;
  events.tell(WANTS.cwnd, { id: 0, because: events.because, now, type: 'cwnd', connection, cwnd, ssthresh, cause });
}

/** A window was shut, or is open again. */
export function tellWindow(connection: Tcb, side: 'peer' | 'own', before: number, window: number, cause: Cause): void {
  const { events, now } = connection.tcp;
  if ((events.wants & WANTS.window) === 0) return;
  events.tell(WANTS.window, {
    id: 0,
    because: events.because,
    now,
    type: 'window',
    connection,
    side,
    before,
    window,
    cause,
  });
}

/** What became of ECN, or what it told. */
export function tellEcn(connection: Tcb, cause: Cause): void {
  const { events, now } = connection.tcp;
  if ((events.wants & WANTS.ecn) === 0) return;
  events.tell(WANTS.ecn, { id: 0, because: events.because, now, type: 'ecn', connection, cause });
}

export function tellRtt(connection: Tcb, sample: Micros, cause: Cause): void {
  const { events, now } = connection.tcp;
  if ((events.wants & WANTS.rtt) === 0) return;
  events.tell(WANTS.rtt, { id: 0, because: events.because, now, type: 'rtt', connection, sample, cause });
}

/** The connection's `hold` has changed from `before`, which lasted so long. */
export function tellHold(connection: Tcb, before: Tcb['hold'], lasted: Micros): void {
  const { events, now } = connection.tcp;
  if ((events.wants & WANTS.hold) === 0) return;
  events.tell(WANTS.hold, {
    id: 0,
    because: events.because,
    now,
    type: 'hold',
    connection,
    before,
    lasted,
    hold: connection.hold,
  });
}

/** The length of one of a listener's queues has changed. */
export function tellQueue(listener: ListenQueues, cause: Cause): void {
  const { events, now } = listener.tcp;
  if ((events.wants & WANTS.queue) === 0) return;
  listener.lastEvent = events.tell(WANTS.queue, {
    id: 0,
    because: events.because,
    now,
    type: 'queue',
    listener,
    cause,
  });
}

/** @param connection what enters the table; null of what is there already */
export function tellTimeWait(
  tcp: TcpContext,
  action: 'enter' | 'restart' | 'leave',
  entry: TimeWaitEntry,
  connection: Tcb | null,
  cause: Cause,
): void {
  const { events, now } = tcp;
  if ((events.wants & WANTS.timeWait) === 0) return;
  events.tell(WANTS.timeWait, {
    id: 0,
    because: events.because,
    now,
    type: 'timeWait',
    action,
    entry,
    connection,
    cause,
  });
}

/** A call of the user's begins. What follows is its effect. @param of the connection or listener that it is about */
export function tellCall(tcp: TcpContext, call: UserCall, of: Tcb | ListenQueues, octets = 0): void {
  const { events } = tcp;
  events.because = events.toldOf;
  const kind = call === 'write' || call === 'read' ? WANTS.data : WANTS.call;
  if ((events.wants & kind) === 0) {
    // What it gives to send is no effect of the call before it.
    if (call === 'write' && 'sendQueue' in of && of.links !== null) of.links.call = 0;
    return;
  }
  const connection = 'sendQueue' in of ? of : null;
  const listener = 'sendQueue' in of ? null : of;
  events.because = events.tell(kind, {
    id: 0,
    because: events.because,
    // A call that takes no part in what is sent (accept, read) has not looked at the clock itself.
    now: Math.max(tcp.now, tcp.clock?.() ?? tcp.now),
    type: 'call',
    call,
    connection,
    listener,
    octets,
  });
  if (connection !== null && call !== 'read') linksOf(connection).call = events.because;
}

/** A call of the user's begins that no event tells of: what follows is an effect of what the user is told, if of anything. */
export function beginUntoldCall({ events }: TcpContext): void {
  events.because = events.toldOf;
}

/** An ICMP error for a connection begins to be dealt with. */
export function tellIcmp(connection: Tcb, error: QuotedError): void {
  const { events, now } = connection.tcp;
  events.because = 0;
  if ((events.wants & WANTS.icmp) === 0) return;
  events.because = events.tell(WANTS.icmp, { id: 0, because: 0, now, type: 'icmp', error, connection });
}

/** An ACK told something to the sender: what leaves because of it is an effect of the segment. */
export function noteNews(c: Tcb): void {
  const { events } = c.tcp;
  if (events.wants !== 0) linksOf(c).news = events.because;
}

/** An ACK is due at once: it will be an effect of what happens now. */
export function noteAckDue(c: Tcb): void {
  const { events } = c.tcp;
  if (events.wants !== 0) linksOf(c).ackDue = events.because;
}
