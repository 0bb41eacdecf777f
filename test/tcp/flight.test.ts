import { afterAll, beforeAll, expect, it } from 'vitest';
import { simulate } from '../../src/lab/simulation/simulate.ts';
import { SequenceNode, SequenceTree } from '../../src/tcp/queues/sequence-tree.ts';
import type { CongestionControl } from '../../src/tcp/variables/congestion-control.ts';

/** How often one record of what was sent led to another: by order, by time, or up and down the tree. */
let steps = 0;
const watched = new WeakSet<SequenceNode>();

/** Counts each reading of a link of the record to another one. */
function watch(node: SequenceNode): void {
  if (watched.has(node)) return;
  watched.add(node);
  for (const [name, first] of Object.entries(node)) {
    if (first !== null && !(first instanceof SequenceNode)) continue;
    let value: unknown = first;
    Object.defineProperty(node, name, {
      get() {
        steps++;
        return value;
      },
      set(other: unknown) {
        value = other;
      },
    });
  }
}

const { append, insertAfter } = SequenceTree.prototype;

beforeAll(() => {
  SequenceTree.prototype.append = function (node) {
    watch(node);
    append.call(this, node);
  };
  SequenceTree.prototype.insertAfter = function (before, node) {
    watch(node);
    insertAfter.call(this, before, node);
  };
});

afterAll(() => Object.assign(SequenceTree.prototype, { append, insertAfter }));

/** A window that stays, whatever happens. */
const fixed = (cwnd: number): CongestionControl => ({
  name: 'fixed',
  start: (w) => Object.assign(w, { cwnd, ssthresh: cwnd }),
  onAck() {},
  onCongestion: () => cwnd,
  onUndo() {},
  control: (w) => Object.assign(w, { cwnd }),
});

const MIB = 2 ** 20;

/** The steps for each ACK, while one segment in a hundred is lost. The peer's window has to grow first. */
function stepsPerAck(inFlight: number, seconds: number): number {
  const buffers: [number, number, number] = [4096, 64 * MIB, 64 * MIB];
  const [mtu, mbit] = [1500, 10_000];
  const halfTrip = Math.round((inFlight * mtu * 8) / mbit / 2);
  steps = 0;
  const { acks, samples } = simulate({
    path: `out: rate ${mbit}mbit queue ${inFlight}, loss 1%; delay ${halfTrip}us`,
    flows: ['fixed'],
    algorithms: [fixed(inFlight)],
    sysctls: { tcp_rmem: buffers, tcp_wmem: buffers, tcp_mtu_probing: 0 },
    ...{ seconds, seed: 1, sampleEvery: seconds / 20 },
  });
  expect(acks).toBeGreaterThan(5000);
  expect(Math.max(...samples.map(({ flows }) => flows[0]!.inFlight))).toBe(inFlight);
  return steps / acks;
}

it('an ACK costs at 10,000 segments in flight at most three times the steps that it costs at 100', () => {
  const few = stepsPerAck(100, 0.01);
  const many = stepsPerAck(10_000, 0.12);
  expect(few).toBeGreaterThan(1);
  expect(many / few).toBeLessThan(3);
});
