// tcp/path: how long a segment may be on its path: Eff.snd.MSS, path MTU discovery.
import { TCP_HEADER } from '../../wire/tcp.ts';
import type { Tcb } from '../tcb/tcb.ts';

/**
 * However narrow the path, and whatever the peer says: with less, headers would be most of what is sent (Linux:
 * tcp_min_snd_mss). Our own link knows better: if it is narrower, it is obeyed, where Linux sends what doesn't fit.
 */
export const MIN_SEND_MSS = 48;

/**
 * Eff.snd.MSS (RFC 9293, section 3.7.1, MUST-16): the least of what the peer takes and what the path takes (SHLD-6), less
 * the options, IP's and TCP's, that each segment carries.
 */
export function updateSendMss(c: Tcb): void {
  c.pathsVersion = c.tcp.network.pathsVersion;
  const longest = pathMss(c);
  c.snd.mss = c.mtuSearch === null ? longest : Math.min(c.mtuSearch.low, longest);
}

/** The same, but for what the search for the path's MTU has found (see path/mtu-probing.ts). */
export function pathMss(c: Tcb): number {
  const { network } = c.tcp;
  const path = network.mtuTo(c.remote) - network.headerLength(c.remote) - TCP_HEADER;
  const bound = c.settings.maxSegment ?? path;
  const options = c.optionOctets + (c.ipOptions?.length ?? 0);
  return Math.max(Math.min(c.peerMss, path, bound) - options, leastMss(c, options));
}

function leastMss({ tcp: { network }, remote }: Tcb, options: number): number {
  const fits = network.mtu - network.headerLength(remote) - TCP_HEADER - options;
  return Math.max(1, Math.min(MIN_SEND_MSS, fits));
}

/**
 * The path may be another one than segments were cut for, since an ICMP error for any connection told so, or that was forgotten.
 * Each connection follows when it sends next (tcp_current_mss in net/ipv4/tcp_output.c), so that one error never has more
 * than one connection send. What it has on its way and is too long is found lost as anything else is.
 */
export function followPath(c: Tcb): void {
  if (c.pathsVersion === c.tcp.network.pathsVersion) return;
  const before = c.snd.mss;
  updateSendMss(c);
  if (c.snd.mss < before && !c.sent.isEmpty) c.cutForWiderPath = true;
}
