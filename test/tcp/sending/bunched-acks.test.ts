import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { Peer } from '../../support/peer.ts';

const MSS = 500;
const WINDOW = 100;

/** A window of 100 segments is out on a path of `rtt` milliseconds, and as much again waits. */
function sending(rtt: number, sysctls: Partial<Sysctls> = {}): Peer {
  const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno', ...sysctls } }).connectsToHost({ mss: MSS });
  const { c } = peer;
  c.rtt.noteLeast(1000 * rtt, 1e12, 1); // that of the handshake is long past
  c.rtt.srtt = 1000 * rtt;
  c.cc.cwnd = c.cc.ssthresh = WINDOW;
  peer.write(2 * WINDOW * MSS);
  expect(peer.takeAll()).toHaveLength(WINDOW);
  return peer;
}

/** How many segments leave at the moment in which `segments` are acknowledged, each two by an ACK of its own. */
function releasedBy(peer: Peer, segments: number, from = 0): number {
  peer.batch(() => {
    for (let i = 2; i <= segments; i += 2) peer.send({ flags: '.', seq: 1, ack: 1 + (from + i) * MSS });
  });
  return peer.takeAll().length;
}

describe('ACKs that come in a bunch, since the process was late', () => {
  it('have the connection paced from there on', () => {
    const peer = sending(20);
    peer.wait(20);
    const before = peer.now;
    let left = releasedBy(peer, 50);
    expect(left).toBeLessThanOrEqual(2);
    while (left < 50) {
      peer.next();
      left += 1 + peer.takeAll().length;
    }
    // By tcp_pacing_ca_ratio a window in 1 / 1.2 of a round trip: 48 segments in 8 ms.
    expect(peer.now - before).toBeCloseTo(8, 0);
    expect(peer.c.cc.isPaced).toBe(true);
    peer.abort();
    peer.takeAll();
  });

  it('release all at once in slow start, where there are fewer than 128', () => {
    const peer = sending(20);
    peer.c.cc.ssthresh = 1000;
    expect(releasedBy(peer, 50)).toBeGreaterThan(50); // and more, as far as the peer has room
    expect(peer.c.cc.isPaced).toBe(false);
    peer.abort();
    peer.takeAll();
  });

  it.each<[string, number, Partial<Sysctls>, number]>([
    ['release all at once where the path is short', 1, {}, 50],
    ['release all at once without tcp_pace_bunched_acks', 20, { tcp_pace_bunched_acks: 0 }, 50],
    ['are no bunch where they free less than a quarter of the window', 20, {}, 24],
  ])('%s', (_, rtt, sysctls, segments) => {
    const peer = sending(rtt, sysctls);
    expect(releasedBy(peer, segments)).toBe(segments);
    expect(peer.c.cc.isPaced).toBe(false);
    peer.abort();
    peer.takeAll();
  });
});

it('what the user writes while little is out leaves at once: no ACK has released it', () => {
  const peer = sending(20);
  peer.wait(20);
  for (let from = 0; from < 2 * WINDOW; from += 2) {
    peer.wait(0.4);
    releasedBy(peer, 2, from);
  }
  peer.write(2 * MSS);
  expect(peer.takeAll()).toHaveLength(2);
  peer.write(60 * MSS);
  expect(peer.takeAll()).toHaveLength(60);
  expect(peer.c.rtt.minRtt).toBeGreaterThan(4000);
  expect(peer.c.pacing).toBeNull();
  peer.abort();
  peer.takeAll();
});

it('ACKs that come one by one make no burst, and nothing is paced', () => {
  const peer = sending(20);
  peer.wait(20);
  for (let from = 0; from < 80; from += 2) {
    peer.wait(0.4);
    expect(releasedBy(peer, 2, from)).toBe(2);
  }
  expect(peer.c.rtt.minRtt).toBeGreaterThan(4000); // or it would not be asked
  expect(peer.c.pacing).toBeNull();
  peer.abort();
  peer.takeAll();
});
