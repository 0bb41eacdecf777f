import { Address } from '../../wire/address.ts';
import type { IcmpKind } from '../../wire/icmp/icmp.ts';
import type { Seq } from '../../wire/seq.ts';

/** As much of a quoted transport header as every error has: ports and a sequence number (RFC 792). */
export const QUOTED_TRANSPORT = 8;

/** An ICMP error, and what it quotes of the packet of ours that it is about. Reused: borrowed until the call returns. */
export class IcmpError {
  kind: IcmpKind = 'host unreachable';
  /** 'too big': what the next link carries (RFC 1191, section 4; RFC 4443, section 3.2), in bytes; 0: the router didn't say. */
  mtu = 0;
  /** The quoted packet's length by its own header, in bytes. */
  quotedLength = 0;
  /** The router or host that reports. */
  readonly reporter = new Address();
  protocol = 0;
  readonly local = new Address();
  localPort = 0;
  readonly remote = new Address();
  remotePort = 0;
  seq: Seq = 0;

  /** Reads the first octets behind the quoted IP header. */
  readTransport(bytes: Uint8Array, at: number): void {
    this.localPort = (bytes[at]! << 8) | bytes[at + 1]!;
    this.remotePort = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    this.seq = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
  }
}
