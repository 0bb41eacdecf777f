import type { State } from '../../tcp/terms/state.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Line, type Span, type Style, wrapped } from '../text/line.ts';
import { clockText, counted, octetsText, timeText } from '../text/units.ts';
import { columnsOf, filled, paddedTo } from '../text/wide.ts';
import {
  type Arrow,
  type Fold,
  type FoldCount,
  type Item,
  type Note,
  otherSide,
  type Part,
  type Remark,
  type Side,
} from './items.ts';
import { type ArrowStyle, arrow, arrowExtra } from './rails.ts';

/** Widths in columns: the time before the left rail, a state beside a rail, what lies between the rails. */
const TIME = 8;
const STATE = 12;
const LANE_MIN = 34;
const LANE_MAX = 92;
/** No ladder is narrower. */
export const WIDTH_MIN = 40;

const SIDES: readonly Side[] = ['left', 'right'];
/** Before a remark. */
const REMARK = '» ';
/** Is the line the first of a remark, beside the ladder or with no place in it; or one of its others? */
export const isRemark = ([first]: Line): boolean => first !== undefined && /^ *[»>] /.test(first.text);
export const isRemarkGoingOn = ([first, ...rest]: Line): boolean =>
  first !== undefined && first.style === 'faint' && rest.length === 1 && /^ {10,}$/.test(first.text);
/** In the place of the end of an arrow that is still on its way. */
const UNDER_WAY = '···';

/**
 * Draws the rows of a ladder: two rails, arrows between them, what happened beside the end where it happened.
 *
 *      1.2 ms │── SYN seq 0 win 64240 mss 1460 ───────────►│ SYN_RECEIVED
 *             │             SYN received; RFC 9293 3.10.7.2 │
 */
export class Drawing {
  private readonly lane: number;
  /** The ends whose states are known and have a column. */
  private readonly columns: readonly Side[];
  private shownTime = '';

  /** @param watched the ends whose states are known */
  constructor(width: number, watched: readonly Side[]) {
    const besideRails = Math.max(WIDTH_MIN, width) - TIME - 3;
    const withStates = besideRails - watched.length * (STATE + 1);
    this.columns = withStates >= LANE_MIN ? watched : [];
    this.lane = Math.min(LANE_MAX, this.columns.length > 0 ? withStates : besideRails);
  }

  /** The names of both ends above their rails. */
  heading(names: Readonly<Record<Side, string>>): Line[] {
    this.shownTime = '';
    const room = this.lane + 2;
    const line = (text: string): Line => [{ text: `${this.margin()}${text}`, style: 'heading' }];
    const [left, right] = SIDES.map((side) => names[side].slice(0, room)) as [string, string];
    if (left.length + right.length + 2 <= room) return [line(left + right.padStart(room - left.length))];
    return [line(left), line(right.padStart(room))];
  }

  /** @param begin when the ladder's time begins */
  item(item: Item, begin: Micros): Line[] {
    switch (item.kind) {
      case 'arrow':
        return this.arrowRows(item, begin);
      case 'note':
        return this.noteRows(item, begin);
      case 'remark':
        return this.remarkRows(item);
      case 'fold':
        return this.centered(foldText(item), 'faint', this.time(item.at, begin));
      default:
        return item satisfies never;
    }
  }

  /** Beside the times, as wide as the whole ladder. */
  private remarkRows({ text, style, source = '' }: Remark): Line[] {
    const margin = ' '.repeat(TIME + 1);
    const room = this.lane + 2 + this.columns.length * (STATE + 1) - REMARK.length;
    const lines = filled(text, room);
    const last = lines[lines.length - 1]!;
    if (columnsOf(last) + columnsOf(source) <= room) lines[lines.length - 1] = last + source;
    else lines.push(...filled(source.trim(), room));
    return lines.map((line, i) => [
      { text: `${margin}${i === 0 ? REMARK : ' '.repeat(REMARK.length)}`, style: 'faint' },
      { text: line, style },
    ]);
  }

  private arrowRows(item: Arrow, begin: Micros): Line[] {
    const { from, style, half } = item;
    const to = otherSide(from);
    let shape = shapeOf(item, this.lane);
    let { first, rest } = distribute(item.parts, this.lane - arrowExtra(shape));
    if (half === 'arrival' && rest.length > 0) {
      // Which one arrives tells more than how long it took.
      shape = { ...shape, remark: item.overtaken ? 'overtaken' : '' };
      ({ first, rest } = distribute(item.parts, this.lane - arrowExtra(shape)));
    }
    const states = { ...item.states };
    if (half === 'arrival') delete states[from];
    if (half === 'departure') delete states[to];
    const rows: Line[] = [];
    if (item.why !== null && half !== 'arrival')
      rows.push(...this.said(from, item.why, 'why', this.time(item.at, begin)));
    const text = arrow(to, this.lane, first, shape);
    rows.push(this.row(this.time(item.at, begin), { text, style }, states));
    for (const line of half === 'arrival' ? [] : rest) {
      rows.push(this.row('', { text: `    ${line}`.padEnd(this.lane), style }));
    }
    if (this.columns.length === 0) rows.push(...this.statesSaid(states));
    for (const side of SIDES) {
      const told = item.tcb[side];
      const drawn = half === null || (half === 'departure') === (side === from);
      if (told !== undefined && drawn) rows.push(...this.said(side, told, 'faint'));
    }
    return rows;
  }

  private noteRows({ side, text, spare = '', style = 'why', state, at }: Note, begin: Micros): Line[] {
    const time = this.time(at, begin);
    if (side === 'path') return this.centered(text, style, time);
    const states = state === null ? {} : { [side]: state };
    const rows = this.said(side, this.withSpare(text, spare), style, time, states);
    return this.columns.length === 0 ? [...rows, ...this.statesSaid(states)] : rows;
  }

