import { describe, expect, it } from 'vitest';
import { record } from '../../../src/observe/log/record.ts';
import type { LogEntry } from '../../../src/observe/log/schema.ts';
import { Peer } from '../../support/peer.ts';

describe('a log whose reader has no room', () => {
  it('has no entry made of what happens, and each connection introduced before its first entry behind the gap', () => {
    const peer = new Peer();
    const entries: LogEntry[] = [];
    let room = false;
    let leftOut = 0;
    let written = 0;
    record(
      peer.host,
      (entry) => {
        written++;
        if (room) entries.push(entry);
        return room;
      },
      {
        leavesOut: () => {
          if (!room) leftOut++;
          return !room;
        },
      },
    );
    expect(written).toBe(1); // the header
    peer.connectsToHost();
    expect(leftOut).toBeGreaterThan(5);
    expect(written).toBe(1);
    room = true;
    peer.send({ flags: '.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', ack: 11 });
    expect(entries[0]).toMatchObject({ type: 'connection', connection: peer.c.id, state: 'ESTABLISHED' });
    expect(entries[1]).toMatchObject({ type: 'segment', connection: peer.c.id, seq: 1 });
  });

  it('introduces a connection again where the introduction itself found no room', () => {
    const peer = new Peer().connectsToHost();
    const entries: LogEntry[] = [];
    let room = false;
    record(peer.host, (entry) => (room ? entries.push(entry) > 0 : false), { leavesOut: () => false });
    peer.send({ flags: '.', seq: 1, ack: 1, data: 10 });
    peer.expect({ flags: '.', ack: 11 });
    room = true;
    peer.write(5);
    peer.expect({ flags: 'P.', data: 5 });
    expect(entries[0]).toMatchObject({ type: 'connection', connection: peer.c.id });
  });
});
