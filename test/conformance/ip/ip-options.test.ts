import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { Peer, type PeerOptions } from '../../support/peer.ts';
import { F, sendRaw, takeRaw } from '../../support/raw-packets.ts';

const A = [192, 0, 2, 1];
const B = [192, 0, 2, 2];
const C = [192, 0, 2, 3];
const PEER = [10, 0, 0, 2];
/** A loose source route as it stands in a datagram that has been at all its stops. */
const complete = (...stops: number[][]): number[] => [131, 3 + 4 * stops.length, 4 + 4 * stops.length, ...stops.flat()];
const fresh = (...stops: number[][]): number[] => [131, 3 + 4 * stops.length, 4, ...stops.flat()];
const RECORD_ROUTE = [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0];
const TIMESTAMP = [68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const SECURITY = [130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const ROUTED: PeerOptions = { sysctls: { accept_source_route: 1 } };

/** The host's answer to a SYN whose IP header has these options. */
function answerTo(ipOptions: number[], options: PeerOptions = {}): ReturnType<typeof takeRaw> {
  const peer = new Peer(options);
  peer.listen();
  sendRaw(peer, { flags: F.SYN, ipOptions });
  return takeRaw(peer);
}

/** The route that a segment of the host's travels: its first stop, and the stops in its option. */
function routeOf({ dst, ipOptions }: ReturnType<typeof takeRaw>) {
  return { dst, route: ipOptions.slice(0, ipOptions[1] ?? 0) };
}

describe('IP options', () => {
  it('[MUST-50] those that TCP does not know are ignored, known to IP or not (3.9.2)', () => {
    for (const option of [SECURITY, [1, 1, 1, 0], [148, 4, 0, 0], [222, 6, 1, 2, 3, 4]]) {
      const answer = answerTo(option);
      expect(answer.flags).toBe(F.SYN | F.ACK);
      expect(answer.ipOptions).toEqual([]);
    }
  });

  it('[MAY-10] a Timestamp option is ignored: not filled in, not answered (3.9.2)', () => {
    const answer = answerTo(TIMESTAMP);
    expect([answer.flags, answer.ipOptions]).toEqual([F.SYN | F.ACK, []]);
  });

  it('[MAY-11] a Record Route option is ignored: not filled in, not answered (3.9.2)', () => {
    const answer = answerTo(RECORD_ROUTE);
    expect([answer.flags, answer.ipOptions]).toEqual([F.SYN | F.ACK, []]);
  });

  it('[MAY-10] [MAY-11] the user may send both (3.9.2)', () => {
    const peer = new Peer();
    const ipOptions = Uint8Array.from([...RECORD_ROUTE, ...TIMESTAMP, 0]);
    peer.open({ socketOptions: Object.assign(new SocketOptions(), { ipOptions }) });
    expect(takeRaw(peer).ipOptions).toEqual([...ipOptions]);
  });
});

describe('source routes', () => {
  it('[MUST-51] the user gives one with an active OPEN: every segment travels by it (3.9.2.1)', () => {
    const peer = new Peer();
    const ipOptions = Uint8Array.from(fresh(A, B));
    peer.open({ socketOptions: Object.assign(new SocketOptions(), { ipOptions }) });
    expect(routeOf(takeRaw(peer))).toEqual({ dst: '192.0.2.1', route: fresh(B, PEER) });
    peer.wait(1000);
    const again = takeRaw(peer);
    expect(routeOf(again)).toEqual({ dst: '192.0.2.1', route: fresh(B, PEER) });
    // The checksum covers the final destination, not the first stop (3.9.2.1).
    expect(again.sum).not.toBe(0);
  });

  it('[MUST-53] a passive OPEN keeps the way back and sends all segments along it (3.9.2.1)', () => {
    const peer = new Peer(ROUTED);
    peer.listen();
    sendRaw(peer, { flags: F.SYN, ipOptions: complete(A, B) });
    const back = { dst: '192.0.2.2', route: fresh(A, PEER) };
    const synAck = takeRaw(peer);
    expect(routeOf(synAck)).toEqual(back);
    peer.hostIss = peer.host.connections()[Symbol.iterator]().next().value!.snd.iss;
    sendRaw(peer, { flags: F.ACK, seq: 1, ack: 1, ipOptions: complete(A, B) });
    peer.accept();
    peer.write(10);
    expect(routeOf(takeRaw(peer))).toEqual(back);
    peer.shutdown();
    expect(routeOf(takeRaw(peer))).toEqual(back);
  });

  it('[SHLD-24] a later route that comes takes the place of the earlier (3.9.2.1)', () => {
    const peer = new Peer(ROUTED);
    peer.listen();
    sendRaw(peer, { flags: F.SYN, ipOptions: complete(A, B) });
    takeRaw(peer);
    peer.hostIss = peer.host.connections()[Symbol.iterator]().next().value!.snd.iss;
    sendRaw(peer, { flags: F.ACK, seq: 1, ack: 1, ipOptions: complete(C) });
    peer.accept();
    peer.write(10);
    expect(routeOf(takeRaw(peer))).toEqual({ dst: '192.0.2.3', route: fresh(PEER) });
  });

  it('[MUST-52] the user’s own overrides what comes (3.9.2.1)', () => {
    const peer = new Peer(ROUTED);
    const ipOptions = Uint8Array.from(fresh(A));
    peer.open({ socketOptions: Object.assign(new SocketOptions(), { ipOptions }) });
    takeRaw(peer);
    peer.hostIss = peer.c.snd.iss;
    sendRaw(peer, { flags: F.SYN | F.ACK, seq: 0, ack: 1, ipOptions: complete(B, C) });
    expect(routeOf(takeRaw(peer))).toEqual({ dst: '192.0.2.1', route: fresh(PEER) });
    peer.write(10);
    expect(routeOf(takeRaw(peer))).toEqual({ dst: '192.0.2.1', route: fresh(PEER) });
  });

  it('without accept_source_route, the default as in Linux, such datagrams are dropped (RFC 1122, section 3.2.1.8)', () => {
    const peer = new Peer();
    peer.listen();
    sendRaw(peer, { flags: F.SYN, ipOptions: complete(A) });
    expect(peer.machine.packets).toHaveLength(0);
  });
});
