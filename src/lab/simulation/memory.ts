import type { Host } from '../../host/host.ts';
import { Slab } from '../../wire/slab.ts';

/** Packets' memory, used again: what a host was lent for a batch is free once it has told its users of that. */
export class Memory {
  /** By length: there are few. */
  readonly #free = new Map<number, Slab[]>();
  readonly #lent = new Map<Host, Slab[]>();

  take(length: number): Slab {
    return this.#free.get(length)?.pop() ?? new Slab(new Uint8Array(length));
  }

  lend(slab: Slab, host: Host): void {
    const lent = this.#lent.get(host);
    if (lent === undefined) this.#lent.set(host, [slab]);
    else lent.push(slab);
  }

  release(host: Host): void {
    const lent = this.#lent.get(host);
    if (lent === undefined) return;
    for (const slab of lent) {
      if (slab.held) continue;
      const { length } = slab.bytes;
      const free = this.#free.get(length);
      if (free === undefined) this.#free.set(length, [slab]);
      else free.push(slab);
    }
    lent.length = 0;
  }
}
