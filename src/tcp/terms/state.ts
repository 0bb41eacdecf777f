// tcp/terms: names: states, causes, drops, counters, sysctls, options; the interfaces to the user and to IP.
/** The eleven states of RFC 9293, section 3.3.2. */
export type State =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN_SENT'
  | 'SYN_RECEIVED'
  | 'ESTABLISHED'
  | 'FIN_WAIT_1'
  | 'FIN_WAIT_2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK'
  | 'TIME_WAIT';
