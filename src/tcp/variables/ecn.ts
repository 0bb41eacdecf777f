import { DOUBLE } from '../../basics/double.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Codepoint } from '../../wire/packet.ts';
import type { Seq } from '../../wire/seq.ts';

/**
 * How the receiver tells of marks. `pending`: our SYN asks for AccECN, and has no answer yet. `classic`: one bit, ECE, from a
 * mark until CWR comes (RFC 3168). `accurate`: the ACE field and the AccECN option count marks (RFC 9768).
 */
export type EcnMode = 'pending' | 'classic' | 'accurate';

/** What has gone wrong with AccECN: bits of tcp_info's `tcpi_accecn_fail_mode`. */
export const ACE_FAIL_SEND = 1;
export const ACE_FAIL_RECV = 2;
export const OPTION_FAIL_SEND = 4;
export const OPTION_FAIL_RECV = 8;

/** What has been seen of the peer's AccECN option: tcp_info's `tcpi_accecn_opt_seen`. */
export const OPTION_NOT_SEEN = 0;
export const OPTION_EMPTY_SEEN = 1;
export const OPTION_COUNTERS_SEEN = 2;
export const OPTION_ZEROED_SEEN = 3;

/** What the counters begin at on the wire (RFC 9768, section 3.2.1): never 0, so that a path that clears them shows. */
export const CEP_AT_FIRST = 5;
/** By codepoint. */
export const OCTETS_AT_FIRST = [0, 1, 1, 0] as const;

/**
 * Explicit Congestion Notification of one connection that asks for it, or has it. Counters of segments and octets are those of
 * RFC 9768, section 3.2.1, and wrap as 32 bits; they begin at 0, and what they begin at on the wire is added there.
 */
export class Ecn {
  mode: EcnMode;

  // As the receiver of data
  /** Classic: a mark came, and no CWR since: each ACK says ECE. */
  echo = false;
  /** A packet came with ECT or CE, so one without may be a retransmission. */
  seen = false;
  /** The next data is to be acknowledged at once: the ECN field has changed, CWR has come, or many marks are not told yet. */
  ackNow = false;
  /** r.cep: packets that came with CE; and those that no ACE field has told yet (up to 15). */
  receivedCe = 0;
  untoldCe = 0;
  /** r.e1b, r.e0b, r.ceb: octets that came with each codepoint (the place of Not-ECT is not used). */
  readonly receivedOctets = new Int32Array(4);
  /** The ECN field of the packet before. */
  lastField: Codepoint = 0;
  /** So many counters the next AccECN option has at least, and so many segments have to have one. */
  leastCounters = 0;
  optionsDue = 0;
  optionSentAt: Micros = DOUBLE;
  /** The last segment had an AccECN option beside a D-SACK that began here. */
  optionBesideDsack = false;
  dsackLeft: Seq = 0;

  // The handshake
  /** The ECN field of the peer's last SYN or SYN-ACK. */
  synReceived: Codepoint = 0;
  /** The next bare ACK tells that field in place of the counter (RFC 9768, section 3.2.2.1). */
  reflects = false;
  /** Our SYN asks for no ECN any more, as others before it were lost. */
  withdrawn = false;
  /** How often our SYN-ACK was sent again. */
  synAcksAgain = 0;

  // As the sender of data
  /** Classic: the window was lowered, and the next new data says so by CWR. */
  cwrDue = false;
  /** s.cep: segments that arrived with CE, as far as told; and octets with each codepoint (s.e1b, s.e0b, s.ceb). */
  deliveredCe = 0;
  readonly deliveredOctets = new Int32Array(4);
  /** With which codepoint octets arrive, going by the option that came last; 0: it doesn't tell. */
  likelyField: Codepoint = 0;
  /** How many segments an ACK acknowledges on average, in 64ths; 0: not known. */
  ackedAverage = 0;
  /** `ACE_FAIL_SEND` and so on; which option was seen, `OPTION_NOT_SEEN` and so on. */
  failMode = 0;
  optionSeen = OPTION_NOT_SEEN;

  constructor(mode: EcnMode) {
    this.mode = mode;
    this.optionSentAt = 0;
  }
}
