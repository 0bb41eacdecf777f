import type { Micros } from '../../time/wheel.ts';
import type { Segment } from '../../wire/segment.ts';
import type { Seq } from '../../wire/seq.ts';
import type { TimeWaitEntry } from '../tables/time-wait-table.ts';
import type { Cause } from '../terms/causes.ts';
import type { TcpDrop } from '../terms/drops.ts';
import type { HoldReason } from '../terms/holds.ts';
import type { QuotedError } from '../terms/network.ts';
import type { State } from '../terms/state.ts';
import type { ListenQueues } from './listen-queues.ts';
import type { Tcb } from './tcb.ts';

export type RetransmitReason =
  | 'RTO'
  | 'path MTU'
  | 'fast retransmit'
  | 'partial ACK'
  | 'slow start after RTO'
  | 'SYN data'
  | 'tail loss probe'
  | 'SYN'
  | 'SYN-ACK';
export type TimerName =
  | 'retransmit'
  | 'tail loss probe'
  | 'reordering'
  | 'window probe'
  | 'delayed ACK'
  | 'keep-alive'
  | 'FIN_WAIT_2'
  | 'pacing';
/** moved: it ran already, and has another deadline now. */
export type TimerAction = 'set' | 'moved' | 'fired' | 'cancelled';
export type UserCall = 'connect' | 'listen' | 'accept' | 'write' | 'read' | 'shutdown' | 'close' | 'abort';

/** What each event has. */
export interface EventHead {
  /** From 1, growing by one with each event that is made. */
  id: number;
  /** The number of the event that this is an effect of; 0: none that was made, but a call by the user, a packet, or the time. */
  because: number;
  now: Micros;
}

/**
 * What TCP does and why, for `Host.observe`. Objects inside (the segment above all) are borrowed until the observer
 * returns. Of what no observer wants, no event is made.
 */
export type TcpEvent = EventHead &
  (
    | { type: 'segment'; direction: 'in' | 'out'; segment: Segment; connection: Tcb | null; cause: Cause | null }
    | { type: 'state'; connection: Tcb; from: State; to: State; lasted: Micros; cause: Cause }
    | ({ type: 'retransmit'; connection: Tcb } & Retransmission)
    | { type: 'loss'; connection: Tcb; action: 'marked' | 'undone'; cause: Cause }
    | { type: 'drop'; reason: TcpDrop; segment: Segment | null; connection: Tcb | null }
    | { type: 'timer'; connection: Tcb; timer: TimerName; action: TimerAction; deadline: Micros; cause: Cause }
    | { type: 'cwnd'; connection: Tcb; cwnd: number; ssthresh: number; cause: Cause }
    | { type: 'window'; connection: Tcb; side: 'peer' | 'own'; before: number; window: number; cause: Cause }
    | { type: 'ecn'; connection: Tcb; cause: Cause }
    | { type: 'rtt'; connection: Tcb; sample: Micros; cause: Cause }
    | { type: 'hold'; connection: Tcb; before: HoldReason; lasted: Micros; hold: HoldReason }
    | { type: 'queue'; listener: ListenQueues; cause: Cause }
    | {
        type: 'timeWait';
        action: 'enter' | 'restart' | 'leave';
        entry: TimeWaitEntry;
        /** That enters the table. */
        connection: Tcb | null;
        cause: Cause;
      }
    | { type: 'call'; call: UserCall; connection: Tcb | null; listener: ListenQueues | null; octets: number }
    | { type: 'icmp'; error: QuotedError; connection: Tcb }
  );

export interface Retransmission {
  seq: Seq;
  /** Octets of data. */
  length: number;
  reason: RetransmitReason;
  /** The time-outs in a row that this makes, and how many there may be (R2); 0 where no time-out caused it. */
  attempt: number;
  limit: number;
  cause: Cause;
}

export type TcpObserver = (event: TcpEvent) => void;

/**
 * The numbers of events of one connection that later ones may be effects of; 0: there was none. Only connections that are
 * observed have them.
 */
export class EventLinks {
  /** Which `EventStream.epoch` the numbers are of. */
  readonly epoch: number;
  /** The segment that told something to the sender: an ACK that advances, a window, SACK blocks. */
  news = 0;
  /** The user's call that gave something to send. */
  call = 0;
  /** The segment with octets, or a SYN or FIN, that our next ACK answers. */
  data = 0;
  /** What made an ACK due at once. */
  ackDue = 0;
  /** What declared segments lost. */
  loss = 0;
  /** What set each timer that runs. */
  retransmitTimer = 0;
  ackTimer = 0;
  keepAliveTimer = 0;
  pacingTimer = 0;
  /** What last gave it something to do: what the end of the batch brings is an effect of that, where nothing nearer is known. */
  woken = 0;

  constructor(epoch: number) {
    this.epoch = epoch;
  }
}
