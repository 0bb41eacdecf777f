import { describe, expect, it } from 'vitest';
import { dropCauses, type TcpDrop } from '../../../src/tcp/terms/drops.ts';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import { Peer, type SegmentSpec } from '../../support/peer.ts';

/** A host that has been brought so far, and what comes then. */
type Case = [reason: string, when: string, begin: () => Peer, segment: SegmentSpec];

const listening = (backlog?: number): Peer => {
  const peer = new Peer();
  peer.listen(backlog);
  return peer;
};

const synSent = (): Peer => {
  const peer = new Peer();
  peer.open();
  peer.expect({ flags: 'S' });
  return peer;
};

const synReceived = (): Peer => {
  const peer = listening();
  peer.send({ flags: 'S', seq: 0, mss: 1460, wnd: 65535 });
  peer.expect({ flags: 'S.', ack: 1 });
  return peer;
};

const established = (): Peer => new Peer().connectsToHost();
const withTimestamps = (): Peer => new Peer().connectsToHost({ ts: [1000, 0] });

const finAfterHole = (): Peer => {
  const peer = established();
  peer.send({ flags: 'F.', seq: 101, ack: 1 });
  peer.expect({ flags: '.', ack: 1 });
  return peer;
};

/** Octets wait to be read. */
const unread = (): Peer => {
  const peer = established();
  peer.user.autoRead = false;
  peer.send({ flags: '.', seq: 1, ack: 1, data: 100 });
  peer.takeAll();
  return peer;
};

/** The window was promised before the user took the buffer away. */
const fullBuffer = (): Peer => {
  const peer = unread();
  peer.c.receiveBuffer = 105;
  return peer;
};

/** The peer has acknowledged our FIN, and our user wants nothing more. */
function lightFinWait2(peer = established()): Peer {
  const ts = peer.c.timestamps ? { ts: [1010, 1000] as [number, number] } : {};
  peer.c.user = null;
  peer.close();
  peer.expect({ flags: 'F.', seq: 1 });
  peer.send({ flags: '.', seq: 1, ack: 2, ...ts });
  return peer;
}

function timeWait(peer = established()): Peer {
  const ts = peer.c.timestamps ? { ts: [1010, 1000] as [number, number] } : {};
  lightFinWait2(peer).send({ flags: 'F.', seq: 1, ack: 2, ...ts });
  peer.expect({ flags: '.', ack: 2 });
  return peer;
}

const stale: [number, number] = [999, 1000];

const full = (): Peer => {
  const peer = listening(0);
  const other = new Peer({ machine: peer.machine, port: 41_000 });
  other.listener = peer.listener;
  other.send({ flags: 'S', seq: 0, mss: 1460, wnd: 65535 });
  other.expect({ flags: 'S.', ack: 1 });
  other.send({ flags: '.', seq: 1, ack: 1 });
  return peer;
};

const deferring = (): Peer => {
  const peer = new Peer();
  const options = new SocketOptions();
  options.deferAccept = 5;
  peer.listen(10, options);
  peer.send({ flags: 'S', seq: 0, mss: 1460, wnd: 65535 });
  peer.expect({ flags: 'S.', ack: 1 });
  return peer;
};

