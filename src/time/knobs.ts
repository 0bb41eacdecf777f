/**
 * Knobs carry Linux's sysctl names. Each room with knobs has one typed table of them; a host's values are one plain
 * object per table, whose type follows from it.
 */
export interface Knob<T extends number | readonly number[] = number | readonly number[]> {
  /** The default; three numbers for the min/default/max kind, two for a range. */
  readonly default: T;
  /** Smallest and largest value allowed. */
  readonly min: number;
  readonly max: number;
  /** `s`, `ms`, `us`, `bytes`, `segments`, `count`, `flag`, `port`, ... */
  readonly unit: string;
  /** Where the knob and its default come from. */
  readonly source: string;
  readonly doc: string;
}

export type KnobTable = { readonly [name: string]: Knob };

type Widen<T> = T extends number ? number : T extends readonly number[] ? { -readonly [I in keyof T]: number } : never;

/** The values of a table: a mutable object with a field a knob. */
export type KnobValues<Table extends KnobTable> = { -readonly [Name in keyof Table]: Widen<Table[Name]['default']> };

export function knobDefaults<Table extends KnobTable>(table: Table): KnobValues<Table> {
  const entries = Object.entries(table).map(([name, knob]) => [
    name,
    typeof knob.default === 'number' ? knob.default : [...knob.default],
  ]);
  return Object.fromEntries(entries) as KnobValues<Table>;
}
