import { describe, expect, it } from 'vitest';
import { MOST_FLOWS } from '../../../src/link/impairment/flows.ts';
import { transportSum } from '../fake-device.ts';
import { BadPath, FLAGS, type PathSegment, read } from '../support/bad-path.ts';

/** Sends each, and says which of them arrived by their places in the list. */
function passes(rule: string, specs: readonly PathSegment[]): number[] {
  const path = new BadPath(rule);
  return specs.flatMap((spec, i) => {
    const before = path.arrivals.length;
    path.send(spec);
    return path.arrivals.length > before ? [i] : [];
  });
}

const OPEN: PathSegment[] = [
  { flags: FLAGS.S, seq: 1000 },
  { direction: 'in', flags: FLAGS.SA, seq: 5000, ack: 1001 },
  { flags: FLAGS.A, seq: 1001, ack: 5001 },
  { flags: FLAGS.A, seq: 1001, ack: 5001, length: 100 },
  { direction: 'in', flags: FLAGS.A, seq: 5001, ack: 1101 },
  { direction: 'in', flags: FLAGS.F, seq: 5001, ack: 1101, length: 50 },
  { flags: FLAGS.A, seq: 1101, ack: 5052 },
  { flags: FLAGS.F, seq: 1101, ack: 5052 },
  { direction: 'in', flags: FLAGS.A, seq: 5052, ack: 1102 },
  { direction: 'in', flags: FLAGS.R, seq: 5052, ack: 1102 },
];

/** The places of OPEN that a rule drops. */
const drops = (rule: string): number[] => {
  const passed = passes(rule, OPEN);
  return OPEN.flatMap((_, i) => (passed.includes(i) ? [] : [i]));
};

