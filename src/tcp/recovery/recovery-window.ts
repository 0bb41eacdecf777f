import { lowerThreshold, setWindow } from '../congestion/window.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { causes } from '../terms/causes.ts';
import type { AckSample } from '../variables/ack-sample.ts';

/** How much may be out while in Recovery: `c.cc.cwnd`, which the congestion control algorithm leaves alone meanwhile. */
export interface RecoveryWindow {
  /** Recovery begins. */
  enter(c: Tcb): void;
  /** An ACK came that doesn't end it. */
  onAck(c: Tcb, ack: AckSample): void;
  /** All that was out when it began has been acknowledged. */
  leave(c: Tcb): void;
}

/**
 * The threshold at once, and throughout (RFC 5681, section 3.2; RFC 6582). Nothing leaves until as much has arrived as the
 * window fell by, but what is lost for certain: the first segment, and without SACK the next one at each partial ACK.
 */
export const thresholdAtOnce: RecoveryWindow = {
  enter(c) {
    lowerThreshold(c, 'loss');
    setWindow(c, c.cc.ssthresh, causes.fastRetransmit);
    c.loss.retransmitAtOnce = true;
  },

  onAck(c, ack) {
    if (!c.sackPermitted && ack.acked !== null) c.loss.retransmitAtOnce = true;
  },

  leave(c) {
    c.cc.cwndCount = 0;
    setWindow(c, Math.max(c.cc.ssthresh, 1), causes.recovered);
  },
};
