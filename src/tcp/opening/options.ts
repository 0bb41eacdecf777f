import type { Address } from '../../wire/address.ts';
import type { Segment } from '../../wire/segment.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';
import { updateSendMss } from '../path/send-mss.ts';
import { windowOfSpace } from '../receiving/space.ts';
import { MAX_WSCALE, windowScaleFor } from '../receiving/window.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { Tcb } from '../tcb/tcb.ts';
import type { SocketOptions } from '../terms/socket-options.ts';

/** Less than this no sane peer can mean (Linux: TCP_MIN_MSS); a smaller option would let it waste our time. */
export const MIN_MSS = 88;

/**
 * RFC 9293, section 3.7.1: what we can receive (MUST-67), so the link's MTU less fixed headers, whatever options will be sent
 * and however narrow the path away from here is.
 */
export function announcedMss({ network }: TcpContext, remote: Address, options: Readonly<SocketOptions>): number {
  const most = network.mtu - network.headerLength(remote) - TCP_HEADER;
  return options.maxSegment === null ? most : Math.min(most, options.maxSegment);
}

/** The shift count that lets our window field say all that the receive buffer may grow to; one that the user chose doesn't. */
export function offeredWindowScale({ sysctls }: TcpContext, options: Readonly<SocketOptions>): number {
  if (sysctls.tcp_window_scaling === 0) return 0;
  const { receiveBuffer, windowClamp } = options;
  const largest =
    receiveBuffer === null ? Math.max(sysctls.tcp_rmem[2], sysctls.tcp_rmem[1]) : windowOfSpace(receiveBuffer);
  return windowScaleFor(windowClamp === null ? largest : Math.min(largest, windowClamp));
}

/** Takes the options of the peer's SYN (or SYN-ACK); each counts only if both sides offer it. */
export function negotiate(c: Tcb, segment: Segment): void {
  const { sysctls, network } = c.tcp;
  c.timestamps = segment.hasTimestamps && sysctls.tcp_timestamps !== 0;
  if (c.timestamps) {
    c.tsRecent = segment.tsVal;
    c.tsRecentAt = c.tcp.now;
  }
  c.sackPermitted = segment.sackPermitted && sysctls.tcp_sack !== 0;
  c.windowScaling = segment.wscale >= 0 && sysctls.tcp_window_scaling !== 0;
  // A shift count above 14 is taken for 14 (RFC 7323, section 2.3).
  c.snd.wscale = c.windowScaling ? Math.min(segment.wscale, MAX_WSCALE) : 0;
  if (!c.windowScaling) c.rcv.wscale = 0;
  c.peerMss = segment.mss === 0 ? network.defaultMss(c.remote) : Math.max(segment.mss, MIN_MSS);
  if (segment.returnRoute !== null) takeReturnRoute(c, segment);
  updateSendMss(c);
}

/**
 * The peer's segment came by a source route: ours go back along it (RFC 9293, section 3.9.2.1, MUST-53), and a later route
 * takes the place of an earlier one (SHLD-24). What the user has chosen overrides it (MUST-52).
 */
export function takeReturnRoute(c: Tcb, segment: Segment): void {
  if (c.settings.ipOptions !== null) return;
  c.ipOptions = segment.returnRoute;
  updateSendMss(c);
}
