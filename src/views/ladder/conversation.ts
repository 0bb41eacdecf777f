import type {
  CallEntry,
  ImpairmentEntry,
  LogEntry,
  LossEntry,
  NoteEntry,
  RetransmitEntry,
  SegmentEntry,
  StateEntry,
  TimerEntry,
} from '../../observe/log/schema.ts';
import type { Micros } from '../../time/wheel.ts';
import { causeText, sourceText, timeText } from '../text/units.ts';
import { arrivalOf, arrowOf, bulkOf, forgedArrow } from './arrows.ts';
import { Flights } from './flights.ts';
import { type Arrow, type Item, type Note, otherSide, type Side } from './items.ts';
import { ECN_FLAGS, impairedParts } from './label.ts';
import { cwndText, droppedText, impairmentText, lossText, noteOf, tcbText } from './notes.ts';
import { Sender } from './sender.ts';

export interface ConversationOptions {
  /** Say all. */
  whole: boolean;
  /** The logs of both ends come in. */
  bothEnds: boolean;
  /** How long a row waits to learn what becomes of its segment. */
  lookAhead: Micros;
  /** Of what a scenario says. */
  language: 'en' | 'zh';
}

/**
 * What happens between two ends: entries of a log go in, the items of a ladder come out, each as soon as nothing that may
 * still come changes it. All that happens at one time is taken together: a change of state goes to the arrow that brought it
 * about, a time-out is told with the next one.
 */
export class Conversation {
  /** When its time begins. */
  readonly begin: Micros;
  private readonly options: ConversationOptions;
  private items: Item[] = [];
  /** Of the time that entries have now: the arrows by the number of their entry, for each end. */
  private over = false;
  /** The end whose log came last: with one log, that of the host. */
  private here: Side = 'right';
  private moment: Micros = Number.NEGATIVE_INFINITY;
  private readonly arrows: Record<Side, Map<number, Arrow>> = { left: new Map(), right: new Map() };
  private readonly senders: Record<Side, Sender> = { left: new Sender(), right: new Sender() };
  /** Segments that are made up, and arrive right now. */
  private forged: ImpairmentEntry[] = [];
  private arrivals = 0;
  private readonly flights: Record<Side, Flights> = { left: new Flights(), right: new Flights() };

  constructor(begin: Micros, options: ConversationOptions) {
    this.begin = begin;
    this.options = options;
  }

  /** @param iss, irs the initial sequence numbers of `here` and of the other end */
  introduce(here: Side, iss: number, irs: number | undefined): void {
    this.senders[here].iss = iss;
    if (irs !== undefined) this.senders[otherSide(here)].iss = irs;
  }

  /** @param here the end whose log the entry is from */
  push(entry: LogEntry, here: Side): void {
    this.here = here;
    if (entry.time !== this.moment) this.beginMoment(entry.time);
    switch (entry.type) {
      case 'segment':
        this.segment(entry, here);
        return;
      case 'state':
        this.state(entry, here);
        return;
      case 'retransmit':
        this.retransmit(entry, here);
        return;
      case 'loss':
        this.loss(entry, here);
        return;
      case 'timer':
        this.timer(entry, here);
        break;
      case 'impairment':
        this.impairment(entry, here);
        return;
      case 'cwnd': {
        const { cwnd: before } = this.senders[here];
        this.senders[here].cwnd = entry.cwnd;
        if (this.options.whole || before === null || entry.cwnd >= before) break;
        this.note(entry, here, cwndText(entry, before), 'slow');
        return;
      }
      case 'drop': {
        const arrow = this.arrows[here].get(entry.because ?? 0);
        if (arrow !== undefined) Object.assign(arrow, { style: 'bad', plain: false });
        const { dropsTold } = this.senders[here];
        const isNews = !dropsTold.has(entry.reason) || this.options.whole;
        dropsTold.add(entry.reason);
        if (isNews) break;
        this.note(entry, here, droppedText(entry), 'bad');
        return;
      }
      case 'bulk':
        this.items.push(bulkOf(entry, here));
        return;
      case 'timeWait':
        if (entry.action === 'leave') {
          this.over = true;
          const { text } = noteOf(entry, this.options.whole)!;
          this.note(entry, here, text, 'why').state = 'CLOSED';
          return;
        }
        // What waits in FIN_WAIT_2 without a user is no connection any more, that would tell of its state.
        if (this.senders[here].state !== entry.state) {
          this.senders[here].state = entry.state;
          this.note(entry, here, noteOf(entry, this.options.whole)!.text).state = entry.state;
          return;
        }
        break;
      case 'window': {
        const { shut } = this.senders[here];
        const isNews = entry.window === 0 || shut[entry.side] || this.options.whole;
        shut[entry.side] = entry.window === 0;
        // A window's first opening is that of the handshake.
        if (!isNews) return;
        break;
      }
      case 'note':
        this.remark(entry, here);
        return;
      case 'call':
        if (!this.options.whole && this.goesWithoutSaying(entry, here)) return;
        break;
      default:
    }
    const said = noteOf(entry, this.options.whole);
    if (said !== null) this.note(entry, here, said.text, said.style);
  }

