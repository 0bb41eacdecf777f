import type { Side } from './items.ts';

/** The characters of an arrow. */
export interface ArrowStyle {
  /** What it is drawn with. */
  line: string;
  /** The rest behind its text; it may be a pattern. */
  fill?: string;
  /** At the end where it arrives, and where it leaves. */
  head: string;
  tail?: string;
  /** Said at its right end. */
  remark?: string;
}

/** Behind the text there is always so much of the arrow. */
const SHAFT_MIN = 3;

/**
 * An arrow with a text on it.
 *
 * @param width how long it is with all that belongs to it; a text that is too long makes it longer
 */
export function arrow(to: Side, width: number, text: string, style: ArrowStyle): string {
  const { line, head, tail = '' } = style;
  const [begin, end] = to === 'left' ? [head, tail] : [tail, head];
  const front = `${begin}${line}${line} ${text} `;
  const remark = style.remark === undefined || style.remark === '' ? '' : ` ${style.remark} ${line}${line}`;
  const room = Math.max(SHAFT_MIN, width - front.length - remark.length - end.length);
  const fill = style.fill ?? line;
  return front + fill.repeat(Math.ceil(room / fill.length)).slice(0, room) + remark + end;
}

/** How much longer than its text an arrow is at least. */
export const arrowExtra = ({ head, tail = '', remark = '' }: ArrowStyle): number =>
  head.length + tail.length + 4 + SHAFT_MIN + (remark === '' ? 0 : remark.length + 4);
