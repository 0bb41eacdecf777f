import { afterEach, describe, expect, it, vi } from 'vitest';
import { RttEstimator } from '../../../src/tcp/variables/rtt.ts';
import { Peer } from '../../support/peer.ts';
import { Transfer, type TransferPlan } from '../support/transfer.ts';
import { FAULTLESS } from '../support/two-hosts.ts';

/** One way, in milliseconds. */
const DELAY = 25;
/**
 * What acknowledges a segment may have waited for a delayed ACK, and been lost so that only the answer to the next one tells:
 * some round trips. A time-out (250 ms and more, doubled again and again) is not among them.
 */
const LONGEST_SAMPLE = 4 * (2 * DELAY + 40);

const plan = (seed: number, sysctls: TransferPlan['sysctls']): TransferPlan => ({
  ...FAULTLESS,
  ...{ seed, loss: 20, delay: DELAY, octets: [20_000, 60_000], readPause: 0, simultaneous: false },
  // An end that waits for minutes to send again must find the other still in TIME_WAIT: a RST would be an error.
  sysctls: {
    tcp_timewait_len: 3_600_000,
    tcp_retries2: 255,
    tcp_syn_retries: 100,
    tcp_synack_retries: 100,
    ...sysctls,
  },
});

describe('the time-out under heavy loss (RFC 6298; RFC 7323, 4.1)', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each([
    ['timestamps', { tcp_sack: 0 }],
    ['timestamps and SACK', {}],
    ['neither', { tcp_sack: 0, tcp_timestamps: 0 }],
  ])('does not grow by its own length: %s', (_, sysctls) => {
    const sample = vi.spyOn(RttEstimator.prototype, 'sample');
    let timeouts = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const world = new Transfer(plan(seed, sysctls));
      world.run();
      for (const side of [world.near, world.far]) timeouts += side.host.tcp.counters.TCPTimeouts;
      const longest = Math.max(...sample.mock.calls.map(([measured]) => measured));
      if (longest > LONGEST_SAMPLE * 1000) throw new Error(`Seed ${seed}: a sample of ${longest / 1000} ms`);
    }
    expect(timeouts).toBeGreaterThan(30);
    expect(sample.mock.calls.length).toBeGreaterThan(40);
  });
});

describe('an ACK of what was sent again', () => {
  it('with the echo of the first copy is no sample: it may answer the second, the answer to the first lost', () => {
    const peer = new Peer().connectsToHost({ ts: [5000, 0] });
    peer.write(100);
    const first = peer.expect({ flags: 'P.', data: 100 });
    const { tcpi_rtt, tcpi_rto } = peer.c.info();
    expect(peer.next().segment).toMatchObject({ flags: 'P.', data: 100 });
    peer.wait(50);
    peer.send({ flags: '.', seq: 1, ack: 101, ts: [5001, first.ts![0]] });
    expect(peer.c.info()).toMatchObject({ tcpi_rtt, tcpi_rto, tcpi_backoff: 1 });
  });

  it('with the echo of a SYN-ACK that was sent again later is none either', () => {
    const peer = new Peer();
    peer.listen();
    peer.send({ flags: 'S', seq: 0, mss: 1460, ts: [5000, 0] });
    const first = peer.expect({ flags: 'S.' });
    expect(peer.next().segment).toMatchObject({ flags: 'S.' });
    expect(peer.next().segment).toMatchObject({ flags: 'S.' });
    peer.wait(50);
    peer.send({ flags: '.', seq: 1, ack: 1, ts: [5001, first.ts![0]] });
    peer.accept();
    expect(peer.c.info()).toMatchObject({ tcpi_rtt: 0, tcpi_rto: 3_000_000, tcpi_backoff: 0 });
  });

  it('ends the back-off when it covers something sent once within the time-out (RFC 8961, 4, (3))', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    peer.write(3000);
    expect(peer.takeAll()).toHaveLength(3);
    expect(peer.next().segment).toMatchObject({ seq: 1 });
    peer.send({ flags: '.', seq: 1, ack: 1001 });
    expect(peer.takeAll().map((s) => s.seq)).toEqual([1001, 2001]);
    peer.send({ flags: '.', seq: 1, ack: 2001 });
    peer.write(1000);
    expect(peer.takeAll().map((s) => s.seq)).toEqual([3001]);
    expect(peer.c.info().tcpi_backoff).toBe(1);
    peer.wait(100);
    peer.send({ flags: '.', seq: 1, ack: 4001 });
    expect(peer.c.info().tcpi_backoff).toBe(0);
  });
});
