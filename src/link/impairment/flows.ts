import { ACK, FIN, type Segment, SYN } from '../../wire/segment.ts';
import { seqAdd } from '../../wire/seq.ts';
import type { Direction } from './language/terms.ts';
import type { SeenPacket } from './packets/seen-packet.ts';

/** As many connections are told apart; for one more, that which was silent for longest is forgotten. */
export const MOST_FLOWS = 4096;

/** What one end of a connection has sent, as a middlebox sees it. */
export class FlowSide {
  known = false;
  /** SEG.SEQ of its SYN; of the segment seen first, less 1, where the connection is older than we. */
  first = 0;
  hasSentSynAck = false;
  hasSentFin = false;
  /** What acknowledges its FIN. */
  finEnd = 0;
  /** Where its latest segment ended: a sequence number, and the same as a relative one that never wraps. */
  #next = 0;
  #nextOffset = 1;

  /** Where a segment begins, relative to the SYN: the first octet of data is 1. */
  offsetOf(segment: Segment): number {
    return this.#nextOffset + ((segment.seq - this.#next) | 0);
  }

  /** Takes notice of a segment. */
  see(segment: Segment): void {
    const { flags, seq, segLen } = segment;
    if (!this.known) {
      this.known = true;
      this.first = flags & SYN ? seq : seqAdd(seq, -1);
      this.#next = seq;
      this.#nextOffset = flags & SYN ? 0 : 1;
    }
    if ((flags & (SYN | ACK)) === (SYN | ACK)) this.hasSentSynAck = true;
    if (flags & FIN) {
      this.hasSentFin = true;
      this.finEnd = seqAdd(seq, segLen);
    }
    this.#nextOffset = this.offsetOf(segment) + segLen;
    this.#next = seqAdd(seq, segLen);
  }
}

/** A connection that passes by: what rules count, each connection for itself. */
export class Flow {
  out = new FlowSide();
  in = new FlowSide();
  /** For each rule how many packets matched: outwards, inwards. */
  readonly counts: Int32Array;
  /** The text of the rule behind which it lies. */
  blackhole: string | null = null;

  constructor(rules: number) {
    this.counts = new Int32Array(2 * rules);
  }
}

/** The connections that rules know of. Bounded: who opens many only has the counts of the oldest begin anew. */
export class Flows {
  forgotten = 0;
  readonly #rules: number;
  readonly #flows = new Map<string, Flow>();
  #latest: Flow | null = null;

  constructor(rules: number) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#flows.size;
  }

  /** The connection of a TCP segment, its own part of it taken notice of. A SYN with another number begins a new one. */
  of({ segment }: SeenPacket, direction: Direction): Flow {
    const key = keyOf(segment, direction);
    let flow = this.#flows.get(key);
    if (flow !== undefined && (segment.flags & SYN) !== 0) {
      const side = flow[direction];
      const another = side.known && side.first !== segment.seq;
      if (another && (segment.flags & ACK) === 0) flow = undefined;
      else if (another) flow[direction] = new FlowSide();
    }
    flow ??= new Flow(this.#rules);
    if (flow !== this.#latest) this.#putLast(key, flow);
    flow[direction].see(segment);
    return flow;
  }

  #putLast(key: string, flow: Flow): void {
    this.#flows.delete(key);
    this.#flows.set(key, flow);
    this.#latest = flow;
    if (this.#flows.size <= MOST_FLOWS) return;
    for (const oldest of this.#flows.keys()) {
      this.#flows.delete(oldest);
      this.forgotten++;
      return;
    }
  }
}

/** Addresses and ports: ours, then the other side's. */
function keyOf({ src, dst, srcPort, dstPort }: Segment, direction: Direction): string {
  const [ours, theirs] = direction === 'out' ? [src, dst] : [dst, src];
  const ports = direction === 'out' ? srcPort * 65_536 + dstPort : dstPort * 65_536 + srcPort;
  return `${ports},${ours.w0},${ours.w1},${ours.w2},${ours.w3},${theirs.w0},${theirs.w1},${theirs.w2},${theirs.w3}`;
}
