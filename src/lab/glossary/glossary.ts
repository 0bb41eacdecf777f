import { editDistance } from '../../basics/edit-distance.ts';
import { states } from './connections/states.ts';
import { entriesOf, type GlossaryEntry } from './terms/entry.ts';

/** All entries, by kind; those of one kind in the order in which they are told. */
export const glossary: readonly GlossaryEntry[] = [...entriesOf('state', states)];

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
    .replace(/^net[./](ipv4|ipv6|core)[./]/, '')
    .replace(/[\s\-_.,/'"’“”()[\]]/g, '');

const exact = new Map<string, GlossaryEntry>();
const byKey = new Map<string, GlossaryEntry>();
for (const entry of glossary) {
  exact.set(entry.name, entry);
  if (!byKey.has(keyOf(entry.name))) byKey.set(keyOf(entry.name), entry);
}
for (const entry of glossary) {
  for (const name of entry.also) if (!byKey.has(keyOf(name))) byKey.set(keyOf(name), entry);
}
