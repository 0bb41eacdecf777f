import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CE, ECT0 } from '../../../src/wire/packet.ts';
import { u16 } from '../../support/octets.ts';
import { Peer } from '../../support/peer.ts';
import { F, sendRaw, takeRaw } from '../../support/raw-packets.ts';
import { stream } from '../../support/user.ts';
import { Transfer, type TransferPlan } from '../support/transfer.ts';
import { FAULTLESS } from '../support/two-hosts.ts';

const bulk = (marks: number, tcp_ecn: number, more: Partial<TransferPlan> = {}): TransferPlan => ({
  ...{ ...FAULTLESS, marks, octets: [400_000, 0], readPause: 0, simultaneous: false },
  ...more,
  sysctls: { tcp_ecn, ...more.sysctls },
});

const countersOf = (plan: TransferPlan) => {
  const world = new Transfer(plan);
  world.run();
  return { sender: world.near.host.tcp.counters, receiver: world.far.host.ip.counters, took: world.now };
};

describe('a path that marks packets', () => {
  it('loses none, and slows the sender down (RFC 3168, section 6.1.2)', () => {
    for (const tcp_ecn of [1, 3]) {
      const [clean, marked] = [0, 10].map((marks) => countersOf(bulk(marks, tcp_ecn)));
      expect(clean!.receiver.InCEPkts).toBe(0);
      expect(marked!.receiver.InCEPkts).toBeGreaterThan(5);
      expect(marked!.sender.RetransSegs).toBe(0);
      expect(marked!.took).toBeGreaterThan(clean!.took);
    }
  });

  it('is told of mark by mark with AccECN (RFC 9768): only of the last ones the sender has no news', () => {
    for (const tcp_ecn_option of [0, 1, 2]) {
      const { sender, receiver } = countersOf(bulk(20, 3, { sysctls: { tcp_ecn_option } }));
      expect(sender.TCPDeliveredCE).toBeLessThanOrEqual(receiver.InCEPkts);
      expect(sender.TCPDeliveredCE).toBeGreaterThan(0.9 * receiver.InCEPkts);
    }
  });

  it('of a connection without ECN marks nothing', () => {
    const { sender, receiver } = countersOf(bulk(100, 0));
    expect(receiver.InCEPkts).toBe(0);
    expect(receiver.InNoECTPkts).toBeGreaterThan(100);
    expect(sender.TCPDeliveredCE).toBe(0);
  });

  it('that marks all packets lets two segments through in a round trip, the least window there is', () => {
    for (const tcp_ecn of [1, 3]) {
      const [clean, marked] = [0, 100].map((marks) => countersOf(bulk(marks, tcp_ecn, { octets: [60_000, 0] })));
      expect(marked!.sender.RetransSegs).toBe(0);
      // 42 segments, at 20 ms for each round trip.
      expect(marked!.took - clean!.took).toBeLessThan((42 / 2) * 20_000);
    }
  });
});

/** Any octets in place of an AccECN option: wrong lengths, counters that jump. */
const anyOption = fc.oneof(
  fc.constant<number[]>([]),
  fc.tuple(fc.constantFrom(172, 174), fc.integer({ min: 0, max: 14 }), fc.array(fc.nat(255), { maxLength: 12 })),
  fc.tuple(
    fc.constantFrom(172, 174),
    fc.constantFrom(2, 5, 8, 11),
    fc.array(fc.nat(255), { minLength: 9, maxLength: 9 }),
  ),
);
const anySegment = fc.record({
  ace: fc.nat(7),
  tos: fc.nat(3),
  option: anyOption,
  data: fc.constantFrom(0, 0, 1, 700),
  advance: fc.nat(3000),
  again: fc.boolean(),
});

describe('a peer that lies', () => {
  it('about marks, options and its handshake makes nothing throw, and the window never less than two segments', () => {
    const all = fc.record({
      tcp_ecn: fc.integer({ min: 1, max: 5 }),
      tcp_ecn_option: fc.integer({ min: 0, max: 3 }),
      synAce: fc.nat(7),
      lastAce: fc.nat(7),
      segments: fc.array(anySegment, { maxLength: 25 }),
    });
    fc.assert(
      fc.property(all, ({ tcp_ecn, tcp_ecn_option, synAce, lastAce, segments }) => {
        const peer = new Peer({ sysctls: { tcp_ecn, tcp_ecn_option } });
        peer.listen();
        const flagsOf = (ace: number): { flags: number; reserved: number } => ({
          flags: ((ace & 3) << 6) & 0xff,
          reserved: ace >> 2,
        });
        const syn = flagsOf(synAce);
        sendRaw(peer, { ...syn, flags: syn.flags | F.SYN });
        const { tcp } = takeRaw(peer);
        peer.hostIss = (tcp[4]! << 24) | (tcp[5]! << 16) | (tcp[6]! << 8) | tcp[7]! | 0;
        const last = flagsOf(lastAce);
        sendRaw(peer, { ...last, flags: last.flags | F.ACK, seq: 1, ack: 1 });
        peer.accept();
        let [seq, ack] = [1, 1];
        for (const { ace, tos, option, data, advance, again } of segments) {
          peer.write(2000);
          ack = Math.min(ack + advance, 1 + peer.written);
          const { flags, reserved } = flagsOf(ace);
          const known = Math.min(ack, (peer.c.snd.nxt - peer.c.snd.iss) >>> 0);
          const options = option.flat().slice(0, 36);
          sendRaw(peer, {
            ...{ flags: flags | F.ACK, reserved, seq, ack: known, tos, options },
            data: [...stream('peer', seq - 1, data)],
          });
          if (!again) seq += data;
          peer.wait(1);
          peer.machine.packets.length = 0;
          expect(peer.c.cc.cwnd).toBeGreaterThanOrEqual(2);
          expect(peer.c.info().tcpi_received_ce).toBeLessThanOrEqual(segments.length + 2);
        }
        peer.c.abort();
        peer.machine.packets.length = 0;
      }),
      { numRuns: 300 },
    );
  });

  it('can claim no more marks in one ACK than segments that the ACK is for, or seven', () => {
    const peer = new Peer({ sysctls: { tcp_ecn: 3, tcp_ecn_option: 0 } });
    peer.listen();
    sendRaw(peer, { flags: F.SYN | F.ECE | F.CWR, reserved: 1 });
    const { tcp, tos } = takeRaw(peer);
    expect(tos & 3).toBe(0);
    peer.hostIss = (tcp[4]! << 24) | (tcp[5]! << 16) | (tcp[6]! << 8) | tcp[7]! | 0;
    sendRaw(peer, { flags: F.ACK | F.CWR, seq: 1, ack: 1, tos: ECT0 });
    peer.accept();
    peer.write(1000);
    expect(takeRaw(peer).tos & 3).toBe(ECT0);
    // ACE 4 where 5 was: seven more, or one less.
    sendRaw(peer, { flags: F.ACK, reserved: 1, seq: 1, ack: 537, tos: CE });
    expect(peer.c.info().tcpi_delivered_ce).toBe(7);
    sendRaw(peer, {
      flags: F.ACK,
      reserved: 1,
      seq: 1,
      ack: 537,
      options: [174, 11, ...u16(0), 1, ...u16(0), 0, 0, 0, 1],
    });
    expect(peer.c.info().tcpi_delivered_ce).toBe(7);
    peer.machine.packets.length = 0;
  });
});
