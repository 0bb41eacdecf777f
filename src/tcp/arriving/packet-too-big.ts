import { followPath, updateSendMss } from '../path/send-mss.ts';
import { enterLossToPath } from '../recovery/loss-state.ts';
import { retransmitLost } from '../sending/retransmit.ts';
import { retransmitSyn } from '../sending/syn.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellLoss } from '../tcb/tell.ts';
import { restartRetransmit } from '../tcb/timers.ts';
import { eventCauses, sendCauses } from '../terms/causes.ts';

/** A router says that it could not pass on a segment of this connection: what is too long goes again at once. */
export function adaptToPath(c: Tcb): void {
  switch (c.state) {
    case 'ESTABLISHED':
    case 'FIN_WAIT_1':
    case 'FIN_WAIT_2':
    case 'CLOSE_WAIT':
    case 'CLOSING':
    case 'LAST_ACK': {
      followPath(c);
      if (c.cutForWiderPath) retransmitTooLong(c);
      return;
    }
    case 'SYN_RECEIVED':
      updateSendMss(c);
      return;
    case 'SYN_SENT':
      // The path is asked for when the peer's options come. But a SYN with data was too long: it goes alone, at once, and the
      // data when it is answered (RFC 7413, section 4.2.1; tcp_simple_retransmit).
      if (c.fastOpen !== null && c.fastOpen.synOctets > 0 && c.totalRetrans === 0) {
        retransmitSyn(c, 0, sendCauses.pathMtu);
        restartRetransmit(c);
      }
      return;
    case 'CLOSED':
    case 'LISTEN':
    case 'TIME_WAIT':
      return;
    default:
      c.state satisfies never;
  }
}

/**
 * What was too long for the path is lost, and known to be: it goes again at once, in shorter pieces (RFC 1191, section 6.4).
 * It is no sign of congestion, so cwnd stays as it is (as tcp_simple_retransmit in net/ipv4/tcp_input.c).
 */
function retransmitTooLong(c: Tcb): void {
  const { sent } = c;
  c.cutForWiderPath = false;
  sent.markTooLongLost(c.snd.mss, c.sendQueue.end);
  if (sent.lost === 0) return;
  tellLoss(c, 'marked', eventCauses.lostToPath);
  if (c.loss.congestionState !== 'Loss') enterLossToPath(c);
  retransmitLost(c);
  c.tcp.activate(c);
}
