// tcp/congestion: how much may be out: one algorithm a file.
import type { Tcb } from '../tcb/tcb.ts';

/** A congestion control algorithm: how the window grows, and how far it falls. Windows count segments of the MSS. */
export interface CongestionControl {
  readonly name: string;
  /** `acked` segments left the network, in order and without loss. */
  grow(c: Tcb, acked: number): void;
  /** The slow-start threshold after a loss. */
  thresholdAfterLoss(c: Tcb): number;
}
