/**
 * Knobs carry Linux's sysctl names. Each room with knobs has one typed table of them; a host's values are one plain
 * object per table, whose type follows from it.
 */
export type Knob = NumberKnob | NameKnob | TextKnob;

interface AnyKnob {
  /** `s`, `ms`, `us`, `bytes`, `segments`, `count`, `flag`, `port`, `name`, ... */
  readonly unit: string;
  /** Where the knob and its default come from. */
  readonly source: string;
  readonly doc: string;
}

/** One number, or several. */
export interface NumberKnob extends AnyKnob {
  /** The default; three numbers for the min/default/max kind, two for a range. */
  readonly default: number | readonly number[];
  /** Smallest and largest value allowed. */
  readonly min: number;
  readonly max: number;
}

/** One of several names. */
export interface NameKnob extends AnyKnob {
  readonly default: string;
  readonly among: readonly string[];
}

/** A text of a certain form. */
export interface TextKnob extends AnyKnob {
  readonly default: string;
  readonly form: RegExp;
  /** The form in words, as "32 hexadecimal digits". */
  readonly formText: string;
  /** It only tells, and can't be set. */
  readonly readOnly?: boolean;
}

export type KnobTable = { readonly [name: string]: Knob };

type Widen<T> = T extends number
  ? number
  : T extends string
    ? string
    : T extends readonly number[]
      ? { -readonly [I in keyof T]: number }
      : never;

/** The values of a table: a mutable object with a field a knob. */
export type KnobValues<Table extends KnobTable> = { -readonly [Name in keyof Table]: Widen<Table[Name]['default']> };

export function knobDefaults<Table extends KnobTable>(table: Table): KnobValues<Table> {
  const entries = Object.entries(table).map(([name, knob]) => [
    name,
    typeof knob.default === 'object' ? [...knob.default] : knob.default,
  ]);
  return Object.fromEntries(entries) as KnobValues<Table>;
}