  /** The items that are decided, once it is `now`. */
  take(now: Micros): Item[] {
    const ready: Item[] = [];
    for (let head = this.items[0]; head !== undefined && this.decide(head, now); head = this.items[0]) {
      this.items.shift();
      if (head.kind === 'arrow') head.drawn = true;
      ready.push(head);
    }
    if (!this.options.bothEnds) this.flights[this.here].forget();
    return ready;
  }

  /** All that is left, as it is. */
  takeAll(): Item[] {
    const ready = this.take(Number.POSITIVE_INFINITY);
    for (const item of this.items) if (item.kind === 'arrow' && item.fate === 'under way') item.half = 'departure';
    return [...ready, ...this.items.splice(0)];
  }

  /** The end that told of it last is in CLOSED. */
  get isOver(): boolean {
    return this.over;
  }

  /** When `take` has more than before; infinity: nothing waits. */
  get deadline(): Micros {
    const [head] = this.items;
    if (head === undefined) return Number.POSITIVE_INFINITY;
    const waits = this.options.bothEnds && head.kind === 'arrow' && head.fate === 'under way';
    return head.at + (waits ? this.options.lookAhead : this.graceOf(head)) + 1;
  }

  /** How long is waited for what the path does to a segment that left. */
  private graceOf(item: Item): Micros {
    const leaves = item.kind === 'arrow' && item.fate === 'arrives' && item.from === this.here;
    return leaves && !this.options.bothEnds ? GRACE : 0;
  }

  private beginMoment(time: Micros): void {
    this.moment = time;
    this.forged = [];
    this.arrows.left.clear();
    this.arrows.right.clear();
    this.senders.left.timeout = this.senders.right.timeout = null;
  }

  /** Is all known that the row of the queue's head shows? If so, it becomes one row, or two. */
  private decide(head: Item, now: Micros): boolean {
    if (now - head.at <= this.graceOf(head)) return false;
    if (head.kind !== 'arrow' || head.half !== null) return true;
    if (head.fate === 'under way') {
      if (now - head.at <= this.options.lookAhead) return false;
      head.half = 'departure';
      return true;
    }
    if (head.took === null) return true;
    const arrival = head.at + head.took;
    if (arrival >= now) return false;
    if (this.isCrossed(head, arrival)) {
      head.half = 'departure';
      this.insert(arrivalOf(head));
    }
    return true;
  }

  /** Does anything happen at the receiver before it arrives, though it is below in the ladder? */
  private isCrossed({ from }: Arrow, arrival: Micros): boolean {
    const to = otherSide(from);
    for (const item of this.items.slice(1)) {
      if (item.at >= arrival) return false;
      if (item.kind === 'note' && item.side === to) return true;
      if (item.kind !== 'arrow') continue;
      if (item.from === to || item.half === 'arrival') return true;
      if (item.took !== null && item.at + item.took < arrival) return true;
    }
    return false;
  }

