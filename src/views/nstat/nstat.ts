/** Counts by name. */
export type Counts = Readonly<Record<string, number>>;

export interface NstatOptions {
  /** -z: those that have not grown, too. */
  zeros?: boolean;
  /** Only those whose names one of these is: `*` stands for any text, `?` for one character, case doesn't matter. Default: all. */
  patterns?: readonly string[];
}

/** How far counters have come since they were `before`, those that nstat(8) would show. What wasn't there before began at 0. */
export function growth(now: Counts, before: Counts, { zeros = false, patterns = [] }: NstatOptions): Counts {
  const wanted = patterns.map(expressionOf);
  const grown = Object.entries(now).map(([name, value]): [string, number] => [name, value - (before[name] ?? 0)]);
  return Object.fromEntries(
    grown.filter(
      ([name, value]) =>
        (value !== 0 || zeros) && (wanted.length === 0 || wanted.some((expression) => expression.test(name))),
    ),
  );
}

/** As nstat(8) prints them, below a heading that says whose they are; the rate, which only its daemon knows, is 0.0. */
export function nstatLines(source: string, counts: Counts): string[] {
  const lines = Object.entries(counts).map(
    ([name, value]) => `${name.padEnd(32)}${String(value).padEnd(16)}${'0.0'.padStart(6)}`,
  );
  return [`#${source}`, ...lines];
}

function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 'i');
}
