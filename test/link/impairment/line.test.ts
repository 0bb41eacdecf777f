import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BEHIND_LIMIT, Line } from '../../../src/link/impairment/line.ts';
import { WirePacket } from '../../../src/link/impairment/packets/wire-packet.ts';
import { Slab } from '../../../src/wire/slab.ts';

/** Packets that are told apart by their `since`. */
function packet(id: number, behind = 0): WirePacket {
  const made = new WirePacket(new Slab(new Uint8Array(1)), false);
  made.since = id;
  made.behind = behind;
  return made;
}

function makeLine(): { line: Line; arrived: number[] } {
  const arrived: number[] = [];
  return { line: new Line(({ since }) => arrived.push(since)), arrived };
}

const dues = fc.array(fc.nat(50), { maxLength: 60 });
/** The places of a list in the order of time, those of the same time in that of the list. */
const inOrder = (times: readonly number[]): number[] =>
  times.map((_, i) => i).sort((a, b) => times[a]! - times[b]! || a - b);

describe('Line', () => {
  it('hands over in the order of time, and of two at the same time the older first', () => {
    fc.assert(
      fc.property(dues, fc.nat(50), (times, halfway) => {
        const { line, arrived } = makeLine();
        times.forEach((due, i) => void line.add(packet(i), due));
        expect(line.nextDeadline()).toBe(times.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...times));
        line.run(halfway);
        expect(arrived).toEqual(inOrder(times).filter((i) => times[i]! <= halfway));
        line.run(50);
        expect(arrived).toEqual(inOrder(times));
        expect(line.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('also when it is hurried: then all at once, and those that let others by at their time at the latest', () => {
    fc.assert(
      fc.property(dues, fc.nat(50), (times, now) => {
        const { line, arrived } = makeLine();
        times.forEach((due, i) => void line.add(packet(i, i % 3 === 0 ? 2 : 0), due));
        line.hurry(now);
        line.run(now);
        expect(arrived).toEqual(inOrder(times));
      }),
    );
  });

  it('lets exactly as many by as it is told, and none that let others by count', () => {
    const { line, arrived } = makeLine();
    line.add(packet(1, 2), 0);
    line.add(packet(2, 2), 0);
    for (const id of [3, 4, 5]) line.add(packet(id), id);
    line.run(3);
    expect(arrived).toEqual([3]);
    line.run(10);
    expect(arrived).toEqual([3, 4, 1, 2, 5]);
  });

  it('waits for them 100 ms at the most', () => {
    const { line, arrived } = makeLine();
    line.add(packet(1, 2), 7);
    line.run(7);
    expect(line.nextDeadline()).toBe(7 + BEHIND_LIMIT);
    line.run(6 + BEHIND_LIMIT);
    expect(arrived).toEqual([]);
    line.run(7 + BEHIND_LIMIT);
    expect(arrived).toEqual([1]);
  });
});
