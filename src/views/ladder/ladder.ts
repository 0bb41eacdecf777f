import type {
  ConnectionEntry,
  GapEntry,
  LogEntry,
  LogHeader,
  QueueEntry,
  SegmentEntry,
} from '../../observe/log/schema.ts';
import type { Micros } from '../../time/wheel.ts';
import { inAscii, type Line, type Style, wrapped } from '../text/line.ts';
import { causeText, endText } from '../text/units.ts';
import { filled } from '../text/wide.ts';
import { Conversation } from './conversation.ts';
import { Drawing, WIDTH_MIN } from './draw.ts';
import { Folding } from './fold.ts';
import type { Item, Side } from './items.ts';
import { merged } from './merge.ts';
import { type NoteText, noteOf } from './notes.ts';

export interface LadderOptions {
  /** In columns; less than 40 counts as 40. */
  width: number;
  /** Nothing outside of ASCII. */
  ascii?: boolean;
  /** Say all: each segment, its options, its number and its cause's, the variables after it, timers, RTT samples. */
  verbose?: boolean;
  /** How many logs come in: that of one host, or those of both. A log of several hosts says by itself that it is one. */
  logs?: 1 | 2;
  /** Of what a scenario says; default: English. */
  language?: 'en' | 'zh';
  /**
   * With the logs of both ends: how long a row waits for its segment's arrival, in microseconds. What arrives later gets another row.
   * Infinity, the default: until the logs end.
   */
  lookAhead?: Micros;
}

/** Rows may come so much later than they could, in microseconds. */
const PATIENCE: Micros = 1000;
/** So many pairs are remembered; of more, the one to which nothing happened for longest is forgotten. */
const PAIRS_MAX = 1024;

/** Two ends that talk, and how their ladder is drawn. */
interface Pair {
  key: string;
  ends: Readonly<Record<Side, string>>;
  /** The ends, as the heading has them. */
  names: Readonly<Record<Side, string>>;
  /** The ends whose logs have told of the connection. */
  introduced: Set<number>;
  conversation: Conversation;
  folding: Folding;
  drawing: Drawing;
}

interface Place {
  pair: Pair;
  here: Side;
}

/**
 * The ladder of a log, or of the logs of both ends, as a stream: entries in, in the order of their times; lines out, each as
 * soon as it is certain. It keeps no time of its own.
 *
 * @example
 * const ladder = new Ladder({ width: 80 });
 * for (const entry of log) for (const line of ladder.push(entry)) console.log(lineText(line));
 * for (const line of ladder.end()) console.log(lineText(line));
 */
export class Ladder {
  private readonly options: Required<LadderOptions>;
  /** Those that the next return value will have. */
  private readonly lines: Line[] = [];
  /** By their ends; the one that something happened to last is the last. */
  private readonly pairs = new Map<string, Pair>();
  /** For each log, or host of a log: by the number of a connection in it. */
  private readonly places = new Map<number, Map<number, Place>>();
  /** Of each log: the last segment that was for no connection that is known. */
  private readonly last: { id: number; place: Place }[] = [];
  /** The hosts of a log of several. */
  private hosts: NonNullable<LogHeader['hosts']> = [];
  /** Those that wait for more, or for time to pass. */
  private readonly waiting = new Set<Pair>();
  /** Before that none of them is ripe. */
  private next: Micros = Number.POSITIVE_INFINITY;
  private shown: Pair | null = null;

  constructor(options: LadderOptions) {
    this.options = {
      ...{ ascii: false, verbose: false, logs: 1, lookAhead: Number.POSITIVE_INFINITY, language: 'en' },
      ...options,
    };
  }

  /** @param log which log it is from, or which host of a log of several */
  push(entry: LogEntry, log = entry.host ?? 0): Line[] {
    this.settle(entry.time);
    if (entry.type === 'log') this.hosts = entry.hosts ?? [];
    else if (entry.type === 'connection') this.introduce(entry, log);
    else if (entry.type === 'gap') {
      for (const pair of this.pairs.values()) this.finish(pair);
      this.say(gapText(entry), 'bad');
      this.shown = null;
    } else {
      const place = this.placeOf(entry, log);
      if (place === null) this.aside(entry);
      else {
        place.pair.conversation.push(entry, place.here);
        // Of one that waits already, what comes now is ripe later; but an arrival ends the wait for it.
        if (this.bothEnds || !this.waiting.has(place.pair)) this.next = Math.min(this.next, deadlineOf(place.pair));
        this.waiting.add(place.pair);
      }
    }
    return this.lines.splice(0);
  }

  private get bothEnds(): boolean {
    return this.options.logs === 2 || this.hosts.length > 1;
  }