  private insert(item: Arrow): void {
    // Behind what arrived at the same time and before it; what follows from it comes behind it.
    const isBehind = (other: Item): boolean =>
      other.at > item.at || (other.at === item.at && !(isArrival(other) && other.arrival < item.arrival));
    const at = this.items.findIndex((other, i) => i > 0 && isBehind(other));
    this.items.splice(at < 0 ? this.items.length : at, 0, item);
  }

  private segment(told: SegmentEntry, here: Side): void {
    const from = told.direction === 'out' ? here : otherSide(here);
    // Of a SYN cookie no connection tells the ISN.
    if (told.absolute && /S/.test(told.flags)) this.senders[from].iss ??= told.seq;
    const entry = told.absolute ? this.relative(told, from) : told;
    if (entry.direction === 'in' && entry.flags.replace(ECN_FLAGS, '') === '.' && entry.options?.sack === undefined) {
      this.senders[here].holesFilled();
    }
    const forgedBy = entry.direction === 'in' ? this.takeForged(entry, from) : null;
    if (forgedBy !== null) {
      const arrow = forgedArrow(entry, from, forgedBy, this.options.whole);
      this.items.push(arrow);
      this.arrows[here].set(entry.id, arrow);
      return;
    }
    const known = this.options.bothEnds && entry.direction === 'in' ? this.flights[from].arrival(entry) : null;
    const arrow = known?.arrow ?? this.newArrow(entry, from, here);
    if (known === null) this.items.push(arrow);
    else if (known.whole) this.arrive(arrow, entry.time, known.overtaken);
    this.arrows[here].set(entry.id, arrow);
    if (entry.tcb !== undefined) arrow.tcb[here] = tcbText(entry.tcb);
    if (entry.direction === 'out' && /[SFR]/.test(entry.flags)) this.giveState(arrow, here);
  }

  /** Of a segment that meets a connection no more: in its numbers, if they are known. */
  private relative(entry: SegmentEntry, from: Side): SegmentEntry {
    const { absolute: _, ...rest } = entry;
    const seq = this.senders[from].relative(entry.seq);
    const ack = this.senders[otherSide(from)].relative(entry.ack);
    // A RST for a segment without ACK has no number of its own (RFC 9293, section 3.10.7.1).
    if (entry.flags === 'R.' && entry.seq === 0 && this.senders[otherSide(from)].iss !== null)
      return { ...rest, ack: ack! };
    const isKnown =
      this.senders[from].iss !== null && (ack === undefined || this.senders[otherSide(from)].iss !== null);
    return isKnown ? { ...rest, seq: seq!, ...(ack !== undefined && { ack }) } : entry;
  }

  /** Who made this segment up; null: it is from the end that it says it is from. */
  private takeForged({ flags, length, seq, absolute }: SegmentEntry, from: Side): string | null {
    const at = this.forged.findIndex(
      (other) =>
        other.flags === flags &&
        other.length === length &&
        seq === (absolute ? other.seq : this.senders[from].relative(other.seq)),
    );
    return at < 0 ? null : (this.forged.splice(at, 1)[0]!.by ?? null);
  }

  private arrive(arrow: Arrow, time: Micros, overtaken: boolean): void {
    arrow.fate = 'arrives';
    arrow.arrival = ++this.arrivals;
    if (overtaken) Object.assign(arrow, { overtaken, plain: false, style: 'slow' });
    arrow.took = time - arrow.at;
    // Its row is drawn already, as that of one under way.
    if (arrow.half === 'departure') this.items.push(arrivalOf(arrow));
  }

  private newArrow(entry: SegmentEntry, from: Side, here: Side): Arrow {
    const { bothEnds, whole } = this.options;
    const leaves = entry.direction === 'out';
    const told = this.senders[from].describe(entry, whole, this.senders[otherSide(from)]);
    const arrow: Arrow = {
      ...{ kind: 'arrow', at: entry.time, from, fate: bothEnds && leaves ? 'under way' : 'arrives', took: null },
      ...{ doubled: false, overtaken: false, damaged: false, drawn: false, forgedBy: null },
      ...{ half: bothEnds && !leaves ? 'arrival' : null, states: {}, tcb: {} },
      arrival: leaves ? 0 : ++this.arrivals,
      ...told,
    };
    if (leaves) this.flights[here].leave(arrow, entry);
    if (whole) arrow.parts = [...arrow.parts, { text: numberText(entry) }];
    return arrow;
  }

