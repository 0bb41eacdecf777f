import type { SegmentEntry } from '../../observe/log/schema.ts';
import { sendCauses } from '../../tcp/terms/causes.ts';
import type { State } from '../../tcp/terms/state.ts';
import type { Micros } from '../../time/wheel.ts';
import { seqAdd, seqDiff, seqGt } from '../../wire/seq.ts';
import { causeText } from '../text/units.ts';
import type { Arrow, Note, Part } from './items.ts';
import { ECN_FLAGS, segmentParts } from './label.ts';

/** Why segments leave as long as nothing is the matter: nothing that a row would have to say. */
const ORDINARY = textsOf(
  ...([
    'open',
    'synAnswer',
    'newData',
    'afterHandshake',
    'roomInCwnd',
    'roomInRecovery',
    'roomInBuffer',
    'fin',
  ] as const),
  ...(['ackHandshake', 'ackSecondSegment', 'ackQuick', 'ackFin'] as const),
);
/** These are never one of many, however they look. */
const SINGULAR = textsOf(
  ...(['windowProbe', 'keepAlive', 'ackProbe', 'challengeSyn', 'challengeReset', 'challengeOldAck'] as const),
);

function textsOf(...names: (keyof typeof sendCauses)[]): ReadonlySet<string> {
  return new Set(names.map((name) => sendCauses[name].text));
}

type Described = Pick<Arrow, 'parts' | 'style' | 'plain' | 'segments' | 'octets' | 'why'>;

/** What is known of one end as a sender: enough to say what is new about its next segment. */
export class Sender {
  /** Its initial sequence number; null: not known. */
  iss: number | null = null;
  /** In segments; null: not known. */
  cwnd: number | null = null;
  /** Segments that count as lost. */
  lost = 0;
  /** What leaves next leaves again. */
  again = false;
  /** The note about a time-out, at the time when it happens: when the next one is due is said in it. */
  timeout: { note: Note; text: string; source: string } | null = null;
  /** When the retransmission timer was set. */
  timerSet: Micros | null = null;

  /** Its state, and since when. */
  state: State | null = null;
  stateSince = Number.NEGATIVE_INFINITY;
  /** Whose windows have been shut, as the log has told. */
  readonly shut = { peer: false, own: false };

  /** Why it threw segments away, as far as that has been told. */
  readonly dropsTold = new Set<string>();

  /** The reason of the last retransmission that was told. */
  private reason = '';
  private firedAfter: Micros | null = null;
  /** Behind the highest octet that it has sent; null: not known. */
  private next: number | null = null;
  private ack: number | null = null;
  private window = -1;
  /** The ECN flags of its last segment. */
  private ecnFlags = '';
  private duplicates = 0;
  private lastWhy = '';
  /** What its last SYN offered, as text. */
  private offer = '';

  /** Its retransmission timer fires. */
  fired(time: Micros): void {
    this.firedAfter = this.timerSet === null ? null : time - this.timerSet;
  }

  /** How long it waited for the ACK that did not come; null: not known. */
  takeWait(): Micros | null {
    const after = this.firedAfter;
    this.firedAfter = null;
    return after;
  }

  /** Is this reason to be told, or is it that of many retransmissions, one behind the other? */
  isNewReason(reason: string): boolean {
    const isNew = reason !== this.reason;
    this.reason = reason;
    return isNew;
  }

  /** An ACK has come that tells of no hole: what is lost from now on is lost anew. */
  holesFilled(): void {
    this.reason = '';
    this.lost = 0;
  }

  /** @param whole say all; @param peer the other end, as a sender */
  describe(entry: SegmentEntry, whole: boolean, peer: Sender): Described {
    const { flags, length, count = 1, cause } = entry;
    const again = this.again;
    this.again = false;
    const others = flags.replace(ECN_FLAGS, '');
    const isAck = others === '.' && length === 0;
    // AccECN has its counter in these flags: what tells no more than the one before is ordinary; a mark never is.
    const ecn = `${flags.match(ECN_FLAGS)?.join('') ?? ''}`;
    const isNews = ecn !== this.ecnFlags || entry.ecn === 'ce';
    this.ecnFlags = ecn;
    const isOrdinary = (others === '.' || others === 'P.') && !isNews && entry.window > 0 && entry.urgent === undefined;
    const isDuplicate = isAck && this.repeats(entry) && peer.next !== null && seqGt(peer.next | 0, entry.ack! | 0);
    this.duplicates = isDuplicate ? this.duplicates + 1 : 0;
    const parts: Part[] = this.withoutRepetition(entry, segmentParts(entry, whole, this.ack), whole);
    const inOrder = this.advance(entry);
    if (again) parts.splice(1, 0, { text: 'again' });
    if (isDuplicate) parts[0] = { text: `dup ACK ${this.duplicates}` };
    const singular = again || isDuplicate || entry.absolute === true || SINGULAR.has(cause?.text ?? '');
    const why = again && !whole ? null : this.whyText(entry, whole);
    return {
      parts,
      style: styleOf(flags, again || isDuplicate || entry.window === 0),
      plain: isOrdinary && inOrder && !singular && entry.options?.sack === undefined && !whole,
      segments: count,
      octets: length,
      why,
    };
  }

  /** A number that the path saw, relative to its ISN where that is known. */
  relative(seq: number | undefined): number | undefined {
    return seq === undefined || this.iss === null ? seq : (seq - this.iss) >>> 0;
  }

  /** A SYN that comes again need not say once more what it offers. */
  private withoutRepetition({ flags }: SegmentEntry, parts: Part[], whole: boolean): Part[] {
    if (!flags.includes('S')) return parts;
    const last = this.offer;
    this.offer = parts.map(({ text }) => text).join(' ');
    const from = parts.findIndex(({ text }) => text.startsWith('win '));
    return this.offer !== last || whole ? parts : parts.map((part, i) => (i < from ? part : { ...part, spare: true }));
  }

  /** Does it say nothing that the last one did not say, but perhaps what arrived beyond a hole (RFC 6675, section 2: DupAck)? */
  private repeats({ ack, window, options }: SegmentEntry): boolean {
    if (ack === undefined || ack !== this.ack) return false;
    return window === this.window || options?.sack?.some(([left]) => seqGt(left | 0, ack | 0)) === true;
  }

  /** @returns whether it goes on where the last one ended */
  private advance({ flags, seq, length, ack, window }: SegmentEntry): boolean {
    const end = seqAdd(seq | 0, length + (/[SF]/.test(flags) ? 1 : 0));
    const gap = this.next === null ? 0 : seqDiff(seq | 0, this.next | 0);
    if (this.next === null || seqGt(end, this.next | 0)) this.next = end;
    this.ack = ack ?? this.ack;
    this.window = window;
    return gap === 0 || (length === 0 && gap < 0);
  }

  private whyText({ cause }: SegmentEntry, whole: boolean): string | null {
    const why = cause === undefined || (ORDINARY.has(cause.text) && !whole) ? '' : causeText(cause);
    const isNews = why !== this.lastWhy || whole;
    this.lastWhy = why;
    return why !== '' && isNews ? why : null;
  }
}

function styleOf(flags: string, isSlow: boolean): Arrow['style'] {
  if (flags.includes('R')) return 'bad';
  if (isSlow) return 'slow';
  return /[SF]/.test(flags) ? 'turn' : undefined;
}
