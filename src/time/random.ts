/**
 * Where unpredictable bits come from, injected like time: the operating system's generator on a real host, a seeded one
 * in a lab, where the same seed gives the same run.
 */
export interface Random {
  /** 32 random bits, as a signed integer. */
  next(): number;
}

/** True by that chance, 0 to 1. */
export const happens = (random: Random, chance: number): boolean => (random.next() >>> 0) / 2 ** 32 < chance;

/** A whole number from 0 to `count` - 1. */
export const choose = (random: Random, count: number): number => Math.floor(((random.next() >>> 0) / 2 ** 32) * count);

/** A seeded generator (Steele, Lea and Flood's SplitMix, in its 32-bit form). Repeatable, not secret. */
export class SeededRandom implements Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  next(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  }
}
