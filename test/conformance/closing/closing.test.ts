import { describe, expect, it } from 'vitest';
import { Peer, type SegmentSpec } from '../../support/peer.ts';
import { F, sendRaw } from '../../support/raw-packets.ts';

/** The host closed first, and the peer after it: TIME_WAIT. The peer's next octet is 2, the host's 2. */
function inTimeWait(syn: Partial<SegmentSpec> = {}, sysctls = {}): Peer {
  const peer = new Peer({ sysctls }).connectsToHost(syn);
  const ts = syn.ts ? { ts: [syn.ts[0] + 10, 0] as [number, number] } : {};
  peer.close();
  peer.expect({ flags: 'F.', seq: 1, ack: 1 });
  peer.send({ flags: 'F.', seq: 1, ack: 2, ...ts });
  peer.expect({ flags: '.', seq: 2, ack: 2 });
  expect(peer.state).toBe('TIME_WAIT');
  return peer;
}

describe('closing connections', () => {
  it('[SHLD-2] a RST with data ends the connection like one without (3.5.3)', () => {
    const peer = new Peer().connectsToHost();
    sendRaw(peer, { flags: F.RST, seq: 1, data: [119, 104, 121] });
    expect(peer.user.events).toEqual(['closed ECONNRESET']);
    expect(peer.user.received).toBe(0);
  });

  it('[MUST-12] the user learns whether the peer closed or aborted (3.6)', () => {
    const orderly = new Peer().connectsToHost();
    orderly.send({ flags: 'F.', seq: 1, ack: 1 });
    orderly.shutdown();
    orderly.takeAll();
    orderly.send({ flags: '.', seq: 2, ack: 2 });
    expect(orderly.user.events).toEqual(['readable', 'end', 'closed']);
    const aborted = new Peer().connectsToHost();
    aborted.send({ flags: 'R.', seq: 1, ack: 1 });
    expect(aborted.user.events).toEqual(['closed ECONNRESET']);
  });

  it('[MAY-1] CLOSE of both directions exists: what arrives can no longer be read (3.6.1)', () => {
    const peer = new Peer().connectsToHost();
    peer.close();
    peer.expect({ flags: 'F.', seq: 1 });
    expect(peer.c.readableLength).toBe(0);
    const half = new Peer().connectsToHost();
    half.shutdown();
    half.expect({ flags: 'F.', seq: 1 });
    half.send({ flags: 'P.', seq: 1, ack: 2, data: 10 });
    half.expect({ flags: '.', ack: 11 });
    expect(half.user.received).toBe(10);
  });

  it('[SHLD-3] CLOSE with octets unread is a RST (3.6.1)', () => {
    const peer = new Peer().connectsToHost();
    peer.user.autoRead = false;
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', ack: 11 });
    peer.close();
    peer.expect({ flags: 'R.', seq: 1, ack: 11 });
    expect(peer.state).toBe('CLOSED');
  });

  it('[SHLD-3] octets after CLOSE are answered by a RST (3.6.1)', () => {
    const peer = new Peer().connectsToHost();
    peer.close();
    peer.expect({ flags: 'F.', seq: 1 });
    peer.send({ flags: '.', seq: 1, ack: 2 });
    peer.send({ flags: 'P.', seq: 1, ack: 2, data: 10 });
    peer.expect({ flags: 'R', seq: 2 });
    expect(peer.state).toBe('CLOSED');
  });
});

