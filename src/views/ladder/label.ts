import type { OptionsEntry, SegmentEntry } from '../../observe/log/schema.ts';
import { seqLeq } from '../../wire/seq.ts';
import type { Part } from './items.ts';

const FLAGS: Readonly<Record<string, string>> = {
  F: 'FIN',
  S: 'SYN',
  R: 'RST',
  P: 'PSH',
  '.': 'ACK',
  U: 'URG',
  E: 'ECE',
  W: 'CWR',
  e: 'AE',
};

/** ECE, CWR and AE: of RFC 3168, or of AccECN's counter. */
export const ECN_FLAGS = /[EWe]/g;

const SPARE = { spare: true } as const;

/** `SYN+ACK` for tcpdump's `S.`. */
export function flagsText(letters: string): string {
  if (letters === '' || letters === 'none') return 'no flags';
  return [...letters].map((letter) => FLAGS[letter] ?? letter).join('+');
}

/**
 * What is written on a segment's arrow, the important first.
 *
 * @param lastAck what its sender has acknowledged before; null: not known
 */
export function segmentParts(entry: SegmentEntry, whole: boolean, lastAck: number | null): Part[] {
  const { flags, seq, ack, length, window, urgent, ecn, options } = entry;
  const opens = flags.includes('S');
  const parts: Part[] = [{ text: flagsText(flags) }];
  if (length > 0) parts.push({ text: `seq ${seq}:${(seq + length) % 2 ** 32}` }, { text: lengthText(entry) });
  else if (/[SFR]/.test(flags)) parts.push({ text: `seq ${seq}` });
  if (ack !== undefined) parts.push({ text: `ack ${ack}`, ...(length > 0 && ack === lastAck && !whole && SPARE) });
  if (opens || whole || window === 0) parts.push({ text: `win ${window}` });
  else if (!flags.includes('R')) parts.push({ text: `win ${window}`, ...SPARE });
  if (urgent !== undefined) parts.push({ text: `urg ${urgent}` });
  if (ecn === 'ce') parts.push({ text: 'CE' });
  else if (ecn !== undefined && whole) parts.push({ text: ecn === 'ect0' ? 'ECT(0)' : 'ECT(1)' });
  if (options !== undefined) parts.push(...optionParts(options, opens, whole, ack));
  return parts;
}

/** Of a packet that only the path saw. */
export function impairedParts(flags: string, seq: number | undefined, length: number): Part[] {
  const parts: Part[] = [{ text: flags === '' ? 'a packet' : flagsText(flags) }];
  if (seq === undefined) return parts;
  if (length === 0) return [...parts, { text: `seq ${seq}` }];
  return [...parts, { text: `seq ${seq}:${(seq + length) % 2 ** 32}` }, { text: `(${length})` }];
}

const lengthText = ({ length, count = 1 }: SegmentEntry): string => (count > 1 ? `(${count} segments)` : `(${length})`);

/** In a SYN all of them; later SACK blocks, since they tell what has arrived. */
function optionParts(
  { mss, wscale, sackPermitted, fastOpen, ts, sack = [], accEcn }: OptionsEntry,
  opens: boolean,
  whole: boolean,
  ack: number | undefined,
): Part[] {
  const texts: string[] = [];
  if (mss !== undefined) texts.push(`mss ${mss}`);
  if (sackPermitted) texts.push('sackOK');
  if (wscale !== undefined) texts.push(`wscale ${wscale}`);
  if (fastOpen !== undefined)
    texts.push(fastOpen === '' ? 'FO request' : whole ? `FO cookie ${fastOpen}` : 'FO cookie');
  if (ts !== undefined && whole) texts.push(`ts ${ts[0]} ecr ${ts[1]}`);
  else if (ts !== undefined && opens) texts.push('ts');
  if (accEcn !== undefined && (whole || opens)) {
    texts.push(['AccECN', ...Object.entries(accEcn).map(([name, octets]) => `${name} ${octets}`)].join(' '));
  }
  for (const [i, [left, right]] of sack.entries()) {
    // The first block may tell of what has come twice: it lies below the ACK (RFC 2883, section 4).
    const isDuplicate = i === 0 && ack !== undefined && seqLeq(right | 0, ack | 0);
    texts.push(`${isDuplicate ? 'D-SACK' : 'sack'} ${left}:${right}`);
  }
  return texts.map((text) => ({ text }));
}