describe('which packets', () => {
  it.each([
    ['drop any', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['drop any in', [1, 4, 5, 8, 9]],
    ['drop TCP out', [0, 2, 3, 6, 7]],
    ['drop UDP', []],
    ['drop SYN', [0]],
    ['drop SYN-ACK', [1]],
    ['drop ACK', [2, 4, 6, 8]],
    ['drop DATA', [3, 5]],
    ['drop FIN', [5, 7]],
    ['drop FIN out', [7]],
    ['drop RST', [9]],
    ['drop ACK of SYN-ACK', [2]],
    ['drop ACK of FIN', [6, 8]],
    ['drop in ACK of FIN', [8]],
    ['drop ACK 2', [6, 8]],
    ['drop ACK 2-', [6, 8]],
    ['drop every 2nd ACK out', [6]],
    ['drop ACK 100%', [2, 4, 6, 8]],
    ['drop ACK 0%', []],
    ['drop any port 80', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['drop any port 40000 in', [1, 4, 5, 8, 9]],
    ['drop any port 81', []],
    ['drop seq 0', [0, 1]],
    ['drop seq 1-100 out', [3]],
    ['drop seq 101', [7]],
    ['drop seq 101-', [7]],
    ['drop seq 50-51 in', [5]],
    ['drop seq 52-1000 in', []],
    ['drop SYN; drop RST', [0, 9]],
  ])('%s', (rule, expected) => {
    expect(drops(rule)).toEqual(expected);
  });

  it('each connection and direction is counted for itself, unless it says overall', () => {
    const specs: PathSegment[] = [40_000, 40_001, 40_000, 40_001].flatMap((ourPort) => [
      { ourPort, flags: FLAGS.F },
      { ourPort, flags: FLAGS.F, direction: 'in' },
    ]);
    expect(passes('drop FIN 2', specs)).toEqual([0, 1, 2, 3]);
    expect(passes('drop FIN 2 overall', specs)).toEqual([0, 1, 4, 5, 6, 7]);
  });

  it('one that comes again counts again, until a SYN with another number begins a new connection', () => {
    const syn = (seq: number): PathSegment => ({ flags: FLAGS.S, seq });
    expect(passes('drop SYN 2', [syn(7), syn(7), syn(7), syn(8), syn(8)])).toEqual([0, 2, 3]);
    const answer = (seq: number): PathSegment => ({ direction: 'in', flags: FLAGS.SA, seq, ack: 8 });
    expect(passes('drop SYN-ACK 2', [syn(7), answer(1), answer(1), syn(9), answer(2), answer(2)])).toEqual([
      0, 1, 3, 4,
    ]);
  });

  it('a SYN-ACK with another number counts as the other side’s beginning', () => {
    const answer = (seq: number): PathSegment => ({ direction: 'in', flags: FLAGS.SA, seq, ack: 8 });
    const ack = (number: number): PathSegment => ({ seq: 8, ack: number });
    const specs: PathSegment[] = [{ flags: FLAGS.S, seq: 7 }, answer(1), answer(500), ack(2), ack(501)];
    expect(passes('drop ACK of SYN-ACK', specs)).toEqual([0, 1, 2, 3]);
    expect(passes('drop seq 1-10 in', [...specs, { direction: 'in', seq: 501, length: 1 }])).toEqual([0, 1, 2, 3, 4]);
  });

  it('every rule counts a packet, also one that another rule drops', () => {
    const syn: PathSegment = { flags: FLAGS.S, seq: 7 };
    expect(passes('drop SYN 1; drop SYN 2', [syn, syn, syn])).toEqual([2]);
  });

  it('relative sequence numbers hold across the wrap of the real ones, and for what was sent again', () => {
    const data = (seq: number): PathSegment => ({ seq, length: 100 });
    const syn: PathSegment = { flags: FLAGS.S, seq: -101 };
    expect(passes('drop seq 101-200', [syn, data(-100), data(0), data(100), data(0), data(-100)])).toEqual([
      0, 1, 3, 5,
    ]);
    expect(passes('drop DATA 1 seq 101', [syn, data(-100), data(0), data(0)])).toEqual([0, 1, 3]);
  });

  it('a connection whose beginning wasn’t seen begins with its first packet', () => {
    expect(
      passes('drop seq 101', [
        { seq: 7, length: 100 },
        { seq: 107, length: 1 },
      ]),
    ).toEqual([0]);
  });

  it('connections are forgotten, the longest silent first, and never grow beyond a limit', () => {
    const path = new BadPath('drop DATA 2');
    path.send({ ourPort: 1, length: 1 });
    for (let i = 0; i < MOST_FLOWS; i++) path.send({ ourPort: 2000 + i, length: 1 });
    expect(path.impairment.forgottenConnections).toBe(1);
    path.send({ ourPort: 1, length: 1 });
    expect(path.drops()).toEqual({});
    path.send({ ourPort: 1, length: 1 });
    expect(path.drops()).toEqual({ Rule: 1 });
  });
});

describe('what is done to them', () => {
  it('hold: they come later, others pass them', () => {
    const path = new BadPath('in: delay 1ms; hold SYN-ACK 3s in');
    path.send({ direction: 'in', flags: FLAGS.SA, seq: 1 });
    path.send({ direction: 'in', flags: FLAGS.A, seq: 2 });
    path.wait(5000);
    expect(path.seqs).toEqual([2, 1]);
    expect(path.times).toEqual([1, 3001]);
    expect(path.told).toEqual(['held in by hold SYN-ACK 3s in until 3001', 'delayed in by delay 1ms until 1']);
  });

  it('hold behind 2: two that follow come first, exactly', () => {
    const path = new BadPath('hold DATA 2 behind 2 out');
    for (let seq = 1; seq <= 5; seq++) path.send({ seq, length: 1 });
    expect(path.seqs).toEqual([1, 3, 4, 2, 5]);
  });

  it('duplicate: a second one at once, or after a time', () => {
    const path = new BadPath('duplicate DATA 2; duplicate DATA 3 after 5s');
    for (let seq = 1; seq <= 3; seq++) path.send({ seq, length: 1 });
    path.wait(10_000);
    expect(path.seqs).toEqual([1, 2, 2, 3, 3]);
    expect(path.times).toEqual([0, 0, 0, 0, 5000]);
  });

  it('corrupt: a bit of the part that is named', () => {
    const changed = (rule: string): number[] => {
      const places = new Set<number>();
      for (let seed = 0; seed < 200; seed++) {
        const path = new BadPath(rule, seed);
        path.send({ length: 10 });
        const [event] = path.events;
        if (event?.action === 'corrupted') places.add(event.octet);
        for (const { bytes } of path.arrivals) if (event) expect(transportSum(bytes)).not.toBe(0xffff);
      }
      return [...places].sort((a, b) => a - b);
    };
    expect(changed('corrupt checksum of DATA')).toEqual([36, 37]);
    expect(changed('corrupt header of DATA')).toEqual(Array.from({ length: 20 }, (_, i) => 20 + i));
    expect(changed('corrupt payload of DATA')).toEqual(Array.from({ length: 10 }, (_, i) => 40 + i));
    expect(changed('corrupt payload of ACK')).toEqual([]);
  });

  it('truncate and mark', () => {
    const path = new BadPath('truncate DATA 2 to 45 bytes; mark DATA 3');
    for (let seq = 1; seq <= 3; seq++) path.send({ seq, length: 10, tos: 2 });
    expect(path.arrivals.map(({ bytes }) => bytes.length)).toEqual([50, 45, 50]);
    expect(path.arrivals.map(({ bytes }) => bytes[1]! & 3)).toEqual([2, 2, 3]);
    expect(path.told).toEqual(['truncated out by truncate DATA 2 to 45bytes', 'marked out by mark DATA 3']);
  });

  it('blackhole after FIN: the FIN passes, and nothing after it, either way, of this connection', () => {
    expect(passes('blackhole after FIN', OPEN)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(passes('blackhole after FIN out', OPEN)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const other: PathSegment = { ourPort: 5, length: 1 };
    expect(passes('blackhole after FIN', [{ flags: FLAGS.F }, { length: 1 }, other])).toEqual([0, 2]);
    const path = new BadPath('blackhole after FIN');
    path.send({ flags: FLAGS.F });
    path.send({ direction: 'in' });
    expect(path.told).toEqual(['dropped in by blackhole after FIN (Blackhole)']);
  });

  it('blackhole after so many octets: those pass', () => {
    const data = (seq: number): PathSegment => ({ seq, length: 500 });
    const syn: PathSegment = { flags: FLAGS.S, seq: 0 };
    const specs = [syn, data(1), data(501), data(1001), { direction: 'in' } as const];
    expect(passes('blackhole after 1000 bytes out', specs)).toEqual([0, 1, 2]);
    expect(passes('blackhole after 1000 bytes in', specs)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('rst', () => {
  const syn: PathSegment = { flags: FLAGS.S, seq: 0 };
  const data = (seq: number): PathSegment => ({ seq, ack: 77, length: 500 });

  it('after so many octets resets both ends, with the numbers that each expects', () => {
    for (const version of [4, 6] as const) {
      const path = new BadPath('rst after 1000 bytes out');
      for (const spec of [syn, data(1), data(501)]) path.send({ ...spec, version });
      expect(path.events).toEqual([]);
      path.send({ ...data(1001), version });
      path.wait(0);
      const resets = path.arrivals.slice(3).map(({ bytes, direction }) => ({ direction, ...read(bytes), bytes }));
      expect(resets.map(({ direction }) => direction)).toEqual(['out', 'in']);
      for (const { bytes } of resets) expect(transportSum(bytes)).toBe(0xffff);
      expect(resets[0]).toMatchObject({ srcPort: 40_000, dstPort: 80, segment: { seq: 1001, ack: 77, flags: 0x14 } });
      expect(resets[1]).toMatchObject({ srcPort: 80, dstPort: 40_000, segment: { seq: 77, flags: 0x04 } });
      expect(path.told).toEqual([
        'dropped out by rst after 1kB out (Rule)',
        'injected out by rst after 1kB out',
        'injected in by rst after 1kB out',
      ]);
    }
  });

  it('comes behind what is on its way to the receiver, and reaches the sender at once', () => {
    const path = new BadPath('out: delay 50ms; rst DATA 2');
    path.send(data(1));
    path.send(data(501));
    path.wait(100);
    expect(path.arrivals.map(({ at, direction }) => [at, direction])).toEqual([
      [0, 'in'],
      [50, 'out'],
      [50, 'out'],
    ]);
    expect(path.seqs).toEqual([77, 1, 501]);
  });

  it('of a SYN goes to its sender alone, as "connection refused"', () => {
    const path = new BadPath('rst SYN');
    path.send({ flags: FLAGS.S, seq: 9 });
    path.wait(0);
    expect(path.arrivals.length).toBe(1);
    const [{ direction, bytes }] = path.arrivals as [(typeof path.arrivals)[0]];
    expect([direction, read(bytes).segment.seq, read(bytes).segment.ack]).toEqual(['in', 0, 10]);
  });
});
