import { Address } from './address.ts';
import type { Ipv4Options } from './ipv4-options.ts';
import { Slab } from './slab.ts';

/** The ECN field: the two lowest bits of IPv4's TOS octet and of IPv6's traffic class (RFC 3168, section 5). */
export type Codepoint = 0 | 1 | 2 | 3;
export const ECN_MASK = 3;
export const NOT_ECT = 0;
export const ECT1 = 1;
export const ECT0 = 2;
/** Congestion Experienced: a router has marked the packet instead of dropping it. */
export const CE = 3;

export const codepointOf = (tos: number): Codepoint => (tos & ECN_MASK) as Codepoint;

/**
 * An IP packet that has arrived: where its bytes lie and what the link knows about it. The link fills the first part,
 * `ip` the second. One object is reused for every packet, so it is borrowed until the call that received it returns.
 */
export class Packet {
  slab: Slab = NO_SLAB;
  /** Offsets into `slab.bytes`: the first byte of the IP header, and one past the last byte that was received. */
  start = 0;
  end = 0;
  /**
   * Not 0: the packet is a super-segment, which the link merged (or the kernel never split), of payloads of this many
   * bytes each. Only its last one may be shorter.
   */
  gsoSize = 0;
  /** The link vouches for the transport checksum (it is left to hardware, or was verified), so it isn't computed again. */
  checksumTrusted = false;
  /** The ones-complement sum of all bytes from `start` to `end`, if the link had it cheaply; -1: it had not. */
  sum = -1;

  readonly src = new Address();
  readonly dst = new Address();
  protocol = 0;
  ttl = 0;
  /** The DS field and ECN bits (RFC 2474, RFC 3168). */
  tos = 0;
  /** The transport header and payload: offsets into `slab.bytes`, within `start` and `end`. */
  transportStart = 0;
  transportEnd = 0;
  /** The way back along the source route by which the packet came, where such are accepted. */
  returnRoute: Ipv4Options | null = null;
  /** What is wrong with a refused IPv6 packet's extension headers, as an offset from `start`; -1: the sender isn't told. */
  problemAt = -1;

  /** What a link does with a packet that has arrived: `slab.bytes[start, end)` is all of it, and nothing is known about it. */
  fill(slab: Slab, start = 0, end = slab.bytes.length): void {
    this.slab = slab;
    this.start = start;
    this.end = end;
    this.gsoSize = 0;
    this.checksumTrusted = false;
    this.sum = -1;
  }
}

/** The packet ends before what was received does: the rest is padding, and the link's sum has it in. */
export function cutPadding(packet: Packet, end: number): void {
  packet.end = end;
  packet.sum = -1;
}

const NO_SLAB = new Slab(new Uint8Array(0));
