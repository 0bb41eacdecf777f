import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markLostBySack } from '../../../src/tcp/detection/loss-by-sack.ts';
import { takeSackBlocks } from '../../../src/tcp/detection/scoreboard.ts';
import { RetransmissionQueue } from '../../../src/tcp/queues/retransmission-queue.ts';
import type { SentSegment } from '../../../src/tcp/queues/sent-segment.ts';
import type { Connection } from '../../../src/tcp/user/connection.ts';
import type { Segment } from '../../../src/wire/segment.ts';
import { seqAdd } from '../../../src/wire/seq.ts';

const MSS = 100;
type Range = [left: number, right: number];

/** The sender's side of SACK alone: `segments` of `MSS` octets are out from 0 on, `perRecord` in each record. */
class Scoreboard {
  readonly sent = new RetransmissionQueue();
  readonly c: Connection;
  /** How often a record's place in the queue was looked at. */
  reads = 0;
  private readonly watched = new Set<SentSegment>();

  constructor(segments: number, perRecord = 1) {
    for (let k = 0; k < segments; k += perRecord) this.sent.add(k * MSS, (k + perRecord) * MSS, perRecord, 0, MSS);
    this.c = {
      sent: this.sent,
      snd: { una: 0, nxt: segments * MSS, mss: MSS },
      tcp: { counters: { TCPDSACKRecv: 0 }, sysctls: { tcp_reordering: 3 } },
      dsackDups: 0,
      loss: { undoable: false, undoMarker: 0, reordering: 3 },
    } as unknown as Connection;
  }

  get records(): SentSegment[] {
    const records: SentSegment[] = [];
    for (let s = this.sent.head; s !== null; s = s.next) records.push(s);
    return records;
  }

  /** What an ACK in recovery does: blocks, judgement, and the first segment to send again is sent. */
  ack(...blocks: Range[]): number {
    const segment = { ack: 0, sackCount: blocks.length, sackEdges: blocks.flat() } as unknown as Segment;
    this.watch();
    this.reads = 0;
    takeSackBlocks(this.c, segment, 0);
    markLostBySack(this.c);
    const first = this.sent.firstToRetransmit();
    if (first !== null) this.sent.noteRetransmitted(first, 1);
    return this.reads;
  }

  /** Counts each look at a neighbour of a record. */
  private watch(): void {
    if (this.watched.size > 0 && this.sent.segments === this.watched.size) return; // none can have been cut
    for (const record of this.records) {
      if (this.watched.has(record)) continue;
      this.watched.add(record);
      for (const name of ['next', 'left', 'right', 'parent'] as const) {
        let value = record[name];
        Object.defineProperty(record, name, {
          get: () => {
            this.reads++;
            return value;
          },
          set: (to) => {
            value = to;
          },
        });
      }
    }
  }
}

