import { describe, expect, it } from 'vitest';
import { columnsOf, filled } from '../../src/views/text/wide.ts';

describe('text with wide characters in lines', () => {
  const text = '它推迟确认，直到 41 ms 后定时器到期。（Linux：最少 40 ms，最多 200 ms。） (RFC 9293)';

  it.each([12, 20, 30, 37])(
    'no line is longer than %i columns, begins with what closes or ends with what opens',
    (width) => {
      const lines = filled(text, width);
      for (const line of lines) {
        expect(columnsOf(line), line).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/^[，。：）]|（$/);
      }
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    },
  );
});
