import { describe, expect, it } from 'vitest';
import { address } from '../../../src/wire/address.ts';
import { Peer, type SegmentSpec } from '../../support/peer.ts';
import { takeRaw } from '../../support/raw-packets.ts';

const DAY = 86_400_000;

/** A connection with timestamps; the peer's clock stands at 1000, its next octet is 1. */
function stamped(syn: Partial<SegmentSpec> = {}): Peer {
  const peer = new Peer();
  peer.listen();
  peer.send({ flags: 'S', seq: 0, mss: 1000, ts: [1000, 0], ...syn });
  peer.expect({ flags: 'S.', ts: [0, (syn.ts?.[0] ?? 1000) | 0] });
  peer.send({ flags: '.', seq: 1, ack: 1, ts: syn.ts ?? [1000, 0] });
  peer.accept();
  return peer;
}

describe('the Window Scale option (RFC 7323, section 2)', () => {
  it('is in SYN and SYN-ACK only, the latter only in answer (2.2)', () => {
    const asked = new Peer();
    asked.listen();
    asked.send({ flags: 'S', seq: 0, wscale: 3 });
    expect(asked.expect({ flags: 'S.', wscale: 10 }).wnd).toBe(64_240);
    asked.send({ flags: '.', seq: 1, ack: 1 });
    asked.accept();
    asked.write(10);
    expect(asked.takeAll()[0]!.wscale).toBeUndefined();
    const unasked = new Peer();
    unasked.listen();
    unasked.send({ flags: 'S', seq: 0 });
    expect(unasked.expect({ flags: 'S.' }).wscale).toBeUndefined();
  });

  it('the window of a SYN or SYN-ACK is never scaled (2.2)', () => {
    const passive = new Peer();
    passive.listen();
    passive.send({ flags: 'S', seq: 0, wscale: 10, wnd: 5000 });
    passive.expect({ flags: 'S.' });
    expect(passive.host.connections()[Symbol.iterator]().next().value!.snd.wnd).toBe(5000);
    const active = new Peer();
    active.open();
    active.expect({ flags: 'S' });
    active.send({ flags: 'S.', seq: 0, ack: 1, wscale: 10, wnd: 5000 });
    active.expect({ flags: '.' });
    expect(active.c.info().tcpi_snd_wnd).toBe(5000);
    active.send({ flags: '.', seq: 1, ack: 1, wnd: 5 });
    expect(active.c.info().tcpi_snd_wnd).toBe(5 << 10);
  });

  it('a shift above 14 counts as 14 (2.3)', () => {
    for (const [told, used] of [
      [0, 0],
      [13, 13],
      [14, 14],
      [15, 14],
      [255, 14],
    ] as const) {
      const peer = new Peer().connectsToHost({ wscale: told, wnd: 100 });
      expect(peer.c.info().tcpi_snd_wnd).toBe(100 * 2 ** used);
      expect(peer.c.info().tcpi_snd_wscale).toBe(used);
    }
  });

  it('if the peer offers none, our windows go unscaled as well (2.2)', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', wscale: 10 });
    peer.send({ flags: 'S.', seq: 0, ack: 1, wnd: 60_000 });
    expect(peer.expect({ flags: '.' }).wnd).toBeGreaterThan(60_000);
    expect(peer.c.info()).toMatchObject({
      tcpi_snd_wnd: 60_000,
      tcpi_snd_wscale: 0,
      tcpi_rcv_wscale: 0,
    });
  });

  it('ours lets the field say the largest buffer: from 0 to 14 (2.3)', () => {
    const shift = (largest: number): number => {
      const peer = new Peer({ sysctls: { tcp_rmem: [4096, Math.min(largest, 65_535), largest] } });
      peer.open();
      return peer.expect({ flags: 'S' }).wscale!;
    };
    expect([65_535, 131_072, 6_291_456, 2 ** 30].map(shift)).toEqual([0, 2, 7, 14]);
  });
});

