import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImpairments } from '../../../../src/link/impairment/language/parse.ts';
import { impairmentsText } from '../../../../src/link/impairment/language/print.ts';
import { ImpairmentSyntaxError } from '../../../../src/link/impairment/language/scan.ts';
import { NO_FAULTS } from '../../../../src/link/impairment/language/terms.ts';

const ALL = { type: 'all' };
const ANY = { which: ALL, port: null, seq: null, overall: false };

/** The rules alone. */
const rules = (text: string) => parseImpairments(text).rules;

describe('faults', () => {
  it('are those of both directions, where none is named', () => {
    const { out, in: inward } = parseImpairments('delay 20ms jitter 5ms, loss 3%');
    expect(out.delay).toEqual({ time: 20_000, jitter: 5_000 });
    expect(out.loss).toMatchObject({ whenGood: 0.03, whenBad: 0.03, ecn: false });
    expect(inward).toEqual(out);
  });

  it('are those of a group, or say themselves which direction', () => {
    const spec = parseImpairments(
      'out: delay 1s, corrupt 1%; in: delay 5us; duplicate 2% in; truncate 1% to 40 bytes out',
    );
    expect(spec.out).toEqual({
      ...NO_FAULTS,
      delay: { time: 1e6, jitter: 0 },
      corrupt: 0.01,
      truncate: { chance: 0.01, to: 40 },
    });
    expect(spec.in).toEqual({ ...NO_FAULTS, delay: { time: 5, jitter: 0 }, duplicate: 0.02 });
  });

  it('take units as tc has them', () => {
    const rate = (text: string) => parseImpairments(`rate ${text}`).out.rate;
    expect(rate('10mbit')?.bitsPerSecond).toBe(1e7);
    expect(rate('1.5 Gbit')?.bitsPerSecond).toBe(1.5e9);
    expect(rate('64kbit/s')?.bitsPerSecond).toBe(64_000);
    expect(rate('1mbit queue 50 64KiB 20ms')).toMatchObject({ packets: 50, bytes: 65_536, time: 20_000, codel: null });
    expect(rate('1mbit queue 0')).toMatchObject({ packets: 0, bytes: null, time: null });
    expect(rate('1mbit queue 50 mark 5 2ms')?.mark).toEqual({ packets: 5, bytes: null, time: 2000 });
    expect(rate('1mbit queue 50')?.mark).toBeNull();
    expect(rate('1mbit codel ecn')?.codel).toEqual({ target: 5_000, interval: 100_000, ecn: true });
    expect(rate('1mbit codel target 1ms interval 20ms')?.codel).toEqual({
      target: 1_000,
      interval: 20_000,
      ecn: false,
    });
  });

  it('have bursts of the mean length that is asked for', () => {
    const burst = parseImpairments('loss 20% burst 5').out.loss!;
    expect(burst).toMatchObject({ toGood: 0.2, whenBad: 1, whenGood: 0 });
    expect(burst.toBad / (burst.toBad + burst.toGood)).toBeCloseTo(0.2, 12);
    expect(parseImpairments('loss 3% burst').out.loss?.burst).toBe(4);
    expect(parseImpairments('loss gemodel 1% 10% 70% 0.1%').out.loss).toMatchObject({
      ...{ toBad: 0.01, toGood: 0.1, whenBad: 0.7, whenGood: 0.001 },
    });
  });

  it('reorder by packets or by time', () => {
    expect(parseImpairments('reorder 1%').out.reorder).toEqual({ chance: 0.01, behind: 3, time: null });
    expect(parseImpairments('reorder 1% behind 7').out.reorder).toEqual({ chance: 0.01, behind: 7, time: null });
    expect(parseImpairments('reorder 1% by 10ms').out.reorder).toEqual({ chance: 0.01, behind: null, time: 10_000 });
  });
});

