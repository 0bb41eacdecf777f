import { editDistance } from '../../basics/edit-distance.ts';
import { errors } from './connections/errors.ts';
import { holdReasons } from './connections/holds.ts';
import { states } from './connections/states.ts';
import { timers } from './connections/timers.ts';
import { counters } from './counters/counters.ts';
import { ipDrops } from './drops/ip.ts';
import { tcpDrops } from './drops/tcp.ts';
import { knobs } from './knobs/knobs.ts';
import { flags } from './segments/flags.ts';
import { header } from './segments/header.ts';
import { options } from './segments/options.ts';
import { entriesOf, type GlossaryEntry } from './terms/entry.ts';
import { closing } from './words/closing.ts';
import { congestion } from './words/congestion.ts';
import { data } from './words/data.ts';
import { looking } from './words/looking.ts';
import { opening } from './words/opening.ts';
import { recovery } from './words/recovery.ts';
import { wireshark } from './words/wireshark.ts';

/** All entries, by kind; those of one kind in the order in which they are told. */
export const glossary: readonly GlossaryEntry[] = [
  ...entriesOf('state', states),
  ...entriesOf('flag', flags),
  ...entriesOf('header field', header),
  ...entriesOf('option', options),
  ...entriesOf('timer', timers),
  ...entriesOf('word', { ...opening, ...closing, ...data, ...congestion, ...recovery, ...wireshark, ...looking }),
  ...entriesOf('error code', errors),
  ...entriesOf('hold reason', holdReasons),
  ...entriesOf('knob', knobs),
  ...entriesOf('counter', counters),
  ...entriesOf('drop reason', { ...tcpDrops, ...ipDrops }),
];

/**
 * The entry of that name, or of one of its other names: capitals, blanks, hyphens and underscores don't matter. Null: there is
 * none; see {@link nearMisses}.
 *
 * @example
 * explain('SYN-RECV')?.name // 'SYN_RECEIVED'
 */
export function explain(term: string): GlossaryEntry | null {
  return exact.get(term) ?? byKey.get(keyOf(term)) ?? null;
}

/** The names of entries that a term which there isn't may have meant; the nearest first, three at most. */
export function nearMisses(term: string): string[] {
  const wanted = keyOf(term);
  if (wanted === '') return [];
  const distances = new Map<string, number>();
  for (const [key, { name }] of byKey) {
    const distance = distanceBetween(wanted, key);
    if (distance < (distances.get(name) ?? TOO_FAR)) distances.set(name, distance);
  }
  const names = [...distances].sort((a, b) => a[1] - b[1]).map(([name]) => name);
  return names.slice(0, NEAR_MISSES);
}

const NEAR_MISSES = 3;
/** A third of a term may be mistyped; what is further away is another term. */
const TOO_FAR = 0.34;

/** 0: the same; 1: nothing in common. What is a part of the other is near. */
function distanceBetween(wanted: string, key: string): number {
  const longest = Math.max(wanted.length, key.length);
  const typed = editDistance(wanted, key) / longest;
  const isPart = wanted.length >= 3 && key.includes(wanted);
  return isPart ? Math.min(typed, TOO_FAR * (1 - wanted.length / longest)) : typed;
}

/** One key for all spellings of a term: letters and digits alone. */
const keyOf = (term: string): string =>
  term
    .normalize('NFKC')
    .toLowerCase()
    .replace(/^net[./](ipv4|ipv6|core)[./]((route|icmp|conf[./]all)[./])?/, '')
    .replace(/[\s\-_.,/'"’“”()[\]]/g, '');

const exact = new Map<string, GlossaryEntry>();
const byKey = new Map<string, GlossaryEntry>();
for (const entry of glossary) {
  exact.set(entry.name, entry);
  if (!byKey.has(keyOf(entry.name))) byKey.set(keyOf(entry.name), entry);
}
for (const entry of glossary) {
  for (const name of entry.also) {
    if (!exact.has(name)) exact.set(name, entry);
    if (!byKey.has(keyOf(name))) byKey.set(keyOf(name), entry);
  }
}
