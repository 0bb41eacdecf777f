/** Scenarios that the glossary and questions name, and that may not be there yet. */
export const PLANNED: readonly string[] = (
  'refused handshake backlog syn-queue no-accept handshake-lost open-both syn-rcvd syn-flood half-open cable-out ' +
  'close-lost fin-wait-2 half-close close-wait-leak why-four close-both no-time-wait old-duplicate ' +
  'short-connections isn is-it-lost fin-out-of-order linger-0 unread-data blind-rst sticky-packets options ports ' +
  'sequence-wrap sliding-window window-scaling zero-window reliability mss-mtu sack spurious-rto reuse ' +
  'tw-recycle-nat fast-open data-in-handshake rto tail-loss tcp-keepalive-vs-http-keep-alive power-cut process-crash ' +
  'fin-timeout-myth etimedout-vs-econnrefused-vs-ehostunreach two-way-handshake inject-data syn-drops ' +
  'abort-on-overflow one-port-many address-in-use close-three keep-alive-race syn-on-established head-of-line ' +
  'backpressure silly-window bufferbloat congestion cubic-vs-reno-vs-bbr fast-retransmit syn-in-time-wait ' +
  'closed-before-accept write-after-close max-tw-buckets rst-in-time-wait ack-storm'
).split(' ');
