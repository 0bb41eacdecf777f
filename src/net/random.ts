import { randomFillSync } from 'node:crypto';
import type { Random } from '../time/random.ts';

/** The operating system's generator, asked for many numbers at a time. */
export class SystemRandom implements Random {
  readonly #numbers = new Int32Array(256);
  #used = this.#numbers.length;

  next(): number {
    if (this.#used === this.#numbers.length) {
      randomFillSync(this.#numbers);
      this.#used = 0;
    }
    const number = this.#numbers[this.#used]!;
    this.#numbers[this.#used++] = 0;
    return number;
  }
}
