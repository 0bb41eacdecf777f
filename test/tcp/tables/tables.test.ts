import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionTable } from '../../../src/tcp/tables/connection-table.ts';
import { type TimeWaitEntry, TimeWaitTable } from '../../../src/tcp/tables/time-wait-table.ts';
import { Connection } from '../../../src/tcp/user/connection.ts';
import { TimerWheel } from '../../../src/time/wheel.ts';
import { Address, address } from '../../../src/wire/address.ts';
import { Machine } from '../../support/machine.ts';

const LOCALS = [address('10.0.0.1'), address('2001:db8::1')];
const SECOND = 1_000_000;

/** Few enough tuples that they meet again. An odd one is an IPv6 one. */
const tupleOf = (n: number): Pick<TimeWaitEntry, 'local' | 'localPort' | 'remote' | 'remotePort'> => {
  const v6 = n % 2;
  const remote = v6 ? new Address(0x20010db8, 0, n & 2, 7) : new Address(0, 0, 0xffff, 0x0a000000 + (n & 6));
  return { local: LOCALS[v6]!, localPort: 80 + (n & 8), remote, remotePort: 0xfff0 + (n >> 4) };
};

const entryOf = (n: number, now: number, expires: number): TimeWaitEntry => ({
  ...tupleOf(n),
  state: 'TIME_WAIT',
  recycled: false,
  simultaneous: (n & 4) !== 0,
  finAgain: (n & 16) !== 0,
  ect: (n & 64) !== 0,
  rcvNxt: (n * 77_777_777) | 0,
  sndNxt: -n | 0,
  rcvWnd: n & 0xffff,
  hasTimestamps: n % 3 === 0,
  tsRecent: n << 20,
  tsRecentAt: Math.floor(now / SECOND) * SECOND,
  tsOffset: (-n * 3) | 0,
  answeredAt: now - n * 1000,
  expires,
});

const keyOf = (e: Pick<TimeWaitEntry, 'local' | 'localPort' | 'remote' | 'remotePort'>): string =>
  `${e.local}:${e.localPort} ${e.remote}:${e.remotePort}`;

