import type { Address } from '../../wire/address.ts';
import type { Frame } from '../../wire/frame.ts';
import type { IcmpKind } from '../../wire/icmp/icmp.ts';
import type { Ipv4Options } from '../../wire/ipv4-options.ts';
import type { Seq } from '../../wire/seq.ts';

/** What TCP asks of the layer below (RFC 9293, section 3.9.2): it never learns which family an address is of. */
export interface Network {
  /** Adds the IP header, with these options where there are some, and hands the frame to the link. */
  send(frame: Frame, src: Address, dst: Address, tos: number, ttl: number, options: Ipv4Options | null): void;
  /** Our address towards `dst`, or `null` when there is no way there. */
  sourceFor(dst: Address): Address | null;
  /** Is it an address of ours, or one that means "this host" (127.0.0.0/8, ::1)? */
  isLocal(address: Address): boolean;
  /** 127.0.0.0/8 or ::1. */
  isLoopback(address: Address): boolean;
  /** Is it an address that one host may have, and not broadcast, multicast or unspecified (MUST-46)? */
  isHost(address: Address): boolean;
  /** The largest IP packet that our link carries, the largest known to reach `dst`, and the IP header's part, in bytes. */
  readonly mtu: number;
  mtuTo(dst: Address): number;
  /** Another number whenever `mtuTo` may say something else than before, of any destination. */
  readonly pathsVersion: number;
  headerLength(dst: Address): number;
  /** The MSS of a peer that doesn't say (RFC 9293, section 3.7.1, MUST-15). */
  defaultMss(dst: Address): number;
  /**
   * A router could not pass a packet of `quotedLength` octets on to `dst`; it says (0: it doesn't) what it can. If that
   * narrows the path, `mtuTo` says so from now on.
   */
  noteTooBig(dst: Address, mtu: number, quotedLength: number): void;
  /** A user's IP_OPTIONS made ready for packets to `dst`; null: they make no sense. */
  prepareOptions(dst: Address, options: Uint8Array): Ipv4Options | null;
  /** The link completes checksums; the longest super-segment (IP packet, bytes) it cuts, 0: none. */
  readonly checksumOffload: boolean;
  /** Negative advice (RFC 9293, section 3.8.3, MUST-20): R1 is reached, the way to `dst` may be at fault. */
  noteTrouble(dst: Address): void;
  readonly gsoMaxSize: number;
  /** Time to live, or hop limit, where the user didn't choose one. */
  defaultTtl(dst: Address): number;
}

/** What TCP needs of an ICMP error: the kind, and which segment of ours it quotes. */
export interface QuotedError {
  kind: IcmpKind;
  /** For 'too big': what gets through, 0: not said; and the length of the packet that didn't. In bytes. */
  mtu: number;
  quotedLength: number;
  local: Address;
  localPort: number;
  remote: Address;
  remotePort: number;
  seq: Seq;
}
