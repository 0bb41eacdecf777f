import type { Played } from '../../lab/story/play.ts';
import type { Text } from '../../lab/terms/text.ts';
import { SeededRandom } from '../../time/random.ts';
import { isRemark, isRemarkGoingOn } from '../ladder/draw.ts';
import type { Line } from '../text/line.ts';

/** The ladder in pieces, each of which ends with what is said about it; what comes behind the last remark is the last piece. */
export function piecesOf(lines: readonly Line[]): Line[][] {
  const pieces: Line[][] = [];
  let piece: Line[] = [];
  let isSaid = false;
  for (const line of lines) {
    const isSaying: boolean = isRemark(line) || (isSaid && isRemarkGoingOn(line));
    if (isSaid && (!isSaying || isRemark(line))) {
      pieces.push(piece);
      piece = [];
    }
    piece.push(line);
    isSaid = isSaying;
  }
  return piece.length === 0 ? pieces : [...pieces, piece];
}

/** A piece of a ladder, cut where its last moment begins: what was before that tells nothing of the turn. */
export function atLastMoment(piece: readonly Line[]): [before: readonly Line[], moment: readonly Line[]] {
  const at = piece.findLastIndex(([first]) => first?.style === 'faint' && /^ {0,8}\S[^»>]*$/.test(first.text));
  return [piece.slice(0, Math.max(0, at)), piece.slice(Math.max(0, at))];
}

/** What may come now, and which of it does. */
export interface Question {
  choices: Text[];
  right: number;
}

const CHOICES = 4;

/** A question about each turn that came: what it was, among other turns of the scenario, and what else hosts do. */
export function questionsOf({ told, endings, seed }: Played): Question[] {
  const random = new SeededRandom(seed);
  const below = (bound: number): number => (random.next() >>> 0) % bound;
  const own = told.map(({ pattern }) => pattern);
  const others = endings.flatMap(({ host }) => thingsThatHappen(host));
  return told.map(({ pattern }, i) => {
    const wrong: Text[] = [];
    // First what comes later or came before; it is the more plausible.
    for (const pool of [own.filter((_, j) => j !== i), others]) {
      const left = pool.filter((text) => ![pattern, ...wrong].some(({ en }) => en === text.en));
      const wanted = pool === others ? CHOICES - 1 : CHOICES - 2;
      while (wrong.length < wanted && left.length > 0) {
        const [taken] = left.splice(below(left.length), 1);
        if (!wrong.some(({ en }) => en === taken!.en)) wrong.push(taken!);
      }
    }
    const right = below(wrong.length + 1);
    wrong.splice(right, 0, pattern);
    return { choices: wrong, right };
  });
}

const KINDS = ['SYN', 'SYN-ACK', 'ACK', 'FIN', 'RST', 'DATA'];
const STATES = ['ESTABLISHED', 'CLOSE_WAIT', 'CLOSED'];

const thingsThatHappen = (host: string): Text[] => [
  ...KINDS.map((kind) => ({ en: `${host} sends ${kind}`, zh: `${host} 发出 ${kind}` })),
  ...STATES.map((state) => ({ en: `${host} enters ${state}`, zh: `${host} 进入 ${state}` })),
];
