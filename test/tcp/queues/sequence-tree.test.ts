import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceNode, SequenceTree } from '../../../src/tcp/queues/sequence-tree.ts';
import { type Seq, seqAdd, seqDiff } from '../../../src/wire/seq.ts';

const node = (seq: Seq, marks: number): SequenceNode => Object.assign(new SequenceNode(), { seq, marks });

describe('the tree of sequence numbers', () => {
  it('finds what a look at every node finds, whatever is added, put between, taken off and marked', () => {
    const step = fc.record({
      kind: fc.constantFrom('append', 'append', 'append', 'first', 'between', 'mark', 'mark', 'ask'),
      n: fc.nat(10_000),
      marks: fc.nat(7),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom<Seq>(0, -300, 0x7fffff00), (steps, start) => {
        const tree = new SequenceTree<SequenceNode>();
        const nodes: SequenceNode[] = []; // the same, in order
        let end = start;
        for (const { kind, n, marks } of steps) {
          const at = n % Math.max(1, nodes.length);
          const some = nodes[at];
          if (kind === 'append') {
            nodes.push(node(end, marks));
            tree.append(nodes.at(-1)!);
            end = seqAdd(end, 10);
          } else if (kind === 'first' && some) {
            tree.removeFirst();
            nodes.shift();
          } else if (kind === 'between' && some) {
            const after = nodes[at + 1]?.seq ?? end;
            if (seqDiff(after, some.seq) < 2) continue;
            const added = node(seqAdd(some.seq, 1 + (n % (seqDiff(after, some.seq) - 1))), marks);
            nodes.splice(at + 1, 0, added);
            tree.insertAfter(some, added);
          } else if (kind === 'mark' && some) {
            tree.mark(some, marks);
          } else if (kind === 'ask') {
            const seq = seqAdd(start, n % (seqDiff(end, start) + 1));
            expect(tree.at(seq)).toBe(nodes.findLast((x) => seqDiff(seq, x.seq) >= 0) ?? null);
            for (const mark of [1, 2, 4, 6]) {
              const marked = nodes.filter((x) => x.marks & mark);
              expect(tree.firstWith(mark)).toBe(marked[0] ?? null);
              expect(tree.lastWith(mark)).toBe(marked.at(-1) ?? null);
              if (!some) continue;
              expect(tree.nextWith(some, mark)).toBe(nodes.find((x, i) => i > at && x.marks & mark) ?? null);
              expect(tree.previousWith(some, mark)).toBe(nodes.findLast((x, i) => i < at && x.marks & mark) ?? null);
            }
          }
          expect([tree.first, tree.last]).toEqual([nodes[0] ?? null, nodes.at(-1) ?? null]);
          const listed: SequenceNode[] = [];
          for (let x = tree.first; x !== null; x = x.next) listed.push(x);
          expect(listed.length === nodes.length && listed.every((x, i) => x === nodes[i])).toBe(true);
        }
        tree.clear();
        expect([tree.first, tree.last, tree.firstWith(7), tree.at(start)]).toEqual([null, null, null, null]);
      }),
      { numRuns: 300 },
    );
  });
});
