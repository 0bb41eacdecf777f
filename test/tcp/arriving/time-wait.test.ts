import { describe, expect, it } from 'vitest';
import type { SegmentSpec } from '../../support/peer.ts';
import { Peer, type PeerOptions } from '../../support/peer.ts';

/** The host closed first: it is in TIME_WAIT with SND.NXT 2 and RCV.NXT 12 (10 octets and the FIN). */
function inTimeWait(options: PeerOptions = {}, syn: Partial<SegmentSpec> = {}): Peer {
  const peer = new Peer(options).connectsToHost(syn);
  const ts = (n: number): Partial<SegmentSpec> => (syn.ts ? { ts: [syn.ts[0] + n, 0] } : {});
  peer.shutdown();
  peer.expect({ flags: 'F.', seq: 1 });
  peer.send({ flags: 'FP.', seq: 1, ack: 2, data: 10, ...ts(10) });
  peer.expect({ flags: '.', seq: 2, ack: 12 });
  expect(peer.state).toBe('TIME_WAIT');
  return peer;
}

describe('TIME_WAIT', () => {
  it('lasts 2MSL, 60 s by default, and tcp_timewait_len otherwise', () => {
    const peer = inTimeWait();
    peer.wait(59_999);
    expect(peer.state).toBe('TIME_WAIT');
    peer.wait(1);
    expect(peer.state).toBe('CLOSED');
    expect(peer.host.tcp.counters.TW).toBe(1);
    const short = inTimeWait({ port: 2, sysctls: { tcp_timewait_len: 5000 } });
    short.wait(5000);
    expect(short.state).toBe('CLOSED');
  });

  it('holds no connection: the table of connections is empty', () => {
    const peer = inTimeWait();
    expect([...peer.host.connections()]).toEqual([]);
    expect([...peer.host.tcp.timeWait.entries(peer.host.tcp.now)]).toMatchObject([
      { remotePort: 40_000, localPort: 80 },
    ]);
  });

  it('answers the FIN again, and begins anew (3.10.7.4, eighth)', () => {
    const peer = inTimeWait();
    peer.wait(50_000);
    peer.send({ flags: 'F.', seq: 11, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    peer.wait(59_999);
    expect(peer.state).toBe('TIME_WAIT');
    peer.wait(1);
    expect(peer.state).toBe('CLOSED');
  });

  it('answers old data with an ACK and lasts no longer for it', () => {
    const peer = inTimeWait();
    peer.wait(30_000);
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    peer.wait(30_000);
    expect(peer.state).toBe('CLOSED');
  });

  it('does not answer a bare ACK in its place', () => {
    const peer = inTimeWait();
    peer.send({ flags: '.', seq: 12, ack: 2 });
    peer.expectNothing();
  });

  it('answers bare ACKs and SYNs no more often than tcp_invalid_ratelimit, and octets and FINs always', () => {
    const peer = inTimeWait();
    for (let i = 0; i < 4; i++) peer.send({ flags: i % 2 ? 'S' : '.', seq: 5, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    for (const segment of [
      { flags: 'P.', data: 10, seq: 1 },
      { flags: 'F.', seq: 11 },
      { flags: 'F.', seq: 11 },
    ]) {
      peer.send({ ...segment, ack: 2 });
      peer.expect({ flags: '.', seq: 2, ack: 12 });
    }
    peer.wait(500);
    peer.send({ flags: 'S', seq: 5 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    expect(peer.host.tcp.counters.TCPACKSkippedTimeWait).toBe(3);
  });

  it('drops what is in the window and has no ACK bit (3.10.7.4, fifth)', () => {
    const peer = inTimeWait();
    for (const flags of ['F', 'P', '']) peer.send({ flags, seq: 12, data: flags === 'P' ? 10 : 0 });
    peer.expectNothing();
    expect(peer.host.tcp.drops.get('NoAck')).toBe(3);
  });

  it('a FIN again without the ACK bit is out of the window, so it is answered; but it restarts nothing', () => {
    const peer = inTimeWait();
    peer.wait(30_000);
    peer.send({ flags: 'F', seq: 11 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    peer.wait(30_000);
    expect(peer.state).toBe('CLOSED');
  });

  it('a RST exactly at RCV.NXT ends it where tcp_rfc1337 is 0, and nothing else does', () => {
    const peer = inTimeWait();
    peer.send({ flags: 'R', seq: 11 });
    peer.send({ flags: 'R', seq: 13 });
    expect(peer.state).toBe('TIME_WAIT');
    peer.send({ flags: 'R', seq: 12 });
    expect(peer.state).toBe('CLOSED');
  });

  it('resists assassination with tcp_rfc1337 (RFC 1337, section 3)', () => {
    const peer = inTimeWait({ sysctls: { tcp_rfc1337: 1 } });
    // An old duplicate, our ACK, and the RST with which a peer that has forgotten answers it.
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 5 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    peer.send({ flags: 'R', seq: 12 });
    expect(peer.state).toBe('TIME_WAIT');
  });

  it('a SYN beyond RCV.NXT begins the next incarnation, with an ISS beyond the last (MAY-2)', () => {
    const peer = inTimeWait();
    const old = peer.hostIss!;
    peer.send({ flags: 'S', seq: 100, mss: 1460 });
    peer.expect({ flags: 'S.', ack: 101 });
    expect((peer.hostIss! - old) | 0).toBe(2 + 65_537);
    expect(peer.state).toBe('SYN_RECEIVED');
    expect(peer.host.tcp.timeWait.count).toBe(1);
    peer.send({ flags: '.', seq: 101, ack: 1 });
    expect(peer.state).toBe('ESTABLISHED');
    expect(peer.host.tcp.timeWait.count).toBe(0);
  });

  it('is there again when that SYN proves to be an old duplicate, by a RST (MAY-2, (2))', () => {
    const peer = inTimeWait();
    const iss = peer.hostIss!;
    peer.wait(10_000);
    peer.send({ flags: 'S', seq: 100, mss: 1460 });
    peer.expect({ flags: 'S.', ack: 101 });
    peer.send({ flags: 'R', seq: 101 });
    expect(peer.state).toBe('TIME_WAIT');
    peer.hostIss = iss;
    peer.send({ flags: 'F.', seq: 11, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
  });

  it('a SYN with a FIN does not end it, nor one that the accept queue has no room for', () => {
    const peer = inTimeWait();
    peer.send({ flags: 'SF', seq: 100, mss: 1460 });
    peer.expectNothing();
    const { listener } = peer;
    for (let port = 1; !listener!.acceptQueueIsFull; port++) {
      const other = new Peer({ machine: peer.machine, port });
      other.send({ flags: 'S', seq: 0, mss: 1460 });
      other.expect({ flags: 'S.' });
      other.send({ flags: '.', seq: 1, ack: 1 });
    }
    peer.send({ flags: 'S', seq: 100, mss: 1460 });
    peer.expectNothing();
    expect(peer.state).toBe('TIME_WAIT');
    peer.send({ flags: 'F.', seq: 11, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
  });

  it('a SYN at or before RCV.NXT is an old duplicate: ACK', () => {
    const peer = inTimeWait();
    peer.send({ flags: 'S', seq: 12 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    peer.wait(500);
    peer.send({ flags: 'S', seq: 0 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    expect(peer.state).toBe('TIME_WAIT');
  });

  it('with timestamps the newer timestamp decides (RFC 6191, section 2)', () => {
    const peer = inTimeWait({}, { ts: [1000, 0] });
    peer.send({ flags: 'S', seq: 100, ts: [1009, 0] });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    peer.send({ flags: 'S', seq: -100, ts: [1011, 0], mss: 1460 });
    peer.expect({ flags: 'S.', ack: -99 });
  });

  it('with equal timestamps the sequence number decides', () => {
    const peer = inTimeWait({}, { ts: [1000, 0] });
    peer.send({ flags: 'S', seq: 5, ts: [1010, 0] });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    peer.send({ flags: 'S', seq: 100, ts: [1010, 0], mss: 1460 });
    peer.expect({ flags: 'S.', ack: 101 });
  });

  it('lasts on when a SYN comes for a port that has no listener any more', () => {
    const peer = inTimeWait();
    peer.listener!.close();
    peer.send({ flags: 'S', seq: 100, mss: 1460 });
    peer.expect({ flags: '.', seq: 2, ack: 12 });
    expect(peer.state).toBe('TIME_WAIT');
  });

  it('no more than tcp_max_tw_buckets: beyond it the connection closes without', () => {
    const peer = new Peer({ sysctls: { tcp_max_tw_buckets: 0 } }).connectsToHost();
    peer.close();
    peer.expect({ flags: 'F.', seq: 1 });
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.', ack: 2 });
    expect(peer.state).toBe('CLOSED');
    expect(peer.host.tcp.counters.TCPTimeWaitOverflow).toBe(1);
  });

  it('keeps its four-tuple from being used by a new active OPEN', () => {
    const peer = new Peer().acceptsFromHost();
    peer.shutdown();
    peer.expect({ flags: 'F.', seq: 1 });
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.', ack: 2 });
    expect(() => peer.open({ localPort: peer.hostPort })).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
  });
});
