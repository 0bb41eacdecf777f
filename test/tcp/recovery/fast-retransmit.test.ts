import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

/** A connection of Reno with ten segments of 1000 octets on their way, without SACK. */
function tenInFlight(): Peer {
  const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno' } }).connectsToHost({ mss: 1000 });
  peer.c.setNoDelay(true);
  peer.write(20_000);
  for (let i = 0; i < 10; i++) peer.expect({ flags: i === 16 ? 'P.' : '.', seq: 1 + 1000 * i, data: 1000 });
  peer.expectNothing();
  return peer;
}

const duplicate = (peer: Peer, ack: number): void => peer.send({ flags: '.', seq: 1, ack });

describe('fast retransmit and fast recovery without SACK', () => {
  it('sends a new segment on the first two duplicate ACKs (RFC 3042), the lost one on the third (RFC 5681, 3.2)', () => {
    const peer = tenInFlight();
    duplicate(peer, 1);
    peer.expect({ flags: '.', seq: 10_001, data: 1000 });
    duplicate(peer, 1);
    peer.expect({ flags: '.', seq: 11_001, data: 1000 });
    duplicate(peer, 1);
    peer.expect({ flags: '.', seq: 1, data: 1000 });
    // PRR (RFC 9937): what is in flight, and the first segment that is sent again.
    expect(peer.c.info()).toMatchObject({ tcpi_ca_state: 3, tcpi_snd_ssthresh: 5, tcpi_snd_cwnd: 9 });
    peer.expectNothing();
  });

  it('sends new data when enough duplicate ACKs say that segments have left, and deflates at the full ACK', () => {
    const peer = tenInFlight();
    for (let i = 0; i < 3; i++) duplicate(peer, 1);
    expect(peer.takeAll().map((s) => s.seq)).toEqual([10_001, 11_001, 1]);
    for (let i = 0; i < 9; i++) duplicate(peer, 1);
    const sent = peer.takeAll().map((s) => s.seq);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent[0]).toBe(12_001);
    peer.send({ flags: '.', seq: 1, ack: 12_001 });
    // What comes until something sent later is acknowledged may be duplicates of what was sent again: the state holds (RFC 6582, step 2).
    expect(peer.c.info()).toMatchObject({ tcpi_ca_state: 3, tcpi_snd_cwnd: 5 });
    peer.takeAll();
    peer.send({ flags: '.', seq: 1, ack: 13_001 });
    expect(peer.c.info()).toMatchObject({ tcpi_ca_state: 0, tcpi_snd_cwnd: 5 });
    peer.takeAll();
  });

  it('answers a partial ACK with the next hole at once (RFC 6582, 3.2)', () => {
    const peer = tenInFlight();
    for (let i = 0; i < 4; i++) duplicate(peer, 1);
    peer.takeAll();
    const reasons: string[] = [];
    peer.host.observe((event) => event.type === 'retransmit' && reasons.push(event.reason));
    peer.send({ flags: '.', seq: 1, ack: 3001 });
    expect(peer.takeAll()[0]).toMatchObject({ seq: 3001, data: 1000 });
    expect(peer.c.info().tcpi_ca_state).toBe(3);
    expect(reasons).toEqual(['partial ACK']);
    peer.send({ flags: '.', seq: 1, ack: 12_001 });
    peer.takeAll();
    peer.send({ flags: '.', seq: 1, ack: 13_001 });
    expect(peer.c.info().tcpi_ca_state).toBe(0);
    peer.takeAll();
  });

  it('sends one for each two that arrive (PRR, RFC 9937), and after each partial ACK the next hole at once (RFC 6582, section 3.2, step 3)', () => {
    const peer = tenInFlight();
    const dup = (): number[] => {
      duplicate(peer, 1);
      return numbers();
    };
    const numbers = (): number[] => peer.takeAll().map((s) => (s.seq! - 1) / 1000);
    // 0, 3 and 6 are lost: nine others arrive of the twelve that are out in the end.
    expect(Array.from({ length: 9 }, dup)).toEqual([[10], [11], [0], [], [12], [], [13], [], []]);
    duplicate(peer, 3001);
    expect(numbers()).toEqual([3, 14]);
    duplicate(peer, 6001);
    expect(numbers()).toEqual([6, 15]);
    expect(peer.c.info()).toMatchObject({ tcpi_ca_state: 3, tcpi_snd_cwnd: 5, tcpi_total_retrans: 3 });
    // All that was out when the loss was noticed: four of the window of five are out.
    duplicate(peer, 12_001);
    expect(numbers()).toEqual([16]);
    duplicate(peer, 13_001);
    expect(numbers()).toEqual([17]);
    expect(peer.c.info()).toMatchObject({ tcpi_ca_state: 0, tcpi_snd_cwnd: 5 });
  });

  it('does not take an ACK with data, a FIN or another window for a duplicate (RFC 5681, section 2)', () => {
    const peer = tenInFlight();
    for (let i = 0; i < 4; i++) peer.send({ flags: '.', seq: 1, ack: 1, wnd: 60_000 + i });
    for (let i = 0; i < 4; i++) peer.send({ flags: 'P.', seq: 1 + 10 * i, ack: 1, wnd: 60_003, data: 10 });
    expect(peer.takeAll().filter((s) => s.data !== 0)).toEqual([]);
    expect(peer.c.info().tcpi_ca_state).toBe(0);
  });

  it('does not enter recovery again for the flight that it has recovered (RFC 6582, 3.2, step 2)', () => {
    const peer = tenInFlight();
    for (let i = 0; i < 3; i++) duplicate(peer, 1);
    peer.takeAll();
    peer.send({ flags: '.', seq: 1, ack: 12_001 });
    peer.takeAll();
    for (let i = 0; i < 5; i++) duplicate(peer, 12_001);
    expect(peer.takeAll().filter((s) => s.seq === 12_001)).toEqual([]);
    expect(peer.host.tcp.counters.TCPFastRetrans).toBe(1);
  });

  it('takes no RTT sample from an ACK of a part of a segment, whose rest tells more', () => {
    const peer = tenInFlight();
    const before = peer.c.info().tcpi_rtt;
    peer.wait(100);
    peer.send({ flags: '.', seq: 1, ack: 501 });
    expect(peer.c.info()).toMatchObject({ tcpi_rtt: before, tcpi_bytes_acked: 500 });
    peer.wait(60);
    peer.send({ flags: '.', seq: 1, ack: 1001 });
    // An eighth of the sample of 160 ms.
    expect(peer.c.info().tcpi_rtt).toBe(Math.round(before + (160_000 - before) / 8));
    peer.takeAll();
  });

  it('takes no RTT sample from segments that waited behind a retransmitted one', () => {
    const peer = tenInFlight();
    const before = peer.c.info().tcpi_rtt;
    peer.wait(100);
    for (let i = 0; i < 3; i++) duplicate(peer, 1);
    peer.takeAll();
    peer.wait(50);
    peer.send({ flags: '.', seq: 1, ack: 10_001 });
    expect(peer.c.info().tcpi_rtt).toBe(before);
    peer.takeAll();
  });
});

