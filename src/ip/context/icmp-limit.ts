import type { Micros } from '../../time/wheel.ts';

/** Bounds how many ICMP errors a host sends in a second, both families together (RFC 1812, section 4.3.2.8; RFC 4443, section 2.4 (f)). */
export class IcmpLimit {
  private sent = 0;
  private secondEnds: Micros = 0;

  admits(now: Micros, perSecond: number): boolean {
    if (now >= this.secondEnds) {
      this.secondEnds = now + 1_000_000;
      this.sent = 0;
    }
    return this.sent++ < perSecond;
  }
}