  /** A change of state goes to the arrow that brought it about; else to the SYN, FIN or RST that it makes the end send. */
  private state(entry: StateEntry, here: Side): void {
    this.over = entry.to === 'CLOSED';
    this.senders[here].state = entry.to;
    this.senders[here].stateSince = entry.time;
    // What a call did is said by the change itself.
    this.items = this.items.filter(
      (item) => !(item.kind === 'note' && item.call !== undefined && item.call === entry.because && item.side === here),
    );
    const note = this.note(entry, here, causeText(entry.cause), 'why');
    // How long it was in a state is the answer to many a question, if it was long.
    if (this.options.whole || entry.lasted >= LONG_STATE) note.text += lastedText(entry);
    else note.spare = lastedText(entry);
    const arrow = this.arrows[here].get(entry.because ?? 0);
    if (arrow !== undefined && arrow.states[here] === undefined) {
      arrow.states[here] = entry.to;
      arrow.plain = false;
    } else note.state = entry.to;
  }

  /** An accept right behind the handshake, a close of what has shut its direction down already. */
  private goesWithoutSaying({ call, time }: CallEntry, here: Side): boolean {
    const { state, stateSince } = this.senders[here];
    if (call === 'accept') return time - stateSince < LONG_WAIT;
    return call === 'close' && state !== null && !/^(ESTABLISHED|CLOSE_WAIT|SYN_)/.test(state);
  }

  private giveState(arrow: Arrow, here: Side): void {
    const note = this.items.findLast(
      (item): item is Note => item.kind === 'note' && item.at === arrow.at && item.side === here && item.state !== null,
    );
    if (note === undefined || arrow.states[here] !== undefined) return;
    arrow.states[here] = note.state!;
    note.state = null;
  }

  private retransmit(entry: RetransmitEntry, here: Side): void {
    const sender = this.senders[here];
    const { reason, attempt = 0, limit, cause } = entry;
    sender.again = true;
    const isTimeout = attempt > 0;
    if (!sender.isNewReason(reason) && !isTimeout && !this.options.whole) return;
    const after = sender.takeWait();
    const text = isTimeout
      ? `RTO ${attempt}${limit === undefined ? '' : ` of ${limit}`}${after === null ? '' : ` after ${timeText(after)}`}`
      : cause.text.includes(reason)
        ? causeText(cause)
        : `${reason}: ${causeText(cause)}`;
    // That everything counts as lost then goes without saying.
    if (isTimeout)
      this.items = this.items.filter((item) => !(item.kind === 'note' && item.isLoss && item.at === entry.time));
    const note = this.note(entry, here, isTimeout ? `${text}; ${sourceText(cause.source)}` : text, 'slow');
    if (isTimeout) sender.timeout = { note, text, source: cause.source };
  }

  private loss(entry: LossEntry, here: Side): void {
    const sender = this.senders[here];
    const began = sender.lost === 0 && entry.lost > 0;
    sender.lost = entry.lost;
    if (entry.action === 'undone') this.note(entry, here, causeText(entry.cause), 'slow');
    else if (began || this.options.whole) {
      this.note(entry, here, `${lossText(entry.lost)}: ${causeText(entry.cause)}`, 'slow').isLoss = true;
    }
  }

  private timer(entry: TimerEntry, here: Side): void {
    const { timer, action, deadline, time } = entry;
    if (timer !== 'retransmit' || action === 'cancelled') return;
    const sender = this.senders[here];
    if (action === 'fired') {
      sender.fired(time);
      return;
    }
    sender.timerSet = time;
    const { timeout } = sender;
    if (timeout === null) return;
    timeout.note.text = `${timeout.text}, next in ${timeText(deadline - time)}; ${sourceText(timeout.source)}`;
  }