describe('super-segments in loss recovery', () => {
  const superPeer = (): Peer => {
    const peer = new Peer({ gsoMaxSize: 65_535 }).connectsToHost({ mss: 1000 });
    peer.write(10_000);
    peer.expect({ flags: 'P.', seq: 1, data: 10_000, gso: 1000 });
    return peer;
  };

  it('a partly acknowledged super-segment counts as the segments that are left', () => {
    const peer = superPeer();
    expect(peer.c.info().tcpi_unacked).toBe(10);
    peer.send({ flags: '.', seq: 1, ack: 3001 });
    expect(peer.c.info().tcpi_unacked).toBe(7);
    peer.send({ flags: '.', seq: 1, ack: 3501 });
    expect(peer.c.info().tcpi_unacked).toBe(7);
  });

  it('the third duplicate ACK sends one MSS of it again, from where it was acknowledged', () => {
    const peer = superPeer();
    peer.send({ flags: '.', seq: 1, ack: 2001 });
    for (let i = 0; i < 3; i++) duplicate(peer, 2001);
    peer.expect({ flags: '.', seq: 2001, data: 1000 });
    expect(peer.c.info()).toMatchObject({ tcpi_unacked: 8, tcpi_retrans: 1, tcpi_lost: 1 });
    peer.send({ flags: '.', seq: 1, ack: 10_001 });
    expect(peer.c.info()).toMatchObject({ tcpi_unacked: 0, tcpi_retrans: 0, tcpi_lost: 0 });
  });

  it('a time-out sends one MSS of it again, then the rest in slow start', () => {
    const peer = superPeer();
    peer.send({ flags: '.', seq: 1, ack: 1501 });
    expect(peer.next().segment).toMatchObject({ seq: 1501, data: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 2501 });
    expect(peer.takeAll().map((s) => [s.seq, s.data, s.gso])).toEqual([[2501, 2000, 1000]]);
    peer.send({ flags: '.', seq: 1, ack: 10_001 });
    expect(peer.c.info().tcpi_unacked).toBe(0);
  });
});
