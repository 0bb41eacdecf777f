import { describe, expect, it } from 'vitest';
import { sendAck } from '../../../src/tcp/sending/control-segments.ts';
import { sendCauses } from '../../../src/tcp/terms/causes.ts';
import { Machine } from '../../support/machine.ts';
import { Peer, type PeerOptions } from '../../support/peer.ts';

const MSS = 1460;
const FIRST = 131_072;
const LARGEST = 33_554_432;

/** A peer that sends full segments, each `ms` milliseconds after the last. */
class Sender extends Peer {
  nextSeq = 1;

  /** So many segments at once, `after` milliseconds from now. @returns the receive buffer behind them */
  burst(after: number, segments: number, octets = MSS): number {
    this.wait(after);
    for (let i = 0; i < segments; i++, this.nextSeq += octets) {
      this.send({ flags: '.', seq: this.nextSeq, ack: 1, data: octets });
    }
    this.takeAll();
    return this.c.receiveBuffer;
  }
}

const accepted = (options: PeerOptions = {}): Sender => new Sender(options).connectsToHost({ mss: MSS, wscale: 7 });

/** The buffer for what was taken in a round trip, and in the one before. */
const bufferFor = (taken: number, before: number): number =>
  Math.ceil(2 * (2 * taken + (2 * 2 * taken * (taken - before)) / before));

describe('the size of the receive buffer', () => {
  it('is for twice what was taken in a round trip, and for more the more that grew', () => {
    const peer = accepted();
    peer.c.rcv.rtt = 10_000;
    const round = (segments: number): number => peer.burst(10, segments);
    // Each round trip is measured when the next begins.
    round(20);
    expect(round(36)).toBe(bufferFor(20 * MSS, 10 * MSS));
    const grown = bufferFor(36 * MSS, 20 * MSS);
    expect(round(30)).toBe(grown);
    expect([round(1), round(20), round(36)]).toEqual([grown, grown, grown]); // and never back
  });

  it("is at most tcp_rmem's largest", () => {
    const peer = accepted({ sysctls: { tcp_rmem: [4096, FIRST, 1_000_000] } });
    peer.c.rcv.rtt = 10_000;
    for (const segments of [20, 60, 120]) peer.burst(10, segments);
    expect(peer.burst(10, 1)).toBe(1_000_000);
  });

  it("goes by the round trip that the receiver sees, not by the handshake's", () => {
    const peer = new Sender();
    peer.listen();
    peer.send({ flags: 'S', seq: 0, wnd: 65_535, mss: MSS, wscale: 7 });
    peer.takeAll();
    peer.wait(900); // its ACK met a long queue
    peer.send({ flags: '.', seq: 1, ack: 1, wnd: 512 });
    peer.accept();
    expect(peer.c.info().tcpi_rtt).toBe(900_000);
    peer.c.rcv.rtt = 10_000;
    peer.burst(10, 20);
    expect(peer.burst(10, 20)).toBeGreaterThan(FIRST);
  });

  it('grows by a part only where the round trip is very short (tcp_rcvbuf_low_rtt)', () => {
    const peer = accepted({ sysctls: { tcp_rcvbuf_low_rtt: 20_000 } });
    peer.c.rcv.rtt = 10_000;
    peer.burst(10, 40);
    expect(peer.burst(10, 1)).toBe(2 * (2 * 40 * MSS) * 1.5);
  });

  it('does not count what the user leaves lying', () => {
    const peer = accepted();
    peer.user.autoRead = false;
    peer.c.rcv.rtt = 10_000;
    peer.burst(10, 40);
    peer.user.read(25 * MSS); // 15 segments wait
    expect(peer.c.receiveBuffer).toBe(FIRST);
    expect(peer.c.info().tcpi_rcv_space).toBe(10 * MSS);
  });

  it('stays where tcp_moderate_rcvbuf is 0, and where the user has chosen it', () => {
    const still = accepted({ sysctls: { tcp_moderate_rcvbuf: 0 } });
    const chosen = accepted();
    chosen.c.ownOptions().receiveBuffer = FIRST;
    for (const peer of [still, chosen]) {
      peer.c.rcv.rtt = 10_000;
      peer.burst(10, 30);
      expect(peer.burst(10, 30)).toBe(FIRST);
      peer.send({ flags: '.', seq: peer.nextSeq + MSS, ack: 1, data: 30 * MSS });
      peer.takeAll();
      expect(peer.c.receiveBuffer).toBe(FIRST);
    }
  });

  it('makes room for what waits beyond a hole, but only for a user who is there', () => {
    const beyondHole = (peer: Sender): number => {
      peer.send({ flags: '.', seq: 1001, ack: 1, data: 60_000 });
      peer.takeAll();
      return peer.connection?.receiveBuffer ?? 0;
    };
    const room = 2 * (2 * 10 * MSS + 61_000 - 1);
    expect(beyondHole(accepted())).toBe(Math.max(FIRST, room + 2));
    const unaccepted = new Sender();
    unaccepted.listen();
    unaccepted.send({ flags: 'S', seq: 0, wnd: 65_535, mss: MSS, wscale: 7, sackOk: true });
    unaccepted.takeAll();
    unaccepted.send({ flags: '.', seq: 1, ack: 1, wnd: 512 });
    beyondHole(unaccepted);
    unaccepted.accept();
    expect(unaccepted.c.receiveBuffer).toBe(FIRST);
  });
});

