import { describe, expect, it } from 'vitest';
import { applied, diffOf, type Mutant, mutantsOf, probed, sample } from './mutants.mjs';

/** Each mutant of a text, as the text that it makes. */
const made = (source: string): string[] => mutantsOf('a.ts', source).map((mutant) => applied(mutant, source));

describe('mutants', () => {
  it.each<[string, string[]]>([
    ['x = a + b', [';', 'x = a - b']],
    ['const s = a + "b"', []],
    ['const s: number = -a', ['const s: number = (a)']],
    ['const i = 1', ['const i = 2', 'const i = 0']],
    ['const i = 0', ['const i = 1']],
    ['const m = Math.min(a, b)', ['const m = Math.max(a, b)']],
    ['i++', [';', 'i--']],
    ['call(true)', [';', 'call(false)']],
    ['type T = 1 | 2; enum E { A = 1 }', []],
    ['throw new Error(a + 1)', []],
    ['if (a < b) return', ['if (!(a < b)) return', 'if (a <= b) return', 'if (a < b) ;']],
  ])('%s', (source, mutants) => {
    const wrapped = source.includes('return') ? `function f() { ${source} }` : source;
    const expected = mutants.map((text) => (wrapped === source ? text : `function f() { ${text} }`));
    expect(made(wrapped).sort()).toEqual(expected.sort());
  });

  it('are told by their lines', () => {
    const source = 'const a = 0;\nconst b = c << d;\n';
    const [first, second] = mutantsOf('a.ts', source) as [Mutant, Mutant];
    expect(first).toMatchObject({ file: 'a.ts', line: 1, what: '0 -> 1' });
    expect(diffOf(second, source)).toEqual(['- const b = c << d;', '+ const b = c >> d;']);
  });

  it('have probes before their statements, where these are in functions', () => {
    const source = 'let a = 1;\nfunction f() { if (b) a = 2; else { a++; } return () => 3; }\n';
    const numbered = mutantsOf('a.ts', source).map((mutant, number) => ({ ...mutant, number }));
    const places = new Map(numbered.map(({ number, within }) => [number, within && source.slice(within, within + 2)]));
    const probes = probed(numbered, source).replaceAll(/globalThis\.reached\?\.add\((\d+)\);/g, (_, number) => {
      return `<${places.get(Number(number))}>`;
    });
    const once = probes.replaceAll(/(<..>)\1+/g, '$1');
    expect(once).toBe('let a = 1;\nfunction f() { <if>if (b) a = 2; else { <a+>a++; } <re>return () => 3; }\n');
  });

  it('are chosen by a seed, none twice', () => {
    const all = mutantsOf('a.ts', 'f(1, 2, 3, 4, 5, 6, 7, 8, 9)');
    const some = sample(all, 10, 3);
    expect(new Set(some).size).toBe(10);
    expect(sample(all, 10, 3)).toEqual(some);
    expect(sample(all, 10, 4)).not.toEqual(some);
    expect(sample(all, 1000, 3)).toHaveLength(all.length);
  });
});
