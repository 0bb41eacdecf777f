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
  /** Where the statement around it begins; null outside of functions. */
  within: number | null;
}

export function mutantsOf(file: string, source: string): Mutant[];
export function probed(mutants: readonly (Mutant & { number: number })[], source: string): string;
export function applied(mutant: Mutant, source: string): string;
export function diffOf(mutant: Mutant, source: string): string[];
export function sample(mutants: readonly Mutant[], count: number, seed: number): Mutant[];
