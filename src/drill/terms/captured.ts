import type { Micros } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';
import type { Seq } from '../../wire/seq.ts';

/** An option as it stood in the header, its kind first. */
export type RawOption = Uint8Array;

/** A packet that left the host: its octets read again from the wire, not taken from the host's own structures. */
export interface Captured {
  at: Micros;
  /** Why it should never have left: a wrong checksum, lengths that disagree; null: it is sound. */
  flaw: string | null;
  src: Address;
  dst: Address;
  /** TOS and TTL; over IPv6 traffic class and hop limit. */
  tos: number;
  ttl: number;
  /** IPv6 has one; 0 over IPv4. */
  flowLabel: number;
  protocol: number;
  tcp: CapturedTcp | null;
  icmp: { type: number; code: number } | null;
}

export interface CapturedTcp {
  srcPort: number;
  dstPort: number;
  seq: Seq;
  ack: Seq;
  flags: number;
  win: number;
  urg: number;
  options: RawOption[];
  payload: Uint8Array;
}
