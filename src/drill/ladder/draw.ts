import { arrow } from '../../views/ladder/rails.ts';
import type { Rung } from './ladder.ts';

/** The rails stand no further apart than this; a longer text moves the right one on its line. */
const WIDTH_MAX = 84;
const WIDTH_MIN = 40;
/** How much of a long ladder is shown: up to the wrong packet, and behind it. */
const BEFORE = 12;
const BEHIND = 3;
const TIME = 11;

/**
 * A ladder of two rails, the script's peer on the left and the host on the right, with a rung for each packet; beside it
 * what applications did and what the host made of it. Where the script fails, both packets stand below one another, and
 * what differs is underlined.
 *
 * @param whole all of it, with the sources of each change of state
 */
export function drawLadder(all: readonly Rung[], line: number, whole: boolean): string[] {
  if (all.length === 0) return [];
  const rungs = whole ? all : nearTheEnd(all);
  const longest = Math.max(0, ...rungs.map((rung) => (rung.direction === null ? 0 : rung.text.length)));
  const width = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, longest + 8));
  const lines = [`${'time'.padStart(TIME)}  peer${'host'.padStart(width + 2)}`];
  for (const [i, rung] of rungs.entries()) {
    const time = (rung.at / 1e6).toFixed(6).padStart(TIME);
    const beside = asides(rung, line, whole);
    lines.push(`${time}   |${between(rung, width)}|${beside === '' ? '' : `  ${beside}`}`);
    const before = rungs[i - 1];
    if (rung.mark === 'came' && before?.mark === 'expected') {
      const under = underline(before.text, rung.text);
      if (under !== '') lines.push(`${' '.repeat(TIME)}   |    ${under}`);
    }
  }
  return lines;
}

function nearTheEnd(all: readonly Rung[]): readonly Rung[] {
  const wrong = all.findIndex((rung) => rung.mark === 'expected');
  const last = wrong < 0 ? all.length : wrong + 1 + Number(all[wrong + 1]?.mark === 'came');
  return all.slice(Math.max(0, (wrong < 0 ? all.length : wrong) - BEFORE), last + (wrong < 0 ? 0 : BEHIND));
}

/** The rung itself: an arrow with the packet on it. What is only expected is drawn thin. */
function between({ direction, text, mark }: Rung, width: number): string {
  if (direction === null) return ' '.repeat(width);
  if (direction === '<') return arrow('right', width, text, { line: '-', head: '>' });
  return arrow('left', width, text, { line: '-', fill: mark === 'expected' ? '- ' : '-', head: '<' });
}

function asides({ direction, text, notes, mark }: Rung, line: number, whole: boolean): string {
  if (mark === 'expected') return `expected, line ${line}`;
  const said = notes.map((note) => (whole ? note : note.replace(/ \([^()]*\)$/, '')));
  if (mark === 'came') said.unshift('came');
  if (direction === null && text !== '') said.unshift(text);
  return said.join('; ');
}

/** Does the ladder show in which words a packet is wrong? */
export function showsDifference(rungs: readonly Rung[]): boolean {
  const expected = rungs.find((rung) => rung.mark === 'expected');
  const came = rungs.find((rung) => rung.mark === 'came');
  return expected !== undefined && came !== undefined && underline(expected.text, came.text) !== '';
}

/** Marks under `came` for the words in which it differs from `expected`; blank: in none. */
export function underline(expected: string, came: string): string {
  const words = (text: string): RegExpMatchArray[] => [...text.matchAll(/[^\s,<>[\]]+/g)];
  const [left, right] = [words(expected), words(came)];
  let marks = '';
  for (const [i, word] of right.entries()) {
    if (word[0] === left[i]?.[0]) continue;
    marks = marks.padEnd(word.index!) + '^'.repeat(word[0].length);
  }
  // Something is missing at its end.
  if (marks === '' && left.length > right.length) marks = `${' '.repeat(came.length)}^`;
  return marks;
}
