import { describe, expect, it } from 'vitest';
import { type DrillOptions, drill } from '../../src/drill/index.ts';

/**
 * Scripts that are wrong in one field each must fail; their twin, without the mistake, passes. Each row: what is wrong,
 * a piece of the right script, and what stands in its place.
 */
export type Row = [what: string, right: string, wrong: string];

export function twins(name: string, script: string, rows: readonly Row[], options: DrillOptions = {}): void {
  describe(name, () => {
    it('is right as it is', () => {
      const verdict = drill(script, options);
      expect(verdict, `${verdict.line}: ${verdict.message} ${verdict.expected} / ${verdict.actual}`).toMatchObject({
        status: 'passed',
      });
    });
    it.each(rows)('fails for a wrong %s', (_what, right, wrong) => {
      expect(script.split(right), 'the piece stands in the script once').toHaveLength(2);
      expect(
        drill(
          script.replace(right, () => wrong),
          options,
        ).status,
      ).toBe('failed');
    });
  });
}
