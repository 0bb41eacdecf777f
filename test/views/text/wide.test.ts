import { describe, expect, it } from 'vitest';
import { columnsOf, filled } from '../../../src/views/text/wide.ts';

describe('lines of a width', () => {
  it('are broken between words, and between any two wide characters', () => {
    expect(filled('one two three', 8)).toEqual(['one two', 'three']);
    expect(filled('报文段丢失', 6)).toEqual(['报文段', '丢失']);
  });

  it('take along what opens and closes something with what is in it, and are no longer for that', () => {
    const text = 'server 的“应答”（1000 字节）和 FIN 在同一个报文段里发出。';
    expect(filled(`${text} “ （`, 200)).toEqual([`${text} “ （`]);
    for (let width = 8; width < columnsOf(text); width++) {
      const lines = filled(text, width);
      for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
      for (const line of lines) expect(line).not.toMatch(/^[”）。]|[“（]$/);
    }
  });
});
