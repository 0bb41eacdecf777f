import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';
import { stream } from '../../support/user.ts';

const waits = (peer: Peer, count: number): number[] => Array.from({ length: count }, () => peer.next().after);

describe('the retransmission timer (RFC 6298; RFC 9293, 3.8.1)', () => {
  it('backs off from 200 ms, doubling up to 120 s, and gives up after tcp_retries2: 924.6 s', () => {
    const peer = new Peer().connectsToHost();
    peer.write(100);
    peer.expect({ flags: 'P.', seq: 1, data: 100 });
    const expected = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 120, 120, 120, 120, 120];
    waits(peer, 15).forEach((wait, i) => void expect(wait / 1000).toBeCloseTo(expected[i]!, 1));
    peer.wait(119_000);
    expect(peer.state).toBe('ESTABLISHED');
    peer.wait(1100);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    expect(peer.now / 1000).toBeCloseTo(924.6, 0);
    peer.takeAll();
  });

  it('Karn: an ACK of what was sent again is no sample, and the back-off stays until there is one (3, 5)', () => {
    const peer = new Peer().connectsToHost();
    const rtt = peer.c.info().tcpi_rtt;
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    waits(peer, 3);
    expect(peer.c.info()).toMatchObject({ tcpi_backoff: 3, tcpi_retransmits: 3 });
    peer.send({ flags: '.', seq: 1, ack: 101 });
    expect(peer.c.info()).toMatchObject({ tcpi_backoff: 3, tcpi_retransmits: 0, tcpi_rtt: rtt });
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    peer.send({ flags: '.', seq: 1, ack: 201 });
    expect(peer.c.info().tcpi_backoff).toBe(0);
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    expect(peer.next().after).toBeCloseTo(200, -1);
  });

  it('measures each round trip: RTO = SRTT + max(200 ms, 4 RTTVAR) (2.2, 2.3)', () => {
    const peer = new Peer();
    peer.listen();
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.expect({ flags: 'S.' });
    peer.wait(100);
    peer.send({ flags: '.', seq: 1, ack: 1 });
    peer.accept();
    expect(peer.c.info()).toMatchObject({ tcpi_rtt: 100_000, tcpi_rttvar: 50_000, tcpi_rto: 300_000 });
    peer.write(10);
    peer.expect({ flags: 'P.', data: 10 });
    peer.wait(180);
    peer.send({ flags: '.', seq: 1, ack: 11 });
    // RTTVAR = 3/4 * 50 + 1/4 * |100 - 180| = 57.5; SRTT = 7/8 * 100 + 1/8 * 180 = 110
    expect(peer.c.info()).toMatchObject({ tcpi_rtt: 110_000, tcpi_rttvar: 57_500, tcpi_rto: 340_000 });
  });

  it('restarts when part of the flight is acknowledged (5.3), and stops when all is (5.2)', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    peer.write(3000);
    for (let i = 0; i < 3; i++) peer.expect({ flags: i === 2 ? 'P.' : '.', data: 1000 });
    peer.wait(150);
    peer.send({ flags: '.', seq: 1, ack: 1001 });
    peer.wait(150);
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 3001 });
    peer.wait(10_000);
    peer.expectNothing();
  });

  it('after it went off cwnd is one segment, ssthresh half the flight, then slow start (RFC 5681, 3.1)', () => {
    const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno' } }).connectsToHost({ mss: 1000 });
    peer.write(10_000);
    expect(peer.takeAll()).toHaveLength(10);
    expect(peer.next().segment).toMatchObject({ seq: 1, data: 1000 });
    expect(peer.c.info()).toMatchObject({ tcpi_snd_cwnd: 1, tcpi_snd_ssthresh: 5, tcpi_ca_state: 4 });
    peer.send({ flags: '.', seq: 1, ack: 1001 });
    expect(peer.takeAll().map((s) => s.seq)).toEqual([1001, 2001]);
    peer.send({ flags: '.', seq: 1, ack: 3001 });
    expect(peer.takeAll().map((s) => s.seq)).toEqual([3001, 4001, 5001, 6001]);
    peer.send({ flags: '.', seq: 1, ack: 10_001 });
    // Without SACK it holds until something sent later is acknowledged (RFC 6582, section 3.2, step 2).
    expect(peer.c.info()).toMatchObject({ tcpi_ca_state: 4 });
    peer.write(1000);
    peer.expect({ flags: 'P.', seq: 10_001, data: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 11_001 });
    expect(peer.c.info()).toMatchObject({ tcpi_ca_state: 0 });
  });

  it('a second time-out of the same segment leaves ssthresh (RFC 5681, 3.1)', () => {
    const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno' } }).connectsToHost({ mss: 1000 });
    peer.write(10_000);
    peer.takeAll();
    peer.next();
    peer.next();
    expect(peer.c.info().tcpi_snd_ssthresh).toBe(5);
  });

  it('a time-out does not send FIN before the data that it follows', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    peer.c.send(stream('host', 0, 1500));
    peer.shutdown();
    expect(peer.takeAll().map((s) => [s.flags, s.seq, s.data])).toEqual([
      ['.', 1, 1000],
      ['FP.', 1001, 500],
    ]);
    expect(peer.next().segment).toMatchObject({ flags: '.', seq: 1, data: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 1001 });
    peer.expect({ flags: 'FP.', seq: 1001, data: 500 });
  });

  it('a peer that takes its window back and goes on answering is never given up (MUST-37)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(100);
    peer.expect({ flags: 'P.', seq: 1, data: 100 });
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 0 });
    for (let i = 0; i < 40; i++) {
      peer.next();
      peer.send({ flags: '.', seq: 1, ack: 1, wnd: 0 });
    }
    expect(peer.state).toBe('ESTABLISHED');
    peer.send({ flags: '.', seq: 1, ack: 101, wnd: 1000 });
    expect(peer.c.bytesAcked).toBe(100);
  });
});

describe('the memory of what is sent', () => {
  it('detachSendQueue copies what is queued, so that the user may write its memory', () => {
    const peer = new Peer().connectsToHost({ mss: 1000, wnd: 1000 });
    const c = peer.c;
    peer.write(1000);
    peer.expect({ flags: 'P.', seq: 1, data: 1000 });
    const bytes = stream('host', 1000, 1000);
    c.send(bytes);
    c.detachSendQueue();
    bytes.fill(0);
    peer.machine.settle();
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 1000 });
    peer.expect({ flags: 'P.', seq: 1001, data: 1000 });
  });

  it('tells bytesAcked as a stream offset, and the user when it grows', () => {
    const peer = new Peer().connectsToHost();
    expect(peer.c.send(new Uint8Array(0))).toBe(0);
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    expect([peer.c.bytesAcked, peer.c.sendQueueLength]).toEqual([0, 100]);
    peer.send({ flags: '.', seq: 1, ack: 41 });
    expect([peer.c.bytesAcked, peer.c.sendQueueLength]).toEqual([40, 60]);
    expect(peer.user.events).toEqual(['writable']);
    peer.send({ flags: '.', seq: 1, ack: 101 });
    expect(peer.c.bytesAcked).toBe(100);
  });
});