  /** A text beside the rail of one end. */
  private said(side: Side, text: string, style: Style, time = '', states: Arrow['states'] = {}): Line[] {
    const room = this.lane - 2;
    // Wide characters are counted by columns; a word that is too long is cut.
    const lines = filled(text, room).flatMap((line) => (columnsOf(line) > room ? wrapped(line, room) : [line]));
    const width = Math.max(...lines.map(columnsOf));
    return lines.map((line, i) => {
      const block = paddedTo(line, width);
      const rest = ' '.repeat(Math.max(0, this.lane - width - 1));
      const lane = side === 'left' ? ` ${block}${rest}` : `${rest}${block} `;
      return i === 0 ? this.row(time, { text: lane, style }, states) : this.row('', { text: lane, style });
    });
  }

  private withSpare(text: string, spare: string): string {
    return text.length + spare.length <= this.lane - 2 ? text + spare : text;
  }

  /** Where there is no column for states. */
  private statesSaid(states: Arrow['states']): Line[] {
    return SIDES.flatMap((side) => (states[side] === undefined ? [] : this.said(side, `now ${states[side]}`, 'state')));
  }

  private centered(text: string, style: Style, time: string): Line[] {
    return wrapped(text, this.lane - 2).map((line, i) => {
      const lane = ' '.repeat((this.lane - line.length) >> 1) + line;
      return this.row(i === 0 ? time : '', { text: lane.padEnd(this.lane), style });
    });
  }

  private row(time: string, lane: Span, states: Partial<Record<Side, State>> = {}): Line {
    const state = (side: Side): Span[] => {
      if (!this.columns.includes(side)) return [];
      const name = states[side] ?? '';
      return [{ text: side === 'left' ? `${name.padStart(STATE)} ` : ` ${name}`, style: 'state' }];
    };
    const rail: Span = { text: '│', style: 'faint' };
    return [{ text: `${time.padStart(TIME)} `, style: 'faint' }, ...state('left'), rail, lane, rail, ...state('right')];
  }

  /** The time since the ladder began; nothing, where the row above says the same. */
  private time(at: Micros, begin: Micros): string {
    const text = at === begin ? '0' : clockText(at - begin);
    if (text === this.shownTime) return '';
    this.shownTime = text;
    return text;
  }

  private margin(): string {
    return ' '.repeat(TIME + 1 + (this.columns.includes('left') ? STATE + 1 : 0));
  }
}

/** What an arrow is drawn with. */
function shapeOf(
  { from, fate, half, doubled, damaged, overtaken, took, parts, forgedBy, missing }: Arrow,
  lane: number,
): ArrowStyle {
  const head = (from === 'left' ? '►' : '◄').repeat(doubled ? 2 : 1);
  if (missing) return { line: '╌', head, remark: 'expected' };
  const shape: ArrowStyle = { line: '─', head, ...(damaged && { fill: '─≈' }) };
  const remark = took === null ? '' : timeText(took) + (overtaken ? ', overtaken' : '');
  if (forgedBy !== null) return { ...shape, tail: from === 'left' ? `   ${forgedBy} ` : ` ${forgedBy}   ` };
  if (half === 'arrival') return { ...shape, tail: UNDER_WAY, remark };
  if (half === 'departure' || fate === 'held' || fate === 'under way') return { ...shape, head: UNDER_WAY };
  if (fate === 'lost') {
    const text = parts.reduce((sum, part) => sum + part.text.length + 1, 0);
    const gap = ' '.repeat(Math.min(10, Math.max(1, (lane - text - 8) >> 1)));
    return { ...shape, head: from === 'left' ? `✗${gap}` : `${gap}✗` };
  }
  return { ...shape, remark };
}

/** Cuts what an arrow says into what stands on it and what stands below it. Spare parts stay away if it gets too long. */
function distribute(parts: readonly Part[], room: number): { first: string; rest: string[] } {
  const all = parts.map(({ text }) => text).join(' ');
  if (all.length <= room) return { first: all, rest: [] };
  const needed = parts.filter(({ spare }) => !spare).map(({ text }) => text);
  let first = '';
  while (needed.length > 0 && `${first} ${needed[0]}`.trim().length <= room)
    first = `${first} ${needed.shift()}`.trim();
  return { first, rest: needed.length === 0 ? [] : wrapped(needed.join(' '), Math.max(1, room)) };
}

function foldText({ at, until, sent }: Fold): string {
  const { left, right } = sent;
  const time = until === at ? 'at once' : `in ${timeText(until - at)}`;
  const ways = [left, right].filter(({ segments }) => segments > 0);
  // Where one end sends and the other acknowledges, it is plain which is which.
  if (ways.length < 2 && (left.acks === 0 || right.acks === 0)) {
    const acks = left.acks + right.acks;
    const [way] = ways;
    const what = [
      way && counted(way.segments, 'segment'),
      acks > 0 && counted(acks, 'ACK'),
      way && octetsText(way.octets),
    ].filter(Boolean);
    if (what.length === 0) what.push(counted(left.arrivals + right.arrivals, 'arrival'));
    return `··· ${what.join(', ')} ${time} ···`;
  }
  return `··· ► ${countText(left)} ◄ ${countText(right)} ${time} ···`;
}

function countText({ segments, octets, acks }: FoldCount): string {
  const data = segments > 0 ? [counted(segments, 'segment'), octetsText(octets)] : [];
  return [...data, ...(acks > 0 ? [counted(acks, 'ACK')] : [])].join(', ');
}