describe('the Timestamps option (RFC 7323, section 3)', () => {
  it('once both have offered it, it is in every segment but those of others (3.2)', () => {
    const peer = stamped();
    peer.wait(5);
    peer.write(10);
    peer.expect({ flags: 'P.', data: 10, ts: [5, 1000] });
    peer.send({ flags: 'P.', seq: 1, ack: 11, data: 10, ts: [1001, 5] });
    peer.expect({ flags: '.', ts: [5, 1001] });
    peer.shutdown();
    peer.expect({ flags: 'F.', ts: [5, 1001] });
  });

  it('it should be in a RST, too (3.2)', () => {
    const peer = stamped();
    peer.abort();
    peer.expect({ flags: 'R.', ts: [0, 1000] });
  });

  it('without the peer’s offer it is in no segment after the SYN (3.2)', () => {
    const peer = new Peer();
    peer.open();
    peer.expect({ flags: 'S', ts: [0, 0] });
    peer.send({ flags: 'S.', seq: 0, ack: 1 });
    expect(peer.expect({ flags: '.' }).ts).toBeUndefined();
  });

  it('our clock begins elsewhere for each pair of hosts, and at the same place for one (5.4)', () => {
    const clock = (peerAddress: string, sysctls = {}): number => {
      const peer = new Peer({ address: address(peerAddress), sysctls });
      peer.open();
      const { tcp } = takeRaw(peer);
      // MSS (4 octets), SACK-Permitted (2), kind and length (2), then TSval.
      return tcp.slice(28, 32).reduce((value, octet) => value * 256 + octet, 0);
    };
    expect(clock('10.0.0.2')).toBe(clock('10.0.0.2'));
    const starts = Array.from({ length: 16 }, (_, i) => clock(`10.0.0.${i + 2}`));
    expect(new Set(starts).size).toBe(16);
    expect(new Set(starts.map((value) => value >>> 28)).size).toBeGreaterThan(4);
    expect(clock('10.0.0.2', { tcp_timestamps: 2 })).toBe(1000);
  });

  it('a hole: the echo is that of the last segment in order (4.3, example (B))', () => {
    const peer = stamped();
    peer.send({ flags: '.', seq: 1, ack: 1, data: 1000, ts: [1001, 0] });
    peer.expect({ flags: '.', ack: 1001, ts: [0, 1001] });
    peer.send({ flags: '.', seq: 2001, ack: 1, data: 1000, ts: [1003, 0] });
    peer.expect({ flags: '.', ack: 1001, ts: [0, 1001] });
    peer.send({ flags: '.', seq: 1001, ack: 1, data: 1000, ts: [1002, 0] });
    peer.expect({ flags: '.', ack: 3001, ts: [0, 1002] });
    peer.send({ flags: '.', seq: 3001, ack: 1, data: 1000, ts: [1005, 0] });
    peer.expect({ flags: '.', ack: 4001, ts: [0, 1005] });
  });

  it('delayed ACKs: the echo is that of the first segment that it acknowledges (4.3, example (A))', () => {
    const peer = stamped();
    let seq = 1;
    for (let i = 0; i < 20; i++, seq += 1000) {
      peer.send({ flags: '.', seq, ack: 1, data: 1000, ts: [1001 + i, 0] });
      peer.wait(100);
    }
    peer.takeAll();
    peer.send({ flags: '.', seq, ack: 1, data: 1000, ts: [2001, 0] });
    peer.expectNothing();
    peer.send({
      flags: '.',
      seq: seq + 1000,
      ack: 1,
      data: 1000,
      ts: [2002, 0],
    });
    expect(peer.expect({ flags: '.', ack: seq + 2000 }).ts![1]).toBe(2001);
  });

  it('a batch: likewise (4.3)', () => {
    const peer = stamped();
    peer.batch(() => {
      for (let i = 0; i < 5; i++)
        peer.send({
          flags: '.',
          seq: 1 + 1000 * i,
          ack: 1,
          data: 1000,
          ts: [2000 + i, 0],
        });
    });
    peer.expect({ flags: '.', ack: 5001, ts: [0, 2000] });
  });
});

