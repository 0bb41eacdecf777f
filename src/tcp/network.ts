import type { Address } from '../wire/address.ts';
import type { Frame } from '../wire/frame.ts';

/** What TCP asks of the layer below (RFC 9293, section 3.9.2): it never learns which family an address is of. */
export interface Network {
  /** Adds the IP header and hands the frame to the link. */
  send(frame: Frame, src: Address, dst: Address, tos: number, ttl: number): void;
  /** Our address towards `dst`, or `null` when there is no way there. */
  sourceFor(dst: Address): Address | null;
  isLocal(address: Address): boolean;
  /** The largest IP packet towards `dst`, and the IP header's part of it, in bytes. */
  mtuTo(dst: Address): number;
  headerLength(dst: Address): number;
  /** The link completes checksums; the longest super-segment (IP packet, bytes) it cuts, 0: none. */
  readonly checksumOffload: boolean;
  /** Negative advice (RFC 9293, section 3.8.3, MUST-20): R1 is reached, the way to `dst` may be at fault. */
  noteTrouble(dst: Address): void;
  readonly gsoMaxSize: number;
  /** Time to live where the user didn't choose one. */
  readonly defaultTtl: number;
}
