import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scenarioNamed } from '../src/lab/catalogue.ts';
import { play } from '../src/lab/story/play.ts';
import { LANGUAGES, type Language } from '../src/lab/terms/text.ts';
import { parseImpairments } from '../src/link/impairment/language/parse.ts';
import { report } from '../src/views/lab/report.ts';
import { lineText } from '../src/views/text/line.ts';
import { type Block, blocksOf, kindOf, partsOf } from './support/texts/page-blocks.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NOTES = readdirSync(join(ROOT, 'native-notes')).map((name) => `native-notes/${name}`);
/** The pages that lie beside what they are about. */
const PAGES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md'))
  .map((path) => `src/${path}`);

/** The tour through the code is worth nothing once a file has moved. */
it.each([
  'README.md',
  'README.zh-CN.md',
  'READING.md',
  'STATES.md',
  'CONTRIBUTING.md',
  'PERFORMANCE.md',
  ...NOTES,
  ...PAGES,
])('%s links to files that are there', (path) => {
  const text = page(path);
  const targets = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, target]) => target!);
  const local = targets.filter((target) => !/^[a-z]+:/.test(target));
  expect(local.filter((target) => !existsSync(join(ROOT, dirname(path), target)))).toEqual([]);
});

const page = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('the examples of impairments', () => {
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

  it('of the READMEs and the help are right', () => {
    const texts = [
      'README.md',
      'README.zh-CN.md',
      'src/cli/commands/up.ts',
      'src/cli/commands/get.ts',
      'src/cli/commands/shell.ts',
    ].map(page);
    const examples = texts.flatMap((text) => [...text.matchAll(/(?:--impair |impair: |stack\.impair\()'([^']+)'/g)]);
    expect(examples.length).toBeGreaterThan(12);
    for (const [, example] of examples) expect(() => parseImpairments(example!), example!).not.toThrow();
  });
});

const READMES: Record<Language, string> = { en: 'README.md', zh: 'README.zh-CN.md' };

describe('the README in both languages', () => {
  /** Each page names the other, and asks in its own language. */
  const inNoLanguage = (block: Block): Block => ({
    ...block,
    links: block.links.map((link) => (Object.values(READMES).includes(link) ? 'the other README' : link)),
    code: block.code.map((line) => line.replace(/(lab ask) (?:"[^"]+"|\S+)/, '$1 QUESTION').replace(' --lang zh', '')),
  });

  it('has the same headings, tables, code, links, commands and numbers, block by block', () => {
    const [english, chinese] = LANGUAGES.map((language) => blocksOf(page(READMES[language])).map(inNoLanguage));
    for (const [i, block] of english!.entries()) expect(chinese![i], `block ${i + 1}`).toEqual(block);
    expect(chinese).toHaveLength(english!.length);
  });

  it.each(LANGUAGES)('is in its language: %s', (language) => {
    const prose = partsOf(page(READMES[language]))
      .filter((part) => kindOf(part) === 'prose')
      .slice(1);
    expect(prose.length).toBeGreaterThan(20);
    for (const paragraph of prose) {
      const isChinese = /[\u4e00-\u9fff]{2}/.test(paragraph);
      expect(isChinese, paragraph).toBe(language === 'zh');
    }
  });

  it.each(LANGUAGES)('shows what the lab prints: %s', async (language) => {
    const played = await play((await scenarioNamed('close-lost'))!, { parameters: new Map([['k', '4']]) });
    const options = { width: 80, language, ascii: false, verbose: false, changes: ['k=4'], next: null, like: null };
    const printed = report(played, options)
      .map((line) => lineText(line).trimEnd())
      .join('\n');
    // Set in by four columns; dots and empty lines stand for what is left out.
    const shown = partsOf(page(READMES[language])).find((part) => /^ +\.\.\.$/m.test(part))!;
    const pieces = shown.replace(/^ {4}/gm, '').split(/\n *\.\.\.\n|\n\n/);
    expect(pieces).toHaveLength(3);
    for (const piece of pieces) expect(printed).toContain(piece);
  });
});
