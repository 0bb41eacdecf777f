import type { Tcb } from '../tcb/tcb.ts';
import { lossByDuplicateAcks } from './loss-by-duplicate-acks.ts';
import { lossBySack } from './loss-by-sack.ts';
import type { LossDetector } from './loss-detector.ts';
import { lossByTime } from './rack.ts';

/** Bits of `tcp_recovery` (Linux: TCP_RACK_LOSS_DETECTION and its like in include/net/tcp.h). */
const RACK = 1;

/** RACK where there is SACK; RFC 6675 where `tcp_recovery` has RACK off; duplicate ACKs where there is no SACK (RFC 8985, section 4). */
export function detectorOf(c: Tcb): LossDetector {
  if (!c.sackPermitted) return lossByDuplicateAcks;
  return c.tcp.sysctls.tcp_recovery & RACK ? lossByTime : lossBySack;
}
