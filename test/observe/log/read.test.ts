import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogError, LogReader } from '../../../src/observe/log/read.ts';
import { record } from '../../../src/observe/log/record.ts';
import type { LogEntry } from '../../../src/observe/log/schema.ts';
import { Transfer } from '../../tcp/support/transfer.ts';
import { FAULTLESS } from '../../tcp/support/two-hosts.ts';

const HEADER = '{"id":0,"time":5,"type":"log","version":"1.0","program":"tcpglass","addresses":["10.9.0.2"]}';

/** The log of a transfer over a bad path, as it is on disk. */
function realLog(seed: number): string[] {
  const entries: LogEntry[] = [];
  const transfer = new Transfer({
    ...FAULTLESS,
    seed,
    loss: 10,
    jitter: 20,
    octets: [20_000, 3000],
    readPause: 0,
    simultaneous: false,
  });
  record(transfer.near.host, (entry) => entries.push(entry), { tcb: true, date: new Date(0).toISOString() });
  transfer.run();
  return entries.map((entry) => JSON.stringify(entry));
}

/** Reads one line behind a header. */
function readBehindHeader(line: string): LogEntry | null {
  const reader = new LogReader();
  reader.read(HEADER);
  return reader.read(line);
}

describe('a reader of logs', () => {
  const CAUSE = { text: 'new data', source: 'RFC 9293' };
  const state = {
    id: 2,
    time: 7,
    type: 'state',
    connection: 1,
    from: 'CLOSED',
    to: 'SYN_SENT',
    lasted: 3,
    cause: CAUSE,
  };
  const segment = {
    ...{ id: 3, because: 2, time: 8, type: 'segment', direction: 'out', local: '10.9.0.2', localPort: 80 },
    ...{ remote: '10.9.0.1', remotePort: 4000, flags: 'S', seq: 0, ack: 1, window: 100, length: 0, cause: CAUSE },
    options: { mss: 1460, wscale: 7, sackPermitted: true, ts: [1, 2], sack: [[3, 4]] },
  };

  const note = { id: 0, time: 9, host: 1, type: 'note', kind: 'missing', text: { en: 'x', zh: '啊' } };
  const impairment = {
    id: 4,
    time: 9,
    type: 'impairment',
    direction: 'in',
    action: 'injected',
    rule: '',
    by: 'mallory',
  };

  it('takes what is right, passes empty lines over, and keeps fields that it does not know', () => {
    const more = { ...segment, later: { new: 1 } };
    expect(readBehindHeader(JSON.stringify(more))).toEqual(more);
    expect(readBehindHeader('  ')).toBeNull();
    expect(readBehindHeader(`${JSON.stringify(state)}\r`)).toEqual(state);
  });

  it('counts entries of unknown kinds, also where a name means something to JavaScript', () => {
    const reader = new LogReader();
    reader.read(HEADER);
    for (const type of ['newKind', '__proto__', 'constructor', 'toString', 7, null, ['segment']]) {
      expect(reader.read(JSON.stringify({ id: 1, time: 1, type }))).toBeNull();
    }
    expect(reader.read('{"id":1,"__proto__":{"type":"state"}}')).toBeNull();
    expect(reader.unknown).toBe(8);
  });

  it.each([
    ['', /./, true],
    ['{"id":1}', /^line 1: a log of tcpglass begins with/, false],
    ['GET / HTTP/1.1', /^line 1: not JSON: this is no log of tcpglass$/, false],
    ['[]', /^line 1: not an object$/, false],
    ['null', /^line 1: not an object$/, false],
    [HEADER.replace('1.0', '2.0'), /^line 1: this log has version "2\.0"; this program reads version 1\./, false],
    [HEADER.replace('"1.0"', '1'), /^line 1: a log of tcpglass begins with/, false],
    [HEADER.replace('"1.0"', '"\\u001b[2J"'), /^line 1: this log has version a text with control characters/, false],
    [HEADER.replace('1.0', '1.7'), /./, true],
  ])('begins with a header: %s', (line, message, right) => {
    const reader = new LogReader();
    if (right) expect(() => reader.read(line)).not.toThrow();
    else expect(() => reader.read(line)).toThrow(message);
  });

  it('looks at each header, where one log was put behind another', () => {
    expect(readBehindHeader(HEADER)).toMatchObject({ type: 'log' });
    expect(() => readBehindHeader(HEADER.replace('1.0', '2.0'))).toThrow(/^line 2: this log has version "2\.0"/);
  });

  it('says so when a line is cut off, or is too long', () => {
    expect(() => readBehindHeader(JSON.stringify(state).slice(0, -9))).toThrow('line 2: not JSON; is the log cut off?');
    expect(() => readBehindHeader(`{"id":1,"x":"${'x'.repeat(70_000)}"}`)).toThrow('line 2: it is longer than 65536');
  });

  const WRONG: [entry: object, field: string, value: unknown][] = [
    ...['1', -1, 1.5, null, 2 ** 60].map((value): [object, string, unknown] => [state, 'id', value]),
    ...[-1, 'x', 0.5].map((value): [object, string, unknown] => [state, 'because', value]),
    ...[undefined, -1, {}].map((value): [object, string, unknown] => [state, 'connection', value]),
    ...[undefined, '7', null].map((value): [object, string, unknown] => [state, 'time', value]),
    ...[undefined, 3, 'ESTABLISHED\n', '\u001b[31m', '\u009b', '\u202e'].map(
      (value): [object, string, unknown] => [...[state, 'to', value]] as [object, string, unknown],
    ),
    ...[undefined, 'text', {}, { text: 'x' }, { text: 'x', source: 3 }, { text: '\u0007', source: '' }].map(
      (value): [object, string, unknown] => [state, 'cause', value],
    ),
    [state, 'lasted', -1],
    ...['sideways', undefined].map((value): [object, string, unknown] => [segment, 'direction', value]),
    ...[-1, 65_536, 0.5, '80'].map((value): [object, string, unknown] => [segment, 'localPort', value]),
    ...[-1, 2 ** 32, 0.5].flatMap((value): [object, string, unknown][] => [
      [segment, 'seq', value],
      [segment, 'ack', value],
    ]),
    ...[-1, 0.5, 1e300].map((value): [object, string, unknown] => [segment, 'length', value]),
    [segment, 'absolute', false],
    ...[[], { mss: 'x' }, { ts: [1] }, { ts: [1, -2] }, { sack: [[1]] }, { sack: 3 }, { sackPermitted: false }].map(
      (value): [object, string, unknown] => [segment, 'options', value],
    ),
    ...[-1, 0.5, '1', 65_536, 2 ** 32].map((value): [object, string, unknown] => [state, 'host', value]),
    ...[3, { en: 'x' }, { en: 'x', zh: 3 }, { en: '\u001b[2J', zh: 'x' }].map((value): [object, string, unknown] => [
      note,
      'text',
      value,
    ]),
    ...[3, {}, { segment: 'FIN' }, { segment: 3, direction: 'in' }, { state: '\u001b[2J' }].map(
      (value): [object, string, unknown] => [note, 'expected', value],
    ),
    ...[3, '\u009b'].map((value): [object, string, unknown] => [note, 'local', value]),
    [note, 'kind', 'rumour'],
    ...[3, '\u001b[2J'].map((value): [object, string, unknown] => [impairment, 'by', value]),
    ...[3, { sndUna: 1 }].map((value): [object, string, unknown] => [segment, 'tcb', value]),
  ];
  it.each(WRONG)('says what is wrong in %j: %s %j', (entry, field, value) => {
    const line = JSON.stringify({ ...entry, [field]: value });
    expect(() => readBehindHeader(line)).toThrow(LogError);
    expect(() => readBehindHeader(line)).toThrow(`line 2: "${field}" of a ${(entry as { type: string }).type} is `);
  });

  it('says what is wrong where it is as deep as a line can be', () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000);
    for (const line of [`{"id":1,"time":5,"type":"gap","entries":${deep}}`, deep, `{"type":"log","version":${deep}}`]) {
      expect(() => readBehindHeader(line)).toThrow(LogError);
    }
  });
});

