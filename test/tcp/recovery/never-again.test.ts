import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACK, type Segment } from '../../../src/wire/segment.ts';
import { type Seq, seqDiff } from '../../../src/wire/seq.ts';
import { Transfer, type TransferPlan } from '../support/transfer.ts';
import { FAULTLESS } from '../support/two-hosts.ts';

const OCTETS = 150_000;

/** What the far end has told the near one to have, octet by octet, by the segments themselves. */
class Told {
  private readonly has = new Uint8Array(OCTETS + 2);
  /** What the last segment added, in case that it is dropped after all. */
  private news: number[] = [];
  private readonly iss: Seq;

  constructor(iss: Seq) {
    this.iss = iss;
  }

  take(segment: Segment): void {
    this.news = [];
    if (!(segment.flags & ACK)) return;
    this.mark(0, seqDiff(segment.ack, this.iss));
    const { sackEdges, sackCount } = segment;
    for (let i = 0; i < sackCount; i++) {
      this.mark(seqDiff(sackEdges[2 * i]!, this.iss), seqDiff(sackEdges[2 * i + 1]!, this.iss));
    }
  }

  private mark(from: number, to: number): void {
    for (let octet = from; octet < to; octet++) {
      if (this.has[octet] === 1) continue;
      this.has[octet] = 1;
      this.news.push(octet);
    }
  }

  drop(): void {
    for (const octet of this.news) this.has[octet] = 0;
    this.news = [];
  }

  holds({ seq, length }: Segment): boolean {
    const from = seqDiff(seq, this.iss);
    return this.has.subarray(from, from + length).every((octet) => octet === 1);
  }
}

/** @returns what was sent in vain, and how often anything was sent again at all */
function send(plan: TransferPlan): { again: string[]; retransmissions: number } {
  const world = new Transfer(plan);
  const { near } = world;
  const told = new Told(near.iss);
  const again: string[] = [];
  let retransmissions = 0;
  let probe: Seq | null = null;
  let last: Segment | null = null;
  near.host.observe((event) => {
    if (event.type === 'retransmit') {
      retransmissions++;
      probe = event.reason === 'tail loss probe' ? event.seq : null;
    } else if (event.type === 'drop' && event.segment !== null && event.segment === last) told.drop();
    else if (event.type === 'segment' && event.direction === 'in') {
      last = event.segment;
      told.take(last);
    } else if (event.type === 'segment' && event.segment.length > 0) {
      const { seq, length } = event.segment;
      if (seq !== probe && told.holds(event.segment)) {
        again.push(`${seqDiff(seq, near.iss)}+${length} at ${world.now}: ${event.cause?.text ?? ''}`);
      }
      probe = null;
    }
  });
  world.run();
  return { again, retransmissions };
}

const anyPlan = fc.record({
  seed: fc.integer(),
  loss: fc.constantFrom(0, 1, 5, 20),
  duplication: fc.constantFrom(0, 2, 10),
  delay: fc.constantFrom(1, 20, 100),
  jitter: fc.constantFrom(0, 1, 20, 100),
  offload: fc.boolean(),
  batch: fc.constantFrom(0, 5),
  sysctls: fc.record({
    tcp_recovery: fc.constantFrom(0, 1, 3, 5),
    tcp_sack: fc.constantFrom(0, 1, 1, 1),
    tcp_timestamps: fc.constantFrom(0, 1),
    tcp_frto: fc.constantFrom(0, 2),
    tcp_congestion_control: fc.constantFrom('reno', 'cubic', 'bbr'),
  }),
});

describe('what has been delivered, and told so (RFC 2018, section 5; RFC 6675, section 5)', () => {
  it('is never sent again, but as a probe', () => {
    let retransmissions = 0;
    const neverAgain = (path: typeof anyPlan extends fc.Arbitrary<infer T> ? T : never): void => {
      const sysctls = { tcp_timewait_len: 3_600_000, tcp_retries2: 100, tcp_rto_max_ms: 5000, ...path.sysctls };
      const plan = { ...FAULTLESS, ...path, sysctls };
      const sent = send({ ...plan, octets: [OCTETS, 1000], readPause: 0, simultaneous: false });
      expect(sent.again).toEqual([]);
      retransmissions += sent.retransmissions;
    };
    fc.assert(fc.property(anyPlan, neverAgain), { numRuns: Number(process.env.TCPGLASS_RUNS ?? 40) });
    expect(retransmissions).toBeGreaterThan(100);
  }, 120_000);
});
