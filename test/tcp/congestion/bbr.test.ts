import { describe, expect, it } from 'vitest';
import { simulate } from '../../../src/lab/simulation/simulate.ts';
import { Peer } from '../../support/peer.ts';

/** A bottleneck of 20 Mbit/s with a round trip of 20 ms and a queue of a bandwidth-delay product: 33 packets. */
const BOTTLENECK = 'out: rate 20mbit queue 33; delay 10ms';
/** What of its rate is payload. */
const MOST = (20e6 * 1448) / 1500;

const run = (path: string, flows: string[] = ['bbr']) => simulate({ path, flows, seconds: 12, settling: 2, seed: 1 });

describe('BBR over a bottleneck', () => {
  it('fills it, and holds its queue far below a bandwidth-delay product', () => {
    const { goodput, queueDelay, sentAgain } = run(BOTTLENECK);
    expect(goodput / MOST).toBeGreaterThan(0.95);
    expect(queueDelay.mean).toBeLessThan(10);
    expect(sentAgain).toBeLessThan(0.01);
  });

  it.each([1, 2, 5])('holds nine tenths of it at %i percent of loss', (loss) => {
    const { goodput, queueDelay } = run(`${BOTTLENECK.replace(';', `; loss ${loss}%;`)}`);
    expect(goodput / MOST).toBeGreaterThan(0.9);
    expect(queueDelay.mean).toBeLessThan(20);
  });

  it('does not collapse beside NewReno, nor does NewReno beside it', () => {
    const { flows, goodput } = run(BOTTLENECK, ['bbr', 'reno']);
    expect(goodput / MOST).toBeGreaterThan(0.9);
    for (const flow of flows) expect(flow.goodput / MOST).toBeGreaterThan(0.05);
  });
});

describe('pacing (SO_MAX_PACING_RATE)', () => {
  it('lets each segment leave to the microsecond when the one before has had its time, after the first ten', () => {
    const peer = new Peer();
    peer.listen();
    peer.send({ flags: 'S', seq: 0, wnd: 65535, mss: 1000 });
    peer.expect({ flags: 'S.' });
    peer.wait(40);
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 65535 });
    peer.accept().setMaxPacingRate(600_000);
    peer.write(20_000);
    expect(peer.takeAll()).toHaveLength(10);
    peer.wait(40);
    peer.send({ flags: '.', seq: 1, ack: 10_001, wnd: 65535 });
    expect(peer.takeAll()).toHaveLength(1);
    // 1000 octets at 600 kB/s: 1666 2/3 us each. The first may give back half of its time, and so the second comes after that.
    const after = Array.from({ length: 4 }, () => Math.round(peer.next().after * 1000));
    expect(after).toEqual([834, 1667, 1666, 1667]);
    expect(peer.c.hold).toBe('pacing');
    peer.wait(100);
    peer.takeAll();
  });
});
