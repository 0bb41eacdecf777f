import { describe, expect, it } from 'vitest';
import { Codel } from '../../../src/link/impairment/codel.ts';
import { BadPath } from '../support/bad-path.ts';

/** A packet of so many bytes in all. */
const packet = (seq: number, bytes: number, tos = 0) => ({ seq, length: bytes - 40, tos });

describe('rate', () => {
  it('sends one packet after the other, each when its last bit has left', () => {
    // 1,250 bytes are 10,000 bits: 10 ms.
    const path = new BadPath('out: rate 1mbit');
    for (let seq = 1; seq <= 3; seq++) path.send(packet(seq, 1250));
    path.wait(15);
    path.send(packet(4, 125));
    path.wait(85);
    path.send(packet(5, 125));
    path.wait(100);
    expect(path.times).toEqual([10, 20, 30, 31, 101]);
    expect(path.seqs).toEqual([1, 2, 3, 4, 5]);
  });

  it('is met to the bit over many packets, however late its driver calls', () => {
    // 333 bytes at 7 mbit: 380.57 us each.
    const path = new BadPath('rate 7mbit queue 10000');
    for (let seq = 0; seq < 7000; seq++) path.send(packet(seq, 333));
    path.wait(3000);
    expect(path.times.at(-1)).toBe(Math.ceil((7000 * 333 * 8) / 7) / 1000);

    const late = new BadPath('rate 7mbit queue 10000');
    for (let seq = 0; seq < 7000; seq++) late.send(packet(seq, 333));
    late.impairment.advance(2_664_000 - 1000);
    const before = late.arrivals.length;
    expect(before).toBe(Math.floor(2_663_000 / ((333 * 8) / 7)));
  });

  it('comes before the delay', () => {
    const path = new BadPath('out: rate 1mbit, delay 50ms');
    path.send(packet(1, 1250));
    path.send(packet(2, 1250));
    path.wait(100);
    expect(path.times).toEqual([60, 70]);
    expect(path.events.map((event) => 'since' in event && [event.action, event.since, event.until])).toEqual([
      ['delayed', 0, 60_000],
      ['delayed', 0, 70_000],
    ]);
  });
});

describe('a queue', () => {
  /** How many of 30 packets of 1,000 bytes, sent at once, arrive. */
  const admitted = (queue: string): number => {
    const path = new BadPath(`rate 1mbit ${queue}`);
    for (let seq = 0; seq < 30; seq++) path.send(packet(seq, 1000));
    path.wait(1000);
    expect(path.seqs).toEqual(Array.from({ length: path.arrivals.length }, (_, i) => i));
    expect(path.drops()).toEqual(path.arrivals.length < 30 ? { QueueFull: 30 - path.arrivals.length } : {});
    return path.arrivals.length;
  };

  it('drops at its tail, by packets or bytes or time, beside the one on the wire', () => {
    expect(admitted('queue 10')).toBe(11);
    expect(admitted('queue 0')).toBe(1);
    expect(admitted('queue 4999 bytes')).toBe(5);
    expect(admitted('queue 5000 bytes')).toBe(6);
    expect(admitted('queue 40ms')).toBe(6);
    expect(admitted('queue 10 5000bytes')).toBe(6);
    expect(admitted('queue 3 5000bytes 1s')).toBe(4);
  });

  it('is 100 ms long where nothing is said, and has room for ten long packets', () => {
    expect(admitted('')).toBe(16); // 12,500 bytes would be 100 ms
    const path = new BadPath('rate 10mbit');
    for (let seq = 0; seq < 300; seq++) path.send(packet(seq, 1000));
    path.wait(1000);
    expect(path.arrivals.length).toBe(126);
  });

  it('of so many bytes takes again as many when it has been emptied', () => {
    const path = new BadPath('rate 1mbit queue 3000 bytes');
    for (let round = 1; round <= 5; round++) {
      for (let i = 0; i < 9; i++) path.send(packet(i, 1000));
      path.wait(100);
      expect(path.arrivals.length).toBe(4 * round);
    }
  });

  it('takes again as soon as there is room', () => {
    const path = new BadPath('rate 1mbit queue 1');
    path.send(packet(1, 1250));
    path.send(packet(2, 1250));
    path.wait(9.999);
    path.send(packet(3, 1250));
    path.wait(0.001);
    path.send(packet(4, 1250));
    path.wait(100);
    expect(path.seqs).toEqual([1, 2, 4]);
  });
});

describe('a threshold', () => {
  it('marks what finds as much in the queue and is ECN-capable, and drops nothing', () => {
    for (const threshold of ['3', '3750bytes', '30ms']) {
      const path = new BadPath(`out: rate 1mbit queue 20 mark ${threshold}`);
      for (let seq = 0; seq < 8; seq++) path.send(packet(seq, 1250, seq === 6 ? 0 : 2));
      path.wait(1000);
      // One is on the wire, three wait, and the next finds three.
      const marked = path.arrivals.map(({ bytes }) => (bytes[1]! & 3) === 3);
      expect(marked, threshold).toEqual([false, false, false, false, true, true, false, true]);
      expect(path.impairment.counters('out').marked).toBe(3);
      expect(path.drops()).toEqual({});
    }
  });
});

