/** The octets of a representation that a request asks for: from `first` on, `length` of them. */
export interface ByteRange {
  readonly first: number;
  readonly length: number;
}

/**
 * What a Range field asks for of a representation of `length` octets (RFC 9110, section 14.2): one range of bytes, or
 * 'unsatisfiable' (section 15.5.17); `null` where it is to be ignored, which a server may always do and which is done here
 * with several ranges, other units and what does not parse.
 */
export function parseRange(field: string | undefined, length: number): ByteRange | 'unsatisfiable' | null {
  const [, from = '', to = ''] = /^bytes=[\s,]*(\d*)-(\d*)[\s,]*$/i.exec(field ?? '') ?? [];
  if (from === '') return to === '' ? null : suffix(Number(to), length);
  const first = Number(from);
  const last = to === '' ? Infinity : Number(to);
  if (last < first) return null;
  if (first >= length) return 'unsatisfiable';
  return { first, length: Math.min(last + 1, length) - first };
}

/** The last `count` octets, or all if there are fewer (section 14.1.2). Of nothing: no Content-Range can say it, so all. */
function suffix(count: number, length: number): ByteRange | 'unsatisfiable' | null {
  if (count === 0) return 'unsatisfiable';
  if (length === 0) return null;
  const first = Math.max(0, length - count);
  return { first, length: length - first };
}
