import { DOUBLE } from '../../basics/double.ts';
import { type Micros, Timer, type TimerOwner } from '../../time/wheel.ts';

/** What a connection that spreads its segments over the round trip remembers of it (see sending/gate.ts). */
export class Pacing {
  /** Before this nothing leaves: the earliest departure time of the next segment, in microseconds. */
  departure: Micros = DOUBLE;
  /** Fires then. */
  readonly timer: Timer;
  /** Something was ready to leave, and had to wait until then. */
  waits = false;

  constructor(owner: TimerOwner) {
    this.departure = 0;
    this.timer = new Timer(owner);
  }
}
