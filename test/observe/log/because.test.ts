import { describe, expect, it } from 'vitest';
import { record } from '../../../src/observe/log/record.ts';
import type { LogEntry } from '../../../src/observe/log/schema.ts';
import { WANTS, WANTS_ALL } from '../../../src/tcp/terms/wants.ts';
import { address } from '../../../src/wire/address.ts';
import { Peer } from '../../support/peer.ts';

/** What `because` points at where more than one thing could have been it. */

type Out = Extract<LogEntry, { type: 'segment' }>;

class Log {
  readonly entries: LogEntry[] = [];

  constructor(peer: Peer, wants = WANTS_ALL) {
    record(peer.host, (entry) => this.entries.push(entry), { wants });
  }

  /** The last segment that left. */
  get sent(): Out {
    return this.entries.findLast((entry): entry is Out => entry.type === 'segment' && entry.direction === 'out')!;
  }

  causeOf({ because }: LogEntry): LogEntry | undefined {
    return because === undefined ? undefined : this.entries.find(({ id }) => id === because);
  }
}

describe('the cause of what leaves', () => {
  it('is the second of two segments for an ACK of both, and the last that came for one on the timer', () => {
    const peer = new Peer().connectsToHost();
    peer.c.ownOptions().quickAck = false;
    const log = new Log(peer);
    peer.batch(() => {
      peer.send({ flags: '.', seq: 1, ack: 1, data: 1460 });
      peer.send({ flags: '.', seq: 1461, ack: 1, data: 1460 });
    });
    peer.expect({ flags: '.', ack: 2921 });
    expect(log.sent.cause?.text).toBe('ACK: more than one full segment is unacknowledged');
    expect(log.causeOf(log.sent)).toMatchObject({ type: 'segment', seq: 1461 });
    peer.send({ flags: '.', seq: 2921, ack: 1, data: 10 });
    peer.wait(300);
    peer.expect({ flags: '.', ack: 2931 });
    expect(log.causeOf(log.sent)).toMatchObject({ type: 'timer', timer: 'delayed ACK', action: 'fired' });
  });

  it('is the write for what an application sends that held itself back, though an ACK came in the same batch', () => {
    const peer = new Peer().connectsToHost();
    const log = new Log(peer);
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    peer.batch(() => {
      peer.send({ flags: '.', seq: 1, ack: 101 });
      peer.write(200);
    });
    peer.expect({ flags: 'P.', data: 200 });
    expect(log.sent.cause?.text).toBe('new data');
    expect(log.causeOf(log.sent)).toMatchObject({ type: 'call', call: 'write', octets: 200 });
  });

  it("is the write that filled a segment up, where Nagle's algorithm had held it, and the ACK where that came", () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    const log = new Log(peer);
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    peer.send({ flags: '.', seq: 1, ack: 101 });
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    peer.write(600);
    peer.write(400);
    peer.expect({ flags: 'P.', data: 1000 });
    expect(log.causeOf(log.sent)).toMatchObject({ type: 'call', call: 'write', octets: 400 });
    peer.write(50);
    peer.send({ flags: '.', seq: 1, ack: 1201 });
    peer.expect({ flags: 'P.', data: 50 });
    expect(log.causeOf(log.sent)).toMatchObject({ type: 'segment', ack: 1201 });
  });

  it('is the timer for what is pushed into a window that stays small', () => {
    const peer = new Peer().connectsToHost({ mss: 1000, wnd: 4000 });
    const log = new Log(peer);
    peer.write(5000);
    for (let i = 0; i < 4; i++) peer.expect({ flags: '.', data: 1000 });
    peer.send({ flags: '.', seq: 1, ack: 4001, wnd: 100 });
    peer.wait(220);
    peer.expect({ flags: '.', data: 100 });
    expect(log.sent.cause?.text).toBe('the window stays small: what fits is sent');
    expect(log.causeOf(log.sent)).toMatchObject({ type: 'timer', timer: 'window probe', action: 'fired' });
  });

  it('is the time-out that marked it lost, for each time that it is sent again', () => {
    const peer = new Peer().connectsToHost();
    const log = new Log(peer);
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    for (let attempt = 1; attempt <= 3; attempt++) {
      peer.wait(220 * 2 ** (attempt - 1));
      peer.expect({ flags: 'P.', seq: 1, data: 100 });
      const retransmission = log.causeOf(log.sent)!;
      expect(retransmission).toMatchObject({ type: 'retransmit', attempt });
      const loss = log.causeOf(retransmission)!;
      expect(loss).toMatchObject({ type: 'loss', time: log.sent.time });
      expect(log.causeOf(loss)).toMatchObject({ type: 'timer', action: 'fired', time: log.sent.time });
    }
  });

  it('is what the user was told, for what it does with a call that no entry tells of', () => {
    const peer = new Peer().connectsToHost();
    const other = new Peer({ machine: peer.machine, address: address('10.0.0.3'), hostPort: 81 }).connectsToHost();
    const log = new Log(peer);
    peer.user.onReadable = () => peer.c.setKeepAlive(true, 1000);
    peer.batch(() => {
      peer.send({ flags: '.', seq: 1, ack: 1, data: 10 });
      other.send({ flags: '.', seq: 1, ack: 1, data: 20 });
    });
    peer.expect({ flags: '.', ack: 11 });
    other.expect({ flags: '.', ack: 21 });
    const set = log.entries.find((entry) => entry.type === 'timer' && entry.timer === 'keep-alive')!;
    expect(set).toMatchObject({ action: 'set', connection: peer.c.id });
    expect(log.causeOf(set)).toMatchObject({ type: 'segment', connection: peer.c.id, length: 10 });
  });

  it('is not the call before the write where writes are not asked for', () => {
    const peer = new Peer();
    const log = new Log(peer, WANTS.segment | WANTS.call);
    peer.acceptsFromHost();
    peer.write(100);
    peer.expect({ flags: 'P.', data: 100 });
    expect(log.sent.cause?.text).toBe('new data');
    expect(log.causeOf(log.sent)).toBeUndefined();
  });
});

describe('what one log saw', () => {
  it('is no cause in another that began later: the timer that it saw set has been moved since', () => {
    const peer = new Peer().connectsToHost();
    const stop = record(peer.host, () => {});
    peer.write(3000);
    peer.takeAll();
    stop();
    peer.wait(50);
    peer.send({ flags: '.', seq: 1, ack: 1461 }); // moves the retransmission timer, and no log sees it
    const log = new Log(peer);
    peer.wait(2000);
    peer.takeAll();
    const fired = log.entries.find((entry) => entry.type === 'timer' && entry.action === 'fired')!;
    expect(fired).toMatchObject({ timer: 'retransmit' });
    expect(fired.because).toBeUndefined();
    // From then on the log knows all.
    const again = log.entries.findLast((entry) => entry.type === 'timer' && entry.action === 'fired')!;
    expect(again.id).toBeGreaterThan(fired.id);
    expect(log.causeOf(again)).toMatchObject({ type: 'timer', action: 'set' });
  });
});
