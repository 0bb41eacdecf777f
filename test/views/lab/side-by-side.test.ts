import { describe, expect, it } from 'vitest';
import { scenarioNamed } from '../../../src/lab/catalogue.ts';
import { play } from '../../../src/lab/story/play.ts';
import { firstDifference } from '../../../src/views/lab/difference.ts';
import { sideBySide } from '../../../src/views/lab/side-by-side.ts';
import { lineText } from '../../../src/views/text/line.ts';
import { columnsOf } from '../../../src/views/text/wide.ts';

const close = (await scenarioNamed('close'))!;
const plain = await play(close);
const lossy = await play(close, { whatIf: { path: ['drop FIN 1 from client'] } });
const lines = (width: number, language: 'en' | 'zh' = 'en'): string[] =>
  sideBySide({ name: 'close', played: plain }, { name: 'lossy', played: lossy }, { width, language, ascii: false }).map(
    (line) => lineText(line),
  );

describe('two runs', () => {
  it('that are the same have no difference', async () => {
    expect(firstDifference(plain, await play(close))).toBeNull();
  });

  it('part at what the path did, and it is said who did what, and why', () => {
    const difference = firstDifference(plain, lossy)!;
    expect(difference.alike).toBeGreaterThan(10);
    expect(difference.first!.text.en).toMatch(/^server gets FIN\+ACK/);
    expect(difference.second!.text).toEqual({ en: 'FIN+ACK is dropped on the path', zh: 'FIN+ACK 在路上：dropped' });
    expect(difference.second!.why).toBe('drop FIN 1 out');
    expect(firstDifference(lossy, plain)).toEqual({
      ...difference,
      first: difference.second,
      second: difference.first,
    });
  });

  it('are one below the other where it is narrow: what both have once', () => {
    const shown = lines(80);
    for (const line of shown) expect(columnsOf(line)).toBeLessThanOrEqual(80);
    expect(shown.filter((line) => line.includes('SYN_SENT │── SYN seq 0'))).toHaveLength(1);
    expect(shown.filter((line) => line === '▼ here they part')).toHaveLength(1);
    expect(shown).toContainEqual(expect.stringMatching(/^\d+ events are the same\. Then:$/));
    expect(shown).toContainEqual(
      expect.stringMatching(/^ {2}lossy: .*, FIN\+ACK is dropped on the path \(drop FIN 1 out\)$/),
    );
  });

  it('are beside each other where it is wide, in either language', () => {
    for (const language of ['en', 'zh'] as const) {
      const shown = lines(160, language);
      for (const line of shown) expect(columnsOf(line)).toBeLessThanOrEqual(160);
      expect(shown.filter((line) => line.split('SYN_SENT │── SYN seq 0').length === 3)).toHaveLength(1);
      expect(shown[0]).toMatch(/^close {70,}lossy$/);
    }
  });
});
