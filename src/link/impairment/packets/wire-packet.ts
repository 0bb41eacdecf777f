import type { Micros } from '../../../time/wheel.ts';
import type { Slab } from '../../../wire/slab.ts';

/** One packet as it is on a wire, on its way through the impairments. Its bytes are its own. */
export class WirePacket {
  slab: Slab;
  /** As in `Packet`; what is changed here is trusted no longer. */
  checksumTrusted: boolean;
  /** Not 0: a super-segment that couldn't be cut, and passes as one. */
  gsoSize = 0;
  /** When it came. */
  since: Micros = 0;
  /** How much later it arrives than those around it, and after how many of them. */
  extra: Micros = 0;
  behind = 0;
  /** What `extra` and `behind` come from: a rule's text; null: the path's `reorder`. */
  heldBy: string | null = null;

  constructor(slab: Slab, checksumTrusted: boolean) {
    this.slab = slab;
    this.checksumTrusted = checksumTrusted;
  }

  get length(): number {
    return this.slab.bytes.length;
  }
}
