import { editDistance } from './edit-distance.ts';

/** The names that differ from `word` in at most `most` letters, the nearest first. */
export function nearest(word: string, known: readonly string[], most: number): string[] {
  const distances = known.map((name) => ({ name, differs: editDistance(word, name.toLowerCase()) }));
  return distances
    .filter(({ name, differs }) => differs <= most && differs < name.length)
    .sort((a, b) => a.differs - b.differs)
    .map(({ name }) => name);
}
