/** One small fault in one file. */
export interface Mutant {
  file: string;
  line: number;
  /** The text from `start` up to `end` becomes `text`. */
  start: number;
  end: number;
  text: string;
  /** In words: `< -> <=`. */
  what: string;
}

export function mutantsOf(file: string, source: string): Mutant[];
export function applied(mutant: Mutant, source: string): string;
export function diffOf(mutant: Mutant, source: string): string[];
export function sample(mutants: readonly Mutant[], count: number, seed: number): Mutant[];
