import { type Seq, seqAdd, seqDiff, seqGeq, seqLeq, seqLt, seqMax, seqMin } from '../wire/seq.ts';
import type { Slab } from '../wire/slab.ts';
import { type ReceiveQueue, securePiece } from './receive-queue.ts';

/** A run of octets that is here. */
interface Piece {
  seq: Seq;
  end: Seq;
  bytes: Uint8Array;
  from: number;
  to: number;
  slab: Slab | null;
}

/** Most connections never see a hole: they share this, and nobody writes into it. */
const NO_PIECES: Piece[] = [];

/** What a kept piece costs beside its octets: so many tiny segments can't use more memory than the window promises. */
const PIECE_OVERHEAD = 256;

/**
 * Octets that arrived beyond a hole (RFC 9293, section 3.10.7.4, seventh: SHLD-31), sorted by sequence number, free of
 * overlap: octets that are already here win over those that come again.
 */
export class Reassembly {
  private pieces = NO_PIECES;
  /** Bytes of memory that the pieces account for. */
  memory = 0;
  /** Kept in this batch: their slabs are only lent. */
  private borrowed = NO_PIECES;

  get isEmpty(): boolean {
    return this.pieces.length === 0;
  }

  /**
   * Keeps `slab.bytes[from, to)`, which begins at `seq`.
   * @returns false when that would exceed `limit` bytes of memory; then nothing was kept.
   */
  insert(slab: Slab, seq: Seq, from: number, to: number, limit: number): boolean {
    const end = seqAdd(seq, to - from);
    if (this.pieces === NO_PIECES) this.pieces = [];
    if (this.borrowed === NO_PIECES) this.borrowed = [];
    if (this.memory + (to - from) + PIECE_OVERHEAD > limit) return false;
    let i = this.firstEndingAfter(seq);
    let at = seq;
    // Fill the gaps between what is here with the parts of the segment that fall into them.
    while (seqLt(at, end)) {
      const next = this.pieces[i];
      const gapEnd = next === undefined || seqGeq(next.seq, end) ? end : next.seq;
      if (seqLt(at, gapEnd)) {
        const offset = from + seqDiff(at, seq);
        const length = seqDiff(gapEnd, at);
        const piece = { seq: at, end: gapEnd, bytes: slab.bytes, from: offset, to: offset + length, slab };
        this.pieces.splice(i, 0, piece);
        this.borrowed.push(piece);
        this.memory += length + PIECE_OVERHEAD;
        i++;
      }
      if (next === undefined) break;
      at = next.end;
      i++;
    }
    return true;
  }

  /** Are all of `[seq, end)` here already? */
  has(seq: Seq, end: Seq): boolean {
    let at = seq;
    for (let i = this.firstEndingAfter(seq); i < this.pieces.length; i++) {
      const piece = this.pieces[i]!;
      if (seqLt(at, piece.seq)) return false;
      at = piece.end;
      if (seqLeq(end, at)) return true;
    }
    return false;
  }

  /** The first run of octets of `[seq, end)` that are here already; null: they are all new. */
  firstOverlap(seq: Seq, end: Seq): { left: Seq; right: Seq } | null {
    let run: { left: Seq; right: Seq } | null = null;
    for (let i = this.firstEndingAfter(seq); i < this.pieces.length; i++) {
      const piece = this.pieces[i]!;
      if (!seqLt(piece.seq, end) || (run !== null && piece.seq !== run.right)) break;
      run ??= { left: seqMax(piece.seq, seq), right: piece.end };
      run.right = seqMin(piece.end, end);
    }
    return run;
  }

  /** Moves what follows `nxt` without a hole into the receive queue. @returns the new RCV.NXT. */
  drain(nxt: Seq, queue: ReceiveQueue): Seq {
    let at = nxt;
    let taken = 0;
    for (const piece of this.pieces) {
      if (!seqLeq(piece.seq, at)) break;
      taken++;
      this.memory -= piece.to - piece.from + PIECE_OVERHEAD;
      const stale = seqDiff(at, piece.seq);
      if (stale >= piece.to - piece.from) continue;
      queue.pushPiece(piece.bytes, piece.from + stale, piece.to, piece.slab);
      at = piece.end;
    }
    if (taken > 0) this.pieces.splice(0, taken);
    return at;
  }

  /** The batch ends, and with it the loan of its slab. */
  secure(): void {
    if (this.borrowed.length === 0) return;
    for (const piece of this.borrowed) securePiece(piece);
    this.borrowed = NO_PIECES;
  }

  clear(): void {
    this.pieces = this.borrowed = NO_PIECES;
    this.memory = 0;
  }

  /** The index of the first piece that ends beyond `seq`; most segments arrive behind all others. */
  private firstEndingAfter(seq: Seq): number {
    let low = 0;
    let high = this.pieces.length;
    if (high > 0 && seqLeq(this.pieces[high - 1]!.end, seq)) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seqLeq(this.pieces[middle]!.end, seq)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