/** What a reader makes of a log: entries, null or LogErrors, and nothing that a terminal would obey. */
function readAll(lines: readonly string[]): void {
  const reader = new LogReader();
  lines.forEach((line, i) => {
    try {
      const entry = reader.read(line);
      if (entry !== null) expect(typeof entry.type).toBe('string');
    } catch (error) {
      expect(error).toBeInstanceOf(LogError);
      expect((error as LogError).line).toBe(i + 1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect((error as LogError).message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }
  });
}

describe('whatever a file has in it', () => {
  const log = realLog(4);
  const control = fc.constantFrom('\u001b', '\u0007', '\u009b', '\u007f', '\n', '\u202e');

  it('a reader gives an entry, nothing, or a LogError', () => {
    const anyLine = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc
        .record({
          id: fc.jsonValue(),
          type: fc.constantFrom('log', 'segment', 'gap', 'state'),
          version: fc.jsonValue(),
        })
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.array(anyLine), (begun, lines) => readAll(begun ? [HEADER, ...lines] : lines)),
    );
  });

  it('also when it was a log, and octets of it have changed', () => {
    const change = fc.record({ line: fc.nat(), at: fc.nat(), length: fc.nat(8), by: fc.oneof(fc.string(), control) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
        const lines = [...log];
        for (const { line, at, length, by } of changes) {
          const old = lines[line % lines.length]!;
          const from = at % (old.length + 1);
          lines[line % lines.length] = old.slice(0, from) + by + old.slice(from + length);
        }
        readAll(lines);
      }),
    );
  });

  it('also when its fields have other values', () => {
    const entries = log.map((line) => JSON.parse(line) as Record<string, unknown>);
    const value = fc.oneof(fc.jsonValue(), control, fc.double(), fc.constant(undefined));
    fc.assert(
      fc.property(fc.nat(), fc.nat(), value, (line, field, value) => {
        const entry = { ...entries[line % entries.length] };
        const names = Object.keys(entry);
        entry[names[field % names.length]!] = value;
        readAll([HEADER, JSON.stringify(entry)]);
      }),
      { numRuns: 1000 },
    );
  });
});
