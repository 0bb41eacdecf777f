import { describe, expect, it } from 'vitest';
import { Peer, type PeerOptions, type SegmentSpec } from '../../support/peer.ts';

/** With Reno, unless `options` say otherwise: `octets` are written; what the initial window lets out is taken. */
function sending(octets: number, syn: Partial<SegmentSpec> = {}, options: PeerOptions = {}): Peer {
  const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno' }, ...options }).connectsToHost({
    mss: 1000,
    ...syn,
  });
  peer.write(octets);
  return peer;
}

const duplicate = (peer: Peer, ack: number): number[] => {
  peer.send({ flags: '.', seq: 1, ack });
  return peer.takeAll().map((s) => s.seq!);
};

describe('the initial window (RFC 6928)', () => {
  it('is ten segments, whatever their size (section 2)', () => {
    for (const mss of [536, 1000, 1460]) {
      const sizes = sending(100_000, { mss }).takeAll();
      expect(sizes.map((s) => s.data)).toEqual(Array(10).fill(mss));
    }
    expect(sending(100_000, {}, {}).takeAll()).toHaveLength(10);
  });

  it('is one segment after the SYN or SYN-ACK was lost (section 2; RFC 5681, section 3.1)', () => {
    const peer = new Peer();
    peer.listen();
    peer.send({ flags: 'S', seq: 0, mss: 1000 });
    peer.expect({ flags: 'S.' });
    peer.next();
    peer.next();
    peer.send({ flags: '.', seq: 1, ack: 1 });
    peer.accept();
    peer.write(10_000);
    expect(peer.takeAll()).toHaveLength(1);
  });

  it('comes back after a long pause (RFC 5681, section 4.1)', () => {
    const peer = sending(0);
    for (let acked = 1; acked < 60_000; ) {
      peer.write(10_000);
      for (const s of peer.takeAll()) acked = Math.max(acked, s.seq! + (s.data as number));
      peer.send({ flags: '.', seq: 1, ack: acked });
    }
    peer.takeAll();
    const before = peer.c.info().tcpi_snd_cwnd;
    expect(before).toBeGreaterThan(15);
    peer.wait(100_000);
    peer.write(100_000);
    expect(peer.takeAll()).toHaveLength(10);
  });
});

describe('fast retransmit and recovery without SACK (RFC 5681, section 3.2; RFC 6582)', () => {
  it('limited transmit: two duplicate ACKs let two new segments out (RFC 3042, section 2)', () => {
    const peer = sending(100_000);
    peer.takeAll();
    expect([duplicate(peer, 1), duplicate(peer, 1)]).toEqual([[10_001], [11_001]]);
    expect(peer.c.info().tcpi_snd_cwnd).toBe(10);
  });

  it('limited transmit: not beyond the peer’s window (RFC 3042, section 2)', () => {
    const peer = sending(100_000, { wnd: 10_000 });
    expect(peer.takeAll()).toHaveLength(10);
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 10_000 });
    peer.expectNothing();
  });

  it('the third sends the first segment again (RFC 5681, section 3.2, step 2)', () => {
    const peer = sending(10_000);
    peer.takeAll();
    expect([1, 2, 3, 4].map(() => duplicate(peer, 1))).toEqual([[], [], [1], []]);
    peer.send({ flags: '.', seq: 1, ack: 10_001 });
    expect(peer.c.info()).toMatchObject({
      tcpi_snd_cwnd: 5,
      tcpi_snd_ssthresh: 5,
      tcpi_total_retrans: 1,
    });
  });

  it('no ACK with data, with another window, or of nothing outstanding is a duplicate (RFC 5681, section 2)', () => {
    const peer = sending(10_000);
    peer.takeAll();
    for (let i = 0; i < 6; i++) {
      peer.send({ flags: '.', seq: 1, ack: 1, wnd: 60_000 + i });
      peer.send({
        flags: '.',
        seq: 1 + 10 * i,
        ack: 1,
        wnd: 60_000 + i,
        data: 10,
      });
    }
    expect(peer.takeAll().every((s) => s.data === 0)).toBe(true);
    expect(peer.c.info().tcpi_total_retrans).toBe(0);
  });

  it('a partial ACK sends the next hole at once, and recovery goes on (RFC 6582, section 3.2, step 3)', () => {
    const peer = sending(10_000);
    peer.takeAll();
    for (let i = 0; i < 2; i++) duplicate(peer, 1);
    expect(duplicate(peer, 1)).toEqual([1]);
    expect(duplicate(peer, 4001)).toEqual([4001]);
    expect(duplicate(peer, 7001)).toEqual([7001]);
    expect(peer.c.info().tcpi_ca_state).toBe(3);
    peer.send({ flags: '.', seq: 1, ack: 10_001 });
    // Without SACK the state holds until something sent later is acknowledged (step 2).
    expect(peer.c.info()).toMatchObject({
      tcpi_ca_state: 3,
      tcpi_total_retrans: 3,
      tcpi_snd_ssthresh: 5,
    });
  });

  it('later duplicates make room for new segments: the window is inflated (RFC 5681, section 3.2, step 4)', () => {
    const peer = sending(100_000);
    peer.takeAll();
    const sent = Array.from({ length: 11 }, () => duplicate(peer, 1)).flat();
    // Two by limited transmit, the lost one, and the rest once half of the flight has left.
    expect(sent.slice(0, 3)).toEqual([10_001, 11_001, 1]);
    expect(sent.length).toBeGreaterThan(4);
    expect(sent.slice(3)).toEqual(sent.slice(3).map((_, i) => 12_001 + 1000 * i));
  });

  it('after a time-out duplicates of the old flight start no fast retransmit (RFC 6582, section 4)', () => {
    const peer = sending(10_000);
    peer.takeAll();
    expect(peer.next().segment.seq).toBe(1);
    for (let i = 0; i < 6; i++) expect(duplicate(peer, 1)).toEqual([]);
    peer.send({ flags: '.', seq: 1, ack: 10_001 });
    expect(peer.c.info().tcpi_total_retrans).toBe(1);
  });
});
