import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

const plain = (syn = {}): Peer => new Peer().connectsToHost({ mss: 1000, ...syn });

describe('Nagle and Minshall (RFC 9293, 3.7.4)', () => {
  it('a short segment leaves when nothing short is out, the next waits for its ACK', () => {
    const peer = plain();
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 1, data: 10 });
    peer.write(10);
    peer.write(10);
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 11 });
    peer.expect({ flags: 'P.', seq: 11, data: 20 });
  });

  it('full segments never wait, and a short one behind them goes with them (Minshall)', () => {
    const peer = plain();
    peer.write(2500);
    peer.expect({ flags: '.', seq: 1, data: 1000 });
    peer.expect({ flags: '.', seq: 1001, data: 1000 });
    peer.expect({ flags: 'P.', seq: 2001, data: 500 });
    peer.write(1200);
    peer.expect({ flags: '.', seq: 2501, data: 1000 });
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 2501 });
    peer.expect({ flags: 'P.', seq: 3501, data: 200 });
  });

  it('setNoDelay sends everything at once, also what waited', () => {
    const peer = plain();
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 1, data: 10 });
    peer.write(10);
    peer.expectNothing();
    peer.c.setNoDelay(true);
    peer.expect({ flags: 'P.', seq: 11, data: 10 });
    peer.write(5);
    peer.expect({ flags: 'P.', seq: 21, data: 5 });
  });
});

describe('the peer’s window', () => {
  it('bounds what is sent; a window update lets the rest go', () => {
    const peer = plain({ wnd: 2500 });
    peer.write(5000);
    peer.expect({ flags: '.', seq: 1, data: 1000 });
    peer.expect({ flags: '.', seq: 1001, data: 1000 });
    peer.expectNothing();
    peer.send({ flags: '.', seq: 1, ack: 2001, wnd: 500 });
    peer.expectNothing(); // silly: less than a segment, less than half of the largest window (SHLD-14)
    peer.send({ flags: '.', seq: 1, ack: 2001, wnd: 3000 });
    peer.expect({ flags: '.', seq: 2001, data: 1000 });
    peer.expect({ flags: '.', seq: 3001, data: 1000 });
    peer.expect({ flags: 'P.', seq: 4001, data: 1000 });
  });

  it('smaller than a segment is used when it is half of the largest ever offered', () => {
    const peer = plain({ wnd: 800 });
    peer.write(5000);
    peer.expect({ flags: '.', seq: 1, data: 800 });
    peer.send({ flags: '.', seq: 1, ack: 801, wnd: 500 });
    peer.expect({ flags: '.', seq: 801, data: 500 });
  });

  it('too small to be worth a segment is used in the end, by the override timer (3.8.6.2.1, (4))', () => {
    const peer = plain({ wnd: 4000 });
    peer.write(4000);
    peer.takeAll();
    peer.write(3000);
    peer.send({ flags: '.', seq: 1, ack: 4001, wnd: 300 });
    peer.expectNothing();
    const { segment } = peer.next(60_000);
    expect(segment).toMatchObject({ seq: 4001, data: 300 });
  });

  it('is taken from newer segments only (SND.WL1, SND.WL2)', () => {
    const peer = plain({ wnd: 3000 });
    peer.send({ flags: '.', seq: 11, ack: 1, data: 10, wnd: 3000 });
    peer.expect({ flags: '.', ack: 1 });
    peer.send({ flags: '.', seq: 1, ack: 1, data: 10, wnd: 9000 });
    peer.expect({ flags: '.', ack: 21 });
    expect(peer.c.info().tcpi_snd_wnd).toBe(3000);
    peer.send({ flags: '.', seq: 21, ack: 1, wnd: 2000 });
    expect(peer.c.info().tcpi_snd_wnd).toBe(2000);
  });

  it('is scaled as negotiated, but not in a SYN (RFC 7323, 2.2)', () => {
    const peer = plain({ wnd: 1000, wscale: 3 });
    expect(peer.c.info()).toMatchObject({ tcpi_snd_wscale: 3, tcpi_rcv_wscale: 10, tcpi_snd_wnd: 8000 });
    const odd = new Peer({ port: 2 }).connectsToHost({ wscale: 200 });
    expect(odd.c.info().tcpi_snd_wscale).toBe(14);
    const none = new Peer({ port: 3, sysctls: { tcp_window_scaling: 0 } }).connectsToHost({ wscale: 3 });
    expect(none.c.info()).toMatchObject({ tcpi_snd_wscale: 0, tcpi_rcv_wscale: 0 });
  });

  it('closed: probed after an RTO, then ever more seldom, for as long as the peer answers (MUST-36, MUST-37)', () => {
    const peer = plain({ wnd: 1000 });
    peer.write(2000);
    peer.expect({ flags: '.', seq: 1, data: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 0 });
    const waits: number[] = [];
    for (let i = 0; i < 40; i++) {
      const { after, segment } = peer.next();
      expect(segment).toMatchObject({ flags: '.', seq: 1000, data: 0 });
      waits.push(after);
      peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 0 });
    }
    expect(waits.slice(0, 5).map((w) => Math.round(w / 100) * 100)).toEqual([200, 400, 800, 1600, 3200]);
    expect(waits.at(-1)).toBeCloseTo(120_000, -3);
    expect(peer.state).toBe('ESTABLISHED');
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 5000 });
    peer.expect({ flags: 'P.', seq: 1001, data: 1000 });
    expect(peer.c.info()).toMatchObject({ tcpi_probes: 0, tcpi_backoff: 0 });
  });

  it('closed, and the peer does not answer: given up after tcp_retries2 probes', () => {
    const peer = plain({ wnd: 1000 });
    peer.write(2000);
    peer.expect({ flags: '.', data: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 1001, wnd: 0 });
    peer.wait(1_000_000);
    expect(peer.user.error?.code).toBe('ETIMEDOUT');
    expect(peer.takeAll().filter((s) => s.flags === '.')).toHaveLength(15);
  });
});
