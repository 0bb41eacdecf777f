import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

/** Its user has closed, its FIN is acknowledged: what is left lives in the TIME_WAIT table. SND.NXT 2, RCV.NXT 1. */
function orphan(ts?: [number, number]): Peer {
  const more = ts === undefined ? {} : { ts };
  const peer = new Peer().connectsToHost(ts === undefined ? {} : { ts: [ts[0] - 500, 0] });
  peer.close();
  peer.expect({ flags: 'F.', seq: 1, ack: 1 });
  peer.send({ flags: '.', seq: 1, ack: 2, ...more });
  expect(peer.state).toBe('FIN_WAIT_2');
  expect([...peer.host.connections()]).toEqual([]);
  return peer;
}

describe('FIN_WAIT_2 without a user', () => {
  it('becomes TIME_WAIT by the peer’s FIN, for 2MSL from then on', () => {
    const peer = orphan();
    peer.wait(50_000);
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    expect(peer.state).toBe('TIME_WAIT');
    peer.wait(59_999);
    expect(peer.state).toBe('TIME_WAIT');
    peer.wait(1);
    expect(peer.state).toBe('CLOSED');
  });

  it('is reset by new data in the window (RFC 2525, 2.17)', () => {
    const peer = orphan();
    peer.send({ flags: 'P.', seq: 1, ack: 2, data: 10 });
    peer.expect({ flags: 'R', seq: 2 });
    expect(peer.state).toBe('CLOSED');
  });

  it('outlives data, SYN and RST that are not in their place, and answers what is not a RST', () => {
    const peer = orphan();
    for (const segment of [
      { flags: 'P.', seq: 500_000, ack: 2, data: 10 },
      { flags: 'P.', seq: -500_000, ack: 2, data: 10 },
      { flags: 'P.', seq: 1, ack: 9_999, data: 10 },
      { flags: 'S', seq: 1 },
      { flags: 'S', seq: 700_000 },
    ]) {
      peer.send(segment);
      peer.expect({ flags: '.', seq: 2, ack: 1 });
      peer.wait(500);
    }
    peer.send({ flags: 'R', seq: 2 });
    peer.send({ flags: 'P', seq: 1, data: 10 });
    peer.expectNothing();
    expect(peer.state).toBe('FIN_WAIT_2');
    peer.send({ flags: 'R', seq: 1 });
    expect(peer.state).toBe('CLOSED');
  });

  it('answers a keep-alive of the peer (RFC 9293, 3.8.4)', () => {
    const peer = orphan();
    peer.send({ flags: '.', seq: 0, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 1 });
    peer.send({ flags: '.', seq: 1, ack: 2 });
    peer.expectNothing();
  });

  it('takes no FIN that is older than what came last (RFC 7323, section 5.3)', () => {
    const peer = orphan([1000, 0]);
    peer.send({ flags: 'F.', seq: 1, ack: 2, ts: [999, 0] });
    peer.expect({ flags: '.', seq: 2, ack: 1 });
    expect(peer.state).toBe('FIN_WAIT_2');
    expect(peer.host.tcp.counters.PAWSTimewait).toBe(1);
    peer.send({ flags: 'F.', seq: 1, ack: 2, ts: [1000, 0] });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    expect(peer.state).toBe('TIME_WAIT');
  });

  it('answers bare ACKs and SYNs no more often than tcp_invalid_ratelimit, and octets always', () => {
    const peer = orphan();
    for (let i = 0; i < 4; i++) peer.send({ flags: i % 2 ? 'S' : '.', seq: 500_000, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 1 });
    for (let i = 0; i < 2; i++) {
      peer.send({ flags: 'P.', seq: 500_000, ack: 2, data: 10 });
      peer.expect({ flags: '.', seq: 2, ack: 1 });
    }
    peer.wait(500);
    peer.send({ flags: 'S', seq: 500_000 });
    peer.expect({ flags: '.', seq: 2, ack: 1 });
    expect(peer.host.tcp.counters.TCPACKSkippedFinWait2).toBe(3);
  });
});
