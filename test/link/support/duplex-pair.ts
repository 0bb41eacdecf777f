import { Duplex } from 'node:stream';

/** One end of a stream in memory that takes what its reader takes: what isn't read keeps its writer waiting. */
class End extends Duplex {
  other!: End;
  #waiting: (() => void) | null = null;

  override _read(): void {
    const goOn = this.#waiting;
    this.#waiting = null;
    goOn?.();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    // What the writer does with its memory afterwards must not be seen here.
    if (this.other.push(Uint8Array.from(chunk))) process.nextTick(done);
    else this.other.#waiting = done;
  }

  override _final(done: () => void): void {
    this.other.push(null);
    done();
  }
}

export function duplexPair(): [End, End] {
  const [a, b] = [new End(), new End()];
  a.other = b;
  b.other = a;
  return [a, b];
}
