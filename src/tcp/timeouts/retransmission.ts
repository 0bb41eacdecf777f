import { seqDiff } from '../../wire/seq.ts';
import { dropIfTooMany } from '../closing/orphans.ts';
import { suspectFastOpen } from '../path/fast-open-black-hole.ts';
import { suspectBlackHole } from '../path/mtu-probing.ts';
import { followPath } from '../path/send-mss.ts';
import { enterLoss } from '../recovery/loss-state.ts';
import { cutTo, retransmit } from '../sending/retransmit.ts';
import { retransmitSyn } from '../sending/syn.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { restartRetransmit } from '../tcb/timers.ts';
import { causes, eventCauses } from '../terms/causes.ts';
import { giveUp, isUserTimeoutOver, retriesAllowed, retriesExhausted } from './give-up.ts';
import { fastOpenSynAckTimeout, synAckTimeout } from './syn-ack.ts';

/** RETRANSMISSION TIMEOUT (RFC 9293, section 3.10.8; RFC 6298, section 5.4 to 5.6). */
export function retransmissionTimeout(c: Tcb): void {
  const { tcp } = c;
  c.retransmitMode = 'none';
  if (c.isFastOpenPending) {
    fastOpenSynAckTimeout(c);
    return;
  }
  if (c.state === 'SYN_RECEIVED' && c.listener !== null) {
    synAckTimeout(c, c.listener);
    return;
  }
  const again = c.silentSince >= 0;
  if (!again) c.silentSince = c.sent.head?.sentAt ?? tcp.now;
  if (c.orphan && dropIfTooMany(c)) return;
  const shut = isShutOverData(c); // MUST-34
  const over = shut ? isSilent(c) : retriesExhausted(c, c.retransmits, c.silentSince);
  if (c.fastOpen !== null) suspectFastOpen(c, over);
  if (over) {
    giveUp(c, isUserTimeoutOver(c, c.silentSince) ? causes.userTimeout : causes.retriesExhausted);
    return;
  }
  if (!shut) c.retransmits++;
  c.totalRto++;
  if (!isLinear(c)) c.backoff++;
  tcp.counters.TCPTimeouts++;
  if (!shut && c.retransmits >= tcp.sysctls.tcp_retries1) noteTrouble(c);
  if (c.state === 'SYN_SENT' || c.state === 'SYN_RECEIVED') retransmitSyn(c, retriesAllowed(c));
  else {
    followPath(c);
    enterLoss(c, again);
    // R1: the path may be at fault, perhaps for what is as long as this.
    if (!shut && c.retransmits >= tcp.sysctls.tcp_retries1) shortenIfBlackHole(c);
    const first = c.sent.firstToRetransmit();
    if (first !== null) {
      cutTo(c, first, 1);
      retransmit(c, first, 'RTO', c.settings.userTimeout ? 0 : retriesAllowed(c));
    }
  }
  restartRetransmit(c, eventCauses.backedOff);
}

/**
 * A SYN that was lost is worth another one soon: RFC 6298, section 5.5, would double every time-out, but nothing has been sent
 * yet that could make a congestion worse than a few segments of 60 octets (tcp_retransmit_timer).
 */
const isLinear = (c: Tcb): boolean => c.state === 'SYN_SENT' && c.totalRto <= c.tcp.sysctls.tcp_syn_linear_timeouts;

function shortenIfBlackHole(c: Tcb): void {
  const { head } = c.sent;
  if (head === null || !suspectBlackHole(c, Math.min(seqDiff(head.end, head.seq), c.snd.mss))) return;
  c.sent.markTooLongLost(c.snd.mss, c.sendQueue.end);
}

/**
 * The peer has shut its window over octets that are out. Sending them again only probes it, so a peer that answers may
 * keep it shut for ever, as with any zero window (RFC 9293, section 3.8.6: SHLD-17, MUST-37). Orphans are
 * exempt: `tcp_orphan_retries` bounds them.
 */
const isShutOverData = (c: Tcb): boolean =>
  c.snd.wnd === 0 && !c.orphan && c.state !== 'SYN_SENT' && c.state !== 'SYN_RECEIVED';

/**
 * Nothing has been heard for two of the longest time-outs, or the window has been shut for as long as the user allows
 * (tcp_rtx_probe0_timed_out).
 */
function isSilent(c: Tcb): boolean {
  const { now, sysctls } = c.tcp;
  if (isUserTimeoutOver(c, c.silentSince)) return true;
  return now - Math.max(c.silentSince, c.lastAckReceivedAt) > 2 * sysctls.tcp_rto_max_ms * 1000;
}

/** R1 (RFC 9293, section 3.8.3): the layers below and above should know. */
function noteTrouble(c: Tcb): void {
  const { tcp } = c;
  if (c.retransmits === tcp.sysctls.tcp_retries1) tcp.network.noteTrouble(c.remote);
  if (c.user?.onRetransmissionThreshold === undefined) return;
  c.tellThreshold = true;
  tcp.activate(c);
}
