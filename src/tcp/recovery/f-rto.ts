import { seqGt } from '../../wire/seq.ts';
import { deliveries } from '../queues/deliveries.ts';
import type { Tcb } from '../tcb/tcb.ts';
import type { AckSample } from '../variables/ack-sample.ts';

/**
 * F-RTO (RFC 5682, section 3.1, in the form for SACK; tcp_process_loss in net/ipv4/tcp_input.c): was a time-out needless? After it
 * only the first segment is sent again; when that is acknowledged, new segments go, and not the others that count as lost.
 * If then something arrives that was sent only once, the path was slow, and nothing was lost.
 */

/** The retransmission timer went off (step 1). @param again it was not the first time in this recovery */
export function beginFrto(c: Tcb, again: boolean): void {
  const { loss, tcp } = c;
  const isNew = loss.congestionState !== 'Recovery' && loss.congestionState !== 'Loss';
  loss.frto = tcp.sysctls.tcp_frto !== 0 && (isNew || again) && (c.mtuSearch === null || c.mtuSearch.size === 0);
  loss.newDataFirst = loss.awaitsVerdict = false;
}

/** Something that had been out at the time-out, and was sent only once, has arrived (step 3, b). */
export const showsNeedlessTimeout = (c: Tcb): boolean => c.loss.frto && deliveries.original;

/** Another ACK in Loss (steps 2 and 3, a). @param recovered all that was out at the time-out is acknowledged */
export function continueFrto(c: Tcb, ack: AckSample, recovered: boolean): void {
  const { loss, snd } = c;
  if (!loss.frto) return;
  // With a segment of the peer's that only brings octets, Linux repairs what the window takes, and the verdict suffers.
  if (ack.acked !== null || ack.duplicate || ack.repeated) loss.awaitsVerdict = false;
  if (seqGt(snd.nxt, loss.recover)) {
    // New data is out, and what comes is a duplicate: the loss was real (step 3, a).
    if (ack.duplicate || ack.repeated) loss.frto = false;
    return;
  }
  if (ack.acked === null || recovered) return;
  loss.recover = snd.nxt;
  // Step 2, b. Where there is none, or no window for it, `sending/output.ts` repairs as usual.
  loss.newDataFirst = true;
}
