import { beforeEach, describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';

const MSS = 1000;
const at = (k: number): number => 1 + MSS * k;

/** The segments with octets, of 1000 each, numbered from 0, that the host sends. */
const numbers = (peer: Peer): number[] =>
  peer
    .takeAll()
    .filter((s) => s.data !== 0)
    .map((s) => (s.seq! - 1) / MSS);

function ack(peer: Peer, una: number, ...ranges: [from: number, to: number][]): number[] {
  peer.send({ flags: '.', seq: 1, ack: at(una), sack: ranges.map(([a, b]) => [at(a), at(b)]) });
  return numbers(peer);
}

describe('F-RTO beside a user who goes on writing (RFC 5682, section 3.1; tcp_process_loss, tcp_xmit_recovery)', () => {
  let peer: Peer;

  /** Of ten segments no answer comes; the first has been sent again. */
  function timedOut(octets: number): void {
    const sysctls = { tcp_early_retrans: 0, tcp_congestion_control: 'reno' };
    peer = new Peer({ sysctls }).connectsToHost({ mss: MSS, sackOk: true });
    peer.write(octets);
    expect(numbers(peer)).toHaveLength(10);
    peer.wait(250);
    expect(numbers(peer)).toEqual([0]);
    expect(peer.c.info().tcpi_ca_state).toBe(4);
  }

  beforeEach(() => timedOut(10 * MSS));

  const needless = (): void => {
    expect(peer.c.info().tcpi_ca_state).toBe(0);
    expect(peer.host.tcp.counters).toMatchObject({ TCPSpuriousRTOs: 1, TCPSlowStartRetrans: 0 });
  };

  it('what is written before the first ACK is the new data of step 2, b', () => {
    peer.write(2 * MSS);
    expect(numbers(peer)).toEqual([]);
    expect(ack(peer, 1)).toEqual([10, 11]);
    ack(peer, 2);
    needless();
  });

  it('what is written while the verdict is out goes, and nothing else, though there is room', () => {
    peer.write(MSS);
    expect(ack(peer, 1)).toEqual([10]); // the window would take one more
    peer.write(MSS);
    expect(numbers(peer)).toEqual([11]);
    ack(peer, 2);
    needless();
  });

  it('a segment of the peer with data that acknowledges nothing is no verdict', () => {
    peer.write(MSS);
    expect(ack(peer, 1)).toEqual([10]);
    peer.send({ flags: 'P.', seq: 1, ack: at(1), data: 100 });
    expect(numbers(peer)).toEqual([]);
    peer.send({ flags: '.', seq: 101, ack: at(2) });
    peer.takeAll();
    needless();
  });

  it("a little new data goes, too: Nagle's algorithm doesn't hold it (TCP_NAGLE_OFF)", () => {
    timedOut(9 * MSS + 100);
    peer.write(100);
    expect(ack(peer, 1)).toEqual([9.1]);
    ack(peer, 2);
    needless();
  });

  it('where the new data tells of a hole, the loss was real, and is repaired (step 3, a)', () => {
    peer.write(MSS);
    expect(ack(peer, 1)).toEqual([10]);
    expect(ack(peer, 1, [10, 11])).toEqual([1, 2]);
    expect(peer.c.info().tcpi_ca_state).toBe(4);
  });
});