  /** It is `now`, and all entries of before are here. */
  advance(now: Micros): Line[] {
    this.settle(now);
    return this.lines.splice(0);
  }

  /** When `advance` has more to say, though nothing may have happened; infinity: never. */
  get deadline(): Micros {
    return this.next;
  }

  /** Nothing more comes: what is still open is told as it is. */
  end(): Line[] {
    for (const pair of this.pairs.values()) this.finish(pair);
    return this.lines.splice(0);
  }

  private settle(now: Micros): void {
    if (now < this.next) return;
    let next = Number.POSITIVE_INFINITY;
    for (const pair of this.waiting) {
      const { conversation, folding } = pair;
      if (deadlineOf(pair) <= now) {
        this.draw(
          pair,
          conversation.take(now).flatMap((item) => folding.push(item)),
        );
        this.draw(pair, folding.advance(now));
      }
      const deadline = deadlineOf(pair);
      if (deadline === Number.POSITIVE_INFINITY) this.waiting.delete(pair);
      next = Math.min(next, deadline);
    }
    // Of many connections that all wait, one is ripe at each moment: not for each are all of them looked at.
    this.next = Math.max(next, now + PATIENCE);
  }

  private finish(pair: Pair): void {
    this.draw(
      pair,
      pair.conversation.takeAll().flatMap((item) => pair.folding.push(item)),
    );
    this.draw(pair, pair.folding.end());
  }

  private draw(pair: Pair, items: readonly Item[]): void {
    if (items.length === 0) return;
    if (this.shown !== pair) {
      if (this.shown !== null) this.lines.push([]);
      this.write(pair.drawing.heading(pair.names));
      this.shown = pair;
    }
    for (const item of items) this.write(pair.drawing.item(item, pair.conversation.begin));
  }

  private write(lines: readonly Line[]): void {
    for (const line of lines) {
      this.lines.push(this.options.ascii ? line.map((span) => ({ ...span, text: inAscii(span.text) })) : line);
    }
  }

  /** What belongs to no connection, on lines of its own. */
  private aside(entry: LogEntry): void {
    const note =
      entry.type === 'queue' && this.options.verbose ? queueNote(entry) : noteOf(entry, this.options.verbose);
    if (entry.type === 'note') this.tell(`» ${entry.text[this.options.language]}`);
    if (note === null) return;
    const { local, localPort } = entry as { local?: string; localPort?: number };
    const where =
      local === undefined || localPort === undefined ? '' : `${endText(local === '::' ? '*' : local, localPort)} `;
    this.say(`${where}${note.text}`, note.style);
  }

  /** A text in any language: its characters may be wide. */
  private tell(text: string): void {
    this.write(filled(text, Math.max(WIDTH_MIN, this.options.width)).map((line) => [{ text: line }]));
  }

  private say(text: string, style: Style | undefined): void {
    this.write(wrapped(text, Math.max(WIDTH_MIN, this.options.width)).map((line) => [{ text: line, style }]));
  }

  private introduce(entry: ConnectionEntry, log: number): void {
    const { local, localPort, remote, remotePort, opened, iss, irs, connection } = entry;
    const ours = endText(local, localPort);
    const theirs = endText(remote, remotePort);
    let place = this.find(ours, theirs);
    // The same ends once more are another connection. But both logs tell of one, and its SYN may have come before this.
    if (place === null || place.pair.introduced.has(log)) {
      place = this.begin(ours, theirs, opened === 'actively' ? 'left' : 'right', entry.time, log);
    }
    place.pair.introduced.add(log);
    place.pair.conversation.introduce(place.here, iss, irs);
    this.placesOf(log).set(connection, place);
  }

  private placesOf(log: number): Map<number, Place> {
    const known = this.places.get(log);
    if (known !== undefined) return known;
    const places = new Map<number, Place>();
    this.places.set(log, places);
    return places;
  }

  /** The ladder that an entry belongs to, and which of its ends tells it; null: to none. */
  private placeOf(entry: LogEntry, log: number): Place | null {
    const known = entry.connection === undefined ? undefined : this.placesOf(log).get(entry.connection);
    if (known !== undefined) return this.touched(known);
    if (entry.type === 'drop' && entry.connection === undefined) return this.placeOfLast(entry, log);
    const place = this.placeByEnds(entry, log) ?? this.unnamed(entry, log);
    if (entry.type === 'segment' && place !== null) this.last[log] = { id: entry.id, place };
    if (place !== null && entry.connection !== undefined) this.placesOf(log).set(entry.connection, place);
    return place;
  }

  /** A segment for no connection is dropped: beside that, if its ladder is open. */
  private placeOfLast({ because }: LogEntry, log: number): Place | null {
    const last = this.last[log];
    return last !== undefined && last.id === because && this.pairs.has(last.place.pair.key) ? last.place : null;
  }