describe('TIME_WAIT', () => {
  it('[MUST-13] lasts 2MSL, here 60 s as in Linux, and no longer (3.6.1)', () => {
    const peer = inTimeWait();
    peer.wait(59_999);
    expect(peer.state).toBe('TIME_WAIT');
    peer.wait(1);
    expect(peer.state).toBe('CLOSED');
  });

  it('[MUST-13] begins anew when the peer’s FIN comes again (3.10.7.4, eighth)', () => {
    const peer = inTimeWait();
    peer.wait(50_000);
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    peer.wait(59_999);
    expect(peer.state).toBe('TIME_WAIT');
    peer.wait(1);
    expect(peer.state).toBe('CLOSED');
  });

  it('[MUST-13] is reached from CLOSING as well, and can be as long as RFC 9293’s 4 minutes (3.6.1)', () => {
    const peer = new Peer({ sysctls: { tcp_timewait_len: 240_000 } }).connectsToHost();
    peer.shutdown();
    peer.expect({ flags: 'F.', seq: 1, ack: 1 });
    peer.send({ flags: 'F.', seq: 1, ack: 1 });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    peer.send({ flags: '.', seq: 2, ack: 2 });
    peer.wait(239_999);
    expect(peer.state).toBe('TIME_WAIT');
    peer.wait(1);
    expect(peer.state).toBe('CLOSED');
  });

  it('[MAY-2] a SYN beyond all that the old connection took opens the next, with an ISS beyond the old one’s (3.6.1)', () => {
    const peer = inTimeWait();
    const old = peer.hostIss!;
    peer.send({ flags: 'S', seq: 3, mss: 1460 });
    peer.expect({ flags: 'S.', seq: 0, ack: 4 });
    expect((peer.hostIss! - (old + 2)) | 0).toBeGreaterThan(65_535);
    expect(peer.state).toBe('SYN_RECEIVED');
  });

  it('[MAY-2] a SYN that is not beyond it is an old duplicate: an ACK, and TIME_WAIT stays (3.6.1)', () => {
    for (const seq of [0, 1, 2, -70_000]) {
      const peer = inTimeWait();
      peer.send({ flags: 'S', seq });
      peer.expect({ flags: '.', seq: 2, ack: 2 });
      expect(peer.state).toBe('TIME_WAIT');
    }
  });

  it('[SHLD-4] a SYN with a newer timestamp opens the next whatever its sequence number (3.6.1; RFC 6191, section 2)', () => {
    const peer = inTimeWait({ ts: [1000, 0] });
    peer.send({ flags: 'S', seq: -500_000, mss: 1460, ts: [1011, 0] });
    peer.expect({ flags: 'S.', ack: -499_999 });
    expect(peer.state).toBe('SYN_RECEIVED');
  });

  it('[SHLD-4] with an older timestamp none does; with the same, the sequence number decides (RFC 6191, section 2)', () => {
    const older = inTimeWait({ ts: [1000, 0] });
    older.send({ flags: 'S', seq: 500_000, ts: [1009, 0] });
    older.expect({ flags: '.', seq: 2, ack: 2 });
    expect(older.state).toBe('TIME_WAIT');
    const same = inTimeWait({ ts: [1000, 0] });
    same.send({ flags: 'S', seq: -500_000, ts: [1010, 0] });
    same.expect({ flags: '.', seq: 2, ack: 2 });
    expect(same.state).toBe('TIME_WAIT');
    same.send({ flags: 'S', seq: 500_000, ts: [1010, 0] });
    same.expect({ flags: 'S.', ack: 500_001 });
  });

  it('data of the old connection doesn’t disturb it: an ACK, no RST (RFC 1337, section 2: H2, H3)', () => {
    const peer = inTimeWait();
    peer.send({ flags: 'P.', seq: -99, ack: 1, data: 100 });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    expect(peer.state).toBe('TIME_WAIT');
  });

  it('an old ACK is not answered, or two sides could answer each other for ever (RFC 1337)', () => {
    const peer = inTimeWait();
    peer.send({ flags: '.', seq: 2, ack: 2 });
    peer.expectNothing();
    expect(peer.state).toBe('TIME_WAIT');
  });

  it('tcp_rfc1337 1: no RST ends it (RFC 1337, section 3, (F1))', () => {
    const peer = inTimeWait({}, { tcp_rfc1337: 1 });
    for (const seq of [2, 1, 3]) peer.send({ flags: 'R', seq });
    peer.expectNothing();
    expect(peer.state).toBe('TIME_WAIT');
  });

  it('tcp_rfc1337 0: as in Linux, a RST exactly in sequence does, any other doesn’t', () => {
    const peer = inTimeWait();
    for (const seq of [1, 3, 1000]) peer.send({ flags: 'R', seq });
    expect(peer.state).toBe('TIME_WAIT');
    peer.send({ flags: 'R', seq: 2 });
    expect(peer.state).toBe('CLOSED');
    peer.expectNothing();
  });
});
