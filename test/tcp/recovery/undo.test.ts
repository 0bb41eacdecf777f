import { beforeEach, describe, expect, it } from 'vitest';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

type Range = [from: number, to: number];

const at = (k: number): number => 1 + 1000 * k;

/** The segments of 1000 octets, numbered from 0, that the host sends. */
const numbers = (peer: Peer): number[] => peer.takeAll().map((s) => (s.seq! - 1) / 1000);

/** The peer acknowledges up to segment `una`, and selectively the ranges; its clock and its echo are in milliseconds. */
function ack(peer: Peer, now: number, ecr: number, una: number, ...ranges: Range[]): number[] {
  peer.send({ flags: '.', seq: 1, ack: at(una), ts: [5000 + now, ecr], sack: ranges.map(([a, b]) => [at(a), at(b)]) });
  return numbers(peer);
}

describe('retransmissions of an episode of loss before (RFC 4015; tcp_init_undo in net/ipv4/tcp_input.c)', () => {
  let peer: Peer;

  /**
   * Segment 10 was sent again in the first episode, 120 ms after the start, and is out when the second begins at 200 ms. By counting alone
   * (RFC 6675): RACK would have found that it was lost again.
   */
  beforeEach(() => {
    const sysctls = { tcp_recovery: 0, tcp_early_retrans: 0, tcp_congestion_control: 'reno' };
    peer = new Peer({ machine: new Machine({ sysctls }) }).connectsToHost({
      mss: 1012,
      sackOk: true,
      ts: [5000, 0],
    });
    peer.write(100_000);
    expect(numbers(peer)).toHaveLength(10);
    peer.wait(100);
    expect(ack(peer, 100, 0, 0, [1, 4])).toEqual([0, 10]);
    peer.wait(10);
    expect(ack(peer, 110, 0, 0, [1, 10])).toEqual([11, 12, 13]);
    peer.wait(10);
    expect(ack(peer, 120, 110, 0, [1, 10], [11, 14])).toEqual([10, 14, 15, 16]);
    peer.wait(80);
    expect(ack(peer, 200, 100, 10, [11, 14])).toEqual([17]);
    expect(peer.c.info()).toMatchObject({ tcpi_ca_state: 3, tcpi_snd_ssthresh: 2, tcpi_retrans: 1 });
    peer.wait(10);
    expect(ack(peer, 210, 200, 10, [15, 18], [11, 14])).toContain(14);
    expect(peer.c.info()).toMatchObject({ tcpi_ca_state: 3, tcpi_snd_ssthresh: 2 });
  });

  const undone = (): number => {
    const { TCPFullUndo, TCPPartialUndo, TCPDSACKUndo, TCPLossUndo } = peer.host.tcp.counters;
    return TCPFullUndo + TCPPartialUndo + TCPDSACKUndo + TCPLossUndo;
  };

  it('are not proved needless, nor are those of the next one, by an ACK that answers them (RFC 3522, section 3.2)', () => {
    ack(peer, 220, 120, 18);
    expect(undone()).toBe(0);
    expect(peer.c.info().tcpi_snd_ssthresh).toBe(2);
  });

  it('count among those that must all come back as D-SACKs (RFC 3708, section 2.2)', () => {
    ack(peer, 220, 210, 14, [10, 11], [15, 18]);
    expect(peer.c.info().tcpi_dsack_dups).toBe(1);
    expect(undone()).toBe(0);
    expect(peer.c.info()).toMatchObject({ tcpi_ca_state: 3, tcpi_snd_ssthresh: 2 });
  });

  it('an echo older than all of them still proves that there was no loss', () => {
    ack(peer, 220, 99, 18);
    expect(undone()).toBe(1);
    expect(peer.c.info().tcpi_ca_state).not.toBe(3);
    expect(peer.c.info().tcpi_snd_ssthresh).toBeGreaterThan(2);
  });
});

describe('D-SACK blocks', () => {
  it('without octets undo nothing; one with the octets that were sent again undoes it (RFC 3708, section 2.2)', () => {
    for (const [left, right, undone] of [
      [501, 501, false],
      [801, 501, false],
      [1, 1001, true],
    ] as const) {
      const peer = new Peer().connectsToHost({ mss: 1000, sackOk: true });
      peer.write(10_000);
      peer.takeAll();
      peer.send({ flags: '.', seq: 1, ack: 1, sack: [[2001, 5001]] });
      peer.send({ flags: '.', seq: 1, ack: 1, sack: [[2001, 8001]] });
      expect(numbers(peer)).toEqual([0, 1]);
      // One of the two is told to have been needless, and then something else.
      peer.send({ flags: '.', seq: 1, ack: 2001, sack: [[1001, 2001]] });
      expect(peer.c.info().tcpi_ca_state).toBe(3);
      peer.send({ flags: '.', seq: 1, ack: 2001, sack: [[left, right]] });
      expect(peer.c.info().tcpi_ca_state === 3, `[${left}, ${right})`).toBe(!undone);
      peer.takeAll();
    }
  });
});
