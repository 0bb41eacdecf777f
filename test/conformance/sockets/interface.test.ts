import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { Connection } from '../../../src/tcp/user/connection.ts';
import { Peer } from '../../support/peer.ts';
import { F, sendRaw, takeRaw } from '../../support/raw-packets.ts';

describe('the user’s interface', () => {
  it('[MUST-48] [SHLD-22] the Diffserv field is the user’s, in every segment (3.9.1.9); the two bits below it are ECN’s', () => {
    for (const given of [0, 0x10, 0xb8, 0xff]) {
      const tos = given & 0xfc;
      const peer = new Peer();
      peer.listen(undefined, Object.assign(new SocketOptions(), { tos: given }));
      peer.send({ flags: 'S', seq: 0 });
      const synAck = takeRaw(peer);
      expect(synAck.tos).toBe(tos);
      peer.hostIss = (synAck.tcp[4]! << 24) | (synAck.tcp[5]! << 16) | (synAck.tcp[6]! << 8) | synAck.tcp[7]! | 0;
      peer.send({ flags: '.', seq: 1, ack: 1 });
      peer.accept();
      peer.write(10);
      expect(takeRaw(peer).tos).toBe(tos);
      peer.wait(300);
      expect(takeRaw(peer).tos).toBe(tos);
      peer.send({ flags: 'P.', seq: 1, ack: 11, data: 10 });
      expect(takeRaw(peer).tos).toBe(tos);
    }
  });

  it('[SHLD-21] it can be changed during the connection (3.9.1.9)', () => {
    const peer = new Peer().connectsToHost();
    peer.c.setNoDelay(true);
    const seen = [0x20, 0x40, 0].map((tos) => {
      peer.c.ownOptions().tos = tos;
      peer.write(1);
      return takeRaw(peer).tos;
    });
    expect(seen).toEqual([0x20, 0x40, 0]);
  });

  it('[SHLD-23] it never changes of itself, whatever the peer’s segments bear (3.9.2)', () => {
    const peer = new Peer().connectsToHost();
    peer.c.ownOptions().tos = 0x28;
    peer.c.setNoDelay(true);
    for (const tos of [0, 0x10, 0xb8]) {
      sendRaw(peer, { flags: F.ACK, seq: 1, ack: 1, tos });
      peer.write(1);
      expect(takeRaw(peer).tos).toBe(0x28);
    }
  });

  it('[MAY-9] the user sees the field that came last (3.9.1.9)', () => {
    const peer = new Peer().connectsToHost();
    expect(peer.c.receivedTos).toBe(0);
    for (const tos of [0x10, 0xb8, 0]) {
      sendRaw(peer, { flags: F.ACK, seq: 1, ack: 1, tos });
      expect(peer.c.receivedTos).toBe(tos);
    }
  });

  it('[MAY-14] FLUSH is no call: what is queued leaves, or goes with ABORT (3.9.1.7)', () => {
    expect(Object.getOwnPropertyNames(Connection.prototype).filter((name) => /flush/i.test(name))).toEqual([]);
    const peer = new Peer().connectsToHost({ wnd: 1000, mss: 1000 });
    peer.write(5000);
    peer.expect({ flags: '.', seq: 1, data: 1000 });
    expect(peer.c.sendQueueLength).toBe(5000);
    peer.abort();
    peer.expect({ flags: 'R.', seq: 1001 });
    expect(peer.c.sendQueueLength).toBe(0);
  });

  it('[MAY-18] CUBIC is there beside the standard’s own congestion control, and is the one in use (3.8.2; RFC 9438)', () => {
    // A loss at 200 segments, 140 after it: ten round trips of 100 ms later RFC 5681 has 150, RFC 9438 more than 160.
    const grown = (algorithm: string): number => {
      const peer = new Peer({ sysctls: { tcp_congestion_control: algorithm } });
      const { cc } = peer.connectsToHost({ mss: 1000, wnd: 65_535, wscale: 5 }).c;
      cc.cwnd = 200;
      cc.algorithm.onCongestion(cc, 200, 'loss');
      cc.cwnd = cc.ssthresh = 140;
      peer.write(2_000_000);
      for (let round = 0; round <= 10; round++) {
        const sent = peer.takeAll();
        peer.wait(100);
        for (const { seq, data } of sent) peer.send({ flags: '.', seq: 1, ack: seq! + (data as number) });
      }
      peer.takeAll();
      return cc.cwnd;
    };
    expect([grown('reno') < 152, grown('cubic') > 160]).toEqual([true, true]);
    expect(new Peer().connectsToHost({ mss: 1000 }).c.congestionControl).toBe('cubic');
  });

  it('[SHLD-8] ECN is granted to a SYN that asks for it; ours asks where tcp_ecn says so (3.8.2; RFC 3168)', () => {
    const peer = new Peer();
    peer.listen();
    sendRaw(peer, { flags: F.SYN | F.ECE | F.CWR });
    expect(takeRaw(peer).flags).toBe(F.SYN | F.ACK | F.ECE);
    for (const [tcp_ecn, asks] of [
      [2, 0],
      [1, F.ECE | F.CWR],
    ] as const) {
      const active = new Peer({ sysctls: { tcp_ecn } });
      active.open();
      const syn = takeRaw(active);
      expect(syn.flags).toBe(F.SYN | asks);
      expect(syn.tos & 3).toBe(0);
    }
  });

  it('[SHLD-8] where none was agreed on segments are not ECN-capable, and marks that come anyway change nothing (RFC 3168, section 6.1)', () => {
    const peer = new Peer().connectsToHost();
    sendRaw(peer, { flags: F.ACK | F.ECE, seq: 1, ack: 1, tos: 3 });
    peer.write(10);
    const { tos, flags } = takeRaw(peer);
    expect(tos & 3).toBe(0);
    expect(flags & (F.ECE | F.CWR)).toBe(0);
    expect(peer.c.info().tcpi_snd_cwnd).toBe(10);
  });
});
