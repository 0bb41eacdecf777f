import { catalogue } from './catalogue.ts';
import type { GlossaryEntry } from './glossary/terms/entry.ts';

/** Scenarios that show what an entry explains, as `lab run` takes them: those of its names that there are. */
export const shownBy = ({ scenarios }: GlossaryEntry): string[] =>
  scenarios.filter((name) => Object.hasOwn(catalogue, name.split(' ')[0]!));
