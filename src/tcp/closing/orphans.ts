import type { Micros } from '../../time/wheel.ts';
import { sendReset } from '../sending/control-segments.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { causes, sendCauses } from '../terms/causes.ts';
import { dispose } from './end.ts';

/**
 * Orphans: connections whose users have closed them, and that live on to deliver what is queued and to exchange FINs. No user
 * would notice if they stayed for ever, so they get fewer retries than others, and there may only be so many.
 */

/** `tcp_orphan_retries` 0 means this, while the peer is thought to be alive (net/ipv4/tcp_timer.c). */
const RETRIES_DEFAULT = 8;
/** An orphan that has sent nothing for so long isn't even worth a RST (TCP_TIMEWAIT_LEN). */
const FORGOTTEN_AFTER: Micros = 60_000_000;

/** The user is gone for good. */
export function letGo(c: Tcb): void {
  c.user = null;
  if (c.orphan) return;
  c.orphan = true;
  if (c.state !== 'CLOSED' && c.state !== 'TIME_WAIT') c.tcp.orphans++;
}

/** @param weight how much an orphan counts: more, as a power of two, when it is a bad one */
const tooMany = (tcp: TcpContext, weight: number): boolean => tcp.orphans * 2 ** weight > tcp.sysctls.tcp_max_orphans;

/** A connection becomes an orphan, and there are too many: it is reset at once (as tcp_close in net/ipv4/tcp.c). */
export function refuseOrphan(c: Tcb): void {
  if (c.state === 'CLOSED' || c.state === 'TIME_WAIT' || !tooMany(c.tcp, 0)) return;
  c.tcp.counters.TCPAbortOnMemory++;
  sendReset(c, sendCauses.resetOrphans);
  dispose(c, causes.tooManyOrphans);
}

/**
 * An orphan's timer fires: is it one too many? One that has sent nothing for long, or of which ICMP says nothing good, counts
 * double, and both fourfold (tcp_out_of_resources).
 * @returns whether it is gone
 */
export function dropIfTooMany(c: Tcb): boolean {
  const { tcp } = c;
  const quiet = tcp.now - c.lastDataSentAt;
  const silent = quiet > 2 * tcp.sysctls.tcp_rto_max_ms * 1000;
  if (!tooMany(tcp, (silent ? 1 : 0) + (c.softError === null ? 0 : 1))) return false;
  tcp.counters.TCPAbortOnMemory++;
  if (quiet <= FORGOTTEN_AFTER || (c.snd.wnd === 0 && c.sent.isEmpty)) sendReset(c, sendCauses.resetOrphans);
  dispose(c, causes.tooManyOrphans);
  return true;
}

/**
 * How often an orphan's segment, or window probe, is sent again (tcp_orphan_retries).
 * @param alive the time-out has not grown to its maximum yet
 */
export function orphanRetries(c: Tcb, alive: boolean): number {
  if (c.softError !== null && !alive) return 0;
  return c.tcp.sysctls.tcp_orphan_retries || (alive ? RETRIES_DEFAULT : 0);
}
