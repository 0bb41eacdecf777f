import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

describe('closing', () => {
  it('first: FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT (RFC 9293, figure 12)', () => {
    const peer = new Peer().connectsToHost();
    peer.close();
    peer.expect({ flags: 'F.', seq: 1, ack: 1 });
    expect(peer.state).toBe('FIN_WAIT_1');
    peer.send({ flags: '.', seq: 1, ack: 2 });
    expect(peer.state).toBe('FIN_WAIT_2');
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    expect(peer.state).toBe('TIME_WAIT');
    peer.wait(59_999);
    expect(peer.state).toBe('TIME_WAIT');
    peer.wait(1);
    expect(peer.state).toBe('CLOSED');
  });

  it('first, with the FIN and its ACK in one segment: straight to TIME_WAIT', () => {
    const peer = new Peer().connectsToHost();
    peer.close();
    peer.expect({ flags: 'F.', seq: 1, ack: 1 });
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    expect(peer.state).toBe('TIME_WAIT');
  });

  it('second: CLOSE_WAIT, LAST_ACK, CLOSED (figure 12, TCP peer B)', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'F.', seq: 1, ack: 1 });
    peer.expect({ flags: '.', seq: 1, ack: 2 });
    expect(peer.state).toBe('CLOSE_WAIT');
    expect(peer.user.events).toEqual(['readable', 'end']);
    peer.shutdown();
    peer.expect({ flags: 'F.', seq: 1, ack: 2 });
    expect(peer.state).toBe('LAST_ACK');
    peer.send({ flags: '.', seq: 2, ack: 2 });
    expect(peer.state).toBe('CLOSED');
    expect(peer.user.events.at(-1)).toBe('closed');
  });

  it('at once: CLOSING, then TIME_WAIT (figure 13)', () => {
    const peer = new Peer().connectsToHost();
    peer.shutdown();
    peer.expect({ flags: 'F.', seq: 1, ack: 1 });
    peer.send({ flags: 'F.', seq: 1, ack: 1 });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    expect(peer.state).toBe('CLOSING');
    peer.send({ flags: '.', seq: 2, ack: 2 });
    expect(peer.state).toBe('TIME_WAIT');
    expect(peer.user.events.at(-1)).toBe('closed');
  });

  it('at once, and both ends of it in one batch: their FIN is acknowledged before TIME_WAIT', () => {
    const peer = new Peer().connectsToHost();
    peer.shutdown();
    peer.expect({ flags: 'F.', seq: 1, ack: 1 });
    peer.batch(() => {
      peer.send({ flags: 'F.', seq: 1, ack: 1 });
      peer.send({ flags: '.', seq: 2, ack: 2 });
    });
    peer.expect({ flags: '.', seq: 2, ack: 2 });
    peer.expectNothing();
    expect(peer.state).toBe('TIME_WAIT');
  });

  it.each(['CLOSING', 'LAST_ACK'])('a RST in %s is an error if it means that octets may be lost', (state) => {
    for (const lost of [true, false]) {
      const peer = new Peer().connectsToHost();
      peer.write(10);
      if (state === 'LAST_ACK') peer.send({ flags: 'F.', seq: 1, ack: 1 });
      peer.shutdown();
      if (state === 'CLOSING') peer.send({ flags: 'F.', seq: 1, ack: 1 });
      peer.takeAll();
      if (!lost) peer.send({ flags: '.', seq: 2, ack: 11 });
      expect(peer.state).toBe(state);
      peer.send({ flags: 'R', seq: 2 });
      expect(peer.state).toBe('CLOSED');
      expect(peer.user.events.at(-1)).toBe(lost ? 'closed ECONNRESET' : 'closed');
      peer.takeAll();
    }
  });

  it('half: our FIN goes, their data still comes (3.6, case 1)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 1, data: 10 });
    peer.shutdown();
    peer.expect({ flags: 'F.', seq: 11, ack: 1 });
    peer.send({ flags: '.', seq: 1, ack: 12 });
    peer.wait(1_000_000);
    expect(peer.state).toBe('FIN_WAIT_2');
    peer.send({ flags: 'P.', seq: 1, ack: 12, data: 500 });
    peer.expect({ flags: '.', seq: 12, ack: 501 });
    expect(peer.user.received).toBe(500);
    expect(() => peer.write(1)).toThrow(expect.objectContaining({ code: 'EPIPE' }));
  });

  it('half the other way: their FIN came, our data still goes', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'F.', seq: 1, ack: 1 });
    peer.expect({ flags: '.', seq: 1, ack: 2 });
    peer.write(1000);
    peer.expect({ flags: 'P.', seq: 1, ack: 2, data: 1000 });
    peer.send({ flags: '.', seq: 2, ack: 1001 });
    peer.shutdown();
    peer.expect({ flags: 'F.', seq: 1001, ack: 2 });
  });

  it('sends the FIN with the last octets, and again if it is lost', () => {
    const peer = new Peer().connectsToHost();
    peer.c.send(new Uint8Array(0));
    peer.write(100);
    peer.expect({ flags: 'P.', seq: 1, data: 100 });
    peer.write(200);
    peer.expectNothing(); // Nagle
    peer.close();
    peer.expect({ flags: 'FP.', seq: 101, data: 200 });
    peer.send({ flags: '.', seq: 1, ack: 301 });
    expect(peer.state).toBe('FIN_WAIT_1');
    expect(peer.next().segment).toMatchObject({ flags: 'F.', seq: 301, data: 0 });
  });

  it('an orphan stays in FIN_WAIT_2 for tcp_fin_timeout, 60 s', () => {
    const peer = new Peer().connectsToHost();
    peer.close();
    peer.expect({ flags: 'F.', seq: 1 });
    peer.send({ flags: '.', seq: 1, ack: 2 });
    peer.wait(59_999);
    expect(peer.state).toBe('FIN_WAIT_2');
    peer.wait(1);
    expect(peer.state).toBe('CLOSED');
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: 'R', seq: 2 });
  });

  it('an orphan gives up after tcp_orphan_retries (0 means 8) retransmissions', () => {
    const peer = new Peer().connectsToHost();
    peer.close();
    peer.expect({ flags: 'F.', seq: 1 });
    for (let i = 0; i < 8; i++) expect(peer.next().segment.flags).toBe('F.');
    peer.wait(200_000);
    expect(peer.state).toBe('CLOSED');
    peer.takeAll();
  });

  it('with unread data resets (RFC 2525, 2.17; RFC 9293, 3.10.4)', () => {
    const peer = new Peer().connectsToHost();
    peer.user.autoRead = false;
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', seq: 1, ack: 11 });
    peer.close();
    peer.expect({ flags: 'R.', seq: 1, ack: 11 });
    expect(peer.state).toBe('CLOSED');
    expect(peer.host.tcp.counters.TCPAbortOnClose).toBe(1);
  });

  it('data for a user who has closed is reset', () => {
    const peer = new Peer().connectsToHost();
    peer.close();
    peer.expect({ flags: 'F.', seq: 1, ack: 1 });
    peer.send({ flags: 'P.', seq: 1, ack: 2, data: 10 });
    peer.expect({ flags: 'R', seq: 2 });
    expect(peer.state).toBe('CLOSED');
    expect(peer.host.tcp.counters.TCPAbortOnData).toBe(1);
  });

  it('ABORT: RST in synchronized states, silence where both FINs are out (3.10.5)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 1, data: 10 });
    peer.abort();
    peer.expect({ flags: 'R.', seq: 11, ack: 1 });
    expect(peer.state).toBe('CLOSED');
    expect(peer.user.events).toEqual([]);

    const late = new Peer({ port: 40_001 }).connectsToHost();
    late.send({ flags: 'F.', seq: 1, ack: 1 });
    late.expect({ flags: '.', ack: 2 });
    late.shutdown();
    late.expect({ flags: 'F.', seq: 1, ack: 2 });
    late.abort();
    late.expectNothing();
    expect(late.state).toBe('CLOSED');
  });

  it('a FIN out of order waits for the octets before it', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'F.', seq: 101, ack: 1 });
    peer.expect({ flags: '.', seq: 1, ack: 1 });
    expect(peer.state).toBe('ESTABLISHED');
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 100 });
    peer.expect({ flags: '.', seq: 1, ack: 102 });
    expect(peer.state).toBe('CLOSE_WAIT');
    expect(peer.user.received).toBe(100);
  });

  it('a FIN that data then contradicts is forgotten, and the true one obeyed', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'F.', seq: 51, ack: 1 });
    peer.expect({ flags: '.', ack: 1 });
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 100 });
    peer.expect({ flags: '.', ack: 101 });
    peer.send({ flags: 'F.', seq: 101, ack: 1 });
    peer.wait(40);
    peer.expect({ flags: '.', ack: 102 });
    expect(peer.state).toBe('CLOSE_WAIT');
  });
});
