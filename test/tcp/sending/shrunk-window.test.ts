import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

/** What carries no octets has to lie in the peer's window, or its ACK is dropped with it (RFC 9293, 3.10.7.4). */
describe('a window that was taken back over 600 octets that are out', () => {
  const shrunk = (wnd: number): Peer => {
    const peer = new Peer().connectsToHost();
    peer.user.autoRead = false;
    peer.write(1000);
    peer.expect({ flags: 'P.', seq: 1, data: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 401, wnd });
    return peer;
  };

  it.each([
    [0, 401],
    [100, 501],
    [600, 1001],
  ])('to %i octets: we acknowledge with SEQ %i', (wnd, seq) => {
    const peer = shrunk(wnd);
    peer.send({ flags: 'P.', seq: 1, ack: 401, wnd, data: 100 });
    peer.expect({ flags: '.', seq, ack: 101, data: 0 });
  });

  it('an abort resets at its edge', () => {
    const peer = shrunk(0);
    peer.abort();
    peer.expect({ flags: 'R.', seq: 401 });
    expect(peer.state).toBe('CLOSED');
  });
});
