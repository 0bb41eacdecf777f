import { ACK, FIN, PSH, RST, SYN, URG } from '../../src/wire/segment.ts';

/**
 * A segment as the RFC's figures and tcpdump write it. Sequence numbers are relative to the initial one of their side, so
 * that a SYN is 0 and the first octet of data is 1, in both directions and in SACK blocks.
 */
export interface SegmentSpec {
  /** tcpdump's letters: S SYN, F FIN, R RST, P PSH, U URG, a dot for ACK, `''` for none. */
  flags: string;
  seq?: number;
  ack?: number;
  /** The window field as it stands in the header. */
  wnd?: number;
  /** Octets of data: as many of the sender's stream, or these. Default: none. */
  data?: number | Uint8Array;
  urg?: number;
  mss?: number;
  wscale?: number;
  sackOk?: boolean;
  sack?: [left: number, right: number][];
  /** Fast Open: a cookie in hexadecimal; empty: a request for one. */
  fastOpen?: string;
  /** Value and echo. The host's own clock counts in milliseconds from its first timestamp. */
  ts?: [val: number, ecr: number];
  /** The segment is a super-segment of payloads of this size. */
  gso?: number;
}

const LETTERS: [string, number][] = [
  ['F', FIN],
  ['S', SYN],
  ['R', RST],
  ['P', PSH],
  ['U', URG],
  ['.', ACK],
];

const sortedFlags = (flags: string): string => [...flags].sort().join('');

/** tcpdump's letters as the header's bits. */
export function flagBits(text: string): number {
  let bits = 0;
  for (const letter of text) {
    const known = LETTERS.find(([name]) => name === letter);
    if (!known) throw new Error(`Not a flag: ${letter}`);
    bits |= known[1];
  }
  return bits;
}

export const flagText = (bits: number): string => LETTERS.map(([name, bit]) => (bits & bit ? name : '')).join('');

/** A segment for a person. */
export function specText(spec: SegmentSpec): string {
  const { flags, ...rest } = spec;
  const fields = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `[${flags || 'none'}] ${fields.join(' ')}`;
}

/** What of `actual` is not as `wanted` says. */
export function differences(wanted: SegmentSpec, actual: SegmentSpec): string[] {
  const wrong: string[] = [];
  if (sortedFlags(wanted.flags) !== sortedFlags(actual.flags)) wrong.push(`flags ${actual.flags || 'none'}`);
  if ((wanted.data ?? 0) !== actual.data) wrong.push(`${actual.data} octets`);
  for (const key of ['seq', 'ack', 'wnd', 'urg', 'mss', 'wscale', 'sackOk', 'gso', 'fastOpen'] as const) {
    if (wanted[key] !== undefined && wanted[key] !== (actual[key] ?? (key === 'sackOk' ? false : undefined))) {
      wrong.push(`${key} ${actual[key]}`);
    }
  }
  for (const key of ['ts', 'sack'] as const) {
    if (wanted[key] && JSON.stringify(wanted[key]) !== JSON.stringify(actual[key] ?? [])) {
      wrong.push(`${key} ${JSON.stringify(actual[key])}`);
    }
  }
  return wrong;
}