describe('PAWS (RFC 7323, section 5)', () => {
  it('spares a bare ACK that was overtaken: an RTO old at most, in its place, and without news (tcp_disordered_ack)', () => {
    const peer = stamped();
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10, wnd: 500, ts: [1100, 0] });
    peer.expect({ flags: '.', ack: 11, ts: [0, 1100] });
    const { counters } = peer.host.tcp;
    peer.send({ flags: '.', seq: 11, ack: 1, wnd: 500, ts: [1001, 0] });
    peer.expectNothing();
    expect(counters.PAWSEstab).toBe(0);
    // It says nothing of the peer's clock, and what is more than that is an old duplicate still.
    peer.send({ flags: 'P.', seq: 11, ack: 1, data: 10, wnd: 500, ts: [1099, 0] });
    peer.expect({ flags: '.', ack: 11, ts: [0, 1100] });
    const rto = peer.c.rtt.rto / 1000;
    for (const [i, odd] of [{ ts: [1099 - rto, 0] as [number, number] }, { wnd: 501 }, { seq: 10 }].entries()) {
      peer.wait(500);
      peer.send({ flags: '.', seq: 11, ack: 1, wnd: 500, ts: [1001, 0], ...odd });
      peer.expect({ flags: '.', ack: 11, ts: [500 * (1 + i), 1100] });
      expect(counters.PAWSEstab).toBe(2 + i);
    }
  });

  it('a segment with an older timestamp is dropped, and answered by an ACK (5.3, R1)', () => {
    const peer = stamped();
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10, ts: [999, 0] });
    peer.expect({ flags: '.', ack: 1, ts: [0, 1000] });
    expect(peer.user.received).toBe(0);
    expect(peer.host.tcp.counters.PAWSEstab).toBe(1);
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10, ts: [1000, 0] });
    peer.expect({ flags: '.', ack: 11 });
  });

  it('an old segment that comes again, with its old timestamp, is told as a duplicate (RFC 2883, 4.1.1)', () => {
    const peer = new Peer().connectsToHost({ ts: [1000, 0], sackOk: true });
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10, ts: [1002, 0] });
    peer.expect({ flags: '.', ack: 11 });
    peer.send({ flags: 'P.', seq: 11, ack: 1, data: 10, ts: [1005, 0] });
    peer.expect({ flags: '.', ack: 21 });
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10, ts: [1002, 0] });
    peer.expect({ flags: '.', ack: 21, sack: [[1, 11]] });
    expect(peer.host.tcp.counters.PAWSEstab).toBe(1);
  });

  it('the FIN in FIN_WAIT_2 tells TS.Recent, whether the user is still there or not (4.3)', () => {
    for (const closed of [false, true]) {
      const peer = new Peer().connectsToHost({ ts: [1000, 0] });
      if (closed) peer.close();
      else peer.shutdown();
      const fin = peer.expect({ flags: 'F.', seq: 1 });
      peer.send({ flags: '.', seq: 1, ack: 2, ts: [1001, fin.ts![0]] });
      peer.send({ flags: 'F.', seq: 1, ack: 2, ts: [1050, fin.ts![0]] });
      peer.expect({ flags: '.', seq: 2, ack: 2, ts: [0, 1050] });
      expect(peer.state).toBe('TIME_WAIT');
      // What follows in TIME_WAIT is measured by it: an older SYN is none.
      peer.send({ flags: 'S', seq: 100_000, ts: [1049, 0] });
      peer.expect({ flags: '.', seq: 2, ack: 2 });
      expect(peer.state).toBe('TIME_WAIT');
    }
  });

  it('older is meant modulo 2^32 (5.2)', () => {
    const peer = stamped({ ts: [2 ** 32 - 10, 0] });
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10, ts: [5, 0] });
    peer.expect({ flags: '.', ack: 11 });
    peer.send({ flags: 'P.', seq: 11, ack: 1, data: 10, ts: [2 ** 32 - 1, 0] });
    peer.expect({ flags: '.', ack: 11, ts: [0, 5] });
    expect(peer.user.received).toBe(10);
  });

  it('a RST is not tested (5.2)', () => {
    const peer = stamped();
    peer.send({ flags: 'R', seq: 1, ts: [5, 0] });
    expect(peer.state).toBe('CLOSED');
  });

  it('after 24 days without news TS.Recent is worth nothing (5.5)', () => {
    const early = stamped();
    early.wait(23 * DAY);
    early.send({ flags: 'P.', seq: 1, ack: 1, data: 10, ts: [999, 0] });
    early.expect({ flags: '.', ack: 1 });
    const late = stamped();
    late.wait(24 * DAY + 1);
    late.send({ flags: 'P.', seq: 1, ack: 1, data: 10, ts: [999, 0] });
    expect(late.expect({ flags: '.', ack: 11 }).ts![1]).toBe(999);
  });

  it('a segment outside of the window leaves TS.Recent alone (5.3, R2, R3)', () => {
    const peer = stamped();
    peer.send({ flags: '.', seq: 500_000, ack: 1, data: 10, ts: [90_000, 0] });
    peer.expect({ flags: '.', ack: 1, ts: [0, 1000] });
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10, ts: [1001, 0] });
    peer.expect({ flags: '.', ack: 11, ts: [0, 1001] });
  });

  it('a segment beyond a hole doesn’t raise it: its elders may still be on their way (4.3, (2))', () => {
    const peer = stamped();
    peer.send({ flags: '.', seq: 1001, ack: 1, data: 1000, ts: [5000, 0] });
    peer.expect({ flags: '.', ack: 1, ts: [0, 1000] });
    peer.send({ flags: '.', seq: 1, ack: 1, data: 1000, ts: [4000, 0] });
    peer.expect({ flags: '.', ack: 2001, ts: [0, 4000] });
  });

  it('answers to old ones are no more than one in half a second where they are bare (RFC 5961, section 7)', () => {
    const peer = stamped();
    for (let i = 0; i < 10; i++) peer.send({ flags: '.', seq: 1, ack: 1, ts: [i, 0] });
    expect(peer.takeAll().length).toBeLessThanOrEqual(1);
  });
});
