import type { Connection } from '../../tcp/user/connection.ts';
import type { Micros, Timer } from '../../time/wheel.ts';

/**
 * As ss names them: `on` retransmits, `persist` asks for a window, `keepalive` asks whether the peer is there (and ends
 * FIN_WAIT_2 of an orphan), `timewait` ends the wait. `delack` it doesn't show: an ACK waits for data to carry it.
 */
export type TimerKind = 'on' | 'persist' | 'keepalive' | 'timewait' | 'delack';

export interface TimerSnapshot {
  name: TimerKind;
  /** Until it fires, in microseconds; 0: it is due. */
  left: Micros;
  /** How often it has fired in a row for the same. */
  retries: number;
}

/** The timers of a connection that run; the one that ss would show is the first, where it would show one. */
export function timersOf(c: Connection): TimerSnapshot[] {
  const timers: TimerSnapshot[] = [];
  const add = (name: TimerKind, timer: Timer | null, retries: number): void => {
    if (timer?.armed) timers.push({ name, left: Math.max(0, timer.deadline - c.tcp.now), retries });
  };
  if (c.retransmitMode === 'probe') add('persist', c.retransmitTimer, c.probesOut);
  else add('on', c.retransmitTimer, c.retransmits);
  add('keepalive', c.keepAliveTimer, c.keepAliveProbes);
  add('delack', c.ackTimer, 0);
  return timers;
}
