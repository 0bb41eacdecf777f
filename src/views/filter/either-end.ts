import type { Expression } from './filter.ts';
import { parseHost } from './host-pattern.ts';
import { parseFilter } from './parse.ts';

/**
 * A filter for who looks at what happens: an expression as ss has it, or just an end, of either side: `80`, `10.9.0.1`,
 * `10.9.0.1:80`.
 *
 * @throws FilterError
 */
export function parseEnds(words: readonly string[]): Expression | null {
  const [word] = words;
  if (words.length === 1 && /^[\d:[*]/.test(word!)) {
    const host = parseHost(/^\d+$/.test(word!) ? `:${word}` : word!);
    const of = (side: 'src' | 'dst'): Expression => ({ type: 'host', side, host, equal: true });
    return { type: 'or', left: of('src'), right: of('dst') };
  }
  return parseFilter(words).expression;
}
