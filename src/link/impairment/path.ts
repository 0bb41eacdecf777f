import { choose, happens, type Random } from '../../time/random.ts';
import type { Micros } from '../../time/wheel.ts';
import { Slab } from '../../wire/slab.ts';
import { Bottleneck, type BottleneckUser } from './bottleneck.ts';
import { ImpairmentCounters, type ImpairmentDrop, type ImpairmentEvent, type ImpairmentObserver } from './events.ts';
import { faultText } from './language/print.ts';
import { type Direction, type Faults, NO_FAULTS, type Where } from './language/terms.ts';
import { Line } from './line.ts';
import { LossModel } from './loss.ts';
import { cutTo, flipBit, markCongestion } from './packets/changes.ts';
import { SeenPacket } from './packets/seen-packet.ts';
import { WirePacket } from './packets/wire-packet.ts';
import type { Judgement, Match } from './rules.ts';

/** As much may be held back, in octets: with 10 Gbit/s, 50 ms. */
const MOST_HELD = 64 << 20;
/** What a packet costs beside its octets, roughly. */
const OVERHEAD = 256;
/** What a random cut leaves at least: an IPv4 header. */
const LEAST_LEFT = 20;

/**
 * One direction of a path. A packet's way:
 *
 *     rules -> loss -> duplicate -> corrupt -> truncate -> rate and its queue -> delay, reorder -> arrival
 */
export class Path implements BottleneckUser {
  readonly counters = new ImpairmentCounters();
  observer: ImpairmentObserver | null = null;
  readonly #direction: Direction;
  readonly #random: Random;
  readonly #arrived: (packet: WirePacket) => void;
  readonly #line: Line;
  #faults: Faults = NO_FAULTS;
  /** Each fault as it would be written. */
  #texts = textsOf(NO_FAULTS);
  #loss: LossModel | null = null;
  #bottleneck: Bottleneck | null = null;
  /** No packet arrives before this, which is when the one before it does. */
  #latest: Micros = 0;
  #held = 0;
  /** For observers. */
  readonly #seen = new SeenPacket();

  constructor(direction: Direction, random: Random, arrived: (packet: WirePacket) => void) {
    this.#direction = direction;
    this.#random = random;
    this.#arrived = arrived;
    this.#line = new Line((packet) => this.#arrive(packet));
  }

  /** Octets that are held back at the moment. */
  get held(): number {
    return this.#held;
  }