  private placeByEnds(entry: LogEntry, log: number): Place | null {
    const { local, localPort, remote, remotePort } = entry as Partial<SegmentEntry>;
    if (local === undefined || localPort === undefined || remote === undefined || remotePort === undefined) return null;
    const ours = endText(local, localPort);
    const theirs = endText(remote, remotePort);
    const place = this.find(ours, theirs);
    const opens = entry.type === 'segment' && entry.flags === 'S' && place?.pair.conversation.isOver === true;
    if (place !== null && !opens) return place;
    const isOut = (entry as Partial<SegmentEntry>).direction === 'out';
    return this.begin(ours, theirs, isOut ? 'left' : 'right', entry.time, log);
  }

  /** Of a connection, though the log does not say between whom. */
  private unnamed({ connection, time }: LogEntry, log: number): Place | null {
    return connection === undefined ? null : this.begin(`connection ${connection}`, 'its peer', 'right', time, log);
  }

  private find(ours: string, theirs: string): Place | null {
    const pair = this.pairs.get(keyOf(ours, theirs));
    if (pair === undefined) return null;
    return this.touched({ pair, here: pair.ends.left === ours ? 'left' : 'right' });
  }

  /** It is the last one to be forgotten now. */
  private touched(place: Place): Place {
    const { pair } = place;
    if (this.pairs.get(pair.key) === pair) {
      this.pairs.delete(pair.key);
      this.pairs.set(pair.key, pair);
    }
    return place;
  }

  private begin(ours: string, theirs: string, here: Side, time: Micros, log: number): Place {
    const { width, verbose: whole, lookAhead, language } = this.options;
    const key = keyOf(ours, theirs);
    const ends = here === 'left' ? { left: ours, right: theirs } : { left: theirs, right: ours };
    const { bothEnds } = this;
    const pair: Pair = {
      key,
      ends,
      names: bothEnds ? this.named(ends, ours, log) : { ...ends, [here]: `${ours}, here` },
      introduced: new Set(),
      conversation: new Conversation(time, { whole, bothEnds, lookAhead, language }),
      folding: new Folding(),
      drawing: new Drawing(width, bothEnds ? ['left', 'right'] : [here]),
    };
    this.forget(key);
    this.pairs.set(key, pair);
    if (this.pairs.size > PAIRS_MAX)
      for (const [oldest] of this.pairs) {
        this.forget(oldest);
        break;
      }
    return { pair, here };
  }

  /** The ends with the names of their hosts. Of hosts that share an address, behind a translator, the one that tells is meant. */
  private named(ends: Pair['ends'], ours: string, log: number): Pair['names'] {
    const has = (end: string, { addresses }: { addresses: string[] }): boolean =>
      addresses.some((address) => end.startsWith(endText(address, 0).slice(0, -1)));
    const name = (end: string): string => {
      const teller = this.hosts[log];
      const isTeller = end === ours && teller !== undefined && has(end, teller);
      const host = isTeller ? teller : this.hosts.find((other) => has(end, other));
      return host === undefined ? end : `${host.name} ${end}`;
    };
    return { left: name(ends.left), right: name(ends.right) };
  }

  private forget(key: string): void {
    const pair = this.pairs.get(key);
    if (pair === undefined) return;
    this.finish(pair);
    this.pairs.delete(key);
    this.waiting.delete(pair);
    for (const places of this.places.values()) {
      for (const [connection, place] of places) if (place.pair === pair) places.delete(connection);
    }
  }
}

const deadlineOf = ({ conversation, folding }: Pair): Micros => Math.min(conversation.deadline, folding.deadline);

const keyOf = (ours: string, theirs: string): string => [ours, theirs].sort().join(' ');

const gapText = ({ entries }: GapEntry): string =>
  `··· ${entries === 1 ? '1 entry is' : `${entries} entries are`} missing: this reader was too slow ···`;

function queueNote({ synQueue, acceptQueue, backlog, cause }: QueueEntry): NoteText {
  return {
    text: `SYN queue ${synQueue}, accept queue ${acceptQueue} of ${backlog}: ${causeText(cause)}`,
    style: 'faint',
  };
}

/** The ladder of a whole log, or of the logs of both ends, whose clocks are one. */
export function ladderOf(
  log: Iterable<LogEntry>,
  options: Omit<LadderOptions, 'logs'>,
  other?: Iterable<LogEntry>,
): Line[] {
  const ladder = new Ladder({ ...options, logs: other === undefined ? 1 : 2 });
  const lines: Line[] = [];
  for (const { entry, from } of merged(log, other ?? [])) lines.push(...ladder.push(entry, from));
  return [...lines, ...ladder.end()];
}
