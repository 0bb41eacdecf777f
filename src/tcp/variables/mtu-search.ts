import type { Micros } from '../../time/wheel.ts';
import type { Seq } from '../../wire/seq.ts';

/** What the search for the path's MTU knows of it (see path/mtu-probing.ts). Sizes are octets of data in a segment. */
export class MtuSearch {
  /** What gets through, as far as known, and the longest that may. */
  low: number;
  high: number;
  /** The probe that is out: its octets, and where they begin and end. 0: none is. */
  size = 0;
  seq: Seq = 0;
  end: Seq = 0;
  /** Nothing longer has been tried yet since the sizes fell. */
  fresh = true;
  /** When to look again whether the path has grown wider. */
  again: Micros;

  constructor(low: number, high: number, again: Micros) {
    this.low = low;
    this.high = high;
    this.again = again;
  }
}
