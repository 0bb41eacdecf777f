import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterError } from '../../../src/views/filter/filter.ts';
import { matches } from '../../../src/views/filter/match.ts';
import { parseFilter } from '../../../src/views/filter/parse.ts';
import { listener, socket } from '../support/snapshots.ts';

const sockets = {
  web: socket(),
  client: socket({ localPort: 50_000, remotePort: 443, remote: '192.0.2.7' }),
  six: socket({ local: 'fd00::2', remote: 'fd00::1', localPort: 22 }),
  listener: listener(),
  listener6: listener({ local: '::', localPort: 22 }),
};

function chosen(...words: string[]): string[] {
  const { expression } = parseFilter(words);
  return Object.entries(sockets).flatMap(([name, one]) =>
    expression === null || matches(expression, one) ? [name] : [],
  );
}

describe('an expression of a filter', () => {
  it.each<[string, string[]]>([
    ['', ['web', 'client', 'six', 'listener', 'listener6']],
    ['sport = :80', ['web', 'listener']],
    ['sport :80', ['web', 'listener']],
    ['sport=80', ['web', 'listener']],
    ['sport eq :http', ['web', 'listener']],
    ['sport != :80', ['client', 'six', 'listener6']],
    ['sport gt :80', ['client']],
    ['sport >= :80', ['web', 'client', 'listener']],
    ['dport lt :1000', ['client', 'listener', 'listener6']],
    ['dport <= 0', ['listener', 'listener6']],
    ['dst 10.9.0.1', ['web']],
    ['dst = 10.9.0.1', ['web']],
    ['dst != 10.9.0.1', ['client', 'six', 'listener', 'listener6']],
    ['dst 10.9.0.1:40000', ['web']],
    ['dst 10.9.0.1:40001', []],
    ['src 10.9.0.0/24', ['web', 'client', 'listener']],
    ['src 10.8.0.0/15', ['web', 'client', 'listener']],
    ['src 10.10.0.0/15', []],
    ['dst 0.0.0.0/0', ['web', 'client', 'listener']],
    ['dst [fd00::1]', ['six']],
    ['dst fd00::1', ['six']],
    ['dst [fd00::1]:40000', ['six']],
    ['dst [fd00::]/16:40000', ['six']],
    ['dst [fd00::/16]', ['six']],
    ['src ::', ['listener6']],
    ['src *:22', ['six', 'listener6']],
    ['src :22', ['six', 'listener6']],
    ['dst 192.0.2.0/29 or sport = :22', ['client', 'six', 'listener6']],
    ['dst 10.9.0.1 sport = :80', ['web']],
    ['dst 10.9.0.1 and sport = :80', ['web']],
    ['not dst 10.9.0.1', ['client', 'six', 'listener', 'listener6']],
    ['! ( sport = :80 | sport = :22 )', ['client']],
    ['!(sport=:80||sport=:22)', ['client']],
    ['sport = :22 or sport = :80 and dport = :40000', ['web', 'six', 'listener6']],
    ['( sport = :22 or sport = :80 ) and dport = :40000', ['web', 'six']],
    ['not not sport = :80 && dport != 0', ['web']],
  ])('%s', (text, names) => {
    expect(chosen(text)).toEqual(names);
    expect(chosen(...text.split(' '))).toEqual(names);
  });
});

describe('the states of a filter', () => {
  const states = (text: string) => parseFilter([text]).states;

  it('are those that are named', () => {
    expect(states('sport = :80')).toBeNull();
    expect(states('state time-wait')).toEqual(['TIME_WAIT']);
    expect(states('state TIME-WAIT sport = :80')).toEqual(['TIME_WAIT']);
    expect(states('state bucket')).toEqual(['SYN_RECEIVED', 'TIME_WAIT']);
    expect(states('state established state syn-sent')).toEqual(['ESTABLISHED', 'SYN_SENT']);
  });

  it('are all but those that are excluded', () => {
    expect(states('state connected exclude time-wait')).not.toContain('TIME_WAIT');
    expect(states('exclude established')).toHaveLength(10);
    expect(states('exclude big')).toEqual(['SYN_RECEIVED', 'TIME_WAIT']);
    expect(states('state synchronized')).toHaveLength(8);
  });
});

describe('a filter that can’t be read', () => {
  it.each([
    ['state bogus', '"bogus" is no state; there are: all, connected'],
    ['state', 'It ends where the name of a state should be'],
    ['sport = :x', '":x" is no port: write it as :80'],
    ['sport = :65536', '":65536" is no port'],
    ['sport', 'It ends where a port behind "sport" should be'],
    ['dst 10.9.0.256', '"10.9.0.256" is no address'],
    ['dst 10.9.0.1/33', '"/33" is no prefix length: it is 0 to 32'],
    ['dst fd00::/129', '"/129" is no prefix length: it is 0 to 128'],
    ['dst > 10.9.0.1', 'An address is equal or not'],
    ['foo', '"foo" is no condition; there are: src, dst'],
    ['( sport = :80', 'It ends where ")" should be'],
    ['sport = :80 )', '")" is too much'],
    ['sport = :80 or', 'It ends where a condition should be'],
    [`${'( '.repeat(200)}sport = :80`, 'more than 100 parentheses'],
    ['toString', '"toString" is no condition'],
    ['state constructor', '"constructor" is no state'],
  ])('%s', (text, message) => {
    expect(() => parseFilter([text])).toThrow(FilterError);
    expect(() => parseFilter([text])).toThrow(message);
  });

  it('is told so in every case, and never anything else happens', () => {
    const word = fc.constantFrom(
      ...[
        'state',
        'exclude',
        'all',
        'time-wait',
        'sport',
        'dport',
        'src',
        'dst',
        '=',
        '!=',
        'gt',
        '<',
        '(',
        ')',
        'not',
        '!',
      ],
      ...[
        'and',
        'or',
        '|',
        '&&',
        ':80',
        '80',
        '10.9.0.1',
        '10.0.0.0/8',
        '[fd00::1]:80',
        '::',
        '*',
        '*:80',
        '[',
        'fd00::/200',
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 6 })), { maxLength: 12 }), (words) => {
        try {
          const { expression } = parseFilter(words);
          for (const one of Object.values(sockets)) if (expression !== null) matches(expression, one);
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
