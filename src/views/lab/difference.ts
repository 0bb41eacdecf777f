import type { Played } from '../../lab/story/play.ts';
import type { Text } from '../../lab/terms/text.ts';
import type { LabEntry } from '../../lab/world/notes.ts';
import { flagsText } from '../ladder/label.ts';
import { causeText } from '../text/units.ts';

/** Something that happened in a run, in words. */
export interface Happening {
  /** Milliseconds since the run began. */
  at: number;
  text: Text;
  /** What brought it about, and where that is written; '': the log doesn't say. */
  why: string;
}

/** Where two runs part. */
export interface Difference {
  /** So many things happened in both alike. */
  alike: number;
  /** What happened in each instead; null: nothing more. */
  first: Happening | null;
  second: Happening | null;
}

/** What happens at both ends and on the path; what a host thinks of it (timers, windows, samples) follows from that. */
const TOLD: readonly LabEntry['type'][] = [
  ...(['segment', 'state', 'call', 'impairment', 'retransmit', 'drop', 'timeWait'] as const),
];

/** The first thing that is not the same in two runs; null: all is. */
export function firstDifference(first: Played, second: Played): Difference | null {
  const [a, b] = [eventsOf(first), eventsOf(second)];
  const most = Math.max(a.length, b.length);
  for (let i = 0; i < most; i++) {
    if (keyOf(a[i], a[0]) === keyOf(b[i], b[0])) continue;
    return { alike: i, first: happening(a[i], a[0], first), second: happening(b[i], b[0], second) };
  }
  return null;
}

const eventsOf = ({ log }: Played): LabEntry[] =>
  log.filter((entry) => {
    if (entry.type === 'note') return entry.kind === 'application';
    // The delay that the path always has.
    return TOLD.includes(entry.type) && !(entry.type === 'impairment' && entry.action === 'delayed');
  });

/** What has to be the same; numbers of entries and connections need not be. */
function keyOf(entry: LabEntry | undefined, begin: LabEntry | undefined): string {
  if (entry === undefined) return '';
  const { id: _, because: __, connection: ___, time, ...rest } = entry;
  const { cause: ____, tcb: _____, ...told } = rest as { cause?: unknown; tcb?: unknown };
  return JSON.stringify({ ...told, at: time - begin!.time });
}

function happening(entry: LabEntry | undefined, begin: LabEntry | undefined, run: Played): Happening | null {
  if (entry === undefined) return null;
  const cause = 'cause' in entry ? entry.cause : undefined;
  const why = entry.type === 'impairment' ? (entry.rule ?? '') : cause === undefined ? '' : causeText(cause);
  return { at: (entry.time - begin!.time) / 1000, text: textOf(entry, run.endings[entry.host]?.host ?? ''), why };
}

function textOf(entry: LabEntry, host: string): Text {
  switch (entry.type) {
    case 'segment': {
      const what = `${flagsText(entry.flags)} seq ${entry.seq}${entry.length > 0 ? ` (${entry.length})` : ''}`;
      const isOut = entry.direction === 'out';
      return { en: `${host} ${isOut ? 'sends' : 'gets'} ${what}`, zh: `${host} ${isOut ? '发出' : '收到'} ${what}` };
    }
    case 'state':
      return { en: `${host} enters ${entry.to}`, zh: `${host} 进入 ${entry.to}` };
    case 'call':
      return { en: `an application on ${host} calls ${entry.call}`, zh: `${host} 上的应用程序调用 ${entry.call}` };
    case 'impairment': {
      const what = flagsText(entry.flags ?? '');
      return { en: `${what} is ${entry.action} on the path`, zh: `${what} 在路上：${entry.action}` };
    }
    case 'retransmit':
      return { en: `${host} retransmits (${entry.reason})`, zh: `${host} 重传（${entry.reason}）` };
    case 'drop':
      return { en: `${host} drops a segment (${entry.reason})`, zh: `${host} 丢弃一个报文段（${entry.reason}）` };
    case 'timeWait':
      return { en: `${entry.state} of ${host}: ${entry.action}`, zh: `${host} 的 ${entry.state}：${entry.action}` };
    case 'note':
      return { en: `${host}: ${entry.text.en}`, zh: `${host}：${entry.text.zh}` };
    default:
      return { en: entry.type, zh: entry.type };
  }
}
