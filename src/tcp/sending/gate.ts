import type { Tcb } from '../tcb/tcb.ts';
import { waitsForDeparture } from './pacer.ts';

/** How many segments may leave now; 0 or less: none. All data pass here, on their first way and on each later one. */
export interface Gate {
  /** Of those that were never sent. */
  roomForNew(c: Tcb): number;
  /** Of those that are believed lost. */
  roomToRetransmit(c: Tcb): number;
}

/** As many as the congestion window takes, at once. */
const window: Gate = {
  roomForNew: (c) => c.cc.cwnd - c.inFlight,

  /** Where nothing else is on its way, one leaves whatever the window says: no ACK would come to open it. */
  roomToRetransmit(c) {
    const { inFlight } = c;
    return Math.max(c.cc.cwnd - inFlight, inFlight === 0 ? 1 : 0);
  },
};

/** The same for a connection that is not paced; else none before its time. */
export const gate: Gate = {
  roomForNew(c) {
    const room = window.roomForNew(c);
    return c.pacing !== null && room > 0 && waitsForDeparture(c) ? 0 : room;
  },

  roomToRetransmit(c) {
    const room = window.roomToRetransmit(c);
    return c.pacing !== null && room > 0 && waitsForDeparture(c) ? 0 : room;
  },
};
