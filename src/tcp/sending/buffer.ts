import type { Tcb } from '../tcb/tcb.ts';

/**
 * How much more the send buffer wants, in octets; zero or below: no more. As Linux lets the buffer follow the window
 * (tcp_sndbuf_expand): twice what is in flight, within `tcp_wmem`.
 */
export function sendSpace(c: Tcb): number {
  const { tcp_wmem } = c.tcp.sysctls;
  const wanted = Math.max(tcp_wmem[1], 2 * c.cc.cwnd * c.snd.mss);
  return (c.settings.sendBuffer ?? Math.min(wanted, tcp_wmem[2])) - c.sendQueue.length;
}
