import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { Peer } from '../../support/peer.ts';
import { takeRaw } from '../../support/raw-packets.ts';

/** A connection of Reno with an RTT of 100 ms: SRTT 100 ms, RTTVAR 50 ms. */
function slowPath(options = {}, sysctls: Partial<Sysctls> = {}): Peer {
  const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno', ...sysctls } });
  peer.open();
  peer.expect({ flags: 'S' });
  peer.wait(100);
  peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1000, ...options });
  peer.expect({ flags: '.', seq: 1, ack: 1 });
  return peer;
}

/** The peer acknowledges each window that the host sends, `turns` times. @returns how many segments each had */
function windows(peer: Peer, turns: number): number[] {
  const sizes: number[] = [];
  for (let i = 0; i < turns; i++) {
    peer.wait(100);
    const sent = peer.takeAll();
    sizes.push(sent.length);
    for (const { seq, data } of sent) peer.send({ flags: '.', seq: 1, ack: seq! + (data as number) });
  }
  peer.takeAll();
  return sizes;
}

describe('retransmission', () => {
  it('[MUST-19] the time-out doubles each time (3.8.2; RFC 6298, section 5.5)', () => {
    const peer = slowPath();
    peer.write(100);
    peer.takeAll();
    expect(peer.c.info().tcpi_rto).toBe(300_000);
    const waits = Array.from({ length: 10 }, () => Math.round(peer.next().after));
    expect(waits).toEqual([300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 76_800, 120_000]);
  });

  it('[MUST-19] slow start: the window doubles with each round trip (3.8.2; RFC 5681, section 3.1)', () => {
    const peer = slowPath();
    peer.write(1_000_000);
    expect(windows(peer, 3)).toEqual([10, 20, 40]);
  });

  it('[MUST-19] congestion avoidance: beyond ssthresh it grows by one segment a round trip', () => {
    const peer = slowPath();
    peer.c.cc.ssthresh = 10;
    peer.write(1_000_000);
    expect(windows(peer, 5)).toEqual([10, 11, 12, 13, 14]);
  });

  it('[MUST-19] after a time-out: one segment, ssthresh at half of what was out (RFC 5681, section 3.1, (4))', () => {
    // Without F-RTO, which would send new data first (RFC 5682).
    const peer = slowPath({}, { tcp_frto: 0 });
    peer.write(1_000_000);
    expect(peer.takeAll()).toHaveLength(10);
    expect(peer.next().segment.seq).toBe(1);
    peer.expectNothing();
    expect(peer.c.info()).toMatchObject({ tcpi_snd_cwnd: 1, tcpi_snd_ssthresh: 5 });
    peer.send({ flags: '.', seq: 1, ack: 1001 });
    expect(peer.takeAll().map((s) => s.seq)).toEqual([1001, 2001]);
  });

  it('[MUST-19] the third duplicate ACK sends again and halves the window (RFC 5681, section 3.2)', () => {
    const peer = slowPath();
    peer.write(1_000_000);
    peer.takeAll();
    for (let i = 0; i < 2; i++) peer.send({ flags: '.', seq: 1, ack: 1 });
    expect(peer.takeAll().map((s) => s.seq)).toEqual([10_001, 11_001]);
    peer.send({ flags: '.', seq: 1, ack: 1 });
    peer.expect({ flags: '.', seq: 1, data: 1000 });
    expect(peer.c.info().tcpi_snd_ssthresh).toBe(5);
    peer.takeAll();
  });

  it('[MUST-18] the first sample: SRTT is it, RTTVAR half of it, RTO their sum with four times (RFC 6298, section 2.2)', () => {
    expect(slowPath().c.info()).toMatchObject({ tcpi_rtt: 100_000, tcpi_rttvar: 50_000, tcpi_rto: 300_000 });
  });

  it('[MUST-18] later ones: an eighth and a quarter of the news (RFC 6298, section 2.3)', () => {
    const peer = slowPath();
    peer.write(10);
    peer.takeAll();
    peer.wait(180);
    peer.send({ flags: '.', seq: 1, ack: 11 });
    // RTTVAR = 3/4 50 + 1/4 |100 - 180|, SRTT = 7/8 100 + 1/8 180
    expect(peer.c.info()).toMatchObject({ tcpi_rtt: 110_000, tcpi_rttvar: 57_500, tcpi_rto: 340_000 });
  });

  it('[MUST-18] Karn: an ACK of what was sent twice is no sample (RFC 6298, section 3)', () => {
    const peer = slowPath();
    peer.write(10);
    peer.takeAll();
    peer.next();
    peer.wait(70);
    peer.send({ flags: '.', seq: 1, ack: 11 });
    expect(peer.c.info()).toMatchObject({ tcpi_rtt: 100_000, tcpi_rttvar: 50_000 });
  });

  it('[MUST-18] Karn: the backed-off time-out stays until there is a sample again (RFC 6298, section 5)', () => {
    const peer = slowPath();
    peer.write(10);
    peer.takeAll();
    expect(Math.round(peer.next().after)).toBe(300);
    peer.send({ flags: '.', seq: 1, ack: 11 });
    peer.write(10);
    peer.takeAll();
    expect(Math.round(peer.next().after)).toBe(600);
    peer.send({ flags: '.', seq: 1, ack: 21 });
    peer.write(10);
    peer.takeAll();
    peer.wait(100);
    peer.send({ flags: '.', seq: 1, ack: 31 });
    peer.write(10);
    peer.takeAll();
    expect(peer.next().after).toBeLessThan(310);
  });

  it('[MUST-18] with timestamps what was sent twice is a sample all the same (RFC 7323, section 4.1)', () => {
    const peer = slowPath({ ts: [1, 0] });
    peer.write(10);
    const { ts } = peer.takeAll()[0]!;
    const again = peer.next().segment;
    expect(again.ts![0]).toBeGreaterThan(ts![0]);
    peer.wait(180);
    peer.send({ flags: '.', seq: 1, ack: 11, ts: [500, again.ts![0]] });
    expect(peer.c.info().tcpi_rtt).toBe(110_000);
  });

  it('the time-out is never below 200 ms beyond the RTT, nor above 120 s (RFC 6298, section 2.4; as Linux)', () => {
    const peer = new Peer().connectsToHost();
    for (let i = 0; i < 20; i++) {
      peer.write(10);
      peer.takeAll();
      peer.wait(1);
      peer.send({ flags: '.', seq: 1, ack: 11 + 10 * i });
    }
    expect(peer.c.info().tcpi_rto).toBeGreaterThanOrEqual(200_000);
    expect(peer.c.info().tcpi_rto).toBeLessThan(202_000);
  });

  it('the timer starts afresh with an ACK of new octets and stops with the last (RFC 6298, sections 5.2, 5.3)', () => {
    const peer = slowPath();
    peer.write(2000);
    peer.takeAll();
    peer.wait(250);
    peer.send({ flags: '.', seq: 1, ack: 1001 });
    const rto = peer.c.info().tcpi_rto / 1000;
    expect(Math.abs(peer.next().after - rto)).toBeLessThan(2);
    peer.send({ flags: '.', seq: 1, ack: 2001 });
    peer.wait(600_000);
    peer.expectNothing();
  });

  it('[MAY-4] all segments have the IP identification 0: with DF they are atomic (3.8.1; RFC 6864, section 4.1)', () => {
    const peer = slowPath();
    peer.write(10);
    const first = takeRaw(peer);
    peer.wait(300);
    const again = takeRaw(peer);
    expect([first.id, again.id]).toEqual([0, 0]);
    expect(again.bytes[6]! & 0x40).toBe(0x40);
    expect(again.data).toEqual(first.data);
  });
});
