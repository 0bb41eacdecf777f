import type { Language, Text } from '../../lab/terms/text.ts';
import type { ComparedEnding, ComparedTurn, FirstDifference } from '../../live/compare.ts';
import type { PlayedLive } from '../../live/play-live.ts';
import type { Line, Style } from '../../views/text/line.ts';
import { timeText } from '../../views/text/units.ts';
import { columnsOf, filled, paddedTo } from '../../views/text/wide.ts';

/** Columns of a time. */
const TIME = 10;

const WORDS = {
  turn: { en: 'what comes, and how long after the one before', zh: '出现的事件，以及距上一个事件的时间' },
  here: { en: 'here', zh: '本协议栈' },
  left: { en: 'left at the end', zh: '结束时剩下' },
  nothing: { en: 'nothing', zh: '无' },
  same: { en: 'Linux goes the same way.', zh: 'Linux 的过程相同。' },
  differs: { en: 'Linux goes another way:', zh: 'Linux 的过程不同：' },
  segments: { en: 'The segments differ in this:', zh: '报文段的差别：' },
  late: {
    en: 'What is later may be so because this machine is busy: run it again.',
    zh: '较晚的事件可能是因为这台机器繁忙：可再运行一次。',
  },
  notSet: { en: 'Not set in this kernel, which has no such knob or refuses the value', zh: '内核没有或拒绝设置的参数' },
  more: { en: 'nothing more', zh: '再无报文段' },
} as const satisfies Record<string, Text>;

const VERDICTS: Readonly<Record<ComparedTurn['verdict'], { style: Style; text: Text }>> = {
  same: { style: 'state', text: { en: 'same', zh: '相同' } },
  later: { style: 'slow', text: { en: 'later', zh: '较晚' } },
  sooner: { style: 'slow', text: { en: 'sooner', zh: '较早' } },
  missing: { style: 'bad', text: { en: 'did not come', zh: '没有出现' } },
  'not shown': { style: 'faint', text: { en: 'not shown', zh: '看不到' } },
  'not awaited': { style: 'faint', text: { en: 'not awaited', zh: '未等待' } },
};

/** What the kernel did, beside what this stack does in its place. */
export function comparisonLines(played: PlayedLive, width: number, language: Language): Line[] {
  const { turns, endings, differences, isSame, notSet, release, role, virtual } = played;
  const linux = `Linux ${release.replace(/-.*/, '')}`;
  const head: Text = {
    en: `${linux} as the ${role}, live, beside this stack in virtual time:`,
    zh: `${linux} 作为 ${role} 实际运行，与本协议栈在虚拟时间中的运行对照：`,
  };
  const room = width - 2 * TIME - 14;
  const lines: Line[] = [
    [{ text: head[language], style: 'heading' }],
    [
      { text: paddedTo(`  ${WORDS.turn[language]}`, room), style: 'faint' },
      { text: rightOf(WORDS.here[language]) + rightOf('Linux'), style: 'faint' },
    ],
    ...turns.map((turn) => turnLine(turn, room, language)),
    ...endings.map((ending) => endingLine(ending, room, language)),
  ];
  if (notSet.length > 0) lines.push(...prose(`${WORDS.notSet[language]}: ${notSet.join(', ')}.`, width, 'slow'));
  lines.push([], ...prose(WORDS[isSame ? 'same' : 'differs'][language], width, isSame ? 'state' : 'slow'));
  if (turns.some(({ verdict }) => verdict === 'later')) lines.push(...prose(WORDS.late[language], width, 'faint'));
  if (isSame && differences.length > 0) lines.push(...prose(WORDS.segments[language], width, 'faint'));
  lines.push(...differences.flatMap((difference) => prose(differenceText(difference, linux, language), width)));
  const { kernel } = virtual.scenario;
  if (kernel !== undefined) lines.push(...prose(kernel[language], width));
  return lines;
}

function turnLine({ text, here, kernel, verdict }: ComparedTurn, room: number, language: Language): Line {
  const time = (ms: number | null): string => rightOf(ms === null ? '–' : timeText(Math.round(ms * 1000)));
  const { style, text: said } = VERDICTS[verdict];
  return [
    { text: paddedTo(`  ${cut(text[language], room - 3)}`, room) },
    { text: time(here) + time(kernel), style: 'faint' },
    { text: `  ${said[language]}`, style },
  ];
}

function endingLine({ host, here, kernel, same }: ComparedEnding, room: number, language: Language): Line {
  const states = (list: readonly string[]): string => (list.length === 0 ? WORDS.nothing[language] : list.join(' '));
  const text = paddedTo(`  ${host}: ${WORDS.left[language]}`, room);
  if (same) return [{ text: `${text}  ` }, { text: states(here), style: 'state' }];
  return [{ text: `${text}  ` }, { text: `${states(here)} / Linux: ${states(kernel)}`, style: 'bad' }];
}

function differenceText({ host, after, here, kernel }: FirstDifference, linux: string, language: Language): string {
  const more = WORDS.more[language];
  const text: Text = {
    en: `- ${host}: its first ${after} segments are the same; then here: ${here ?? more}; with ${linux}: ${kernel ?? more}.`,
    zh: `- ${host}：前 ${after} 个报文段相同；之后本协议栈：${here ?? more}；${linux}：${kernel ?? more}。`,
  };
  return text[language];
}

const prose = (text: string, width: number, style?: Style): Line[] =>
  filled(text, width).map((line) => [{ text: line, style }]);

const rightOf = (text: string): string => ' '.repeat(Math.max(1, TIME - columnsOf(text))) + text;

/** As much of a text as there is room for. */
function cut(text: string, columns: number): string {
  let short = text;
  while (columnsOf(short) > columns) short = short.slice(0, -1);
  return short === text ? text : `${short.slice(0, -1)}…`;
}
