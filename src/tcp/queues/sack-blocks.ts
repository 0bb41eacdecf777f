import type { Segment } from '../../wire/segment.ts';
import { type Seq, seqGeq, seqGt, seqLeq, seqMax, seqMin } from '../../wire/seq.ts';

/** Four blocks fill the option space; beside timestamps there is room for three (RFC 2018, section 3). */
const MAX_BLOCKS = 4;
const BLOCKS_BESIDE_TIMESTAMPS = 3;
/** The octets of the option's own, with its padding, and of a block. */
const OPTION_HEADER = 4;
const BLOCK = 8;

interface Block {
  left: Seq;
  right: Seq;
}

/** What most connections have all their lives, shared. */
const NO_BLOCKS: readonly Block[] = [];

/**
 * What the receiver tells in SACK options: the ranges that it holds beyond a hole, the most recently changed first
 * (RFC 2018, section 4), and once, in front of them, a range that came twice (RFC 2883: D-SACK).
 */
export class SackBlocks {
  private blocks = NO_BLOCKS;
  private duplicate: Block | null = null;

  /** There is nothing to tell: so it is with nearly every segment. */
  get isEmpty(): boolean {
    return this.blocks.length === 0 && this.duplicate === null;
  }

  /** A range that came twice is still to be told. */
  get hasDuplicate(): boolean {
    return this.duplicate !== null;
  }

  /** Octets `[left, right)` arrived out of order. Touching ranges become one, in front. */
  add(left: Seq, right: Seq): void {
    const grown = { left, right };
    const apart: Block[] = [];
    for (const block of this.blocks) {
      if (seqLeq(block.left, grown.right) && seqGeq(block.right, grown.left)) {
        grown.left = seqMin(grown.left, block.left);
        grown.right = seqMax(grown.right, block.right);
      } else {
        apart.push(block);
      }
    }
    this.blocks = [grown, ...apart].slice(0, MAX_BLOCKS);
  }

  /** RCV.NXT has moved on: what lies before it is acknowledged in the ordinary way. */
  advance(nxt: Seq): void {
    if (this.blocks.length > 0) this.blocks = this.blocks.filter((block) => seqGt(block.left, nxt));
  }

  /** Behind the last octet that is held beyond a hole; null: there is no hole. */
  get rightmost(): Seq | null {
    let right: Seq | null = null;
    for (const block of this.blocks) if (right === null || seqGt(block.right, right)) right = block.right;
    return right;
  }

  /** Octets `[left, right)` had come before. @returns false if others that don't touch them wait to be told */
  addDuplicate(left: Seq, right: Seq): boolean {
    const { duplicate } = this;
    if (duplicate === null) {
      this.duplicate = { left, right };
      return true;
    }
    if (seqGt(left, duplicate.right) || seqGt(duplicate.left, right)) return false;
    duplicate.left = seqMin(left, duplicate.left);
    duplicate.right = seqMax(right, duplicate.right);
    return true;
  }

  /**
   * How many blocks the next segment carries. A link of less than 100 octets has no room for all of them: one of data is left.
   * @param mss octets of data that a segment without blocks has room for
   */
  count(timestamps: boolean, mss: number): number {
    if (this.isEmpty) return 0;
    const most = timestamps ? BLOCKS_BESIDE_TIMESTAMPS : MAX_BLOCKS;
    const fit = Math.max(0, Math.floor((mss - 1 - OPTION_HEADER) / BLOCK));
    return Math.min(this.blocks.length + (this.duplicate === null ? 0 : 1), most, fit);
  }

  /** Writes as many blocks as `count` into a segment that leaves. The duplicate is told once. */
  fill(segment: Segment, count: number): void {
    if (count === 0) {
      this.duplicate = null; // where there is no room, it would only wait
      return;
    }
    let k = 0;
    if (this.duplicate !== null) {
      segment.sackEdges[k++] = this.duplicate.left;
      segment.sackEdges[k++] = this.duplicate.right;
      this.duplicate = null;
    }
    for (let i = 0; k < 2 * count; i++) {
      segment.sackEdges[k++] = this.blocks[i]!.left;
      segment.sackEdges[k++] = this.blocks[i]!.right;
    }
    segment.sackCount = count;
  }

  clear(): void {
    this.blocks = NO_BLOCKS;
    this.duplicate = null;
  }
}
