import type { Tcb } from '../tcb/tcb.ts';

/** How many segments may leave now; 0 or less: none. All data pass here, on their first way and on each later one. */
export interface Gate {
  /** Of those that were never sent. */
  roomForNew(c: Tcb): number;
  /** Of those that are believed lost. */
  roomToRetransmit(c: Tcb): number;
}

/** As many as the congestion window takes, at once: segments are not spread over the round trip. */
const unpaced: Gate = {
  roomForNew: (c) => c.cc.cwnd - c.inFlight,

  /** Where nothing else is on its way, one leaves whatever the window says: no ACK would come to open it. */
  roomToRetransmit(c) {
    const { inFlight } = c;
    return Math.max(c.cc.cwnd - inFlight, inFlight === 0 ? 1 : 0);
  },
};

export const gate: Gate = unpaced;
