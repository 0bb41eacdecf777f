import { Address } from './address.ts';
import type { Ipv4Options } from './ipv4-options.ts';
import { FastOpenOption } from './options/fast-open.ts';
import { CE, type Codepoint, ECT0, ECT1 } from './packet.ts';
import type { Seq } from './seq.ts';
import { Slab } from './slab.ts';

/** Control bits (RFC 9293, section 3.1; CWR and ECE: RFC 3168; AE: RFC 9768). */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;
export const AE = 0x100;
/** The three that AccECN's ACE field is made of (RFC 9768, section 3.2.2). */
export const ACE_FLAGS = AE | CWR | ECE;

/** AE, CWR and ECE as one number of three bits, AccECN's ACE field (RFC 9768, section 3.1); `ACE_FLAGS` covers them. */
export const aceOf = (flags: number): number => (flags >> ACE_SHIFT) & ACE_MASK;
export const flagsOfAce = (ace: number): number => (ace & ACE_MASK) << ACE_SHIFT;
export const ACE_MASK = 7;
const ACE_SHIFT = 6;
/** A SYN's flags that ask for AccECN, all three (RFC 9768, section 3.1.1); and RFC 3168's, CWR and ECE (section 6.1.1). */
export const ACE_ALL = 7;
export const ACE_CLASSIC = 3;

/** How a SYN-ACK, and the ACK of one, tell the ECN field that came (RFC 9768, table 2). */
const TOLD_BY = [2, 3, 4, 6] as const;
export const flagsThatTell = (field: Codepoint): number => flagsOfAce(TOLD_BY[field]);

/** The AccECN option has three counters of octets, of 24 bits each (RFC 9768, section 3.2.3). */
export const ACC_ECN_COUNTERS = 3;
/** In its order 1 the counters are of ECT(1), CE, ECT(0); in order 0 the other way round. */
export const ORDER_1: readonly Codepoint[] = [ECT1, CE, ECT0];
export const ORDER_0: readonly Codepoint[] = [ECT0, CE, ECT1];

/** As many SACK blocks as 40 bytes of options can hold (RFC 2018, section 3). */
export const MAX_SACK_BLOCKS = 4;

/**
 * A TCP segment's fields, arriving or leaving, in the RFC's names (SEG.SEQ is `seq`, ...). One object per direction is
 * reused for every segment, so it is borrowed until the call that got it returns.
 */
export class Segment {
  /** The packet's addresses; borrowed too. */
  src: Address = NO_ADDRESS;
  dst: Address = NO_ADDRESS;
  srcPort = 0;
  dstPort = 0;
  seq: Seq = 0;
  ack: Seq = 0;
  flags = 0;
  /** The window field, not scaled. */
  wnd = 0;
  urg = 0;

  /** Maximum Segment Size option (RFC 9293, section 3.7.1); 0: absent. */
  mss = 0;
  /** Window Scale option's shift count (RFC 7323, section 2); -1: absent. */
  wscale = -1;
  /** SACK-Permitted option (RFC 2018, section 2). */
  sackPermitted = false;
  /** Timestamps option (RFC 7323, section 3). */
  hasTimestamps = false;
  tsVal = 0;
  tsEcr = 0;
  /** SACK option (RFC 2018, section 3): `sackCount` pairs of left and right edge. */
  sackCount = 0;
  readonly sackEdges = new Int32Array(2 * MAX_SACK_BLOCKS);
  /** TCP Fast Open option (RFC 7413, section 4.1.1), on a SYN or SYN-ACK alone. */
  readonly fastOpen = new FastOpenOption();
  /** AccECN option (RFC 9768, section 3.2.3): how many counters it has, 0 to 3; -1: absent. */
  accEcnCount = -1;
  /** It has them in order 1: of ECT(1), CE, ECT(0); else in order 0, the other way round. Ours all are of order 1. */
  accEcnOrder1 = true;
  /** The counters as they stand in it, 24 bits each. */
  readonly accEcnCounters = new Int32Array(ACC_ECN_COUNTERS);
  /** MD5 Signature option (RFC 2385). */
  isSigned = false;

  /** The payload: `slab.bytes[payloadStart, payloadStart + length)`. (A leaving segment's payload is in its frame.) */
  slab: Slab = NO_SLAB;
  payloadStart = 0;
  length = 0;
  /** Not 0: a super-segment of payloads of this size. */
  gsoSize = 0;
  tos = 0;
  ttl = 0;
  /** The way back along the source route by which it came. */
  returnRoute: Ipv4Options | null = null;

  /** SEG.LEN: octets of sequence space, SYN and FIN included (RFC 9293, section 3.3.1). */
  get segLen(): number {
    return this.length + (this.flags & SYN ? 1 : 0) + (this.flags & FIN ? 1 : 0);
  }

  /** As many segments as this one would be without offload. */
  get count(): number {
    return this.gsoSize > 0 && this.length > this.gsoSize ? Math.ceil(this.length / this.gsoSize) : 1;
  }

  clearOptions(): void {
    this.mss = 0;
    this.wscale = -1;
    this.sackPermitted = false;
    this.hasTimestamps = false;
    this.tsVal = 0;
    this.tsEcr = 0;
    this.sackCount = 0;
    this.fastOpen.length = -1;
    this.accEcnCount = -1;
    this.isSigned = false;
  }
}

const NO_ADDRESS = new Address();
const NO_SLAB = new Slab(new Uint8Array(0));
