import { foldSum, sumBytes } from '../../wire/checksum.ts';
import { PROTOCOL_TCP } from '../../wire/ipv4.ts';

/** The options of a SYN that a middlebox may take out, by their kinds (RFC 9293, section 3.2; RFC 7323; RFC 2018). */
export const SYN_OPTIONS = { mss: 2, wscale: 3, sack: 4, timestamps: 8 } as const;

export type SynOption = keyof typeof SYN_OPTIONS;

const IP_HEADER = 20;
const TCP_HEADER = 20;
const PROTOCOL = 9;
const DATA_OFFSET = IP_HEADER + 12;
const FLAGS = IP_HEADER + 13;
const CHECKSUM = IP_HEADER + 16;
const SYN_FLAG = 0x02;
const END_OF_LIST = 0;
const NO_OPERATION = 1;

/** Takes an option out of a SYN or SYN-ACK over IPv4, as some middleboxes do: No-Operations stand in its place. */
export function stripOption(octets: Uint8Array, option: SynOption): void {
  if (octets[PROTOCOL] !== PROTOCOL_TCP || (octets[FLAGS]! & SYN_FLAG) === 0) return;
  const end = IP_HEADER + (octets[DATA_OFFSET]! >> 4) * 4;
  const before = foldSum(sumBytes(octets, IP_HEADER, end, 0));
  for (let at = IP_HEADER + TCP_HEADER; at < end; ) {
    const kind = octets[at]!;
    if (kind === END_OF_LIST) break;
    const length = kind === NO_OPERATION ? 1 : octets[at + 1]!;
    if (kind === SYN_OPTIONS[option]) octets.fill(NO_OPERATION, at, at + length);
    at += length;
  }
  const after = foldSum(sumBytes(octets, IP_HEADER, end, 0));
  // RFC 1624: what changed is added to the checksum's complement.
  const view = new DataView(octets.buffer, octets.byteOffset);
  const sum = (~view.getUint16(CHECKSUM) & 0xffff) + (~before & 0xffff) + after;
  view.setUint16(CHECKSUM, ~foldSum(sum) & 0xffff);
}
