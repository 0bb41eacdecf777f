const NEWLINE = 10;

/** Cuts a stream of bytes into lines; a line may come in many chunks, and a chunk may have many lines. */
export class LineReader {
  readonly #longest: number;
  /** Of a line whose end has not come yet. */
  #begun: Buffer[] = [];
  #begunLength = 0;
  /** What has come behind it, and was not looked at. */
  #rest: Buffer | null = null;

  /** @param longest of a line, in bytes */
  constructor(longest: number) {
    this.#longest = longest;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /**
   * The next line, without its end; null: it is not all there.
   * @throws RangeError when it is longer than `longest`
   */
  next(): string | null {
    const rest = this.#rest;
    if (rest === null) return null;
    const end = rest.indexOf(NEWLINE);
    const part = end < 0 ? rest : rest.subarray(0, end);
    if (this.#begunLength + part.length > this.#longest)
      throw new RangeError(`A line of more than ${this.#longest} bytes`);
    this.#rest = end < 0 || end + 1 === rest.length ? null : rest.subarray(end + 1);
    if (end < 0) {
      this.#begun.push(part);
      this.#begunLength += part.length;
      return null;
    }
    const line = this.#begun.length === 0 ? part : Buffer.concat([...this.#begun, part]);
    this.#begun = [];
    this.#begunLength = 0;
    return line.toString('utf8');
  }
}