  /** From now on it is like this. What is in the queue goes on at the new rate; what is on its way arrives as it would have. */
  set(faults: Faults, now: Micros): void {
    this.#bottleneck?.run(now);
    const queued = this.#bottleneck?.clear() ?? [];
    this.#faults = faults;
    this.#texts = textsOf(faults);
    this.#loss = faults.loss === null ? null : new LossModel(faults.loss, this.#random);
    this.#bottleneck = faults.rate === null ? null : new Bottleneck(faults.rate, this);
    for (const packet of queued) {
      if (this.#bottleneck === null) this.left(packet, now);
      else this.#bottleneck.push(packet, now, true);
    }
  }

  /** What is held back arrives with the next `advance`, in its order. */
  hurry(now: Micros): void {
    this.#line.hurry(now);
    this.#latest = Math.min(this.#latest, now);
  }

  /** Takes a packet, with what the rules say of it. What arrives at once does before this returns. */
  enter(packet: WirePacket, judgement: Judgement | null, now: Micros): void {
    this.#bottleneck?.run(now);
    packet.since = now;
    this.counters.packets++;
    const goesOn = judgement === null || this.#obey(packet, judgement, now);
    if (goesOn && !this.#loses(packet, now)) {
      if (this.#faults.duplicate !== null && happens(this.#random, this.#faults.duplicate)) {
        this.#copy(packet, 0, this.#texts.duplicate, now);
      }
      this.#goOn(packet, now);
    }
    this.#line.run(now);
  }

  /** A packet of our own, on the way of all others from its middle on. */
  inject(bytes: Uint8Array, by: string, now: Micros): void {
    this.#queue(this.#injected(bytes, by, now), now);
    this.#line.run(now);
  }

  /** A packet of our own that arrives with the next `advance`. */
  answer(bytes: Uint8Array, by: string, now: Micros): void {
    const packet = this.#injected(bytes, by, now);
    this.#held += packet.length + OVERHEAD;
    this.#line.add(packet, now);
  }

  advance(now: Micros): void {
    this.#bottleneck?.run(now);
    this.#line.run(now);
  }

  nextDeadline(): Micros {
    return Math.min(this.#line.nextDeadline(), this.#bottleneck?.nextDeadline() ?? Number.POSITIVE_INFINITY);
  }

  // ---- rules --------------------------------------------------------------------------------------------------------

  /** @returns whether the packet goes on */
  #obey(packet: WirePacket, { matches, blackhole }: Judgement, now: Micros): boolean {
    const end = matches.find(endsWay);
    if (blackhole !== null) this.#drop(packet, 'Blackhole', blackhole, now);
    else if (end !== undefined) {
      this.#drop(packet, end.rule.deed.verb === 'blackhole' ? 'Blackhole' : 'Rule', end.text, now);
    }
    if (blackhole !== null || end !== undefined) return false;
    for (const { rule, text } of matches) {
      const { deed } = rule;
      switch (deed.verb) {
        case 'hold':
          packet.extra += deed.time ?? 0;
          packet.behind = Math.max(packet.behind, deed.behind ?? 0);
          packet.heldBy = text;
          break;
        case 'duplicate':
          this.#copy(packet, deed.after, text, now);
          break;
        case 'corrupt':
          this.#corrupt(packet, deed.where, text, now);
          break;
        case 'truncate':
          this.#cut(packet, deed.to, text, now);
          break;
        case 'mark':
          if (markCongestion(packet)) this.#marked(packet, text, now);
          break;
        default: // what ends a packet's way; or a black hole, which begins behind this one
      }
    }
    return true;
  }

  // ---- chance -------------------------------------------------------------------------------------------------------

  #loses(packet: WirePacket, now: Micros): boolean {
    if (this.#loss === null || !this.#loss.next()) return false;
    const by = this.#texts.loss;
    if (this.#faults.loss!.ecn && markCongestion(packet)) {
      this.#marked(packet, by, now);
      return false;
    }
    this.#drop(packet, 'Loss', by, now);
    return true;
  }

  /** Another one of the same; it goes through what comes behind `duplicate` on its own. */
  #copy(packet: WirePacket, after: Micros, by: string, now: Micros): void {
    this.counters.duplicated++;
    this.#tell(packet, now, { action: 'duplicated', by });
    const copy = new WirePacket(new Slab(packet.slab.bytes.slice()), packet.checksumTrusted);
    copy.gsoSize = packet.gsoSize;
    copy.since = now;
    copy.extra = after;
    if (after > 0) copy.heldBy = by;
    this.#goOn(copy, now);
  }

