import { expect } from 'vitest';
import type { Text } from '../../../src/lab/terms/text.ts';

/** The numbers that a text names, in no order: 1,000 and 1000 are one. */
const numbersIn = (text: string): string[] =>
  (text.replace(/(?<=\d),(?=\d{3})/g, '').match(/\d+(\.\d+)?/g) ?? []).sort();

/** Each language has its words, and both the same numbers. */
export function expectBothLanguages({ en, zh }: Text): void {
  expect(numbersIn(zh), `${en}\n${zh}`).toEqual(numbersIn(en));
  expect(zh, en).toMatch(/[\u4e00-\u9fff]/);
  expect(en).not.toMatch(/[\u4e00-\u9fff]/);
}
