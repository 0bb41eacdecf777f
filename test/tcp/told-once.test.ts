import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../src/host/host.ts';
import { Coverage } from '../../src/lab/simulation/coverage.ts';
import { Flow } from '../../src/lab/simulation/flow.ts';
import { Network } from '../../src/lab/simulation/network.ts';
import { parseImpairments } from '../../src/link/impairment/language/parse.ts';
import { builtInAlgorithms } from '../../src/tcp/congestion/choice.ts';
import type { TcpEvent } from '../../src/tcp/tcb/events.ts';
import { address } from '../../src/wire/address.ts';
import { ACK } from '../../src/wire/segment.ts';
import { type Seq, seqDiff } from '../../src/wire/seq.ts';

interface Plan {
  path: string;
  algorithm: string;
  sysctls: Partial<Sysctls>;
  seed: number;
}

/** What ends by itself, and asks the receiver something by sending what it has already (RFC 9293, 3.8.4 and 3.8.6.1; RFC 8985, 7). */
const PROBE = /probe|keep-alive/;

/**
 * What a sender was told, and what it sends all the same. ACKs that are dropped (PAWS, for example) tell nothing: their
 * numbers may be of another incarnation.
 */
class ToldOnce {
  /** What was sent although its receipt had been told: `5792 (1448 octets) at 0.35 s: fast retransmit`. */
  readonly wrong: string[] = [];
  /** Segments sent again: without any a run proves nothing. */
  again = 0;
  #first: Seq | null = null;
  #highest = 0;
  readonly #told = new Coverage();
  /** What the last segment told, if it wasn't dropped. */
  #pending: (readonly [from: number, to: number])[] = [];

  observe(event: TcpEvent): void {
    if (event.type === 'drop') {
      this.#pending = [];
      return;
    }
    if (event.type !== 'segment') return;
    for (const [from, to] of this.#pending.splice(0)) this.#told.add(from, to);
    const { segment } = event;
    if (event.direction === 'out') {
      if (segment.length > 0) this.#leaves(event, segment.seq, segment.length);
    } else if (this.#first !== null && segment.flags & ACK) {
      const first = this.#first;
      this.#pending.push([0, seqDiff(segment.ack, first)]);
      for (let i = 0; i < segment.sackCount; i++) {
        this.#pending.push([seqDiff(segment.sackEdges[2 * i]!, first), seqDiff(segment.sackEdges[2 * i + 1]!, first)]);
      }
    }
  }

  #leaves({ now, cause }: TcpEvent & { type: 'segment' }, seq: Seq, length: number): void {
    this.#first ??= seq;
    const from = seqDiff(seq, this.#first);
    if (from < this.#highest) this.again++;
    this.#highest = Math.max(this.#highest, from + length);
    const octets = this.#told.count(from, from + length);
    if (octets === 0 || PROBE.test(cause?.text ?? '')) return;
    this.wrong.push(`${from} (${octets} of ${length} octets told) at ${now / 1e6} s: ${cause?.text}`);
  }
}

function play({ path, algorithm, sysctls, seed }: Plan, seconds: number): ToldOnce {
  const network = new Network(
    { impairments: parseImpairments(path), sysctls, mtu: 1500, seed },
    { sent() {}, arrived() {} },
  );
  const flow = new Flow(algorithm);
  const listener = network.far.tcp.listen({
    port: 80,
    onAcceptable: () => {
      const c = listener.accept()!;
      c.user = flow.reader(c);
      c.user.onReadable();
    },
  });
  const told = new ToldOnce();
  network.near.observe((event) => told.observe(event));
  flow.begin(network.near, 1024, address('10.0.0.2'), 80);
  network.run(seconds * 1e6);
  return told;
}

/** What may be wrong with one direction. */
const anyFaults = fc
  .tuple(
    fc.constantFrom('', 'loss 0.5%', 'loss 3%', 'loss 15%', 'loss 2% burst 8', 'loss 20% burst 3'),
    fc.constantFrom('', 'reorder 1% by 5ms', 'reorder 10% by 2ms', 'reorder 5% by 60ms', 'reorder 5% behind 3'),
    fc.constantFrom('', '', 'duplicate 3%', 'duplicate 30%'),
    fc.constantFrom('delay 1ms', 'delay 10ms', 'delay 10ms jitter 9ms', 'delay 120ms'),
  )
  .map((faults) => faults.filter((fault) => fault !== '').join(', '));

const anyPlan: fc.Arbitrary<Plan> = fc.record({
  path: fc
    .tuple(
      anyFaults,
      anyFaults,
      fc.constantFrom('', 'rate 10mbit queue 10', 'rate 40mbit queue 100', 'rate 2mbit queue 20'),
    )
    .map(([out, back, rate]) => `out: ${rate === '' ? out : `${rate}, ${out}`}; in: ${back}`),
  algorithm: fc.constantFrom(...builtInAlgorithms().keys()),
  sysctls: fc.record({
    tcp_sack: fc.constantFrom(1, 1, 0),
    tcp_timestamps: fc.constantFrom(1, 0),
    // So that a path without a rate ends slow start, too.
    tcp_rmem: fc.constant<[number, number, number]>([4096, 131_072, 400_000]),
  }),
  seed: fc.integer(),
});

const runs = (usual: number) => ({ numRuns: Number(process.env.TCPGLASS_RUNS ?? usual) });

describe('what was delivered, and told to be', () => {
  it('is never sent again, whatever the path does (RFC 2018, section 5.1)', () => {
    let again = 0;
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const told = play(plan, 3);
        again += told.again;
        expect(told.wrong).toEqual([]);
      }),
      runs(100),
    );
    expect(again).toBeGreaterThan(1000);
  });
});
