import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnds } from '../../../src/views/filter/either-end.ts';
import { EntryFilter, type EntryFilterOptions } from '../../../src/views/filter/entry-filter.ts';
import { FilterError } from '../../../src/views/filter/filter.ts';
import { anyLog } from '../support/any-log.ts';
import { HandMadeLog } from '../support/log.ts';

/** Two connections, a segment that meets none, and what belongs to no connection. */
function twoConnections(): HandMadeLog {
  const log = new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN').connection('passively').in('S 0');
  log.state('SYN_RECEIVED', 'SYN received', '').out('S. 0 ack 1');
  const other = new HandMadeLog('10.9.0.2:81', '10.9.0.3:40001', 'LISTEN').connection('passively').in('S 0');
  log.entries.push(...other.entries.map((entry) => ({ ...entry, connection: 2, id: entry.id + 10 }) as never));
  const stray = new HandMadeLog('10.9.0.2:9999', '10.9.0.3:40002').in('S 0');
  stray.put({ type: 'drop', reason: 'NoSocket', because: 1, cause: { text: '', source: '' } });
  stray.put({ type: 'call', call: 'listen', local: '10.9.0.2', localPort: 81, cause: { text: '', source: '' } });
  stray.put({ type: 'gap', entries: 3 });
  log.entries.push(...stray.entries.map((entry) => ({ ...entry, connection: undefined }) as never));
  return log;
}

function accepted(options: EntryFilterOptions): string[] {
  const filter = new EntryFilter(options);
  return twoConnections()
    .entries.filter((entry) => filter.accepts(entry))
    .map(({ type, connection }) => (connection === undefined ? type : `${type} ${connection}`));
}

const FIRST = ['connection 1', 'segment 1', 'state 1', 'segment 1'];
const SECOND = ['connection 2', 'segment 2'];

describe('of a log', () => {
  it('everything is taken where nothing is said', () => {
    expect(accepted({})).toEqual([...FIRST, ...SECOND, 'segment', 'drop', 'call', 'gap']);
  });

  it.each<[string, string[]]>([
    ['sport = :80', FIRST],
    ['80', FIRST],
    [':80', FIRST],
    ['10.9.0.3:40001', SECOND],
    ['10.9.0.3', [...SECOND, 'segment', 'drop']],
    ['9999', ['segment', 'drop']],
    ['81', [...SECOND, 'call']],
    ['not dst 10.9.0.3', [...FIRST, 'call']],
    ['sport = :80 or sport = :9999', [...FIRST, 'segment', 'drop']],
  ])('%s takes what it is about, and where entries are missing', (text, entries) => {
    expect(accepted({ expression: parseEnds([text]) })).toEqual([...entries, 'gap']);
  });

  it('one connection is taken by its number', () => {
    expect(accepted({ connection: 2 })).toEqual([...SECOND, 'gap']);
  });

  it('some kinds of entries are taken, and who they are about', () => {
    expect(accepted({ types: new Set(['state']) })).toEqual(['connection 1', 'state 1', 'connection 2', 'gap']);
  });

  it('any filter takes a part, in its order', () => {
    fc.assert(
      fc.property(anyLog, fc.constantFrom('80', 'src 10.0.0.1', 'dport > :80'), (log, text) => {
        const filter = new EntryFilter({ expression: parseEnds([text]) });
        const other = new EntryFilter({
          expression: parseEnds([`not ( ${text === '80' ? 'sport = :80 or dport = :80' : text} )`]),
        });
        for (const entry of log) {
          const both = filter.accepts(entry) && other.accepts(entry);
          if (entry.type !== 'gap' && entry.connection === undefined) expect(both).toBe(false);
        }
      }),
    );
  });
});

it('a filter that can’t be read says what it takes', () => {
  for (const text of ['port 80', '10.9.0', '99999', 'sport 80 bogus']) {
    expect(() => parseEnds([text])).toThrow(FilterError);
  }
  expect(parseEnds([])).toBeNull();
});

describe('of a log of several hosts, each with numbers of its own', () => {
  /** Two connections of two hosts: what is 1 at the first host is 2 at the other. */
  const entries = [0, 1].flatMap((host) =>
    [40_000, 40_001].flatMap((port, i) => {
      const [ours, theirs] = [`10.9.0.1:${port}`, '10.9.0.2:80'];
      const log = host === 0 ? new HandMadeLog(ours, theirs) : new HandMadeLog(theirs, ours, 'LISTEN');
      log.connection(host === 0 ? 'actively' : 'passively').state('SYN_SENT', '', '');
      const connection = host === 0 ? i + 1 : 2 - i;
      return log.entries.map((entry) => ({ ...entry, host, connection }) as never);
    }),
  );
  const told = (options: EntryFilterOptions): string[] => {
    const filter = new EntryFilter(options);
    const accepted = entries.filter((entry) => filter.accepts(entry)) as unknown as {
      type: string;
      host: number;
      connection: number;
    }[];
    return accepted.map(({ type, host, connection }) => `${type} ${host}#${connection}`);
  };
  const FIRST_AT_BOTH = ['connection 0#1', 'state 0#1', 'connection 1#2', 'state 1#2'];

  it('a number means both ends of the connection that has it first', () => {
    expect(told({ connection: 1 })).toEqual(FIRST_AT_BOTH);
  });

  it('an expression is asked for each host by itself', () => {
    expect(told({ expression: parseEnds(['40000']) })).toEqual(FIRST_AT_BOTH);
  });
});