describe('the scoreboard (RFC 6675)', () => {
  it('says of each segment what section 4 says, for any blocks', () => {
    const range = fc.tuple(fc.nat(3000), fc.nat(1500));
    fc.assert(
      fc.property(fc.array(fc.array(range, { maxLength: 4 }), { maxLength: 8 }), fc.constantFrom(1, 5), (acks, per) => {
        const board = new Scoreboard(30, per);
        const has = Array<boolean>(30).fill(false);
        const resent = new Set<number>();
        const everLost = Array<boolean>(30).fill(false);
        for (const ranges of acks) {
          const blocks = ranges.map(([left, length]): Range => [left, Math.min(left + length, 3000)]);
          // The first block may look like a D-SACK: one of octets never sent makes sure that it doesn't.
          board.ack([4000, 5000], ...blocks);
          for (const [left, right] of blocks) {
            if (left === 0) continue; // no hole is before it
            for (let k = Math.ceil(left / MSS); (k + 1) * MSS <= right; k++) has[k] = true;
          }
          for (let k = 0; k < 30; k++) {
            const beyond = has.filter((sacked, j) => sacked && j > k).length;
            if (!has[k] && !resent.has(k) && beyond >= 3) everLost[k] = true;
          }
          for (const record of board.records) {
            for (let k = record.seq / MSS; k < record.end / MSS; k++) {
              expect(record.sacked, `segment ${k} has arrived`).toBe(has[k]);
              if (!has[k]) expect(record.lost, `segment ${k} is lost`).toBe(everLost[k]);
              if (record.retransmitted) resent.add(k);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves judgement for the next ACK beyond so many records', () => {
    const board = new Scoreboard(2000);
    board.ack([199_000, 200_000]);
    expect(board.sent.lost).toBe(128);
    board.ack();
    expect(board.sent.lost).toBe(256);
    for (let i = 0; i < 15; i++) board.ack();
    expect(board.sent.lost).toBe(1990);
  });

  it('has no record for less than a segment, however a peer cuts its blocks', () => {
    const board = new Scoreboard(1000, 100);
    for (let octet = 0; octet < 3000; octet += 3)
      board.ack([4e6, 5e6], [octet, octet + 1], [octet + 50_007, octet + 50_099]);
    expect(board.records).toHaveLength(10);
    for (let octet = 1; octet < 90_000; octet += 150) board.ack([4e6, 5e6], [octet, octet + 120]);
    expect(board.records.length).toBeLessThanOrEqual(1000);
  });
});

describe('the cost of an ACK with SACK blocks, in looks at records', () => {
  const block = (k: number, segments = 1): Range => [k * MSS, (k + segments) * MSS];
  const far: Range = [1e9, 1e9 + 1];
  /** One ACK after the other, by how many segments are out. */
  const attacks: Record<string, (board: Scoreboard, segments: number, i: number) => number> = {
    'every other segment from the front on': (board, _, i) =>
      board.ack(...[0, 2, 4, 6].map((k) => block(8 * i + k + 1))),
    'every other segment from the back on': (board, n, i) =>
      board.ack(...[1, 3, 5, 7].map((k) => block(n - 8 * i - k - 1))),
    'the same useless blocks': (board, n) => board.ack(block(n - 2), block(n - 4), block(n - 6), block(n >> 1)),
    'a block that grows over all': (board, n, i) => board.ack(far, block(n - 1 - 2 * i, 2 * i)),
    'one octet': (board, n, i) => board.ack(far, [i * 331, i * 331 + 1], [n * 50 + i, n * 50 + i + 1]),
    'edges within segments': (board, n, i) => board.ack(far, [n * 50 + i * 7, n * 50 + i * 7 + 350], block(n - 3)),
    'D-SACKs': (board, _, i) => board.ack(block(i), block(0, i + 8)),
    'loss and its denial': (board, n, i) => {
      if (i % 3 === 2) board.sent.forgetLost();
      return board.ack(far, block(n - 4 - i, 4));
    },
  };
  const cost = (attack: keyof typeof attacks, segments: number, perRecord: number) => {
    const board = new Scoreboard(segments, perRecord);
    board.ack(block(segments - 3, 3)); // the tree is made, the first judged
    let sum = 0;
    let most = 0;
    const acks = Math.min(12, segments / 8 - 1);
    for (let i = 0; i < acks; i++) {
      const reads = attacks[attack]!(board, segments, i);
      sum += reads;
      most = Math.max(most, reads);
    }
    return { mean: sum / acks, most };
  };

  /** What an ACK may judge, whatever it says, and what it takes to look at one of them. */
  const judging = 128 * 12;

  it.each(Object.keys(attacks))('%s: with 50,000 segments out hardly more than with 100', (name) => {
    for (const [segments, perRecord] of [
      [20_000, 1],
      [50_000, 50],
    ] as const) {
      const few = cost(name, 100, Math.min(perRecord, 10));
      const many = cost(name, segments, perRecord);
      expect(many.mean).toBeLessThan(5 * few.mean + judging);
      expect(many.most).toBeLessThan(2 * judging);
    }
  });

  it('a block that jumps over all of it costs a few looks for each segment that is news, and nothing when told again', () => {
    const board = new Scoreboard(50_000);
    for (let i = 0; i < 40; i++) board.ack(far, block(2 * i + 2));
    expect(board.ack(far, block(1, 49_999))).toBeLessThan(50_000 * 15);
    expect(board.sent.sacked).toBe(49_999);
    expect(board.ack(far, block(1, 49_999))).toBeLessThan(200);
    board.sent.forgetSacked(); // reneging
    board.sent.markLostAtTimeout(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 20; i++) expect(board.ack(far, block(25_000 + 2 * i))).toBeLessThan(2 * judging);
  });
});

describe('sequence numbers that wrap', () => {
  it('are no border for what is judged', () => {
    const queue = new RetransmissionQueue();
    const start = 0x7fffffff - 450;
    for (let k = 0; k < 10; k++) queue.add(seqAdd(start, k * 100), seqAdd(start, k * 100 + 100), 1, 0);
    let s = queue.firstUnsackedFrom(seqAdd(start, 650));
    expect(s?.seq).toBe(seqAdd(start, 600));
    for (; s !== null; s = queue.nextUnsacked(s)) queue.markSacked(s);
    queue.markLostBehind(3, 100);
    expect([queue.sacked, queue.lost]).toEqual([4, 6]);
  });
});
