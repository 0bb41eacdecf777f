/** Scenarios that the glossary and questions name, and that are still to come. */
export const PLANNED: readonly string[] = 'fast-open'.split(' ');
