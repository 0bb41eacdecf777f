import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { changes } from '../../../src/lab/glossary/connections/transitions.ts';
import { explain, glossary, nearMisses } from '../../../src/lab/glossary/glossary.ts';
import { GLOSSARY_KINDS, type GlossaryEntry } from '../../../src/lab/glossary/terms/entry.ts';
import { STATE_FILTERS } from '../../../src/views/filter/states.ts';
import { expectBothLanguages } from '../support/texts.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const entriesOf = (kind: GlossaryEntry['kind']): GlossaryEntry[] => glossary.filter((entry) => entry.kind === kind);

describe('every entry of the glossary', () => {
  it('says in both languages the same, with the same numbers', () => {
    for (const { text, many, ways } of glossary) {
      for (const said of [text, ...(many ? [many] : []), ...ways.map((way) => way.text)]) expectBothLanguages(said);
    }
    for (const kind of Object.values(GLOSSARY_KINDS)) expectBothLanguages(kind);
  });

  it('is found by its name, and by its other names, which no other entry has', () => {
    const owners = new Map<string, string>();
    for (const entry of glossary) {
      expect(explain(entry.name), entry.name).toBe(entry);
      for (const name of entry.also) {
        expect(owners.get(name), `${name}: of ${entry.name}, too`).toBeUndefined();
        owners.set(name, entry.name);
        expect(explain(name)?.name, name).toBe(entry.name);
      }
    }
  });

  it('says where it is written', () => {
    expect(glossary.filter(({ sources }) => sources.length === 0)).toEqual([]);
  });
});

describe('a term', () => {
  it('is found however it is spelled', () => {
    for (const term of ['TIME_WAIT', 'time-wait', 'Time Wait', 'TIMEWAIT', '时间等待']) {
      expect(explain(term)?.name).toBe('TIME_WAIT');
    }
    expect(explain('SYN-RECV')?.name).toBe('SYN_RECEIVED');
  });

  it('that there is not has near misses, and nonsense has none', () => {
    expect(explain('TIME_WIAT')).toBeNull();
    expect(nearMisses('TIME_WIAT')[0]).toBe('TIME_WAIT');
    expect(nearMisses('SYN_RECIEVED')[0]).toBe('SYN_RECEIVED');
    expect(nearMisses('fin_wait')).toEqual(expect.arrayContaining(['FIN_WAIT_1', 'FIN_WAIT_2']));
    expect(nearMisses('strawberry')).toEqual([]);
    expect(nearMisses('')).toEqual([]);
  });
});

describe('states', () => {
  it('change as STATES.md says, and no other way', () => {
    const page = readFileSync(`${ROOT}/STATES.md`, 'utf8');
    const synchronized = ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK'];
    const groups: Record<string, string[]> = { synchronized, any: ['SYN_SENT', 'SYN_RECEIVED', ...synchronized] };
    const rows = [...page.matchAll(/^\| ([^|]+) \| ([^|]+) \| [^|]+ \| ([A-Z_0-9]+) \| \[[^|]+\|$/gm)];
    const told = rows.flatMap(([, from, event, to]) =>
      from!.split(', ').flatMap((state) => (groups[state] ?? [state]).map((one) => `${one} -> ${to}: ${event}`)),
    );
    expect(told.length).toBeGreaterThan(60);
    const ours = changes.map(({ from, to, event }) => `${from} -> ${to}: ${event}`);
    expect([...new Set(ours)].sort()).toEqual([...new Set(told)].sort());
  });

  it('are all eleven, each with its ways, and shown by a word that ss has', () => {
    expect(entriesOf('state')).toHaveLength(11);
    for (const { name, ways, linux } of entriesOf('state')) {
      expect(ways.length).toBeGreaterThan(0);
      const word = /state ([\w-]+)$/.exec(linux[0]!)?.[1];
      expect(STATE_FILTERS[word!]).toEqual([name]);
    }
  });
});
