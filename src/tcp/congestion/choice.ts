// tcp/congestion: how much may be out: one algorithm a file.

import type { TcpContext } from '../tcb/context.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellCwnd } from '../tcb/tell.ts';
import { TcpError } from '../terms/errors.ts';
import type { tcpSysctls } from '../terms/sysctls.ts';
import { type CongestionControl, NO_THRESHOLD } from '../variables/congestion-control.ts';
import { bbr } from './bbr.ts';
import { cubic } from './cubic.ts';
import { newReno } from './newreno.ts';
import { choosePacing } from './pacing.ts';

/** All that there are, under the names that `tcp_congestion_control` takes. */
const algorithms: Record<(typeof tcpSysctls)['tcp_congestion_control']['among'][number], CongestionControl> = {
  reno: newReno,
  cubic,
  bbr,
};

/** What a host begins with (Linux: `tcp_available_congestion_control`); more may be added to its own. */
export const builtInAlgorithms = (): Map<string, CongestionControl> => new Map(Object.entries(algorithms));

/** RFC 6928: ten segments (`TCP_INIT_CWND`). */
export const INITIAL_WINDOW = 10;

/**
 * A connection begins, with the algorithm that its user or its listener's wants, else `tcp_congestion_control`; a name
 * that this host doesn't have counts as reno (tcp_assign_congestion_control in net/ipv4/tcp_cong.c).
 */
export function startCongestionControl(c: Tcb): void {
  const { cc, settings, tcp } = c;
  cc.cwnd = INITIAL_WINDOW;
  cc.ssthresh = NO_THRESHOLD;
  cc.sysctls = tcp.sysctls;
  cc.usedAt = tcp.now;
  hand(c, tcp.congestionControls.get(settings.congestion ?? tcp.sysctls.tcp_congestion_control) ?? newReno);
}

/**
 * The user wants another algorithm, now. The window stays as it is; what the one before remembered is gone, and an undo
 * won't raise the threshold any more (tcp_reinit_congestion_control).
 */
export function changeCongestionControl(c: Tcb, algorithm: CongestionControl): void {
  if (algorithm === c.cc.algorithm) return;
  c.cc.priorSsthresh = 0;
  hand(c, algorithm);
}

function hand(c: Tcb, algorithm: CongestionControl): void {
  const { cc } = c;
  cc.algorithm = algorithm;
  cc.own = null;
  cc.pacingRate = 0;
  cc.random = c.tcp.random;
  beginAsking(c);
  algorithm.start(cc, c.tcp.now);
  tellOwnCauses(c);
  choosePacing(c);
}

/**
 * What the user chooses (TCP_CONGESTION).
 * @throws TcpError as setsockopt(2) has it: ENOENT, this host has no such algorithm; EPERM, it is not among those of
 *   `tcp_allowed_congestion_control`
 */
export function congestionControlNamed(tcp: TcpContext, name: string): CongestionControl {
  const algorithm = tcp.congestionControls.get(name);
  if (algorithm !== undefined) {
    refuseUnlessAllowed(tcp, name);
    return algorithm;
  }
  const known = [...tcp.congestionControls.keys()].join(', ');
  throw new TcpError('ENOENT', `There is no congestion control "${name}" here, but: ${known}`);
}

function refuseUnlessAllowed({ sysctls }: TcpContext, name: string): void {
  const { tcp_allowed_congestion_control: allowed, tcp_congestion_control: usual } = sysctls;
  if (allowed === '' || name === usual || allowed.split(' ').includes(name)) return;
  const message = `A user may choose ${allowed} (tcp_allowed_congestion_control), and not "${name}"`;
  throw new TcpError('EPERM', message);
}

/** The algorithm is about to be asked: it sees the connection as it is now, and has given no causes yet. */
export function beginAsking(c: Tcb): void {
  const { cc, rtt } = c;
  cc.cause = cc.causesBefore = null;
  cc.congestionState = c.loss.congestionState;
  cc.srtt = rtt.srtt;
  cc.minRtt = rtt.minRtt;
  cc.mss = c.snd.mss;
  cc.inFlight = c.inFlight;
  if (c.pacing === null) return;
  if (cc.isPaced) cc.departure = c.pacing.departure;
  else choosePacing(c); // its algorithm paced, and was taken away from it (guarded.ts)
}

/** What it did that not every one does is told, though the window hasn't moved (yet). */
export function tellOwnCauses(c: Tcb): void {
  const { cwnd, ssthresh, cause, causesBefore } = c.cc;
  if (cause === null) return;
  for (const before of causesBefore ?? []) tellCwnd(c, cwnd, ssthresh, before);
  tellCwnd(c, cwnd, ssthresh, cause);
}
