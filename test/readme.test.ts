import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseImpairments } from '../src/link/impairment/language/parse.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NOTES = readdirSync(join(ROOT, 'native-notes')).map((name) => `native-notes/${name}`);

/** The tour through the code is worth nothing once a file has moved. */
it.each(['README.md', 'READING.md', 'STATES.md', 'CONTRIBUTING.md', 'PERFORMANCE.md', ...NOTES])(
  '%s links to files that are there',
  (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, target]) => target!);
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([]);
  },
);

describe('the examples of impairments', () => {
  const page = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

  it('of IMPAIR.md are right', () => {
    const text = page('src/link/impairment/IMPAIR.md');
    const blocks = [...text.matchAll(/(?:^ {4}.+\n)+/gm)].map(([block]) => block);
    const [first, order, selections, conditions] = [blocks[0]!, blocks[1]!, ...blocks[2]!.trim().split('\n')];
    for (const line of first.trim().split('\n')) expect(() => parseImpairments(line)).not.toThrow();
    expect(order).toContain('->');
    const packets = `${selections}   ${conditions}`.split(/ {3,}/);
    expect(packets).toHaveLength(11);
    for (const one of packets) expect(() => parseImpairments(`drop ${one.trim()}`), one).not.toThrow();
  });

  it('of the README and the help are right', () => {
    const texts = ['README.md', 'src/cli/commands/up.ts', 'src/cli/commands/get.ts', 'src/cli/commands/shell.ts'].map(
      page,
    );
    const examples = texts.flatMap((text) => [...text.matchAll(/(?:--impair |impair: |stack\.impair\()'([^']+)'/g)]);
    expect(examples.length).toBeGreaterThan(6);
    for (const [, example] of examples) expect(() => parseImpairments(example!), example!).not.toThrow();
  });
});
