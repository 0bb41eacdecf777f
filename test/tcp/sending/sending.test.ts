import { describe, expect, it } from 'vitest';
import { Machine } from '../../support/machine.ts';
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
    expect(peer.c.info()).toMatchObject({ tcpi_snd_wscale: 3, tcpi_rcv_wscale: 7, tcpi_snd_wnd: 8000 });
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

describe('MSS (RFC 9293, 3.7.1)', () => {
  const mssOf = (syn: object, options: object = {}): number =>
    new Peer(options).connectsToHost(syn).c.info().tcpi_snd_mss;

  it('is what the peer offers, what the MTU takes, 536 without the option (MUST-15)', () => {
    expect(mssOf({ mss: 1000 })).toBe(1000);
    expect(mssOf({ mss: 9000 })).toBe(1460);
    expect(mssOf({ mss: 9000 }, { mtu: 576 })).toBe(536);
    expect(mssOf({ mss: 0 })).toBe(536);
  });

  it('leaves room for the timestamps of each segment', () => {
    expect(mssOf({ mss: 1460, ts: [1, 0] })).toBe(1448);
  });

  it('an absurdly small one is raised, so that no peer can waste our time', () => {
    expect(mssOf({ mss: 1 })).toBe(88);
  });

  it('our own is the MTU less the fixed headers', () => {
    const peer = new Peer({ mtu: 9000 });
    peer.listen();
    peer.send({ flags: 'S', seq: 0 });
    peer.expect({ flags: 'S.', mss: 8960 });
  });
});

describe('slow start, congestion avoidance, idling (RFC 5681)', () => {
  it('ten segments at first (RFC 6928), one more for each acknowledged', () => {
    const peer = plain();
    peer.write(60_000);
    expect(peer.takeAll()).toHaveLength(10);
    peer.send({ flags: '.', seq: 1, ack: 2001 });
    expect(peer.takeAll()).toHaveLength(4);
    peer.send({ flags: '.', seq: 1, ack: 14_001 });
    expect(peer.takeAll()).toHaveLength(24);
    expect(peer.c.info().tcpi_snd_cwnd).toBe(24);
  });

  it('above ssthresh one segment a round trip', () => {
    const peer = plain();
    peer.c.ssthresh = 10;
    peer.write(60_000);
    peer.takeAll();
    for (let i = 1; i <= 10; i++) peer.send({ flags: '.', seq: 1, ack: 1 + 1000 * i });
    expect(peer.c.info().tcpi_snd_cwnd).toBe(11);
    expect(peer.takeAll()).toHaveLength(11);
    peer.send({ flags: '.', seq: 1, ack: 21_001 });
    expect(peer.c.info().tcpi_snd_cwnd).toBe(12);
    peer.takeAll();
  });

  it('does not grow for a sender that does not use it (RFC 7661)', () => {
    const peer = plain();
    for (let i = 0; i < 50; i++) {
      peer.write(1000);
      peer.expect({ flags: 'P.', data: 1000 });
      peer.send({ flags: '.', seq: 1, ack: 1 + 1000 * (i + 1) });
    }
    expect(peer.c.info().tcpi_snd_cwnd).toBe(10);
  });

  it('after a pause of many RTOs the window is the initial one again (4.1)', () => {
    const peer = plain();
    peer.write(30_000);
    for (let acked = 1; acked < 30_001; ) {
      acked += 1000 * peer.takeAll().length;
      peer.send({ flags: '.', seq: 1, ack: acked });
    }
    expect(peer.c.info().tcpi_snd_cwnd).toBeGreaterThan(10);
    peer.wait(10_000);
    peer.write(20_000);
    expect(peer.takeAll()).toHaveLength(10);
  });

  it('a super-segment counts as its segments, and partly used windows cut it to whole ones', () => {
    const peer = new Peer({ gsoMaxSize: 65_535, checksumOffload: true }).connectsToHost({ mss: 1000, wnd: 6500 });
    peer.write(20_000);
    peer.expect({ flags: '.', seq: 1, data: 6000, gso: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 3001, wnd: 65_535 });
    peer.expect({ flags: '.', seq: 6001, data: 10_000, gso: 1000 });
    expect(peer.c.info()).toMatchObject({ tcpi_data_segs_out: 16, tcpi_unacked: 13, tcpi_snd_cwnd: 13 });
    peer.send({ flags: '.', seq: 1, ack: 16_001 });
    peer.expect({ flags: 'P.', seq: 16_001, data: 4000, gso: 1000 });
  });
});

describe('several that have much to send', () => {
  it('take turns, each as long as `tcp_limit_output_bytes`, and get everything out', () => {
    const machine = new Machine({ sysctls: { tcp_limit_output_bytes: 3000 } });
    const peers = [1, 2, 3].map((n) => new Peer({ machine, port: 40_000 + n, hostPort: 80 + n }));
    for (const peer of peers) peer.connectsToHost({ mss: 1000 });
    for (const { c } of peers) c.send(new Uint8Array(6000));
    const turns: string[] = [];
    machine.host.onPending = () => turns.push('told'); // what `flush` returns says it already
    for (let more = true; more; ) {
      more = machine.host.flush(machine.now);
      turns.push(machine.packets.map(({ bytes }) => bytes[21]! - 80).join(''));
      machine.packets.length = 0;
    }
    expect(turns).toEqual(['111', '222', '333', '111', '222', '333']);
  });

  it('while one alone is not held up', () => {
    const peer = new Peer({ sysctls: { tcp_limit_output_bytes: 1 } }).connectsToHost();
    peer.verifyData = false;
    peer.c.send(new Uint8Array(14_600));
    expect(peer.host.flush(peer.machine.now)).toBe(false);
    expect(peer.takeAll()).toHaveLength(10);
  });
});
