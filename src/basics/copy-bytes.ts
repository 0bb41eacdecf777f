/** Copies `length` bytes of `source`, from `from` on, to `target` at `at`. */
export function copyBytes(source: Uint8Array, from: number, target: Uint8Array, at: number, length: number): void {
  // `set` with a subarray costs an object and a call; for a few bytes a loop is faster (measured: below about 64).
  if (length <= 64) for (let i = 0; i < length; i++) target[at + i] = source[from + i]!;
  else target.set(source.subarray(from, from + length), at);
}
