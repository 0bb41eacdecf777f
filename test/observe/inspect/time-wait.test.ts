import { describe, expect, it } from 'vitest';
import { Inspection } from '../../../src/observe/inspect/inspection.ts';
import { type TimeWaitSnapshot, timeWaitSnapshots } from '../../../src/observe/inspect/time-wait.ts';
import { Peer, type PeerOptions } from '../../support/peer.ts';

function of(peer: Peer): TimeWaitSnapshot {
  peer.host.advance(peer.machine.now); // a host in virtual time learns only so that time has passed
  return [...new Inspection(peer.host).timeWait()][0]!;
}

function established(options: PeerOptions = {}): Peer {
  const peer = new Peer(options);
  peer.listen();
  peer.connectsToHost();
  return peer;
}

function closesFirst(peer: Peer): void {
  peer.close();
  peer.expect({ flags: 'F.' });
}

describe('a snapshot of a connection in TIME_WAIT', () => {
  it('says that we closed first, what came last, and what time is left', () => {
    const peer = established();
    closesFirst(peer);
    peer.send({ flags: '.', seq: 1, ack: 2 });
    expect(of(peer)).toMatchObject({
      state: 'FIN_WAIT_2',
      closedFirst: 'us',
      lastSegment: 'ACK of our FIN',
      left: 60_000_000,
    });
    expect(of(peer).succession).toEqual({ peer: 'not before its FIN', own: 'no' });
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.' });
    peer.wait(10_000);
    expect(of(peer)).toMatchObject({ state: 'TIME_WAIT', closedFirst: 'us', lastSegment: 'FIN', left: 50_000_000 });
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.' });
    expect(of(peer)).toMatchObject({ closedFirst: 'us', lastSegment: 'FIN again', left: 60_000_000 });
  });

  it('says that both closed at once', () => {
    const peer = established();
    closesFirst(peer);
    peer.send({ flags: 'F.', seq: 1, ack: 1 });
    peer.expect({ flags: '.' });
    peer.send({ flags: '.', seq: 2, ack: 2 });
    expect(of(peer)).toMatchObject({ state: 'TIME_WAIT', closedFirst: 'both', lastSegment: 'ACK of our FIN' });
  });

  it('without timestamps: the peer needs a higher sequence number, and we may not have the place', () => {
    const peer = established();
    closesFirst(peer);
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.expect({ flags: '.' });
    const snapshot = of(peer);
    expect(snapshot).toMatchObject({ tsRecent: null, succession: { peer: 'higher sequence number', own: 'no' } });
    expect(snapshot.rcvNxt).toBe(peer.iss + 2);
    // And so it is: what lies at the edge does not begin a connection, what lies beyond it does.
    peer.send({ flags: 'S', seq: 2 });
    peer.expect({ flags: '.' });
    peer.send({ flags: 'S', seq: 3 });
    peer.expect({ flags: 'S.' });
  });

  it('with timestamps: a newer one; a port of ours when tcp_tw_reuse says so, after its delay', () => {
    const peer = new Peer({ sysctls: { tcp_tw_reuse: 1 } });
    peer.listen();
    peer.send({ flags: 'S', seq: 0, mss: 1460, ts: [1000, 0] });
    const synAck = peer.expect({ flags: 'S.' });
    const ecr = synAck.ts![0];
    peer.send({ flags: '.', seq: 1, ack: 1, ts: [1001, ecr] });
    peer.accept();
    closesFirst(peer);
    peer.send({ flags: 'F.', seq: 1, ack: 2, ts: [1002, ecr] });
    peer.expect({ flags: '.' });
    expect(of(peer)).toMatchObject({ tsRecent: 1002, succession: { peer: 'newer timestamp', own: 'this port' } });
    peer.wait(1100);
    expect(of(peer).succession.own).toBe('any port');
    peer.listener!.close();
    expect(of(peer).succession.peer).toBe('no listener');
  });

  it('comes once, whatever ends and begins while the list is made', () => {
    const first = established();
    const peers = [first];
    for (let port = 50_000; port < 50_100; port++) {
      const peer = new Peer({ machine: first.machine, port });
      peer.listener = first.listener;
      peer.connectsToHost();
      peers.push(peer);
    }
    for (const peer of peers) {
      closesFirst(peer);
      peer.send({ flags: 'F.', seq: 1, ack: 2 });
      peer.expect({ flags: '.' });
    }
    const ports: number[] = [];
    for (const { remotePort } of timeWaitSnapshots(first.host)) {
      ports.push(remotePort);
      // The FIN of one that was there comes again: it moves to the end of those that wait.
      const again = peers[ports.length - 1]!;
      again.send({ flags: 'F.', seq: 1, ack: 2 });
      again.expect({ flags: '.' });
    }
    expect(ports.sort()).toEqual(peers.map(({ port }) => port).sort());
  });
});
