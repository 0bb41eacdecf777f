import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { Peer } from '../../support/peer.ts';
import { Transfer } from '../support/transfer.ts';
import { FAULTLESS, type Narrows } from '../support/two-hosts.ts';

/** A transfer over a path with a round trip of 40 ms that becomes narrow; the host's MSS at its end is 1448. */
function transfer(narrow: Narrows, sysctls: Partial<Sysctls> = {}, offload = false): Transfer {
  const world = new Transfer({
    ...FAULTLESS,
    ...{ delay: 20, offload, octets: [3_000_000, 0], readPause: 0, simultaneous: false, narrow, sysctls },
  });
  world.run();
  return world;
}

const silent = (mtu: number, from = 0, until = 1e9): Narrows => ({ from, until, mtu, told: null });

describe('a path that drops long packets and says nothing (RFC 4821; tcp_mtu_probing)', () => {
  it.each([false, true])('1: segments get shorter until they pass, then as long as pays (offload %s)', (offload) => {
    const { near } = transfer(silent(1300), {}, offload);
    // 1248 octets fit beside 52 of headers; a sixteenth less is good enough.
    expect(near.connection!.snd.mss).toBeGreaterThan(1150);
    expect(near.connection!.snd.mss).toBeLessThanOrEqual(1248);
    const { TCPMTUPSuccess, TCPMTUPFail, TCPTimeouts } = near.host.tcp.counters;
    expect(TCPMTUPSuccess).toBeGreaterThan(0);
    expect(TCPMTUPFail).toBeLessThan(6);
    // R1 is the third; what was lost as a probe told so by duplicate ACKs.
    expect(TCPTimeouts).toBe(3);
  });

  it('goes down in halves, to tcp_mtu_probe_floor', () => {
    const { near } = transfer(silent(600));
    expect(near.connection!.snd.mss).toBeGreaterThanOrEqual(512);
    expect(near.connection!.snd.mss).toBeLessThanOrEqual(548);
    expect(() => transfer(silent(500), { tcp_retries2: 6 })).toThrow('An end failed');
    expect(transfer(silent(500), { tcp_mtu_probe_floor: 400 }).near.connection!.snd.mss).toBeLessThanOrEqual(448);
  });

  it('0: only ICMP would tell', () => {
    expect(() => transfer(silent(1300), { tcp_mtu_probing: 0, tcp_retries2: 6 })).toThrow('An end failed');
  });

  it('2: begins with tcp_base_mss, and finds at once that the path is wider', () => {
    const peer = new Peer({ sysctls: { tcp_mtu_probing: 2 } }).connectsToHost();
    peer.write(1024);
    peer.expect({ flags: 'P.', seq: 1, data: 1024 });
    peer.send({ flags: '.', seq: 1, ack: 1025 });
    peer.write(8000);
    expect(peer.takeAll().map((s) => s.data)).toEqual([1460, 1024, 1024, 1024, 1024, 1024, 1024, 396]);
    peer.send({ flags: '.', seq: 1, ack: 9025 });
    expect(peer.c.snd.mss).toBe(1460);
    expect(peer.host.tcp.counters.TCPMTUPSuccess).toBe(1);
  });

  it('sends no probe while SACK blocks would make it too long', () => {
    const peer = new Peer({ sysctls: { tcp_mtu_probing: 2 } }).connectsToHost({ sackOk: true });
    peer.send({ flags: 'P.', seq: 101, ack: 1, data: 100 });
    peer.write(8000);
    expect(Math.max(...peer.takeAll().map((s) => Number(s.data ?? 0)))).toBe(1024 - 12);
    peer.send({ flags: 'P.', seq: 1, ack: 8001, data: 100 });
    peer.write(8000);
    expect(Math.max(...peer.takeAll().map((s) => Number(s.data ?? 0)))).toBe(1460);
  });

  it('an outage looks the same, but afterwards segments are as long as they were', () => {
    for (const until of [2000, 60_000]) {
      const { near } = transfer(silent(0, 100, until));
      expect(near.connection!.snd.mss).toBe(1448);
      expect(near.host.tcp.counters.TCPMTUPSuccess).toBe(1);
    }
  });

  it('a short segment that is lost is no sign of it', () => {
    const peer = new Peer().connectsToHost();
    peer.write(1000);
    peer.wait(20_000);
    peer.takeAll();
    expect(peer.c.mtuSearch).toBeNull();
    expect(peer.c.snd.mss).toBe(1460);
  });

  it('a probe that is lost goes again in short segments, and no other is sent before that is known', () => {
    const peer = new Peer({ sysctls: { tcp_mtu_probing: 2 } }).connectsToHost({ sackOk: true });
    peer.write(60_000);
    const first = peer.takeAll();
    expect(first.filter((s) => Number(s.data) > 1024).map((s) => [s.seq, s.data])).toEqual([[1, 1460]]);
    for (let edge = 2485; edge <= 10_677; edge += 1024) peer.send({ flags: '.', seq: 1, ack: 1, sack: [[1461, edge]] });
    const again = peer.takeAll().filter((s) => s.seq! < 1461);
    expect(again.map((s) => [s.seq, s.data])).toEqual([
      [1, 1024],
      [1025, 436],
    ]);
    expect(peer.host.tcp.counters.TCPMTUPFail).toBe(1);
    peer.abort();
    peer.takeAll();
  });

  it('a size that was too long is tried again after tcp_probe_interval', () => {
    const peer = new Peer({ sysctls: { tcp_mtu_probing: 2, tcp_probe_interval: 60 } }).connectsToHost();
    const search = peer.c.mtuSearch!;
    search.high = 1030;
    search.fresh = false;
    const longest = (): number => {
      peer.write(10_000);
      const data = peer.takeAll().map((s) => Number(s.data));
      peer.send({ flags: '.', seq: 1, ack: peer.c.bytesAcked + 10_001 });
      return Math.max(...data);
    };
    expect(longest()).toBe(1024);
    peer.wait(60_000);
    expect(longest()).toBe(1460);
  });
});
