import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

describe('opening a connection', () => {
  it('passively: the three-way handshake (RFC 9293, figure 6)', () => {
    const peer = new Peer();
    const listener = peer.listen();
    peer.send({ flags: 'S', seq: 0, wnd: 65535, mss: 1460 });
    peer.expect({ flags: 'S.', seq: 0, ack: 1, mss: 1460, wnd: 64240 });
    expect(peer.state).toBe('SYN_RECEIVED');
    expect(listener.accept()).toBeNull();
    peer.send({ flags: '.', seq: 1, ack: 1 });
    expect(peer.state).toBe('ESTABLISHED');
    expect(peer.accept().remotePort).toBe(40_000);
  });

  it('actively: SYN, SYN-ACK, ACK (3.10.7.3)', () => {
    const peer = new Peer();
    peer.open();
    expect(peer.state).toBe('SYN_SENT');
    peer.expect({ flags: 'S', seq: 0, wnd: 64240, mss: 1460, wscale: 10, sackOk: true, ts: [0, 0] });
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    expect(peer.state).toBe('ESTABLISHED');
    expect(peer.user.events).toEqual(['connected']);
  });

  it('with data on the SYN-ACK and on the ACK of it (3.10.7.3, 3.10.7.4)', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', seq: 0 });
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460, data: stream1(10) });
    peer.expect({ flags: '.', seq: 1, ack: 11 });
    expect(peer.user.received).toBe(10);
  });

  it('with data and FIN on the handshake’s ACK goes to CLOSE_WAIT at once', () => {
    const peer = new Peer();
    peer.listen();
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.expect({ flags: 'S.', seq: 0, ack: 1 });
    peer.send({ flags: 'FP.', seq: 1, ack: 1, data: 100 });
    peer.accept();
    expect(peer.state).toBe('CLOSE_WAIT');
    expect(peer.user.received).toBe(100);
    expect(peer.user.events).toEqual(['readable', 'end']);
    peer.wait(40);
    peer.expect({ flags: '.', seq: 1, ack: 102 });
  });

  it('simultaneously: both SYNs cross (RFC 9293, figure 7)', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', seq: 0 });
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    expect(peer.state).toBe('SYN_RECEIVED');
    peer.expect({ flags: 'S.', seq: 0, ack: 1 });
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    expect(peer.state).toBe('ESTABLISHED');
    expect(peer.user.events).toEqual(['connected']);
    expect(peer.takeAll().every((s) => s.flags === '.' && s.seq === 1 && s.ack === 1)).toBe(true);
  });

  it('simultaneously, the peer acknowledging with a bare ACK', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', seq: 0 });
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.expect({ flags: 'S.', seq: 0, ack: 1 });
    peer.send({ flags: '.', seq: 1, ack: 1 });
    expect(peer.state).toBe('ESTABLISHED');
    expect(peer.user.events).toEqual(['connected']);
  });

  it('tells a user whose simultaneous open is never acknowledged', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', seq: 0 });
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.wait(200_000);
    expect(peer.user.events).toEqual(['closed ETIMEDOUT']);
    expect(peer.state).toBe('CLOSED');
    peer.takeAll();
  });

  it('an old duplicate SYN is undone by the peer’s RST (RFC 9293, figure 8)', () => {
    const peer = new Peer();
    peer.listen();
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.expect({ flags: 'S.', seq: 0, ack: 1 });
    peer.send({ flags: 'R', seq: 1 });
    expect(peer.state).toBe('CLOSED');
    peer.send({ flags: 'S', seq: 5000, mss: 1460 });
    peer.expect({ flags: 'S.', seq: 0, ack: 5001 });
    peer.send({ flags: '.', seq: 5001, ack: 1 });
    expect(peer.state).toBe('ESTABLISHED');
  });

  it('an ACK for a listener is answered by a RST at its sequence number (3.10.7.2; figure 10)', () => {
    const peer = new Peer();
    peer.listen();
    peer.send({ flags: '.', seq: 1, ack: 777 });
    peer.expect({ flags: 'R', seq: 777 });
  });

  it('a SYN for a port without a listener is refused: RST, ACK behind the SYN (3.10.7.1)', () => {
    const peer = new Peer();
    peer.send({ flags: 'S', seq: 0 });
    peer.expect({ flags: 'R.', seq: 0, ack: 1, wnd: 0 });
    peer.send({ flags: 'SF', seq: 0, data: stream1(10) });
    peer.expect({ flags: 'R.', seq: 0, ack: 12 });
    peer.send({ flags: 'P.', seq: 5, ack: 99, data: 3 });
    peer.expect({ flags: 'R', seq: 99 });
    peer.send({ flags: 'R', seq: 5 });
    peer.send({ flags: 'R.', seq: 5, ack: 9 });
    peer.expectNothing();
  });

  it('a refused active OPEN ends in ECONNREFUSED (3.10.7.3)', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', seq: 0 });
    peer.send({ flags: 'R.', seq: 0, ack: 1, wnd: 0 });
    expect(peer.user.events).toEqual(['closed ECONNREFUSED']);
    expect(peer.state).toBe('CLOSED');
    expect(peer.host.tcp.counters.AttemptFails).toBe(1);
  });

  it('in SYN_SENT a RST that does not acknowledge our SYN is dropped, an ACK of something else is reset', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', seq: 0 });
    peer.send({ flags: 'R', seq: 0 });
    peer.send({ flags: 'R.', seq: 0, ack: 5 });
    peer.expectNothing();
    peer.send({ flags: 'S.', seq: 0, ack: 5 });
    peer.expect({ flags: 'R', seq: 5 });
    peer.send({ flags: '.', seq: 0, ack: 0 });
    peer.expect({ flags: 'R', seq: 0 });
    expect(peer.state).toBe('SYN_SENT');
  });

  it('a repeated SYN gets the SYN-ACK again, and what was sent before ESTABLISHED waits', () => {
    const peer = new Peer();
    peer.open();
    peer.write(100);
    peer.expect({ flags: 'S', seq: 0 });
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    peer.expect({ flags: 'P.', seq: 1, ack: 1, data: 100 });
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    peer.expect({ flags: '.', seq: 101, ack: 1 });
  });

  it('CLOSE before ESTABLISHED: SYN_SENT is forgotten, SYN_RECEIVED says FIN when it can (3.10.4)', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', seq: 0 });
    peer.shutdown();
    peer.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    peer.expect({ flags: 'F.', seq: 1, ack: 1 });
    expect(peer.state).toBe('FIN_WAIT_1');

    const other = new Peer({ port: 40_001 });
    other.open();
    other.expect({ flags: 'S', seq: 0 });
    other.close();
    expect(other.state).toBe('CLOSED');
    other.send({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
    other.expect({ flags: 'R', seq: 1 });
  });
});

const stream1 = (count: number): Uint8Array => {
  // Data on a SYN begins at the octet behind it: the first of the stream.
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = (i * 31 + 7) & 255;
  return bytes;
};
