import { beforeEach, describe, expect, it } from 'vitest';
import type { Bbr } from '../../../src/tcp/variables/bbr.ts';
import { Peer } from '../../support/peer.ts';

/** A peer that acknowledges otherwise than a TCP does, against a sender with BBR. */

const MSS = 1000;
const ROUND = 20; // ms
let peer: Peer;

/** Octets that have left, and those that it takes for acknowledged. */
let sent = 0;
let acked = 0;

const b = (): Bbr => peer.c.cc.own as Bbr;

beforeEach(() => {
  // A send buffer of 60 segments keeps what is out within bounds: no path here has a rate.
  peer = new Peer({ sysctls: { tcp_congestion_control: 'bbr', tcp_wmem: [4096, 16_384, 60_000] } });
  peer.verifyData = false;
  peer.listen();
  peer.send({ flags: 'S', seq: 0, wnd: 65_535, mss: MSS, wscale: 8, sackOk: true });
  peer.expect({ flags: 'S.' });
  peer.wait(ROUND);
  peer.send({ flags: '.', seq: 1, ack: 1, wnd: 60_000 });
  peer.accept();
  sent = acked = 0;
  peer.user.onWritable = fill;
  fill();
});

/** The user always has more to send. */
function fill(): void {
  while (peer.c.sendSpace > 0) peer.write(10_000);
}

/** Takes what has left. */
function take(): void {
  for (const { seq, data } of peer.takeAll()) sent = Math.max(sent, seq! - 1 + (data as number));
}

function ack(octets: number, sack?: [number, number][]): void {
  peer.send({ flags: '.', seq: 1, ack: octets + 1, wnd: 60_000, ...(sack && { sack }) });
  check();
}

/** Whatever came: a rate and a window that can be. */
function check(): void {
  const { pacingRate, cwnd } = peer.c.cc;
  expect(pacingRate).toSatisfy((rate: number) => Number.isFinite(rate) && rate >= 1);
  expect(cwnd).toSatisfy((window: number) => Number.isSafeInteger(window) && window >= 1);
}

/** As a good receiver, for so many round trips. */
function honest(rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    peer.wait(ROUND);
    take();
    acked = sent;
    ack(acked);
    take();
  }
}

/** Behind all of it the connection goes on: what is written still arrives. */
function goesOn(): void {
  const before = sent;
  honest(20);
  expect(sent - before).toBeGreaterThan(20 * 4 * MSS);
  expect(peer.state).toBe('ESTABLISHED');
}

describe('BBR and a peer whose ACKs', () => {
  it('are divided, one for each octet: they are counted by the segment, and make no bandwidth', () => {
    honest(10);
    const { greatestBandwidth } = b();
    for (let round = 0; round < 6; round++) {
      peer.wait(ROUND);
      take();
      for (let part = 1; part <= 150; part++) ack(acked + part);
      acked += 150;
      take();
    }
    expect(b().greatestBandwidth).toBeLessThan(1.5 * greatestBandwidth);
    expect(peer.c.cc.cwnd).toBeLessThan(400);
    goesOn();
  });

  it('stretch over all that is out, and come a second late', () => {
    for (let i = 0; i < 30; i++) {
      peer.wait(1000);
      take();
      acked = sent;
      ack(acked);
    }
    goesOn();
  });

  it('are optimistic, for what was never sent: refused, and no sample', () => {
    honest(10);
    peer.wait(ROUND);
    take();
    const { pacingRate, cwnd } = peer.c.cc;
    const { rounds, greatestBandwidth } = b();
    for (const beyond of [1, MSS, 1_000_000, 0x3fff_0000]) ack(peer.c.bytesSent + beyond);
    take();
    expect([peer.c.cc.pacingRate, peer.c.cc.cwnd]).toEqual([pacingRate, cwnd]);
    expect(b()).toMatchObject({ rounds, greatestBandwidth });
    goesOn();
  });

  it('are optimistic, for what has just left: no time at all, and yet a rate', () => {
    for (let i = 0; i < 100; i++) {
      take();
      acked = sent;
      ack(acked); // a round trip of 0 us
      if (i % 20 === 19) peer.wait(1);
    }
    expect(b().minRtt).toBe(1);
    goesOn();
  });

  it('come in one bunch, after it was suspended for a minute', () => {
    honest(10);
    peer.wait(60_000);
    take();
    const until = sent;
    for (let part = acked; part < until; part += 500) ack(part);
    acked = until;
    ack(acked);
    goesOn();
  });

  it('renege on what SACK said, or tell of it all the time anew', () => {
    honest(5);
    for (let round = 0; round < 12; round++) {
      peer.wait(ROUND);
      take();
      const edge = acked + 2 * MSS + 1;
      for (let part = 0; part < 5; part++) if (edge + MSS <= sent) ack(acked, [[edge, edge + MSS]]);
      ack(acked);
    }
    goesOn();
  });

  it('are none, until all time-outs but the last are over', () => {
    honest(5);
    for (let i = 0; i < 8; i++) {
      peer.wait(8000);
      take();
      check();
    }
    expect(peer.c.totalRto).toBeGreaterThan(3);
    goesOn();
  });

  it('take a round trip of an hour by the clock, when time jumps', () => {
    honest(5);
    take();
    peer.c.ownOptions().userTimeout = 0;
    peer.wait(600_000);
    take();
    acked = sent;
    ack(acked);
    check();
    goesOn();
  });
});
