import { describe, expect, it } from 'vitest';
import { Peer } from '../../support/peer.ts';
import { stream } from '../../support/user.ts';

/** The host's user writes `count` octets of its stream as urgent ones. */
function writeUrgent(peer: Peer, count: number): void {
  peer.c.sendUrgent(stream('host', peer.written, count));
  peer.written += count;
  peer.machine.settle();
}

describe('urgent data to the peer', () => {
  it('[MUST-30] [MUST-62] the pointer is that of the octet behind the urgent ones (3.8.5)', () => {
    const peer = new Peer().connectsToHost();
    writeUrgent(peer, 10);
    peer.expect({ flags: 'PU.', seq: 1, data: 10, urg: 10 });
  });

  it('[MUST-31] it may be longer than a segment: each one points to its end (3.8.5)', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    writeUrgent(peer, 3500);
    peer.expect({ flags: 'U.', seq: 1, data: 1000, urg: 3500 });
    peer.expect({ flags: 'U.', seq: 1001, data: 1000, urg: 2500 });
    peer.expect({ flags: 'U.', seq: 2001, data: 1000, urg: 1500 });
    peer.expect({ flags: 'PU.', seq: 3001, data: 500, urg: 500 });
    peer.send({ flags: '.', seq: 1, ack: 3501 });
    peer.write(10);
    peer.expect({ flags: 'P.', seq: 3501, data: 10 });
  });

  it('[MUST-31] it may be longer than the pointer can say: 65,535 stands for "further" (3.8.5)', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    writeUrgent(peer, 80_000);
    const first = peer.takeAll();
    expect(first[0]).toMatchObject({ flags: 'U.', seq: 1, urg: 65_535 });
    let acked = 1;
    let last = first.at(-1)!;
    for (let turn = 0; acked < 80_001 && turn < 100; turn++) {
      acked = last.seq! + (last.data as number);
      peer.send({ flags: '.', seq: 1, ack: acked });
      for (const segment of peer.takeAll()) {
        last = segment;
        expect(segment.urg).toBe(Math.min(65_535, 80_001 - segment.seq!));
      }
    }
    expect(acked).toBe(80_001);
  });

  it('goes on being announced when its segment is sent again (3.8.5)', () => {
    const peer = new Peer().connectsToHost();
    writeUrgent(peer, 10);
    peer.expect({ flags: 'PU.', seq: 1, data: 10, urg: 10 });
    expect(peer.next().segment).toMatchObject({ flags: 'PU.', seq: 1, data: 10, urg: 10 });
  });

  it('[SHLD-13] is sent only where the user asked for it (3.9.1.2)', () => {
    const peer = new Peer().connectsToHost();
    peer.write(5000);
    expect(peer.takeAll().map((s) => s.flags)).toEqual(['.', '.', '.', 'P.']);
    peer.shutdown();
    peer.send({ flags: '.', seq: 1, ack: 5001 });
    expect(peer.takeAll().map((s) => s.flags)).toEqual(['F.']);
  });
});

describe('urgent data from the peer', () => {
  it('[MUST-32] [MUST-33] the user is told, and learns how much of it is left (3.8.5)', () => {
    const peer = new Peer().connectsToHost();
    peer.user.autoRead = false;
    peer.send({ flags: '.', seq: 1, ack: 1, data: 5 });
    expect(peer.c.urgentLength).toBe(0);
    peer.send({ flags: 'U.', seq: 6, ack: 1, data: 10, urg: 10 });
    expect(peer.user.events).toEqual(['readable', 'urgent', 'readable']);
    expect(peer.c.urgentLength).toBe(15);
    peer.user.read(12);
    expect(peer.c.urgentLength).toBe(3);
    peer.user.read();
    expect(peer.c.urgentLength).toBe(0);
    peer.takeAll();
  });

  it('[MUST-32] the user is told before the octets have come (3.8.5)', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'U.', seq: 1, ack: 1, urg: 2000 });
    expect(peer.user.events).toEqual(['urgent']);
    expect(peer.c.urgentLength).toBe(2000);
    peer.send({ flags: '.', seq: 1, ack: 1, data: 1000 });
    expect(peer.c.urgentLength).toBe(1000);
    peer.takeAll();
  });

  it('[MUST-31] one that grows is told again; one that repeats or goes back is not (3.10.7.4, sixth)', () => {
    const peer = new Peer().connectsToHost();
    const urgents = () => peer.user.events.filter((event) => event === 'urgent').length;
    peer.send({ flags: 'U.', seq: 1, ack: 1, urg: 60_000 });
    peer.send({ flags: 'U.', seq: 1, ack: 1, urg: 60_000 });
    peer.send({ flags: '.', seq: 1, ack: 1, data: 1000 });
    peer.send({ flags: 'U.', seq: 1001, ack: 1, urg: 100 });
    expect(urgents()).toBe(1);
    peer.send({ flags: 'U.', seq: 1001, ack: 1, urg: 60_000 });
    expect(urgents()).toBe(2);
    expect(peer.c.urgentLength).toBe(60_000);
    peer.takeAll();
  });

  it('stays in the stream: the user reads urgent octets where they stand (RFC 6093, section 6)', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'PU.', seq: 1, ack: 1, data: 100, urg: 50 });
    expect(peer.user.received).toBe(100);
    peer.takeAll();
  });

  it('of a mark behind what the user has read he is not told: a pointer of 0 (3.10.7.4, sixth)', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 100 });
    peer.send({ flags: 'PU.', seq: 101, ack: 1, data: 10, urg: 0 });
    peer.send({ flags: 'U.', seq: 111, ack: 1, urg: 0 });
    peer.takeAll();
    expect(peer.user.events).toEqual(['readable']);
    peer.send({ flags: 'PU.', seq: 111, ack: 1, data: 10, urg: 1 });
    expect(peer.user.events).toEqual(['readable', 'urgent', 'readable']);
    peer.takeAll();
    // With octets before it that wait to be read, it says that those are urgent.
    peer.user.autoRead = false;
    peer.send({ flags: 'P.', seq: 121, ack: 1, data: 10 });
    peer.send({ flags: 'PU.', seq: 131, ack: 1, data: 10, urg: 0 });
    expect(peer.user.events.filter((event) => event === 'urgent').length).toBe(2);
    expect(peer.c.urgentLength).toBe(10);
    peer.takeAll();
  });

  it('[MUST-30] a pointer without URG means nothing (3.1)', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: '.', seq: 1, ack: 1, data: 10, urg: 10 });
    expect(peer.user.events).toEqual(['readable']);
    expect(peer.c.urgentLength).toBe(0);
    peer.takeAll();
  });

  it('after the peer’s FIN, URG is ignored (3.10.7.4, sixth)', () => {
    const peer = new Peer().connectsToHost();
    peer.send({ flags: 'F.', seq: 1, ack: 1 });
    peer.send({ flags: 'U.', seq: 2, ack: 1, urg: 10 });
    expect(peer.user.events).not.toContain('urgent');
    expect(peer.c.urgentLength).toBe(0);
    peer.takeAll();
  });
});
