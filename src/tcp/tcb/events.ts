import type { Micros } from '../../time/wheel.ts';
import type { Segment } from '../../wire/segment.ts';
import type { Seq } from '../../wire/seq.ts';
import type { TimeWaitEntry } from '../tables/time-wait-table.ts';
import type { Cause } from '../terms/causes.ts';
import type { TcpDrop } from '../terms/drops.ts';
import type { State } from '../terms/state.ts';
import type { Tcb } from './tcb.ts';

export type RetransmitReason =
  | 'RTO'
  | 'path MTU'
  | 'fast retransmit'
  | 'partial ACK'
  | 'slow start after RTO'
  | 'SYN'
  | 'SYN-ACK';
export type TimerName = 'retransmit' | 'window probe' | 'delayed ACK' | 'keep-alive' | 'FIN_WAIT_2';

/**
 * What TCP does and why, for `Tcp.observer`. Objects inside (the segment above all) are borrowed
 * until the observer returns. With no observer none of these is made.
 */
export type TcpEvent =
  | { type: 'segment'; now: Micros; direction: 'in' | 'out'; segment: Segment; connection: Tcb | null }
  | { type: 'state'; now: Micros; connection: Tcb; from: State; to: State; cause: Cause }
  | { type: 'retransmit'; now: Micros; connection: Tcb; seq: Seq; length: number; reason: RetransmitReason }
  | { type: 'drop'; now: Micros; reason: TcpDrop; segment: Segment | null; connection: Tcb | null }
  | { type: 'timer'; now: Micros; connection: Tcb; timer: TimerName; action: 'set' | 'fired'; deadline: Micros }
  | { type: 'cwnd'; now: Micros; connection: Tcb; cwnd: number; ssthresh: number; cause: Cause }
  | { type: 'timeWait'; now: Micros; action: 'enter' | 'restart' | 'leave'; entry: TimeWaitEntry; cause: Cause };

export type TcpObserver = (event: TcpEvent) => void;
