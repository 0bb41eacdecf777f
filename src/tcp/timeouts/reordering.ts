import { lossByTime, markLostByTime } from '../detection/rack.ts';
import { noteLosses } from '../recovery/loss-state.ts';
import { reduceWindow } from '../recovery/prr.ts';
import { enterRecovery } from '../recovery/recovery.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { resumeRetransmit } from '../tcb/timers.ts';

/** The reordering window is over (RFC 8985, section 6.3; tcp_rack_reo_timeout): what was overtaken, and has not come, is lost. */
export function reorderingTimeout(c: Tcb): void {
  const { delivery, loss, tcp } = c;
  const { lost } = delivery;
  c.retransmitMode = 'none';
  markLostByTime(c);
  if (delivery.lost !== lost) {
    noteLosses(c, lossByTime.first);
    if (loss.congestionState !== 'Recovery') {
      enterRecovery(c, false);
      // As if one had arrived: the first that is lost leaves at once.
      if (c.cc.algorithm.control === undefined) reduceWindow(c, 1, false, false);
    }
    tcp.activate(c);
  }
  resumeRetransmit(c);
}
