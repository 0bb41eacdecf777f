import type { Direction } from '../../link/impairment/language/terms.ts';

/** What a router does with a packet instead of passing it on: an answer to its sender, in so many milliseconds. */
export interface RouterAnswer {
  readonly octets: Uint8Array;
  readonly after: number;
}

/** A router in the middle of the path. Until it is told otherwise it passes everything on. */
export class Router {
  /** Looks at each packet; null: it goes on. */
  rule: ((octets: Uint8Array, direction: Direction) => RouterAnswer | null) | null = null;

  judge(octets: Uint8Array, direction: Direction): RouterAnswer | null {
    return this.rule?.(octets, direction) ?? null;
  }
}