describe('CoDel', () => {
  const MS = 1000;
  const settings = { target: 5 * MS, interval: 100 * MS, ecn: false };
  const LONG = 100_000;

  it('drops after an interval above the target, and then faster and faster', () => {
    const codel = new Codel(settings);
    codel.joined(1500);
    const asks = (at: number): boolean => codel.drops(6 * MS, LONG, at * MS);
    expect(asks(0)).toBe(false);
    expect(asks(99.9)).toBe(false);
    expect(asks(100)).toBe(true);
    let next = 200;
    for (let count = 2; count < 50; count++) {
      expect(asks(next - 0.01), `before drop ${count}`).toBe(false);
      expect(asks(next + 0.001), `drop ${count}`).toBe(true);
      next += 100 / Math.sqrt(count);
    }
  });

  it('catches up when a dequeue comes late: several at once', () => {
    const codel = new Codel(settings);
    codel.joined(1500);
    codel.drops(6 * MS, LONG, 0);
    expect(codel.drops(6 * MS, LONG, 100 * MS)).toBe(true);
    // Due at 200, 270.7, 328.4 and 378.4 ms.
    const at400 = Array.from({ length: 6 }, () => codel.drops(6 * MS, LONG, 400 * MS));
    expect(at400).toEqual([true, true, true, true, false, false]);
  });

  it('begins its interval anew when the delay was short, or the queue all but empty', () => {
    const short = (codel: Codel, at: number): boolean => codel.drops(1 * MS, LONG, at * MS);
    const last = (codel: Codel, at: number): boolean => codel.drops(6 * MS, 0, at * MS);
    for (const pause of [short, last]) {
      const codel = new Codel(settings);
      codel.joined(1500);
      codel.drops(6 * MS, LONG, 0);
      expect(pause(codel, 99)).toBe(false);
      expect(codel.drops(6 * MS, LONG, 150 * MS)).toBe(false);
      expect(codel.drops(6 * MS, LONG, 250 * MS)).toBe(true);
      expect(pause(codel, 349)).toBe(false);
      expect(codel.drops(6 * MS, LONG, 350 * MS)).toBe(false);
      expect(codel.drops(6 * MS, LONG, 449 * MS)).toBe(false);
      expect(codel.drops(6 * MS, LONG, 450 * MS)).toBe(true);
    }
  });

  it('leaves short delays alone, and a queue of one packet', () => {
    const codel = new Codel(settings);
    codel.joined(1500);
    for (let at = 0; at < 1000; at++) expect(codel.drops(4.9 * MS, LONG, at * MS)).toBe(false);
    for (let at = 1000; at < 2000; at++) expect(codel.drops(500 * MS, 1500, at * MS)).toBe(false);
    // A dip below the target begins the interval anew.
    for (let at = 2000; at < 3000; at++) expect(codel.drops((at % 99 === 0 ? 4 : 50) * MS, LONG, at * MS)).toBe(false);
  });

  it('goes on with its pace when the delay is too long again soon, and begins anew after 16 intervals', () => {
    const again = (pause: number): number => {
      const codel = new Codel(settings);
      codel.joined(1500);
      let at = 0;
      for (let drops = 0; drops < 10; at++) if (codel.drops(6 * MS, LONG, at * MS)) drops++;
      codel.drops(1 * MS, LONG, at * MS);
      at += pause;
      const times: number[] = [];
      for (; times.length < 2; at += 0.1) if (codel.drops(6 * MS, LONG, at * MS)) times.push(at);
      return times[1]! - times[0]!;
    };
    // Ten were dropped, nine of them behind the first: it goes on with that number.
    expect(again(10)).toBeCloseTo(100 / Math.sqrt(9), 0);
    expect(again(2000)).toBeCloseTo(100, 0);
  });

  it('keeps a queue short that would stand, while drop-tail keeps it full', () => {
    /** The delay of the last packets, where 125 % of what passes is sent for 20 s. */
    const standing = (queue: string): number => {
      const path = new BadPath(`rate 1mbit queue 1000 ${queue}`);
      const sent: number[] = [];
      for (let seq = 0; seq < 2500; seq++) {
        sent[seq] = path.now;
        path.send(packet(seq, 1250));
        path.wait(8);
      }
      path.wait(10_000);
      const { seqs } = path;
      const delays = path.arrivals.map(({ at }, i) => at - sent[seqs[i]!]!);
      expect(path.drops()).toEqual(queue === '' ? {} : { Codel: 2500 - path.arrivals.length });
      return delays.at(-1)!;
    };
    expect(standing('')).toBeGreaterThan(4000);
    expect(standing('codel')).toBeLessThan(1500);
  });

  it('with ecn marks instead, what is ECN-capable', () => {
    const path = new BadPath('out: rate 1mbit queue 1000 codel ecn');
    for (let seq = 0; seq < 500; seq++) {
      path.send(packet(seq, 1250, seq % 2 === 0 ? 2 : 0));
      path.wait(8);
    }
    path.wait(10_000);
    const { marked, passed } = path.impairment.counters('out');
    const { Codel: dropped = 0 } = path.drops();
    expect(marked).toBeGreaterThan(5);
    expect(dropped).toBeGreaterThan(5);
    expect(passed).toBe(500 - dropped);
    const seqs = path.seqs;
    path.arrivals.forEach(({ bytes }, i) => {
      if ((bytes[1]! & 3) === 3) expect(seqs[i]! % 2).toBe(0);
    });
    expect(seqs.filter((seq) => seq % 2 === 0)).toHaveLength(250);
  });
});