  private impairment(entry: ImpairmentEntry, here: Side): void {
    const { direction, action } = entry;
    // The delay that the path always has.
    if (action === 'delayed' && !this.options.whole) return;
    if (entry.by !== undefined) {
      this.forged.push(entry);
      return;
    }
    const from = direction === 'out' ? here : otherSide(here);
    const seq = this.senders[from].relative(entry.seq);
    let arrow = this.flights[from].impaired(entry, seq);
    if (arrow === null && (direction === 'out' || HIDDEN_BY_PATH.includes(action))) {
      arrow = this.impairedArrow(entry, from, seq);
    }
    const note = this.note(entry, 'path', impairmentText(entry), 'slow');
    if (arrow === null) return;
    this.mark(arrow, action);
    note.at = arrow.at;
    const at = this.items.indexOf(arrow);
    // Beside the arrow, though others left at the same time.
    if (at >= 0) this.items.splice(at + 1, 0, this.items.pop()!);
  }

  private mark(arrow: Arrow, action: string): void {
    arrow.plain = false;
    switch (action) {
      case 'dropped':
        arrow.fate = 'lost';
        arrow.style = 'bad';
        break;
      case 'held':
        if (!this.options.bothEnds) arrow.fate = 'held';
        break;
      case 'duplicated':
        arrow.doubled = true;
        break;
      case 'corrupted':
      case 'truncated':
        arrow.damaged = true;
        arrow.style = 'bad';
        break;
      default:
    }
  }

  /** Of a packet that the path took before the host saw it. */
  private impairedArrow(entry: ImpairmentEntry, from: Side, seq: number | undefined): Arrow {
    const { flags = '', length = 0, time } = entry;
    const parts = impairedParts(flags, seq, length);
    const arrow: Arrow = { ...arrowOf(time, from, parts), octets: length };
    this.items.push(arrow);
    return arrow;
  }

  private remark(entry: NoteEntry, here: Side): void {
    const { kind, source, time: at } = entry;
    const text = entry.text[this.options.language];
    if (kind === 'application') this.note(entry, here, text, 'bad');
    else if (kind === 'missing') this.missing(entry, here, text);
    else this.items.push({ kind: 'remark', at, text, ...(source !== undefined && { source: this.bracketed(source) }) });
  }

  /** What should have come, as it would have looked; and that it did not. */
  private missing({ expected, time: at }: NoteEntry, here: Side, text: string): void {
    if (expected !== undefined && 'segment' in expected) {
      const from = expected.direction === 'out' ? here : otherSide(here);
      this.items.push({ ...arrowOf(at, from, [{ text: expected.segment }]), style: 'bad', missing: true });
    } else if (expected !== undefined) {
      const note: Note = {
        kind: 'note',
        at,
        side: here,
        text: `expected: ${expected.state}`,
        style: 'bad',
        state: null,
      };
      this.items.push(note);
    }
    this.items.push({ kind: 'remark', at, text, style: 'bad' });
  }

  private bracketed(source: string): string {
    const text = sourceText(source);
    return this.options.language === 'zh' ? `（${text}）` : ` (${text})`;
  }

  private note(entry: LogEntry, side: Note['side'], text: string, style: Note['style'] = 'why'): Note {
    const told = this.options.whole ? `${text} ${numberText(entry)}` : text;
    const note: Note = { kind: 'note', at: entry.time, side, text: told, style, state: null };
    if (entry.type === 'call') note.call = entry.id;
    this.items.push(note);
    return note;
  }
}

/** In microseconds: a state that lasted, an accept that did not come at once. */
const LONG_STATE = 1_000_000;
const LONG_WAIT = 10_000;

/** A segment leaves TCP before the path has it: with what else its batch brings, and so long after it at the most, in microseconds. */
const GRACE = 20_000;

/** Of packets to which the path does this, the host that they are for sees nothing, or not what they were. */
const HIDDEN_BY_PATH = ['dropped', 'held', 'corrupted', 'truncated'];

const isArrival = (item: Item): item is Arrow => item.kind === 'arrow' && item.half === 'arrival';

const numberText = ({ id, because }: LogEntry): string =>
  because === undefined ? `#${id}` : `#${id}, because #${because}`;

const lastedText = ({ from, lasted }: StateEntry): string =>
  from === 'CLOSED' || from === 'LISTEN' || lasted === 0 ? '' : ` (${from} for ${timeText(lasted)})`;
