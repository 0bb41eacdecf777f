import { seqAdd, seqDiff, seqGt } from '../../wire/seq.ts';
import { dropIfTooMany, orphanRetries } from '../closing/orphans.ts';
import { sendProbe } from '../sending/control-segments.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { armProbe } from '../tcb/timers.ts';
import { causes, sendCauses } from '../terms/causes.ts';
import { giveUp, isBelowMaxRto, isUserTimeoutOver, retriesExhausted } from './give-up.ts';

/** The window has been shut, or too small, for long: the peer is asked for it (RFC 9293, section 3.8.6.1). */
export function probeTimeout(c: Tcb): void {
  c.retransmitMode = 'none';
  const blocked = seqDiff(seqAdd(c.snd.una, c.snd.wnd), c.snd.nxt) <= 0;
  const waiting = seqGt(c.sendQueue.end, c.snd.nxt) || (c.finQueued && !c.finSent);
  if (!waiting || !c.sent.isEmpty) return;
  // A peer that answers may keep its window shut for ever (MUST-37): only silence counts; but the user may have set a limit,
  // which runs from the first probe on, answered or not (tcp_probe_timer).
  if (c.shutSince < 0) c.shutSince = c.tcp.now;
  if (c.orphan && dropIfTooMany(c)) return;
  // But not for an orphan: there, answers that keep it shut don't help once the time-out is at its maximum.
  const stuck = c.orphan && !isBelowMaxRto(c) && c.backoff >= orphanRetries(c, false);
  if (stuck || retriesExhausted(c, c.probesOut, c.shutSince)) {
    giveUp(c, isUserTimeoutOver(c, c.shutSince) ? causes.userTimeout : causes.retriesExhausted);
    return;
  }
  c.probesOut++;
  c.backoff = Math.min(c.backoff + 1, 16);
  c.tcp.counters.TCPWinProbe++;
  if (blocked) sendProbe(c, sendCauses.windowProbe);
  else sendIntoSmallWindow(c);
  armProbe(c);
}

/** The window is open but smaller than a segment, and stays so: send what fits (RFC 9293, section 3.8.6.2.1, (4): override). */
function sendIntoSmallWindow(c: Tcb): void {
  c.snd.usualWnd = Math.min(c.snd.usualWnd, 2 * c.snd.wnd);
  c.retransmitMode = 'none';
  // A cork holds no longer than this either (tcp_write_wakeup).
  c.pushNow = true;
  c.sendQueue.pushAll();
  c.tcp.activate(c);
}
