import { expect, it, vi } from 'vitest';
import { outputWidth } from '../../../src/cli/terminal/paint.ts';

it('a terminal that does not know its size is as wide as a usual one', () => {
  const widths = [0, 132].map((columns) => {
    vi.stubGlobal('process', { ...process, stdout: { columns } });
    return outputWidth();
  });
  vi.unstubAllGlobals();
  expect(widths).toEqual([80, 132]);
});
