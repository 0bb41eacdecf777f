import type { State } from '../../tcp/terms/state.ts';
import type { Address } from '../../wire/address.ts';

/** A filter can't be read; the message says which word, and what would do. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
}

/** Which sockets are wanted: those in these states that the expression is true of. */
export interface Filter {
  /** null: none were named. */
  states: readonly State[] | null;
  expression: Expression | null;
}

export type Side = 'src' | 'dst';
export type Comparison = '=' | '!=' | '<' | '>' | '<=' | '>=';

export type Expression =
  | { type: 'and' | 'or'; left: Expression; right: Expression }
  | { type: 'not'; of: Expression }
  | { type: 'port'; side: Side; comparison: Comparison; port: number }
  | { type: 'host'; side: Side; host: HostPattern; equal: boolean };

export interface HostPattern {
  /** null: any. */
  address: Address | null;
  /** How many leading bits of the address count: 0 to 32 or 128. */
  prefix: number;
  /** null: any. */
  port: number | null;
}
