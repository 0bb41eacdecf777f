import { ACK, AE, CWR, ECE, FIN, PSH, RST, SYN, URG } from '../../wire/segment.ts';

const FLAG_LETTERS: readonly [number, string][] = [
  [FIN, 'F'],
  [SYN, 'S'],
  [RST, 'R'],
  [PSH, 'P'],
  [ACK, '.'],
  [URG, 'U'],
  [ECE, 'E'],
  [CWR, 'W'],
  [AE, 'e'],
];

/** By all nine bits, those that were asked for. */
const known: string[] = [];

/** The control bits in tcpdump's letters: `S`, `S.`, `P.`, `F.`, `R`. */
export function flagsText(flags: number): string {
  known[flags] ??= lettersOf(flags);
  return known[flags];
}

function lettersOf(flags: number): string {
  const letters = FLAG_LETTERS.filter(([bit]) => flags & bit).map(([, letter]) => letter);
  return letters.length > 0 ? letters.join('') : 'none';
}
