import { expect } from 'vitest';
import type { Text } from '../../../src/lab/terms/text.ts';
import { numbersIn } from '../../support/texts/numbers.ts';

/** Each language has its words, and both the same numbers. */
export function expectBothLanguages({ en, zh }: Text): void {
  expect(numbersIn(zh), `${en}\n${zh}`).toEqual(numbersIn(en));
  expect(zh, en).toMatch(/[\u4e00-\u9fff]/);
  expect(en).not.toMatch(/[\u4e00-\u9fff]/);
}
