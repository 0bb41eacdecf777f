import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { namedCounters } from '../../../src/host/named-counters.ts';
import { sysctlTable } from '../../../src/host/sysctls.ts';
import { catalogue } from '../../../src/lab/catalogue.ts';
import { changes } from '../../../src/lab/glossary/connections/transitions.ts';
import { explain, glossary, nearMisses } from '../../../src/lab/glossary/glossary.ts';
import { GLOSSARY_KINDS, type GlossaryEntry } from '../../../src/lab/glossary/terms/entry.ts';
import { HOLD_REASONS } from '../../../src/tcp/terms/holds.ts';
import { STATE_FILTERS } from '../../../src/views/filter/states.ts';
import { Machine } from '../../support/machine.ts';
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

  it('names entries that there are', () => {
    const missing = glossary.flatMap(({ name, see }) =>
      see.filter((other) => explain(other)?.name !== other).map((other) => `${name} -> ${other}`),
    );
    expect(missing).toEqual([]);
  });

  it('says where it is written', () => {
    expect(glossary.filter(({ sources }) => sources.length === 0)).toEqual([]);
  });
});

describe('scenarios of entries', () => {
  const named = new Set(glossary.flatMap(({ scenarios }) => scenarios.map((one) => one.split(' ')[0]!)));

  it('are in the catalogue', () => {
    expect([...named].filter((name) => !Object.hasOwn(catalogue, name))).toEqual([]);
  });
});

describe('the glossary is complete:', () => {
  const namesOf = (kind: GlossaryEntry['kind']): string[] => entriesOf(kind).map(({ name }) => name);

  it('every knob, with what its table says', () => {
    expect(namesOf('knob')).toEqual(Object.keys(sysctlTable));
    for (const { name, text, value } of entriesOf('knob')) {
      const knob = sysctlTable[name as keyof typeof sysctlTable];
      expect(text.en).toBe(knob.doc);
      expect(value?.default).toBe([knob.default].flat().join(' '));
    }
  });

  it('every counter, none of them by its name alone', () => {
    const { host } = new Machine();
    expect(namesOf('counter')).toEqual([...namedCounters(host).keys()]);
    for (const { name, text } of entriesOf('counter')) expect(text.zh).not.toContain(`${name}。`);
  });

  it('every reason to wait, and every flag that a segment can have', () => {
    expect(namesOf('hold reason').map((name) => name.replace('hold ', ''))).toEqual(HOLD_REASONS);
    expect(namesOf('flag')).toHaveLength(9);
  });
});

describe('a term', () => {
  it('is found however it is spelled', () => {
    for (const term of ['TIME_WAIT', 'time-wait', 'Time Wait', 'TIMEWAIT', '时间等待']) {
      expect(explain(term)?.name).toBe('TIME_WAIT');
    }
    for (const [term, name] of [
      ['SYN-RECV', 'SYN_RECEIVED'],
      ['net.ipv4.tcp_fin_timeout', 'tcp_fin_timeout'],
      ['ListenDrops', 'TcpExtListenDrops'],
      ['TCP Dup ACK', 'TCP Dup ACK'],
      ['[TCP ZeroWindow]', 'TCP ZeroWindow'],
      ['半连接', 'half-open'],
      ['半连接队列', 'SYN queue'],
      ['2MSL', '2msl'],
      ['TimeWait', 'TimeWait'],
      ['TCPKeepAlive', 'TcpExtTCPKeepAlive'],
      ['keep-alive', 'keepalive'],
      ['PAWS', 'PAWS'],
      ['Paws', 'Paws'],
      ['粘包', 'sticky packets'],
      ['econnreset', 'ECONNRESET'],
    ] as const) {
      expect(explain(term)?.name, term).toBe(name);
    }
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
