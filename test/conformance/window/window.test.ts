import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

const MINUTE = 60_000;

/** Ten segments of 1000 octets are out; the peer's window was 20,000. */
function tenSegmentsOut(): Peer {
  const peer = new Peer().connectsToHost({ wnd: 20_000, mss: 1000 });
  peer.write(10_000);
  expect(peer.takeAll()).toHaveLength(10);
  return peer;
}

/** The peer's window is zero, and `octets` wait. */
function shutWindow(octets = 1000): Peer {
  const peer = new Peer().connectsToHost({ wnd: 1000, mss: 1000 });
  peer.write(1000);
  peer.expect({ flags: 'P.', seq: 1, data: 1000 });
  peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 0 });
  peer.write(octets);
  peer.expectNothing();
  return peer;
}

/** A user that does not read has closed the host's window. @returns where RCV.NXT is */
function fillHost(peer: Peer): number {
  peer.user.autoRead = false;
  let next = 1;
  for (let wnd = 65_535; wnd > 0; ) {
    const length = Math.min(wnd, 1460);
    peer.send({ flags: '.', seq: next, ack: 1, data: length });
    next += length;
    const acks = peer.takeAll();
    if (acks.length === 0) wnd -= length;
    else wnd = acks.at(-1)!.wnd! - (next - acks.at(-1)!.ack!);
  }
  peer.wait(1000);
  peer.takeAll();
  return next;
}

describe('the peer’s window', () => {
  it('[MUST-1] is unsigned: 65,535 lets 65,535 octets out (3.1)', () => {
    const peer = new Peer({ mtu: 9000 }).connectsToHost({ wnd: 65_535, mss: 8960 });
    peer.write(62_720);
    expect(peer.takeAll().map((s) => s.data)).toEqual(Array(7).fill(8960));
    peer.send({ flags: '.', seq: 1, ack: 62_721, wnd: 65_535 });
    peer.write(62_720);
    expect(peer.takeAll().map((s) => s.data)).toEqual(Array(7).fill(8960));
  });

  it('[REC-1] is kept in 32 bits: 65,535 scaled by 14 (3.1)', () => {
    const peer = new Peer({ mtu: 9000 }).connectsToHost({ wnd: 65_535, mss: 8960, wscale: 14 });
    expect(peer.c.info().tcpi_snd_wnd).toBe(65_535 * 2 ** 14);
    peer.write(89_600);
    expect(peer.takeAll().reduce((sum, s) => sum + (s.data as number), 0)).toBe(89_600);
  });

  it('[SHLD-15] [MUST-34] after it shrank, no new octets leave until it reaches beyond what was sent (3.8.6)', () => {
    const peer = tenSegmentsOut();
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 2000 });
    peer.write(1000);
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 8001, wnd: 2000 });
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 8001, wnd: 3000 });
    peer.expect({ flags: 'P.', seq: 10_001, data: 1000 });
  });

  it('[SHLD-16] after it shrank, old octets within it are sent again (3.8.6)', () => {
    const peer = tenSegmentsOut();
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 2000 });
    expect(peer.next().segment).toMatchObject({ seq: 1001, data: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 2001, wnd: 2000 });
    expect(peer.takeAll().map((s) => s.seq)).toEqual([2001, 3001]);
  });

  it('[MAY-7] beyond a shrunk window nothing is sent again, but the first segment, which probes it (3.8.6)', () => {
    const peer = tenSegmentsOut();
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 2000 });
    peer.next();
    peer.send({ flags: '.', seq: 1, ack: 2001, wnd: 1000 });
    peer.expect({ flags: '.', seq: 2001, data: 1000 });
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 3001, wnd: 0 });
    peer.expect({ flags: '.', seq: 3001, data: 1000 });
    peer.expectNothing();
  });

  it('[SHLD-17] octets beyond a shrunk window don’t end the connection while the peer answers (3.8.6)', () => {
    const peer = tenSegmentsOut();
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 0 });
    for (let i = 0; i < 40; i++) {
      expect(peer.next().segment.seq).toBe(1001);
      peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 0 });
    }
    expect(peer.now).toBeGreaterThan(60 * MINUTE);
    expect(peer.state).toBe('ESTABLISHED');
    peer.send({ flags: '.', seq: 1, ack: 10_001, wnd: 20_000 });
    expect(peer.c.info().tcpi_unacked).toBe(0);
    peer.takeAll();
  });

  it('[MUST-35] shrunk to zero over octets that are out, it is probed (3.8.6)', () => {
    const peer = tenSegmentsOut();
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 0 });
    const { after } = peer.next();
    expect(after).toBeLessThanOrEqual(1000);
    peer.send({ flags: '.', seq: 1, ack: 10_001, wnd: 0 });
    peer.write(500);
    peer.takeAll();
    // Now nothing is out, and a probe without octets asks.
    expect(peer.next().segment).toMatchObject({ flags: '.', seq: 10_000, data: 0 });
  });

  it('[MUST-36] [SHLD-29] a window of zero is probed, first after an RTO (3.8.6.1)', () => {
    const peer = shutWindow();
    const rto = peer.c.info().tcpi_rto / 1000;
    const { after, segment } = peer.next();
    expect(segment).toMatchObject({ flags: '.', seq: 1000, data: 0 });
    expect(after).toBe(Math.ceil(rto));
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 1000 });
    peer.expect({ flags: 'P.', seq: 1001, data: 1000 });
  });

  it('[SHLD-30] each probe waits twice as long as the one before it, up to two minutes (3.8.6.1)', () => {
    const peer = shutWindow();
    const rto = peer.c.info().tcpi_rto / 1000;
    // Timers count in whole milliseconds, rounded up.
    const waits = Array.from({ length: 13 }, () => {
      const { after } = peer.next();
      peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 0 });
      return after;
    });
    expect(waits).toEqual(waits.map((_, i) => Math.min(Math.ceil(rto * 2 ** i), 120_000)));
    expect(waits.at(-1)).toBe(120_000);
  });

  it('[MUST-37] a peer that answers may keep it shut for a day (3.8.6.1)', () => {
    const peer = shutWindow();
    while (peer.now < 24 * 60 * MINUTE) {
      expect(peer.next().segment).toMatchObject({ flags: '.', seq: 1000 });
      peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 0 });
    }
    expect(peer.state).toBe('ESTABLISHED');
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 1000 });
    peer.expect({ flags: 'P.', seq: 1001, data: 1000 });
  });

  it('a peer that doesn’t answer probes is given up like one that doesn’t acknowledge (3.8.3)', () => {
    const peer = shutWindow();
    peer.wait(30 * MINUTE);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    expect(peer.takeAll().length).toBeGreaterThan(10);
  });

  it('an old segment’s window is not taken (3.10.7.4: SND.WL1, SND.WL2)', () => {
    const peer = new Peer().connectsToHost({ wnd: 3000, mss: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 1, data: 10, wnd: 2000 });
    peer.expect({ flags: '.', ack: 11 });
    peer.send({ flags: '.', seq: 11, ack: 1, wnd: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 1, data: 10, wnd: 9000 });
    peer.takeAll();
    expect(peer.c.info().tcpi_snd_wnd).toBe(1000);
  });
});

