import { editSynOptions } from '../../link/offload/syn-options.ts';

/** The options of a SYN that a middlebox may take out, by their kinds (RFC 9293, section 3.2; RFC 7323; RFC 2018). */
export const SYN_OPTIONS = { mss: 2, wscale: 3, sack: 4, timestamps: 8 } as const;

export type SynOption = keyof typeof SYN_OPTIONS;

const NO_OPERATION = 1;

/** Takes an option out of a SYN or SYN-ACK, as some middleboxes do: No-Operations stand in its place. */
export function stripOption(octets: Uint8Array, option: SynOption): void {
  editSynOptions(octets, 0, octets.length, (kind, at, length) => {
    if (kind === SYN_OPTIONS[option]) octets.fill(NO_OPERATION, at, at + length);
  });
}
