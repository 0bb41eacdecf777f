import { Duplex } from 'node:stream';
import { expect } from 'vitest';

/** What a stream was given to write, and what it was at the time. */
interface Kept {
  readonly chunk: Uint8Array;
  readonly was: Uint8Array;
}

/**
 * One end of a stream in memory that keeps the very bytes it was given, says that it's done with them, hands them on some turns later, and
 * joins and cuts them as `random` says. A writer that writes over what it gave away is told: its bytes aren't what they were.
 */
class ChoppyEnd extends Duplex {
  other!: ChoppyEnd;
  readonly #random: () => number;
  readonly #kept: Kept[] = [];
  #length = 0;
  #isGoing = false;
  #isOver = false;

  constructor(random: () => number) {
    super();
    this.#random = random;
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#kept.push({ chunk, was: Uint8Array.from(chunk) });
    this.#length += chunk.length;
    this.#goOn();
    if (this.#random() < 0.5) done();
    else setImmediate(done);
  }

  override _final(done: () => void): void {
    this.#isOver = true;
    this.#goOn();
    done();
  }

  #goOn(): void {
    if (this.#isGoing) return;
    this.#isGoing = true;
    setImmediate(() => {
      this.#isGoing = false;
      if (this.other.destroyed) return;
      // Some turns nothing leaves; else some of it, or all.
      if (this.#random() < 0.7)
        this.#handOn(this.#random() < 0.5 ? this.#length : Math.ceil(this.#random() * this.#length));
      if (this.#length > 0) this.#goOn();
      else if (this.#isOver) this.other.push(null);
    });
  }

  #handOn(length: number): void {
    const parts: Uint8Array[] = [];
    this.#length -= length;
    for (let left = length; left > 0; ) {
      const { chunk, was } = this.#kept[0]!;
      expect(Buffer.compare(chunk, was)).toBe(0);
      const taken = Math.min(left, was.length);
      parts.push(chunk.subarray(0, taken));
      left -= taken;
      if (taken === was.length) this.#kept.shift();
      else this.#kept[0] = { chunk: chunk.subarray(taken), was: was.subarray(taken) };
    }
    // As it came, a view of what the writer gave; or anew.
    if (this.#random() < 0.3) for (const part of parts) this.#push(part);
    else this.#push(Buffer.concat(parts));
  }

  #push(bytes: Uint8Array): void {
    const most = [1, 7, 100, 5000, 100_000][Math.floor(this.#random() * 5)]!;
    // Byte by byte only a while.
    const some = most < 100 ? Math.min(bytes.length, 300) : bytes.length;
    for (let at = 0; at < some; ) {
      const to = Math.min(some, at + Math.ceil(this.#random() * most));
      this.other.push(bytes.subarray(at, to));
      at = to;
    }
    if (some < bytes.length) this.other.push(bytes.subarray(some));
  }
}

export function choppyPair(random: () => number): [Duplex, Duplex] {
  const [a, b] = [new ChoppyEnd(random), new ChoppyEnd(random)];
  a.other = b;
  b.other = a;
  return [a, b];
}
