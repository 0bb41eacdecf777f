import { describe, expect, it } from 'vitest';
import { FastOpenQueue } from '../../../src/tcp/queues/fast-open-queue.ts';

const MINUTE = 60_000_000;

describe('pending Fast Open requests', () => {
  it('have as much room as the limit says', () => {
    const queue = new FastOpenQueue();
    expect(queue.hasRoom(0, 0)).toBe(false);
    for (let i = 0; i < 3; i++) {
      expect(queue.hasRoom(3, 0)).toBe(true);
      queue.began();
    }
    expect(queue.hasRoom(3, 0)).toBe(false);
    queue.ended();
    expect(queue.hasRoom(3, 0)).toBe(true);
  });

  it('that ended by a RST make room after a minute, one for each new one', () => {
    const queue = new FastOpenQueue();
    for (let i = 0; i < 2; i++) {
      queue.began();
      queue.endedByReset(i);
    }
    expect(queue.hasRoom(2, MINUTE - 1)).toBe(false);
    expect(queue.hasRoom(2, MINUTE)).toBe(true);
    queue.began();
    expect(queue.hasRoom(2, MINUTE)).toBe(false);
    expect(queue.hasRoom(2, MINUTE + 1)).toBe(true);
    expect(queue.length).toBe(1);
  });
});
