/** The kinds of events, to say which one wants: `WANTS.segment | WANTS.state`. */
export const WANTS = {
  segment: 1 << 0,
  state: 1 << 1,
  retransmit: 1 << 2,
  loss: 1 << 3,
  drop: 1 << 4,
  /** Timers that fire. */
  fired: 1 << 5,
  /** Timers that are set, moved and cancelled: several for each ACK. */
  timer: 1 << 6,
  cwnd: 1 << 7,
  window: 1 << 8,
  rtt: 1 << 9,
  hold: 1 << 10,
  queue: 1 << 11,
  timeWait: 1 << 12,
  /** The user's calls, but for the next. */
  call: 1 << 13,
  /** The user's `write` and `read`. */
  data: 1 << 14,
  icmp: 1 << 15,
  /** Of the segments only those that are not ordinary: all but data in order and its ACKs, as far as its flags and cause tell. */
  notableSegment: 1 << 16,
  /** Explicit Congestion Notification: what was agreed, marks, what becomes of its options. */
  ecn: 1 << 17,
} as const;
export const WANTS_ALL = ((1 << 16) - 1) | WANTS.ecn;
