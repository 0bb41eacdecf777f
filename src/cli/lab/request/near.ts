import { nearest } from '../../../basics/nearest.ts';

/** So many are named at the most. */
const NEAR_MAX = 5;

/** Names that may be meant by one that is unknown: mistyped ones, and those that have a word of it. */
export function nearNames(name: string, known: readonly string[]): string[] {
  const lower = name.toLowerCase();
  const words = lower.split(/[-_\s]+/).filter((word) => word.length > 2);
  const mistyped = nearest(lower, known, Math.max(1, Math.floor(lower.length / 3)));
  const related = known.filter((other) => {
    const others = other.toLowerCase();
    return words.some((word) => others.includes(word)) || (others.length > 2 && lower.includes(others));
  });
  return [...new Set([...mistyped, ...related])].slice(0, NEAR_MAX);
}