describe('what is promised of it (tcpi_rcv_ssthresh)', () => {
  it('is the first window, and with each segment twice its length more', () => {
    const peer = new Sender({ sysctls: { tcp_rmem: [4096, 1_000_000, LARGEST] } }).connectsToHost({
      mss: MSS,
      wscale: 7,
    });
    const promised = (): number => peer.c.info().tcpi_rcv_ssthresh;
    expect(promised()).toBe(65_535);
    peer.burst(0, 1);
    expect(promised()).toBe(65_535 + 2 * MSS);
    peer.burst(0, 1, 10 * MSS);
    expect(promised()).toBe(65_535 + 22 * MSS);
    peer.burst(0, 100, 127); // tells nothing of how much there is to come
    expect(promised()).toBe(65_535 + 22 * MSS);
    peer.burst(0, 40, 10 * MSS);
    expect(promised()).toBe(500_000);
    expect(peer.c.info().tcpi_rcv_wnd).toBeGreaterThanOrEqual(500_000);
  });
});

describe('many receive buffers together', () => {
  const RMEM: [number, number, number] = [4096, 131_072, 1_048_576];

  function crowd(machine: Machine, count: number, from: number): Sender[] {
    return Array.from({ length: count }, (_, i) =>
      new Sender({ machine, port: from + i, hostPort: from + i }).connectsToHost({ mss: MSS, wscale: 7 }),
    );
  }

  /** A buffer of the largest size, and a window that would be too. */
  function grow(peer: Sender): void {
    const { c } = peer;
    for (const segments of [30, 90, 150, 40]) {
      c.rcv.rtt = 10_000; // a window that comes at once would make it shorter
      peer.burst(10, segments);
    }
    expect(c.receiveBuffer).toBe(1_048_576);
  }

  const offered = ({ c }: Sender): number => {
    c.rcv.wnd = 0; // the right edge doesn't move left of itself
    sendAck(c, sendCauses.ackWindow);
    return c.rcv.wnd;
  };

  it('have shares once they have grown to more than one and a half of the largest; those that have not grown count for nothing', () => {
    const machine = new Machine({ sysctls: { tcp_rmem: RMEM } });
    const [first, second, third] = crowd(machine, 100, 1000) as [Sender, Sender, Sender];
    grow(first);
    expect(offered(first)).toBe(524_288);
    grow(second);
    grow(third);
    const share = (1.5 * 1_048_576) / 3 / 2;
    expect([offered(first), offered(second), offered(third)]).toEqual([share, share, share]);
    first.c.ownOptions().receiveBuffer = 1_048_576; // the user has the last word
    expect(offered(first)).toBe(524_288);
    // Who is gone leaves his share to the others.
    for (const gone of [first, second]) {
      gone.abort();
      gone.takeAll();
    }
    third.burst(10, 200);
    expect(offered(third)).toBe(524_288);
    expect(machine.host.tcp).toMatchObject({ grownBuffers: 1, grownOctets: 1_048_576 - 131_072 });
    third.abort();
    third.takeAll();
    expect(machine.host.tcp).toMatchObject({ grownBuffers: 0, grownOctets: 0 });
  });
});
