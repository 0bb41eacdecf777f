import { copyBytes } from '../../basics/copy-bytes.ts';
import { type Seq, seqAdd, seqDiff, seqLeq, seqLt, seqMax, seqMin } from '../../wire/seq.ts';
import type { ReceiveQueue } from './receive-queue.ts';

/** A run of octets that is here: the first of `bytes`, which may have room behind them. */
interface Piece {
  seq: Seq;
  end: Seq;
  bytes: Uint8Array;
}

/** Most connections never see a hole: they share this, and nothing is written into it. */
const NO_PIECES: Piece[] = [];

/** Neighbours that are not longer than this together become one piece, which has room for twice what it holds. */
const JOIN_UP_TO = 1024;
const ROOM_MIN = 64;
/** What a piece costs beside its bytes: two objects and their memory's (measured: 260 to 420). */
export const PIECE_COST = 384;
/** What all pieces may cost beside two bytes for each octet. */
const COST_MAX = 15_360;

/**
 * Octets that arrived beyond a hole (RFC 9293, section 3.10.7.4, seventh: SHLD-31), sorted by sequence number, free of
 * overlap: octets that are already here win over those that come again. They are copied at once: the hole takes a round trip
 * to be filled, and the slab is lent for a batch.
 *
 * As in the receive queue an octet costs at most two bytes, and all holes together no more than `COST_MAX`: segments of an
 * octet, each behind a hole of its own, are soon refused, segments of a few hundred never. What is refused was never told
 * in SACK; what is here stays, unlike in Linux, which throws the last away (tcp_prune_ofo_queue; RFC 2018, section 8 lets it).
 */
export class Reassembly {
  pieces: readonly Piece[] = NO_PIECES;
  /** Bytes of memory that the pieces account for, and octets that they hold. */
  memory = 0;
  octets = 0;

  get isEmpty(): boolean {
    return this.pieces.length === 0;
  }

  /** Behind the last octet that is here; only asked for where there is one. */
  get end(): Seq {
    return this.pieces[this.pieces.length - 1]!.end;
  }

  /**
   * Keeps `bytes[from, to)`, which begins at `seq`, as far as it is not here yet.
   * @returns false when that would exceed `limit` bytes of memory, or two for each octet; then nothing was kept.
   */
  insert(bytes: Uint8Array, seq: Seq, from: number, to: number, limit: number): boolean {
    const pieces = this.pieces as Piece[];
    const length = to - from;
    const end = seqAdd(seq, length);
    let first = this.firstEndingAfter(seq);
    if (first > 0 && pieces[first - 1]!.end === seq) first--;
    const touches = first < pieces.length && seqLeq(pieces[first]!.seq, end);
    const cost = this.memory + length + (touches ? 0 : PIECE_COST);
    if (cost > Math.min(limit, COST_MAX + 2 * (this.octets + length))) return false;

    // The pieces from `first` to `behind`, and what falls between them, in a row.
    const row: Piece[] = [];
    let at = seq;
    let behind = first;
    for (; behind < pieces.length && seqLeq(pieces[behind]!.seq, end); behind++) {
      const piece = pieces[behind]!;
      if (seqLt(at, piece.seq)) this.add(row, at, piece.seq, bytes, from + seqDiff(at, seq));
      this.putBehind(row, piece);
      at = piece.end;
    }
    if (seqLt(at, end)) this.add(row, at, end, bytes, from + seqDiff(at, seq));
    if (pieces === NO_PIECES) this.pieces = row;
    else if (first === pieces.length) pieces.push(...row);
    else pieces.splice(first, behind - first, ...row);
    return true;
  }

  /** Adds octets `[seq, end)`, which are new, to a row of pieces that ends at `seq`, or before it. */
  private add(row: Piece[], seq: Seq, end: Seq, bytes: Uint8Array, from: number): void {
    const length = seqDiff(end, seq);
    this.octets += length;
    const last = row[row.length - 1];
    if (last?.end === seq && seqDiff(end, last.seq) <= JOIN_UP_TO) {
      this.lengthen(last, bytes, from, length);
      return;
    }
    const room = length > JOIN_UP_TO >> 1 ? length : Math.max(length, ROOM_MIN);
    const piece = { seq, end, bytes: new Uint8Array(room) };
    copyBytes(bytes, from, piece.bytes, 0, length);
    row.push(piece);
    this.memory += room + PIECE_COST;
  }

  /** Puts a piece that is here behind a row, of which it may become part. */
  private putBehind(row: Piece[], piece: Piece): void {
    const last = row[row.length - 1];
    if (last?.end !== piece.seq || seqDiff(piece.end, last.seq) > JOIN_UP_TO) {
      row.push(piece);
      return;
    }
    this.memory -= piece.bytes.length + PIECE_COST;
    this.lengthen(last, piece.bytes, 0, seqDiff(piece.end, piece.seq));
  }

  private lengthen(piece: Piece, bytes: Uint8Array, from: number, length: number): void {
    const held = seqDiff(piece.end, piece.seq);
    if (held + length > piece.bytes.length) {
      const longer = new Uint8Array(Math.min(2 * (held + length), JOIN_UP_TO));
      copyBytes(piece.bytes, 0, longer, 0, held);
      this.memory += longer.length - piece.bytes.length;
      piece.bytes = longer;
    }
    copyBytes(bytes, from, piece.bytes, held, length);
    piece.end = seqAdd(piece.end, length);
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
      const length = seqDiff(piece.end, piece.seq);
      this.memory -= piece.bytes.length + PIECE_COST;
      this.octets -= length;
      const stale = seqDiff(at, piece.seq);
      if (stale >= length) continue;
      queue.pushPiece(piece.bytes, stale, length, null);
      at = piece.end;
    }
    if (taken > 0) (this.pieces as Piece[]).splice(0, taken);
    return at;
  }

  clear(): void {
    this.pieces = NO_PIECES;
    this.memory = this.octets = 0;
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
