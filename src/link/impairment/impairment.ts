import { type Random, SeededRandom } from '../../time/random.ts';
import type { Micros } from '../../time/wheel.ts';
import type { Slab } from '../../wire/slab.ts';
import type { ImpairmentCounters, ImpairmentObserver } from './events.ts';
import { type Direction, type Impairments, NO_FAULTS } from './language/terms.ts';
import { resetForReceiver, resetForSender } from './packets/reset.ts';
import { SeenPacket } from './packets/seen-packet.ts';
import { WirePacket } from './packets/wire-packet.ts';
import { Path } from './path.ts';
import { type Match, Rules } from './rules.ts';

export const NO_IMPAIRMENTS: Impairments = { out: NO_FAULTS, in: NO_FAULTS, rules: [] };

/**
 * A path that misbehaves on request. Packets come in by `enter`, and arrive at `arrived`: at once, during `advance` when their
 * time has come, twice, changed, or never. It does no I/O, and knows no time and no chance but what it is given: the same
 * packets at the same times fare the same again, given the same random numbers.
 */
export class Impairment {
  readonly #paths: { readonly out: Path; readonly in: Path };
  readonly #random: Random;
  readonly #seen = new SeenPacket();
  #rules: Rules;

  /** @param arrived takes a packet that comes out of the path; its memory is the receiver's from then on */
  constructor(random: Random, arrived: (packet: WirePacket, direction: Direction) => void) {
    // A generator for each: what happens in one direction doesn't depend on how packets of both interleave.
    const generator = (): Random => new SeededRandom(random.next());
    this.#paths = {
      out: new Path('out', generator(), (packet) => arrived(packet, 'out')),
      in: new Path('in', generator(), (packet) => arrived(packet, 'in')),
    };
    this.#random = generator();
    this.#rules = new Rules([], this.#random);
  }

  /**
   * From now on the path is like that. Rules count from the beginning. What is on its way already arrives when it would have;
   * what waits in a bottleneck's queue does so at the new rate.
   */
  set(impairments: Impairments, now: Micros): void {
    this.#rules = new Rules(impairments.rules, this.#random);
    this.#paths.out.set(impairments.out, now);
    this.#paths.in.set(impairments.in, now);
  }

  /** A path without faults; everything that is held back arrives with the next `advance`, in its order. */
  clear(now: Micros): void {
    this.set(NO_IMPAIRMENTS, now);
    this.#paths.out.hurry(now);
    this.#paths.in.hurry(now);
  }

  /** Nothing is held back. */
  get isEmpty(): boolean {
    return this.#paths.out.held === 0 && this.#paths.in.held === 0;
  }

  counters(direction: Direction): ImpairmentCounters {
    return this.#paths[direction].counters;
  }

  /** Connections that rules counted for and that were forgotten for newer ones: their counts begin anew. */
  get forgottenConnections(): number {
    return this.#rules.flows.forgotten;
  }

  set observer(observer: ImpairmentObserver | null) {
    this.#paths.out.observer = observer;
    this.#paths.in.observer = observer;
  }

  /** A packet sets out. The slab is its own. */
  enter(direction: Direction, slab: Slab, checksumTrusted: boolean, gsoSize: number, now: Micros): void {
    const path = this.#paths[direction];
    const packet = new WirePacket(slab, checksumTrusted);
    packet.gsoSize = gsoSize;
    if (this.#rules.length === 0) {
      path.enter(packet, null, now);
      return;
    }
    this.#seen.read(slab);
    const judgement = this.#rules.judge(this.#seen, direction);
    const reset = judgement.blackhole === null ? judgement.matches.find(isReset) : undefined;
    if (reset === undefined) {
      path.enter(packet, judgement, now);
      return;
    }
    // In place of the segment a RST goes to where it was going, and one back to where it came from.
    const onwards = resetForReceiver(this.#seen);
    const back = resetForSender(this.#seen);
    path.enter(packet, judgement, now);
    if (onwards !== null) path.inject(onwards, reset.text, now);
    this.#paths[direction === 'out' ? 'in' : 'out'].answer(back, reset.text, now);
  }

  /** Brings time to `now`: what has arrived by then does. */
  advance(now: Micros): void {
    this.#paths.out.advance(now);
    this.#paths.in.advance(now);
  }

  /** When `advance` is due; Infinity: nothing is on its way. */
  nextDeadline(): Micros {
    return Math.min(this.#paths.out.nextDeadline(), this.#paths.in.nextDeadline());
  }
}

const isReset = ({ rule }: Match): boolean => rule.deed.verb === 'rst';
