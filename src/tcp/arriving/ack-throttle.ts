import type { Micros } from '../../time/wheel.ts';
import { type Segment, SYN } from '../../wire/segment.ts';
import type { TcpSysctls } from '../terms/sysctls.ts';

/**
 * May an ACK that answers this segment be answered itself? Two hosts that disagree would go on for ever so, with bare ACKs or
 * SYNs; octets and FINs are sent again by a timer, seldom, and have to be answered (tcp_oow_rate_limited).
 */
export const mayLoop = (segment: Segment): boolean => segment.segLen === 0 || (segment.flags & SYN) !== 0;

/** Has such an answer left less than `tcp_invalid_ratelimit` ago? */
export const isTooSoon = ({ tcp_invalid_ratelimit }: TcpSysctls, last: Micros, now: Micros): boolean =>
  now - last < tcp_invalid_ratelimit * 1000;
