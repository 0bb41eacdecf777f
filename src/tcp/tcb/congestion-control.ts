import type { Seq } from '../../wire/seq.ts';
import type { AckSample } from './ack-sample.ts';

/** Why the window has to fall: duplicate ACKs or SACK tell of a loss; the retransmission timer went off. */
export type CongestionSignal = 'loss' | 'timeout';

/**
 * A congestion control algorithm: how the window grows, and how far it falls. It sees the window and what an ACK told, and
 * never a connection. It keeps nothing in itself, since one object serves all connections of a host: what it remembers of
 * one is in that one's window.
 *
 * What is the same with every algorithm is done for it (congestion/window.ts): the initial window, one segment after a
 * time-out, a smaller window after a pause, the events.
 */
export interface CongestionControl {
  /** As `tcp_congestion_control` and TCP_CONGESTION have it. */
  readonly name: string;
  /** It has `w` from now on: of a new connection, or of one that had another algorithm before. `w.own` is null. */
  start(w: CongestionWindow): void;
  /** SND.UNA has moved, and the state isn't Recovery: may the window grow? */
  onAck(w: CongestionWindow, ack: AckSample): void;
  /**
   * Once for each window of data that has losses.
   * @param flightSize segments that are out, lost or not (RFC 5681, section 2)
   * @returns the slow-start threshold from now on, in segments
   */
  onCongestion(w: CongestionWindow, flightSize: number, signal: CongestionSignal): number;
  /** There was no loss after all: what `onCongestion` lowered rises again (RFC 4015; `priorCwnd`, `priorSsthresh`). */
  onUndo(w: CongestionWindow): void;
}

/** The congestion window of one connection, in segments of the MSS, and all else that its algorithm sees of it. */
export class CongestionWindow {
  cwnd = 10;
  ssthresh = 0x7fffffff;
  /** Segments acknowledged in congestion avoidance since `cwnd` last grew. */
  cwndCount = 0;
  /** Both as they were before the last loss. */
  priorCwnd = 0;
  priorSsthresh = 0;
  /** Sending stopped for this window, not for want of data: only then may it grow (RFC 7661). */
  cwndLimited = false;
  /** The most segments that were out at once in the present window of data, which ends at `windowUseSeq`. */
  mostOut = 0;
  windowUseSeq: Seq = 0;
  /** Whose it is: chosen when the connection begins (congestion/choice.ts), and when the user wants another. */
  algorithm!: CongestionControl;
  /** What the algorithm remembers beside these: its own affair. */
  own: unknown = null;

  /**
   * Was it this window that held the sender back (RFC 7661, section 4.3)? In slow start one of which half was used counts as
   * used: it may have filled within one round trip.
   */
  get isUsed(): boolean {
    return this.cwndLimited || (this.cwnd < this.ssthresh && this.cwnd < 2 * this.mostOut);
  }
}
