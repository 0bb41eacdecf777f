import type { Segment } from '../../wire/segment.ts';
import type { Tcb } from '../tcb/tcb.ts';
import type { Cause } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';

/** How it is known what has arrived, and which segments are lost. It marks them in `c.sent`, and sends nothing. */
export interface LossDetector {
  /** By what a loss shows: the first, which begins Recovery, and others in it. */
  readonly first: Cause;
  readonly further: Cause;
  /** Takes in what an ACK tells of arrivals: `ack.delivered`, `ack.duplicate`, and the marks of what has arrived. */
  onAck(c: Tcb, segment: Segment, ack: AckSample): void;
  /** Marks what `ack` shows to be lost. It may set a timer to look again (`ack.timerSet`). */
  detect(c: Tcb, ack: AckSample): void;
}
