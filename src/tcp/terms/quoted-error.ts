import type { Address } from '../../wire/address.ts';
import type { IcmpKind } from '../../wire/icmp/icmp.ts';
import type { Seq } from '../../wire/seq.ts';

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