describe('rules', () => {
  it('read like English', () => {
    const second = { ...ANY, kind: 'FIN', which: { type: 'range', from: 2, to: 2 } };
    for (const text of ['drop FIN 2 out', 'drop the 2nd FIN out', 'out: drop fin 2', 'drop out FIN segment 2']) {
      expect(rules(text), text).toEqual([{ deed: { verb: 'drop' }, selection: second, direction: 'out' }]);
    }
    expect(rules('hold SYN-ACK 3 s in')).toEqual(rules('in: hold SYNACK for 3s'));
    expect(rules('hold SYN-ACK 3s in')).toEqual([
      { deed: { verb: 'hold', time: 3e6, behind: null }, selection: { ...ANY, kind: 'SYN-ACK' }, direction: 'in' },
    ]);
    expect(rules('rst after 1024 bytes out')).toEqual([
      { deed: { verb: 'rst', after: 1024 }, selection: { ...ANY, kind: 'DATA' }, direction: 'out' },
    ]);
    expect(rules('blackhole after FIN')).toEqual([
      { deed: { verb: 'blackhole', after: null }, selection: { ...ANY, kind: 'FIN' }, direction: null },
    ]);
    expect(rules('corrupt the checksum of DATA segment 3')[0]?.deed).toEqual({ verb: 'corrupt', where: 'checksum' });
    expect(rules('drop in ACK of SYN-ACK')[0]).toMatchObject({
      selection: { kind: 'ACK of SYN-ACK' },
      direction: 'in',
    });
    expect(rules('hold in ACK of FIN 10s')[0]).toMatchObject({
      selection: { kind: 'ACK of FIN' },
      deed: { time: 1e7 },
    });
  });

  it('choose by number, range, each so many’th, chance, port and sequence number', () => {
    const which = (text: string) => rules(`drop ${text}`)[0]!.selection.which;
    expect(which('ACK 10-20')).toEqual({ type: 'range', from: 10, to: 20 });
    expect(which('ACK 10-')).toEqual({ type: 'range', from: 10, to: Number.POSITIVE_INFINITY });
    expect(which('DATA every 3')).toEqual({ type: 'every', n: 3 });
    expect(which('every 3rd DATA')).toEqual({ type: 'every', n: 3 });
    expect(which('every DATA')).toEqual(ALL);
    expect(which('ACK 5%')).toEqual({ type: 'chance', chance: 0.05 });
    expect(rules('drop DATA 1 seq 1001-2000 port 80 overall')[0]!.selection).toEqual({
      ...{ kind: 'DATA', which: { type: 'range', from: 1, to: 1 }, port: 80, overall: true },
      seq: { from: 1001, to: 2000 },
    });
    expect(rules('drop seq 1001')[0]!.selection).toMatchObject({ kind: 'any', seq: { from: 1001, to: 1001 } });
  });
});

describe('errors', () => {
  it.each([
    ['dely 20ms', 0, /Did you mean "delay"\?/],
    ['delay 20', 6, /"20": expected a time such as 20ms/],
    ['delay', 5, /a time .*, but the text ends/],
    ['delay 20ms jitter 30ms', 18, /jitter is more than the delay/],
    ['loss 3', 5, /expected a percentage/],
    ['loss 101%', 5, /expected a percentage/],
    ['loss 90% burst 1', 15, /bursts of 9.01 packets at least/],
    ['loss 100% burst 3', 16, /no burst/],
    ['rate 10mbps', 5, /expected a rate such as 10mbit/],
    ['rate 0mbit', 5, /more than 0/],
    ['rate 1mbit queue', 16, /a number of packets, a size/],
    ['out: in: loss 1%', 7, /belongs behind "in" or "out"/],
    ['delay 1ms, out: loss 1%', 14, /where a group begins/],
    ['loss 3% brst', 8, /Did you mean "burst"\?/],
    ['drop 1st SYM', 9, /Did you mean "SYN"\?/],
    ['drop DATA 1 prot 80', 12, /Did you mean "port"\?/],
    ['rst after 1024 byts out', 10, /Did you mean "1024 bytes"\?/],
    ['delay 20 msc', 6, /Did you mean "20 ms"\?/],
    ['drop FINN 2', 5, /Did you mean "FIN"\?/],
    ['drop FIN 2 ot', 11, /Did you mean "out"\?/],
    ['drop FIN 2 out in', 15, /the direction is given already/],
    ['in: drop FIN 2 out', 15, /the direction is given already/],
    ['drop', 4, /which packets, such as FIN 2/],
    ['drop ACK 0', 9, /a number from 1 on/],
    ['drop ACK 20-10', 9, /ends before it begins/],
    ['drop 2nd FIN 3', 13, /said twice/],
    ['drop FIN port 0', 14, /a port from 1 to 65535/],
    ['drop ACK of DATA', 12, /expected SYN-ACK or FIN/],
    ['hold FIN', 8, /expected a time/i],
    ['hold FIN behind 0', 16, /a number of packets/],
    ['truncate DATA 1', 15, /"to", and the length/],
    ['truncate DATA to 10 bytes', 17, /20 to 65535/],
    ['corrupt checksum DATA', 17, /expected "of"/],
    ['rst after FIN', 10, /a size such as/],
    ['rst UDP', 4, /belongs to no connection/],
    ['rst after 1KiB overall', 15, /counted for each connection/],
    ['blackhole FIN', 10, /"blackhole after FIN"/],
    ['delay 1ms; delay 2ms', 17, /given twice for the direction "out"/],
    ['x'.repeat(10_001), 10_000, /10000 are the most/],
    ['loss 1%; '.repeat(2) + 'drop FIN;'.repeat(201), null, /twice|Too many/],
  ])('%s', (text, position, message) => {
    const parse = () => parseImpairments(text);
    expect(parse).toThrow(ImpairmentSyntaxError);
    expect(parse).toThrow(message);
    try {
      parse();
    } catch (error) {
      if (position !== null) expect((error as ImpairmentSyntaxError).position).toBe(position);
      expect((error as Error).message).not.toMatch(/\n/);
      expect((error as Error).message.length).toBeLessThan(250);
    }
  });
});

