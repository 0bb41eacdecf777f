import { DOUBLE } from '../../basics/double.ts';
import { WindowedMinimum } from '../../basics/windowed-minimum.ts';
import type { Micros } from '../../time/wheel.ts';

/** Initial retransmission timeout (RFC 6298, section 2.1). */
const INITIAL_RTO: Micros = 1_000_000;

/**
 * The round-trip time estimate and the retransmission timeout that follows from it (RFC 6298). The floor is Linux's:
 * the variance part is at least `tcp_rto_min_us` (net/ipv4/tcp_input.c, tcp_rtt_estimator), so that a smooth path has
 * an RTO of its RTT plus 200 ms. All in microseconds.
 */
export class RttEstimator {
  /** Zero until the first sample. */
  srtt: Micros = DOUBLE;
  rttvar: Micros = DOUBLE;
  rto: Micros = INITIAL_RTO;
  /** It has been measured since the beginning, and since the last tail loss probe, which sets this back. */
  isFresh = false;
  private readonly least = new WindowedMinimum();

  constructor() {
    this.srtt = this.rttvar = 0;
  }

  /** RFC 6298, sections 2.2 and 2.3. The caller honours Karn's rule: no sample from a retransmitted segment. */
  sample(measured: Micros, rtoMin: Micros, rtoMax: Micros): void {
    const rtt = Math.max(1, Math.round(measured));
    this.isFresh = true;
    if (this.srtt === 0) {
      this.srtt = rtt;
      this.rttvar = rtt / 2;
    } else {
      // alpha = 1/8, beta = 1/4; RTTVAR first, from the old SRTT.
      this.rttvar += (Math.abs(this.srtt - rtt) - this.rttvar) / 4;
      this.srtt += (rtt - this.srtt) / 8;
    }
    this.rto = Math.min(Math.round(this.srtt + Math.max(rtoMin, 4 * this.rttvar)), rtoMax);
  }

  /** The least round trip of late; 0: none was measured. */
  get minRtt(): Micros {
    const { value } = this.least;
    return value === Number.POSITIVE_INFINITY ? 0 : value;
  }

  /** One more that may be the least of the last `window`, which Linux keeps apart from the estimate (tcp_update_rtt_min). */
  noteLeast(measured: Micros, now: Micros, window: Micros): void {
    this.least.add(measured, now, window);
  }
}
