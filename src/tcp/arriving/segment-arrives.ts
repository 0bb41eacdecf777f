// tcp/arriving: SEGMENT ARRIVES (RFC 9293, section 3.10.7), a file for each of its headings; ICMP errors.
import type { Segment } from '../../wire/segment.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { arrivesInOtherStates } from './other-states.ts';
import { arrivesInSynSent } from './syn-sent.ts';

/**
 * SEGMENT ARRIVES (RFC 9293, section 3.10.7) for a connection. The states CLOSED (no connection) and LISTEN are in
 * `tcp.ts` and `listen.ts`, where there is no connection yet; SYN_SENT has a file of its own, and TIME_WAIT is a table with
 * its own few rules (`time-wait.ts`).
 */
export function segmentArrives(c: Tcb, segment: Segment): void {
  switch (c.state) {
    case 'SYN_SENT':
      arrivesInSynSent(c, segment);
      return;
    case 'SYN_RECEIVED':
    case 'ESTABLISHED':
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
    case 'CLOSE_WAIT':
    case 'CLOSING':
    case 'LAST_ACK':
      arrivesInOtherStates(c, segment);
      return;
    case 'CLOSED':
    case 'LISTEN':
    case 'TIME_WAIT':
      return; // never in the table of connections
    default:
      c.state satisfies never;
  }
}