  /** Behind what loses and doubles packets. */
  #goOn(packet: WirePacket, now: Micros): void {
    const { corrupt, truncate } = this.#faults;
    if (corrupt !== null && happens(this.#random, corrupt)) this.#corrupt(packet, 'anywhere', this.#texts.corrupt, now);
    if (truncate !== null && happens(this.#random, truncate.chance)) {
      const to = truncate.to ?? LEAST_LEFT + choose(this.#random, Math.max(packet.length - LEAST_LEFT, 1));
      this.#cut(packet, to, this.#texts.truncate, now);
    }
    this.#queue(packet, now);
  }

  #corrupt(packet: WirePacket, where: Where, by: string, now: Micros): void {
    const place = flipBit(packet, where, this.#random);
    if (place === null) return;
    this.counters.corrupted++;
    this.#tell(packet, now, { action: 'corrupted', by, octet: place >> 3, bit: place & 7 });
  }

  #cut(packet: WirePacket, to: number, by: string, now: Micros): void {
    const from = cutTo(packet, to);
    if (from === null) return;
    this.counters.truncated++;
    this.#tell(packet, now, { action: 'truncated', by, from });
  }

  // ---- rate and delay -----------------------------------------------------------------------------------------------

  #queue(packet: WirePacket, now: Micros): void {
    this.#held += packet.length + OVERHEAD;
    if (this.#held > MOST_HELD)
      this.#dropHeld(packet, 'TooMuchHeld', `at most ${MOST_HELD >> 20} MiB are held back`, now);
    else if (this.#bottleneck === null) this.left(packet, now);
    else if (!this.#bottleneck.push(packet, now)) this.#dropHeld(packet, 'QueueFull', this.#texts.rate, now);
  }

  /** The packet has left the bottleneck. @internal */
  left(packet: WirePacket, at: Micros): void {
    const { delay, reorder } = this.#faults;
    const jitter = delay === null || delay.jitter === 0 ? 0 : delay.jitter * this.#spread();
    const due = Math.max(Math.ceil(at + (delay?.time ?? 0) + jitter), this.#latest);
    this.#latest = due;
    if (reorder !== null && happens(this.#random, reorder.chance)) {
      packet.extra += reorder.time ?? 0;
      packet.behind = Math.max(packet.behind, reorder.behind ?? 0);
    }
    const until = due + packet.extra;
    this.#line.add(packet, until);
    if (until > packet.since || packet.behind > 0) this.#late(packet, until, Math.ceil(at));
  }

  /** -1 to 1. */
  #spread(): number {
    return (this.#random.next() >>> 0) / 2 ** 31 - 1;
  }

  #late(packet: WirePacket, until: Micros, now: Micros): void {
    const { since, extra, behind, heldBy } = packet;
    if (behind > 0 || (extra > 0 && heldBy === null)) {
      this.counters.reordered++;
      const by = heldBy ?? this.#texts.reorder;
      this.#tell(packet, now, { action: 'reordered', by, behind: behind || null, until });
      return;
    }
    const action = extra > 0 ? 'held' : 'delayed';
    this.counters[action]++;
    const by = heldBy ?? (this.#faults.delay === null ? this.#texts.rate : this.#texts.delay);
    this.#tell(packet, now, { action, by, since, until });
  }

  /** CoDel has it dropped. @internal */
  dropped(packet: WirePacket, at: Micros): void {
    this.#dropHeld(packet, 'Codel', this.#texts.rate, Math.ceil(at));
  }

  /** The bottleneck has marked it. @internal */
  marked(packet: WirePacket, at: Micros): void {
    this.#marked(packet, this.#texts.rate, Math.ceil(at));
  }

  #arrive(packet: WirePacket): void {
    this.#held -= packet.length + OVERHEAD;
    this.counters.passed++;
    this.#arrived(packet);
  }

  // ---- what is told -------------------------------------------------------------------------------------------------

  #injected(bytes: Uint8Array, by: string, now: Micros): WirePacket {
    const packet = new WirePacket(new Slab(bytes), false);
    packet.since = now;
    this.counters.injected++;
    this.#tell(packet, now, { action: 'injected', by });
    return packet;
  }

  #marked(packet: WirePacket, by: string, now: Micros): void {
    this.counters.marked++;
    this.#tell(packet, now, { action: 'marked', by });
  }

  #dropHeld(packet: WirePacket, reason: ImpairmentDrop, by: string, now: Micros): void {
    this.#held -= packet.length + OVERHEAD;
    this.#drop(packet, reason, by, now);
  }

  #drop(packet: WirePacket, reason: ImpairmentDrop, by: string, now: Micros): void {
    this.counters.drops.add(reason);
    this.#tell(packet, now, { action: 'dropped', reason, by });
  }

  #tell(packet: WirePacket, now: Micros, what: Told): void {
    if (this.observer === null) return;
    this.#seen.read(packet.slab);
    this.observer({ ...what, now, direction: this.#direction, packet: this.#seen });
  }
}

/** An event without what is the same for all. */
type Told = ImpairmentEvent extends infer E
  ? E extends ImpairmentEvent
    ? Omit<E, 'now' | 'direction' | 'packet'>
    : never
  : never;

function textsOf(faults: Faults): Record<keyof Faults, string> {
  const names = Object.keys(faults) as (keyof Faults)[];
  return Object.fromEntries(names.map((name) => [name, faultText(faults, name) ?? name])) as Record<
    keyof Faults,
    string
  >;
}

/** Does the rule end the packet's way? A black hole does for what goes beyond its octets. */
const endsWay = ({ rule: { deed } }: Match): boolean =>
  deed.verb === 'drop' || deed.verb === 'rst' || (deed.verb === 'blackhole' && deed.after !== null);