describe('the TIME_WAIT table', () => {
  it('ends so many entries in one turn and no more, however late the wheel is', () => {
    const wheel = new TimerWheel(0);
    const table = new TimeWaitTable(wheel, [1, 2], () => {});
    for (let n = 0; n < 5000; n++) table.add({ ...entryOf(0, 0, SECOND), remotePort: n });
    for (const left of [2952, 904, 0]) {
      wheel.advance(100 * SECOND + (5000 - left) * 1000);
      expect(table.count).toBe(left);
    }
  });

  it('is what a Map with a clock would be, through entering, restarting, removing and time', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'restart', 'remove', 'pass', 'pass long'),
      n: fc.nat(127),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), fc.integer(), (steps, seed) => {
        let now = 5 * SECOND;
        const wheel = new TimerWheel(now);
        const ended: string[] = [];
        const table = new TimeWaitTable(wheel, [seed, ~seed], (index, at) => ended.push(keyOf(table.read(index, at))));
        const model = new Map<string, TimeWaitEntry>();
        for (const { kind, n } of steps) {
          const key = keyOf(tupleOf(n));
          const { remote, remotePort, local, localPort } = tupleOf(n);
          const index = table.find(remote, remotePort, local, localPort);
          expect(index >= 0).toBe(model.has(key));
          if (index >= 0) expect(table.read(index, now)).toEqual(model.get(key));
          const fresh = entryOf(n, now, now + 60 * SECOND);
          if (kind === 'add' && index < 0) {
            table.add(fresh);
            model.set(key, fresh);
          } else if (kind === 'restart' && index >= 0) {
            table.restart(index, fresh);
            model.delete(key);
            model.set(key, fresh);
          } else if (kind === 'remove' && index >= 0) {
            table.remove(index);
            model.delete(key);
          } else if (kind.startsWith('pass')) {
            now += (kind === 'pass' ? 1 : 30) * SECOND;
            wheel.advance(now);
            const over = [...model].filter(([, entry]) => entry.expires <= now).map(([k]) => k);
            expect(ended.splice(0)).toEqual(over); // oldest first
            for (const k of over) model.delete(k);
          }
          expect(table.count).toBe(model.size);
          expect([...table.entries(now)].map(keyOf)).toEqual([...model.keys()]);
        }
      }),
    );
  });

  it('grows to many blocks and finds everything, then ends everything', () => {
    let now = SECOND;
    const wheel = new TimerWheel(now);
    let ended = 0;
    const table = new TimeWaitTable(wheel, [7, 8], () => ended++);
    const tuple = (i: number): TimeWaitEntry => ({
      ...entryOf(0, now, now + 60 * SECOND),
      remote: new Address(0, 0, 0xffff, i >>> 8),
      remotePort: i & 255,
    });
    for (let i = 0; i < 20_000; i++) table.add(tuple(i));
    for (let i = 0; i < 20_000; i += 7) {
      const { remote, remotePort, local, localPort } = tuple(i);
      expect(table.find(remote, remotePort, local, localPort)).toBeGreaterThanOrEqual(0);
    }
    expect(table.find(new Address(0, 0, 0xffff, 0), 9999, LOCALS[0]!, 80)).toBe(-1);
    now += 60 * SECOND;
    // No single moment bears it all.
    for (let turn = 0; table.count > 0 && turn < 10; turn++, now += 1000) wheel.advance(now);
    expect([table.count, ended]).toEqual([0, 20_000]);
    expect(wheel.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('gives back the memory of a peak, while others come and go', () => {
    let now = SECOND;
    const wheel = new TimerWheel(now);
    const table = new TimeWaitTable(wheel, [7, 8], () => {});
    let last = 0;
    const come = (count: number): void => {
      for (let end = last + count; last < end; last++) {
        const remote = last % 2 ? new Address(0x20010db8, 0, 0, last >>> 8) : new Address(0, 0, 0xffff, last >>> 8);
        const local = LOCALS[last % 2]!;
        table.add({ ...entryOf(0, now, now + 60 * SECOND), local, remote, remotePort: last & 255 });
      }
    };
    come(100_000);
    expect(table.places).toBe(25 * 4096);
    for (let second = 0; second < 130; second++) {
      come(50);
      for (let turn = 0; turn < 50; turn++, now += SECOND / 50) wheel.advance(now);
    }
    expect(table.count).toBe(60 * 50);
    expect(table.places).toBe(2 * 4096);
    const found = [...table.scan()].map((index) => table.read(index, now).remotePort);
    expect(found).toHaveLength(60 * 50);
    // Around the edge of a block none is made and dropped for each that comes and goes.
    come(8192 - table.count);
    let changes = 0;
    for (let i = 0, before = table.places; i < 100; i++, before = table.places) {
      come(1);
      table.remove([...table.scan()].at(-1)!);
      if (table.places !== before) changes++;
    }
    expect(changes).toBeLessThanOrEqual(1);
    for (let turn = 0; turn < 100 * 50; turn++, now += SECOND / 50) wheel.advance(now);
    expect([table.count, table.places]).toEqual([0, 4096]);
  });

  it('the two states end each in their own time', () => {
    const wheel = new TimerWheel(SECOND);
    const ended: string[] = [];
    const table = new TimeWaitTable(wheel, [7, 8], (index, at) => ended.push(table.read(index, at).state));
    table.add({ ...entryOf(1, SECOND, 61 * SECOND) });
    const orphan = table.add({ ...entryOf(2, SECOND, 11 * SECOND), state: 'FIN_WAIT_2' });
    table.add({ ...entryOf(3, SECOND, 12 * SECOND), state: 'FIN_WAIT_2' });
    table.restart(orphan, { ...entryOf(2, SECOND, 61 * SECOND), state: 'TIME_WAIT' });
    wheel.advance(12 * SECOND);
    expect(ended).toEqual(['FIN_WAIT_2']);
    wheel.advance(61 * SECOND);
    expect(ended).toEqual(['FIN_WAIT_2', 'TIME_WAIT', 'TIME_WAIT']);
  });
});

describe('the connection table', () => {
  it('is what a Map would be, through growth', () => {
    const { tcp } = new Machine().host;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.nat(900)), { maxLength: 1500, size: 'max' }),
        fc.integer(),
        (steps, seed) => {
          const table = new ConnectionTable([seed, ~seed]);
          const model = new Map<number, Connection>();
          for (const [add, n] of steps) {
            const local = LOCALS[n % 2]!;
            const remote = new Address(0, n & 3, 0xffff, n & 12);
            const found = table.find(remote, n, local, 80);
            expect(found).toBe(model.get(n) ?? null);
            if (add && found === null) {
              const c = new Connection(tcp, local, 80, remote, n);
              table.add(c);
              model.set(n, c);
            } else if (!add && found !== null) {
              table.remove(found);
              table.remove(found); // again: nothing happens
              expect(table.find(remote, n, local, 80)).toBe(null);
              model.delete(n);
            }
          }
          expect(table.count).toBe(model.size);
          expect(new Set(table)).toEqual(new Set(model.values()));
        },
      ),
      { numRuns: 30 },
    );
  });

  /** Tuples without the rest of a connection. */
  const entry = (n: number) => ({
    ...{ local: LOCALS[0]!, localPort: 80, remote: new Address(0, 0, 0xffff, n >>> 8), remotePort: n & 255 },
    ...{ hash: 0, nextInBucket: null },
  });
  type Entry = ReturnType<typeof entry>;

  it('gives back the memory of a peak, and moves all seldom', () => {
    const table = new ConnectionTable<Entry>([1, 2]);
    const entries = Array.from({ length: 100_000 }, (_, n) => entry(n));
    let changes = 0;
    const noting = (change: () => void): void => {
      const { places } = table;
      change();
      if (table.places !== places) changes++;
    };
    for (const each of entries) noting(() => table.add(each));
    expect(table.places).toBe(2 ** 17);
    for (const each of entries.slice(100)) noting(() => table.remove(each));
    expect(table.places).toBeLessThanOrEqual(800);
    expect(changes).toBeLessThanOrEqual(9 + 8);
    for (const { remote, remotePort, local, localPort } of entries.slice(0, 100))
      expect(table.find(remote, remotePort, local, localPort)).toMatchObject({ remotePort });
    changes = 0;
    for (let i = 0; i < 1000; i++) {
      noting(() => table.remove(entries[i % 100]!));
      noting(() => table.add(entries[i % 100]!));
    }
    expect(changes).toBeLessThanOrEqual(1);
    for (const each of entries.slice(0, 100)) table.remove(each);
    expect(table.places).toBe(256);
  });

  it('is gone through exactly once, however it grows and shrinks meanwhile', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(40), fc.integer({ min: -2000, max: 2000 })), { minLength: 1, maxLength: 12 }),
        fc.integer(),
        (changes, seed) => {
          const table = new ConnectionTable<Entry>([seed, ~seed]);
          const staying = Array.from({ length: 50 }, (_, n) => entry(n));
          for (const each of staying) table.add(each);
          const passing: Entry[] = [];
          let last = 1000;
          const seen = new Map<Entry, number>();
          for (const each of table.scan()) {
            seen.set(each, (seen.get(each) ?? 0) + 1);
            const [after, change] = changes[0] ?? [-1, 0];
            if (seen.size < after) continue;
            changes.shift();
            for (let i = 0; i < change; i++) table.add(passing[passing.push(entry(last++)) - 1]!);
            for (let i = 0; i > change && passing.length > 0; i--) table.remove(passing.pop()!);
          }
          for (const each of staying) expect(seen.get(each)).toBe(1);
          for (const count of seen.values()) expect(count).toBe(1);
        },
      ),
      { numRuns: 20 },
    );
  });
});
