import { Address } from './address.ts';
import type { Ipv4Options } from './ipv4-options.ts';
import { FastOpenOption } from './options/fast-open.ts';
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
  }
}

const NO_ADDRESS = new Address();
const NO_SLAB = new Slab(new Uint8Array(0));