describe('what TCP throws away has a reason, and it is counted and told once', () => {
  it.each<Case>([
    ['NoSocket', 'for a port without listener', () => new Peer(), { flags: 'S', seq: 0 }],

    ['NotASyn', 'a RST for a listener', () => listening(), { flags: 'R', seq: 0 }],
    ['NotASyn', 'an ACK for a listener', () => listening(), { flags: '.', seq: 1, ack: 1 }],
    ['NotASyn', 'nothing at all for a listener', () => listening(), { flags: '', seq: 1 }],
    ['NotASyn', 'SYN and FIN together', () => listening(), { flags: 'SF', seq: 0 }],
    ['AcceptQueueFull', 'a SYN when nothing is accepted', full, { flags: 'S', seq: 0, mss: 1460 }],
    ['DeferredAccept', 'an ACK where data is waited for', deferring, { flags: '.', seq: 1, ack: 1 }],

    ['AckUnsent', 'an ACK of no SYN of ours', synSent, { flags: 'S.', seq: 0, ack: 2 }],
    ['RstNotExact', 'a RST without ACK for our SYN', synSent, { flags: 'R', seq: 0 }],
    ['NotASyn', 'no SYN for our SYN', synSent, { flags: '.', seq: 0, ack: 1 }],
    ['PawsActive', 'an echo of no SYN of ours', synSent, { flags: 'S.', seq: 0, ack: 1, mss: 1460, ts: [5, 77_777] }],

    ['AckUnsent', 'a wrong ACK of our SYN-ACK', synReceived, { flags: '.', seq: 1, ack: 2 }],
    ['SynInHandshake', 'another SYN in the window', synReceived, { flags: 'S', seq: 9, mss: 1460 }],
    ['NoAck', 'no ACK bit', synReceived, { flags: '', seq: 1 }],

    ['OutsideWindow', 'before the window', established, { flags: '.', seq: -1000, ack: 1, data: 10 }],
    ['OutsideWindow', 'a RST beyond the window', established, { flags: 'R', seq: 200_000 }],
    ['OverWindow', 'beyond the window', established, { flags: '.', seq: 200_000, ack: 1, data: 10 }],
    ['OverWindow', 'into the window and beyond it', unread, { flags: '.', seq: 101, ack: 1, data: 65_000 }],
    ['ReceiveQueueFull', 'more than the buffer takes', fullBuffer, { flags: '.', seq: 101, ack: 1, data: 10 }],
    ['OutOfOrderQueueFull', 'the same beyond a hole', fullBuffer, { flags: '.', seq: 201, ack: 1, data: 10 }],
    ['Paws', 'an older timestamp', withTimestamps, { flags: '.', seq: 1, ack: 1, data: 10, ts: stale }],
    ['RstNotExact', 'a RST within the window', established, { flags: 'R', seq: 100 }],
    ['SynOnConnection', 'a SYN', established, { flags: 'S', seq: 100 }],
    ['SynOnConnection', 'a SYN beyond the window', established, { flags: 'S', seq: 200_000 }],
    ['NoAck', 'no ACK bit', established, { flags: '', seq: 1, data: 10 }],
    ['AckUnsent', 'an ACK of what was not sent', established, { flags: '.', seq: 1, ack: 9 }],
    ['AckTooOld', 'an ACK of long ago', established, { flags: '.', seq: 1, ack: -100_000 }],
    ['TextBeyondFin', 'octets behind the FIN', finAfterHole, { flags: '.', seq: 102, ack: 1, data: 10 }],

    ['RstNotExact', 'a RST within the window', () => lightFinWait2(), { flags: 'R', seq: 100 }],
    ['SynOnConnection', 'a SYN', () => lightFinWait2(), { flags: 'S', seq: 1 }],
    ['OutsideWindow', 'beyond the window', () => lightFinWait2(), { flags: '.', seq: 200_000, ack: 2, data: 10 }],
    ['NoAck', 'no ACK bit', () => lightFinWait2(), { flags: '', seq: 1 }],
    ['AckUnsent', 'an ACK of what was not sent', () => lightFinWait2(), { flags: '.', seq: 1, ack: 9 }],
    [
      'PawsTimeWait',
      'an older timestamp',
      () => lightFinWait2(withTimestamps()),
      { flags: '.', seq: 1, ack: 2, ts: stale },
    ],
    ['DataAfterClose', 'octets that have no reader', () => lightFinWait2(), { flags: '.', seq: 1, ack: 2, data: 10 }],

    ['TimeWait', 'a RST beside', () => timeWait(), { flags: 'R', seq: 100 }],
    ['TimeWait', 'octets', () => timeWait(), { flags: '.', seq: 1, ack: 2, data: 1 }],
    ['PawsTimeWait', 'an older timestamp', () => timeWait(withTimestamps()), { flags: '.', seq: 1, ack: 2, ts: stale }],
    ['NoAck', 'no ACK bit', () => timeWait(), { flags: '', seq: 2 }],
  ])('%s: %s (%#)', (reason, _, begin, segment) => {
    const peer = begin();
    const { counters, drops } = peer.host.tcp;
    const before = drops.get(reason as never);
    const { counter } = dropCauses[reason as TcpDrop];
    const counted = counter === undefined ? 0 : counters[counter];
    const told: string[] = [];
    peer.host.observe((e) => e.type === 'drop' && told.push(e.reason));
    peer.send(segment);
    expect(told).toEqual([reason]);
    expect(drops.get(reason as never)).toBe(before + 1);
    if (counter !== undefined) expect(counters[counter], counter).toBe(counted + 1);
    peer.takeAll();
  });
});
