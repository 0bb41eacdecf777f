import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Segment } from '../../src/wire/segment.ts';
import { ACK } from '../../src/wire/segment.ts';
import { seqDiff } from '../../src/wire/seq.ts';
import { Transfer, type TransferPlan } from './support/transfer.ts';
import { FAULTLESS, type Narrows, type Station } from './support/two-hosts.ts';

const flag = fc.constantFrom(0, 1);

const from = fc.integer({ min: 0, max: 3000 });
const forEver = fc.constant(1e9);
const told = fc.constantFrom(68, 296, 576, 1000, 1300);
/** Routers that tell the MTU, routers that only say "too big", paths that say nothing, and outages. */
const anyNarrows: fc.Arbitrary<Narrows> = fc.oneof(
  told.chain((mtu) => fc.record({ from, until: forEver, mtu: fc.constant(mtu), told: fc.constantFrom(mtu, mtu, 0) })),
  fc.record({ from, until: forEver, mtu: fc.constantFrom(600, 1000, 1300), told: fc.constant(null) }),
  fc.record({ from, until: fc.constantFrom(3500, 10_000, 90_000), mtu: fc.constant(0), told: fc.constant(null) }),
);

/** An end that waits long enough gets through; and finds the other end in TIME_WAIT still, for a RST would be an error. */
const PATIENT = {
  tcp_timewait_len: 3_600_000,
  tcp_retries2: 100,
  tcp_syn_retries: 100,
  tcp_synack_retries: 100,
  tcp_rto_max_ms: 5000,
};

/** fast-check prints the plan that fails, smallest first; `complete` with it replays the run exactly. */
const anyPlan: fc.Arbitrary<TransferPlan> = fc.record({
  seed: fc.integer(),
  loss: fc.constantFrom(0, 1, 5, 20),
  duplication: fc.constantFrom(0, 2, 20),
  marks: fc.constantFrom(0, 5, 50, 100),
  delay: fc.constantFrom(0, 1, 20, 300),
  jitter: fc.constantFrom(0, 1, 50, 400),
  batch: fc.constantFrom(0, 0, 5, 15),
  octets: fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 60_000 })),
  readPause: fc.constantFrom(0, 0, 7, 300),
  simultaneous: fc.constantFrom(false, false, true),
  mtu: fc.constantFrom(576, 1500, 9000),
  offload: fc.boolean(),
  narrow: fc.option(anyNarrows, { freq: 2 }),
  sysctls: fc.record({
    tcp_sack: flag,
    tcp_ecn: fc.integer({ min: 0, max: 5 }),
    tcp_ecn_option: fc.integer({ min: 0, max: 3 }),
    tcp_timestamps: flag,
    tcp_window_scaling: flag,
    tcp_congestion_control: fc.constantFrom('cubic', 'reno', 'bbr'),
    tcp_recovery: flag,
    tcp_early_retrans: fc.constantFrom(0, 3),
    tcp_frto: fc.constantFrom(0, 2),
    tcp_timewait_len: fc.constant(PATIENT.tcp_timewait_len),
    tcp_retries2: fc.constant(PATIENT.tcp_retries2),
    tcp_syn_retries: fc.constant(PATIENT.tcp_syn_retries),
    tcp_synack_retries: fc.constant(PATIENT.tcp_synack_retries),
    tcp_rto_max_ms: fc.constant(PATIENT.tcp_rto_max_ms),
    tcp_rmem: fc.constantFrom<[number, number, number]>([4096, 131_072, 6_291_456], [4096, 8192, 16_384]),
  }),
  beforeWrap: fc.constantFrom(0, 1, 1000, 60_000, 0x7fff_ffff, 0x8000_1000),
  clockBeforeWrap: fc.constantFrom(0, 1, 1000, 100_000),
});

const complete = (plan: TransferPlan): void => new Transfer(plan).run();

describe('two hosts on a wire that loses, doubles, delays and reorders', () => {
  it('deliver every stream both ways, octet for octet, and close', () => {
    fc.assert(fc.property(anyPlan, complete), { numRuns: Number(process.env.TCPGLASS_RUNS ?? 100) });
  }, 120_000);

  it('are the same in every run of one seed', () => {
    const plan = fc.sample(anyPlan, { numRuns: 1, seed: 42 })[0]!;
    const ends = [1, 2].map(() => {
      const world = new Transfer(plan);
      world.run();
      return [world.now, { ...world.near.host.tcp.counters }, { ...world.far.host.tcp.counters }];
    });
    expect(ends[0]).toEqual(ends[1]);
  });

  it('are the same wherever sequence numbers and timestamp clocks are (RFC 9293, 3.4; RFC 7323, 5.4)', () => {
    const sameAnywhere = (plan: TransferPlan): void => {
      const { beforeWrap, clockBeforeWrap } = FAULTLESS;
      expect(relativeTrace(plan)).toEqual(relativeTrace({ ...plan, beforeWrap, clockBeforeWrap }));
    };
    fc.assert(fc.property(anyPlan, sameAnywhere), { numRuns: Number(process.env.TCPGLASS_RUNS ?? 20) });
  }, 120_000);
});

/** Each segment that left, with numbers and timestamps as distances from where both began. */
function relativeTrace(plan: TransferPlan): string[] {
  const world = new Transfer(plan);
  const lines: string[] = [];
  const sides = [world.near, world.far];
  const line = (s: Segment, side: Station, other: Station): string => {
    const ack = s.flags & ACK ? seqDiff(s.ack, other.iss) : 0;
    const stamps = s.hasTimestamps
      ? [(s.tsVal - side.clockOffset) | 0, s.tsEcr && (s.tsEcr - other.clockOffset) | 0]
      : [];
    const blocks = Array.from(s.sackEdges.slice(0, 2 * s.sackCount), (edge) => seqDiff(edge, other.iss));
    const parts = [world.now, side.name, s.flags, seqDiff(s.seq, side.iss), s.length, ack, s.wnd, ...stamps, ...blocks];
    return parts.join(' ');
  };
  for (const side of sides) {
    const other = side === world.near ? world.far : world.near;
    side.host.observe((event) => {
      if (event.type === 'segment' && event.direction === 'out') lines.push(line(event.segment, side, other));
    });
  }
  world.run();
  return lines;
}