/** Words of the language, and some that aren't. */
const WORDS = `in out delay jitter loss burst gemodel ecn duplicate reorder by behind corrupt truncate to rate queue codel target
  interval drop hold mark rst blackhole after of header checksum payload any TCP UDP ICMP SYN SYN-ACK ACK DATA FIN RST every all
  the for packets 2nd 1 2 3 0 10-20 5- 3% 0.5% 100% 20ms 3s 5us 1min 64KiB 1500bytes 40B 10mbit 1gbit port seq overall : ; , 1.5
  9999999999 % - ms µs \n`;

describe('any text', () => {
  it('is read, or refused with an error of its own', () => {
    const words = fc.array(fc.constantFrom(...WORDS.split(/[ \t]+/)), { maxLength: 12 }).map((list) => list.join(' '));
    fc.assert(
      fc.property(fc.oneof(words, fc.string(), fc.string({ unit: 'binary' })), (text) => {
        try {
          parseImpairments(text);
        } catch (error) {
          if (!(error instanceof ImpairmentSyntaxError)) throw error;
          expect(error.position).toBeGreaterThanOrEqual(0);
          expect(error.position).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('that is read is written so that it reads as the same', () => {
    const time = fc
      .tuple(fc.integer({ min: 1, max: 5000 }), fc.constantFrom('us', 'ms', 's'))
      .map(([n, u]) => `${n}${u}`);
    const percent = fc.integer({ min: 0, max: 1e8 }).map((n) => `${(n / 1e6).toFixed(6)}%`);
    const count = fc.integer({ min: 1, max: 1000 });
    const size = fc
      .tuple(fc.integer({ min: 20, max: 60 }), fc.constantFrom('bytes', 'kB', 'KiB'))
      .map(([n, u]) => n + u);
    const kind = fc.constantFrom('any', 'SYN', 'SYN-ACK', 'ACK', 'DATA', 'FIN', 'RST', 'ACK of FIN', 'ACK of SYN-ACK');
    const which = fc.oneof(
      fc.constant(''),
      count,
      count.map((n) => `${n}-`),
      count.map((n) => `every ${n}`),
      percent,
    );
    const filter = fc.oneof(
      fc.constant(''),
      count.map((n) => `port ${n}`),
      count.map((n) => `seq ${n}-${n * 2}`),
    );
    const selection = fc.tuple(kind, which, filter).map((parts) => parts.join(' '));
    const way = fc.constantFrom('', ' in', ' out');
    const fault = fc.oneof(
      time.map((t) => `delay ${t}`),
      time.map((t) => `delay 3min jitter ${t === '0us' ? '1us' : '7ms'}`),
      percent.map((p) => `loss ${p} ecn`),
      fc.tuple(percent, percent, percent, percent).map((p) => `loss gemodel ${p.join(' ')}`),
      fc.integer({ min: 1, max: 400 }).map((n) => `loss 2% burst ${n / 4 + 1}`),
      percent.map((p) => `duplicate ${p}`),
      fc.tuple(percent, time).map(([p, t]) => `reorder ${p} by ${t}`),
      fc.tuple(percent, count).map(([p, n]) => `reorder ${p} behind ${n}`),
      percent.map((p) => `corrupt ${p}`),
      percent.map((p) => `truncate ${p}`),
      fc
        .tuple(count, size, time)
        .map(([n, s, t]) => `rate ${n}kbit queue ${n} ${s} ${t} mark ${n} ${t} codel target ${t} ecn`),
    );
    const rule = fc.oneof(
      selection.map((s) => `drop ${s}`),
      fc.tuple(selection, time).map(([s, t]) => `hold ${s} ${t}`),
      fc.tuple(selection, count).map(([s, n]) => `hold ${s} behind ${n}`),
      fc.tuple(selection, time).map(([s, t]) => `duplicate ${s} after ${t}`),
      fc.tuple(fc.constantFrom('', 'header of ', 'payload of '), selection).map((parts) => `corrupt ${parts.join('')}`),
      fc.tuple(selection, fc.integer({ min: 20, max: 65535 })).map(([s, n]) => `truncate ${s} to ${n} bytes`),
      selection.map((s) => `mark ${s}`),
      fc
        .oneof(
          selection,
          size.map((s) => `after ${s}`),
        )
        .map((s) => `rst ${s}`),
      fc.oneof(selection, size).map((s) => `blackhole after ${s}`),
    );
    const item = fc.tuple(fc.oneof(fault, rule), way).map((parts) => parts.join(''));
    let read = 0;
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), (items) => {
        const once = parsed(items.join('; '));
        if (once === null) return;
        read++;
        const text = impairmentsText(once);
        expect(parseImpairments(text)).toEqual(once);
        expect(impairmentsText(parseImpairments(text))).toBe(text);
      }),
      { numRuns: 1000 },
    );
    expect(read).toBeGreaterThan(500);
  });
});

/** Null: a fault is given twice. */
function parsed(text: string) {
  try {
    return parseImpairments(text);
  } catch (error) {
    if (/given twice/.test((error as Error).message)) return null;
    throw error;
  }
}
