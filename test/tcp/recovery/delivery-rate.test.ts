import { beforeEach, describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

const MSS = 1000;

/** Where segment `k` of 1000 octets begins. */
const at = (k: number): number => 1 + MSS * k;

/** The peer acknowledges `una` segments, and has the ranges of them, too; what the host sends then is not looked at here. */
function ack(peer: Peer, una: number, ...ranges: [from: number, to: number][]): void {
  peer.send({ flags: '.', seq: 1, ack: at(una), sack: ranges.map(([a, b]) => [at(a), at(b)]) });
  peer.takeAll();
}

/** The handshake has taken 40 ms. */
function opened(): Peer {
  const peer = new Peer();
  peer.listen();
  peer.send({ flags: 'S', seq: 0, wnd: 65535, mss: MSS, sackOk: true });
  peer.expect({ flags: 'S.' });
  peer.wait(40);
  peer.send({ flags: '.', seq: 1, ack: 1, wnd: 65535 });
  peer.accept();
  return peer;
}

const rate = (peer: Peer): number => peer.c.info().tcpi_delivery_rate;

describe('the delivery rate (draft-cheng-iccrg-delivery-rate-estimation; Linux: tcp_rate.c)', () => {
  let peer: Peer;

  /** 40 ms of round trip; ten segments leave at once. */
  beforeEach(() => {
    peer = opened();
    peer.write(200 * MSS);
    expect(peer.takeAll()).toHaveLength(10);
    peer.wait(40);
  });

  it('is not known before something that was sent is acknowledged', () => {
    const fresh = new Peer().connectsToHost({ mss: MSS });
    expect(fresh.c.info()).toMatchObject({ tcpi_delivery_rate: 0, tcpi_delivery_rate_app_limited: 1 });
  });

  it('is what arrived since the segment left that is acknowledged, by the time since then (section 3.3)', () => {
    ack(peer, 2);
    expect(rate(peer)).toBe((2 * MSS) / 0.04);
    peer.wait(10);
    ack(peer, 4);
    // Four since it left: it is of the first flight, too.
    expect(rate(peer)).toBe((4 * MSS) / 0.05);
  });

  it('counts what SACK tells of, and not again what is acknowledged after that', () => {
    ack(peer, 0, [5, 10]);
    expect(rate(peer)).toBe((5 * MSS) / 0.04);
    expect(peer.c.info().tcpi_delivered).toBe(6); // and our SYN
    peer.wait(10);
    ack(peer, 10);
    expect(peer.c.info().tcpi_delivered).toBe(11);
  });

  it('is no higher than that of departures, when ACKs come in a bunch (section 2.2.3)', () => {
    // Segments 10 and 11 leave at 40 ms, and 12 to 21 at 80.
    ack(peer, 1);
    peer.wait(40);
    ack(peer, 10);
    const before = peer.c.delivery.delivered;
    peer.wait(50);
    ack(peer, 12);
    const acked = peer.c.delivery.delivered - before;
    expect(acked).toBe(2);
    // 11 had left at 40 ms when one segment had arrived (and the SYN): eleven more did in 90 ms.
    expect(rate(peer)).toBe(Math.floor((11 * MSS) / 0.09));
    ack(peer, 20);
    // Acknowledged over 50 ms; but they had left 80 ms after those whose ACK came before.
    expect(rate(peer)).toBe((10 * MSS) / 0.08);
  });

  it('says nothing when the time is shorter than any round trip: which copy was acknowledged is not known', () => {
    ack(peer, 0, [3, 6]);
    // Segment 0 was late, not lost: its ACK comes 1 ms after it was sent again. Then segment 6 goes again, and was late, too.
    peer.wait(1);
    ack(peer, 1, [7, 10], [3, 6]);
    const known = rate(peer);
    peer.wait(1);
    ack(peer, 1, [3, 10]);
    expect(peer.c.delivered).toBe(1 + 8);
    expect(peer.c.info().tcpi_min_rtt).toBe(40_000);
    expect(rate(peer)).toBe(known);
  });
});

describe('a rate that the user limits (section 3.4)', () => {
  let peer: Peer;

  /** Twice the host's user writes two segments; each is acknowledged after 40 ms. */
  beforeEach(() => {
    // No probe: after a handshake without a round trip it would come long before the ACK.
    peer = new Peer({ sysctls: { tcp_early_retrans: 0 } }).connectsToHost({ mss: MSS, sackOk: true });
    for (let k = 0; k < 2; k++) {
      peer.write(2 * MSS);
      peer.takeAll();
      peer.wait(40);
      ack(peer, 2 * (k + 1));
    }
  });

  it('is marked as such, and a lower one does not replace a higher one', () => {
    expect(peer.c.info()).toMatchObject({ tcpi_delivery_rate: (2 * MSS) / 0.04, tcpi_delivery_rate_app_limited: 1 });
    peer.write(MSS);
    peer.takeAll();
    peer.wait(40);
    ack(peer, 5);
    expect(rate(peer)).toBe((2 * MSS) / 0.04);
  });

  it('is the path’s again when all of the pause has arrived, and may be lower then', () => {
    peer.write(40 * MSS);
    const flight = peer.takeAll().length;
    expect(flight).toBeGreaterThanOrEqual(10);
    peer.wait(200);
    ack(peer, 4 + flight);
    // These had left in the bubble.
    expect(peer.c.info().tcpi_delivery_rate_app_limited).toBe(1);
    peer.wait(400);
    ack(peer, 4 + 2 * flight);
    expect(peer.c.info().tcpi_delivery_rate_app_limited).toBe(0);
    expect(rate(peer)).toBeLessThan((2 * MSS) / 0.04);
  });

  it('is not, where losses or a full window hold it back', () => {
    peer.write(100 * MSS);
    peer.takeAll();
    expect(peer.c.inFlight).toBe(peer.c.cc.cwnd);
    const { limitedUntil } = peer.c.delivery;
    peer.write(MSS);
    expect(peer.c.delivery.limitedUntil).toBe(limitedUntil);
  });
});

describe('the least round trip (tcp_min_rtt_wlen)', () => {
  it('is that of the last seconds, and a delayed ACK of a short segment does not raise it when its time is over', () => {
    const peer = new Peer({ sysctls: { tcp_min_rtt_wlen: 10 } }).connectsToHost({ mss: MSS });
    const exchange = (octets: number, after: number): number => {
      peer.write(octets);
      peer.takeAll();
      peer.wait(after);
      peer.send({ flags: '.', seq: 1, ack: 1 + peer.written });
      peer.takeAll();
      return peer.c.info().tcpi_min_rtt;
    };
    expect(exchange(MSS, 30)).toBeLessThanOrEqual(30_000);
    peer.wait(11_000);
    expect(exchange(MSS, 30)).toBe(30_000);
    peer.wait(11_000);
    expect(exchange(100, 70)).toBe(30_000);
    expect(exchange(MSS, 50)).toBe(50_000);
  });
});

describe('segments that were believed lost', () => {
  it('are counted each time that they were (tp->lost)', () => {
    const peer = new Peer().connectsToHost({ mss: MSS, sackOk: true });
    peer.write(10 * MSS);
    peer.takeAll();
    peer.wait(40);
    ack(peer, 0, [1, 10]);
    expect(peer.c.delivery.lost).toBe(1);
    peer.wait(300);
    peer.takeAll();
    // The timer went off for the retransmission.
    expect(peer.c.delivery.lost).toBe(2);
  });
});
