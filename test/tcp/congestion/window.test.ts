import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

const plain = (syn = {}): Peer =>
  new Peer({ sysctls: { tcp_congestion_control: 'reno' } }).connectsToHost({ mss: 1000, ...syn });

describe('slow start, congestion avoidance, idling (RFC 5681)', () => {
  it('ten segments at first (RFC 6928), one more for each acknowledged', () => {
    const peer = plain();
    peer.write(60_000);
    expect(peer.takeAll()).toHaveLength(10);
    peer.send({ flags: '.', seq: 1, ack: 2001 });
    expect(peer.takeAll()).toHaveLength(4);
    peer.send({ flags: '.', seq: 1, ack: 14_001 });
    expect(peer.takeAll()).toHaveLength(24);
    expect(peer.c.info().tcpi_snd_cwnd).toBe(24);
  });

  it('above ssthresh one segment a round trip', () => {
    const peer = plain();
    peer.c.cc.ssthresh = 10;
    peer.write(60_000);
    peer.takeAll();
    for (let i = 1; i <= 10; i++) peer.send({ flags: '.', seq: 1, ack: 1 + 1000 * i });
    expect(peer.c.info().tcpi_snd_cwnd).toBe(11);
    expect(peer.takeAll()).toHaveLength(11);
    peer.send({ flags: '.', seq: 1, ack: 21_001 });
    expect(peer.c.info().tcpi_snd_cwnd).toBe(12);
    peer.takeAll();
  });

  it('does not grow for a sender that does not use it (RFC 7661)', () => {
    const peer = plain();
    for (let i = 0; i < 50; i++) {
      peer.write(1000);
      peer.expect({ flags: 'P.', data: 1000 });
      peer.send({ flags: '.', seq: 1, ack: 1 + 1000 * (i + 1) });
    }
    expect(peer.c.info().tcpi_snd_cwnd).toBe(10);
  });

  it('after a pause of many RTOs the window is the initial one again (4.1)', () => {
    const peer = plain();
    peer.write(30_000);
    for (let acked = 1; acked < 30_001; ) {
      acked += 1000 * peer.takeAll().length;
      peer.send({ flags: '.', seq: 1, ack: acked });
    }
    expect(peer.c.info().tcpi_snd_cwnd).toBeGreaterThan(10);
    peer.wait(10_000);
    peer.write(20_000);
    expect(peer.takeAll()).toHaveLength(10);
  });

  it('a super-segment counts as its segments, and partly used windows cut it to whole ones', () => {
    const peer = new Peer({ gsoMaxSize: 65_535, checksumOffload: true }).connectsToHost({ mss: 1000, wnd: 6500 });
    peer.write(20_000);
    peer.expect({ flags: 'P.', seq: 1, data: 6000, gso: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 3001, wnd: 65_535 });
    peer.expect({ flags: 'P.', seq: 6001, data: 10_000, gso: 1000 });
    expect(peer.c.info()).toMatchObject({ tcpi_data_segs_out: 16, tcpi_unacked: 13, tcpi_snd_cwnd: 13 });
    peer.send({ flags: '.', seq: 1, ack: 16_001 });
    peer.expect({ flags: 'P.', seq: 16_001, data: 4000, gso: 1000 });
  });
});