describe('our window', () => {
  it('[SHLD-14] its right edge never moves left, whatever arrives and is read (3.8.6)', () => {
    for (const wscale of [undefined, 7]) {
      const peer = new Peer().connectsToHost(wscale === undefined ? {} : { wscale });
      peer.user.autoRead = false;
      const unit = 2 ** peer.c.rcv.wscale;
      let [next, edge] = [1, 0];
      for (let i = 0; i < 400; i++) {
        const length = Math.min(edge === 0 ? 1000 : edge - next, 1 + ((i * 739) % 1460));
        if (length > 0) peer.send({ flags: 'P.', seq: next, ack: 1, data: length });
        next += Math.max(0, length);
        if (i % 3 === 0) peer.user.read((i * 331) % 2000);
        peer.wait(50);
        for (const { ack, wnd } of peer.takeAll()) {
          expect(ack! + wnd! * unit).toBeGreaterThanOrEqual(edge);
          edge = ack! + wnd! * unit;
        }
      }
      expect(next).toBeGreaterThan(65_535);
    }
  });

  it('[SHLD-14] nor when the buffer is made smaller: what was offered is kept (3.8.6)', () => {
    for (const wscale of [undefined, 7]) {
      const peer = new Peer().connectsToHost(wscale === undefined ? {} : { wscale });
      peer.user.autoRead = false;
      let edge = 0;
      for (let next = 1; next < 10_000; next += 777) {
        peer.send({ flags: '.', seq: next, ack: 1, data: 777 });
        const { ack, wnd } = peer.expect({ flags: '.', ack: next + 777 });
        const right = ack! + wnd! * 2 ** peer.c.rcv.wscale;
        expect(right).toBeGreaterThanOrEqual(edge);
        edge = right;
        peer.c.receiveBuffer = 20_000;
      }
    }
  });

  it('[MAY-8] stays closed as long as the user does not read: probes are answered for a day (3.8.6.1)', () => {
    const peer = new Peer().connectsToHost();
    const next = fillHost(peer);
    for (let i = 0; i < 24 * 60; i++) {
      peer.send({ flags: '.', seq: next - 1, ack: 1 });
      peer.expect({ flags: '.', seq: 1, ack: next, wnd: 0 });
      peer.wait(MINUTE);
    }
    expect(peer.state).toBe('ESTABLISHED');
    peer.user.read();
    peer.machine.settle();
    expect(peer.takeAll().at(-1)!.wnd).toBeGreaterThan(1460);
  });

  it('a probe with an octet that has no room is answered and not taken (3.8.6.1)', () => {
    const peer = new Peer().connectsToHost();
    const next = fillHost(peer);
    peer.send({ flags: '.', seq: next, ack: 1, data: 1 });
    peer.expect({ flags: '.', seq: 1, ack: next, wnd: 0 });
  });

  it('[MUST-66] while it is zero, a RST is obeyed (3.4)', () => {
    const peer = new Peer().connectsToHost();
    const next = fillHost(peer);
    peer.send({ flags: 'R', seq: next });
    expect(peer.state).toBe('CLOSED');
    expect(peer.user.error?.code).toBe('ECONNRESET');
  });

  it('[MUST-66] while it is zero, URG is taken in, with octets that don’t fit and without (3.4)', () => {
    for (const data of [0, 10]) {
      const peer = new Peer().connectsToHost();
      const next = fillHost(peer);
      peer.send({ flags: 'U.', seq: next, ack: 1, urg: 500, data });
      expect(peer.user.events.at(-1)).toBe('urgent');
      expect(peer.c.urgentLength).toBe(next - 1 + 500);
      peer.takeAll();
    }
  });

  it('while it is zero, an ACK lets our octets go (3.4: a receiver must take ACKs in)', () => {
    const peer = new Peer().connectsToHost();
    const next = fillHost(peer);
    peer.write(100);
    peer.expect({ flags: 'P.', seq: 1, data: 100 });
    peer.send({ flags: '.', seq: next, ack: 101 });
    expect(peer.c.sendQueueLength).toBe(0);
  });
});
