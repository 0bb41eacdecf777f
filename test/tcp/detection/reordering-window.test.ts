import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

/**
 * A connection with a round trip of 100 ms, two of whose segments go out at a time. In each `round` the second one arrives, and the first
 * doesn't: how long until that is sent again is the reordering window of RACK.
 */
class Path {
  readonly peer: Peer;
  private next = 1;

  constructor(tcp_recovery = 1) {
    const sysctls = { tcp_recovery, tcp_early_retrans: 0, tcp_congestion_control: 'reno' };
    this.peer = new Peer({ sysctls });
    const { peer } = this;
    peer.listen();
    peer.send({ flags: 'S', seq: 0, wnd: 65_535, mss: 1000, sackOk: true });
    peer.expect({ flags: 'S.', seq: 0, ack: 1 });
    peer.wait(100);
    peer.send({ flags: '.', seq: 1, ack: 1 });
    peer.accept();
    this.overtake();
  }

  private ack(ack: number, ...sack: [number, number][]): void {
    this.peer.send({ flags: '.', seq: 1, ack, sack });
  }

  /** The second one comes before the first: reordering has been seen. */
  private overtake(): void {
    const first = this.send();
    this.ack(first, [first + 1000, first + 2000]);
    this.ack(first + 2000);
    expect(this.peer.c.info().tcpi_reord_seen).toBe(1);
  }

  private send(): number {
    const first = this.next;
    this.next += 2000;
    this.peer.write(2000);
    expect(this.peer.takeAll()).toHaveLength(2);
    this.peer.wait(100);
    return first;
  }

  /** @returns milliseconds from the arrival of the second one to the retransmission, without the two that the timer adds */
  private untilRetransmission(first: number): number {
    const { peer } = this;
    this.ack(first, [first + 1000, first + 2000]);
    for (let ms = 0; ms < 200; ms++) {
      const again = peer.takeAll();
      if (again.length > 0) {
        expect(again).toMatchObject([{ seq: first, data: 1000 }]);
        return ms - 2;
      }
      peer.wait(1);
    }
    throw new Error('It was never sent again');
  }

  /** The first one was lost indeed. */
  lossy(): number {
    const first = this.send();
    const window = this.untilRetransmission(first);
    this.peer.wait(100);
    this.ack(first + 2000);
    expect(this.peer.c.info().tcpi_ca_state).toBe(0);
    return window;
  }

  /** It was late: both copies arrive, of which the peer tells so often, while the next two are on their way. */
  late(dsacks = 1): number {
    const first = this.send();
    const window = this.untilRetransmission(first);
    this.ack(first + 2000);
    const next = this.send();
    for (let i = 0; i < dsacks; i++) this.ack(first + 2000, [first, first + 1000]);
    this.ack(next + 2000);
    return window;
  }
}

const steps = (count: number, step: () => number): number[] => Array.from({ length: count }, step);

describe("RACK's reordering window (RFC 8985, section 6.2, step 4)", () => {
  it('is a quarter of the least RTT, and a quarter more for each round trip with a D-SACK, SRTT at most', () => {
    const path = new Path();
    expect(path.lossy()).toBe(25);
    expect(steps(7, () => path.late())).toEqual([25, 50, 75, 100, 100, 100, 100]);
  });

  it('counts several D-SACKs of one round trip once', () => {
    const path = new Path();
    steps(3, () => path.lossy());
    path.late(3);
    expect(path.peer.host.tcp.counters.TCPDSACKRecvSegs).toBe(3);
    expect(path.lossy()).toBe(50);
  });

  it('is what it was after 16 recoveries without a D-SACK', () => {
    const path = new Path();
    path.late();
    expect(steps(16, () => path.lossy())).toEqual(Array(16).fill(50));
    expect(steps(3, () => path.lossy())).toEqual([25, 25, 25]);
  });

  it('another D-SACK makes it last for 16 from then on', () => {
    const path = new Path();
    path.late();
    steps(10, () => path.lossy());
    expect(path.late()).toBe(50);
    expect(steps(16, () => path.lossy())).toEqual(Array(16).fill(75));
    expect(path.lossy()).toBe(25);
  });

  it('stays where bit 2 of tcp_recovery says so (Linux: TCP_RACK_STATIC_REO_WND)', () => {
    const path = new Path(3);
    expect(steps(4, () => path.late())).toEqual([25, 25, 25, 25]);
  });
});
