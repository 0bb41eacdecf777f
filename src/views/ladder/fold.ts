import type { Micros } from '../../time/wheel.ts';
import type { Arrow, Fold, FoldCount, Item, Side } from './items.ts';

/** So many plain arrows begin a bulk and are drawn; so are each end's first with data, and the last. */
const FIRST = 2;
/** Fewer are drawn, rather than folded. */
const FOLDED_MIN = 3;
/** What comes after a longer pause is another bulk; a bulk that lasts longer gets more than one row. */
const PAUSE: Micros = 200_000;
const LONGEST: Micros = 1_000_000;

const NOTHING: FoldCount = { segments: 0, octets: 0, acks: 0, arrivals: 0 };

/**
 * Folds runs of plain arrows. Everything else goes through as it is, behind what came before it; so does an arrow for which
 * no more of its like come.
 */
export class Folding {
  /** Of the run that goes on: how many arrows it has, when the last of them was, and those that aren't drawn yet. */
  private count = 0;
  private last: Micros = 0;
  private held: Arrow[] = [];
  /** The ends that have sent data in it. */
  private readonly sent = new Set<Side>();

  push(item: Item): Item[] {
    if (item.kind !== 'arrow' || !item.plain) return [...this.end(), item];
    const ready = this.advance(item.at);
    this.last = item.at;
    const isFirstData = item.octets > 0 && !this.sent.has(item.from);
    if (item.octets > 0) this.sent.add(item.from);
    if (++this.count <= FIRST || isFirstData) return [...ready, ...this.drain(), item];
    this.held.push(item);
    if (item.at - this.held[0]!.at <= LONGEST) return ready;
    // The run goes on behind this row.
    return [...ready, ...foldOrAll(this.held.splice(0, this.held.length - 1))];
  }

  /** @returns what need not wait any longer */
  advance(now: Micros): Item[] {
    return this.count > 0 && now - this.last > PAUSE ? this.end() : [];
  }

  /** When `advance` has something to do; infinity: never. */
  get deadline(): Micros {
    return this.held.length > 0 ? this.last + PAUSE + 1 : Number.POSITIVE_INFINITY;
  }

  end(): Item[] {
    this.count = 0;
    this.sent.clear();
    return this.drain();
  }

  /** What is held, the last one by itself. */
  private drain(): Item[] {
    const last = this.held.pop();
    const ready = foldOrAll(this.held);
    this.held = [];
    return last === undefined ? ready : [...ready, last];
  }
}

function foldOrAll(arrows: readonly Arrow[]): Item[] {
  if (arrows.length < FOLDED_MIN) return [...arrows];
  const fold = { kind: 'fold' as const, at: arrows[0]!.at, until: arrows[arrows.length - 1]!.at };
  const sent: Fold['sent'] = { left: { ...NOTHING }, right: { ...NOTHING } };
  for (const { from, half, segments, octets } of arrows) {
    const count = sent[from];
    if (half === 'arrival') count.arrivals++;
    else if (octets === 0) count.acks++;
    else {
      count.segments += segments;
      count.octets += octets;
    }
  }
  return [{ ...fold, sent }];
}
