import { Impairment } from '../../link/impairment/impairment.ts';
import type { Direction, Impairments } from '../../link/impairment/language/terms.ts';
import { SeededRandom } from '../../time/random.ts';
import type { Micros } from '../../time/wheel.ts';
import { Slab } from '../../wire/slab.ts';
import { LabError } from '../terms/errors.ts';
import { Journal } from './journal.ts';
import { LabHost, type LabHostOptions } from './lab-host.ts';
import { Router } from './router.ts';

/** The hosts' clocks begin with it: at 0 a timestamp would be 0, which says that there is none. */
export const BEGIN: Micros = 1_000_000;

/**
 * An application that is woken goes on in microtasks; so many of them are let pass before time does. What an `await` of the
 * lab's own promises needs is two or three; the rest is for a scenario that combines them.
 */
const TURNS = 24;

/**
 * So often the hosts and applications of a scenario take their turns at most; the longest of the catalogue, with the largest numbers
 * that it takes, need a tenth. One that waits for nothing, over and over, would else never end.
 */
const MOST_STEPS = 3_000_000;

/** What is to happen at a time. */
interface Job {
  at: Micros;
  run: () => void;
}

/**
 * Hosts, applications that run on them, and the path between: all that a scenario plays with. Time is virtual: it goes on to
 * what happens next when nobody has anything to do any more. One seed, one course of things.
 */
export class World {
  now: Micros = BEGIN;
  readonly hosts: LabHost[] = [];
  readonly journal: Journal;
  readonly impairment: Impairment;
  /** A router on the path whose next link may be narrower. */
  readonly router = new Router();
  /** What the path was told last. */
  impairments: Impairments | null = null;
  /** Each sees every packet that sets out, and where to. */
  readonly taps: ((octets: Uint8Array, direction: Direction) => void)[] = [];
  readonly random: SeededRandom;
  /** As far as time goes. */
  limit: Micros = Number.POSITIVE_INFINITY;

  /** As often as hosts and applications take their turns. */
  mostSteps = MOST_STEPS;

  private jobs: Job[] = [];
  private readonly dirty = new Set<LabHost>();
  private woken = false;
  private steps = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.journal = new Journal(this);
    this.impairment = new Impairment(new SeededRandom(this.random.next()), ({ slab }) => this.arrives(slab.bytes));
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return (this.now - BEGIN) / 1000;
  }

  addHost(options: LabHostOptions): LabHost {
    const host = new LabHost(this, this.hosts.length, options);
    this.hosts.push(host);
    return host;
  }

  /** The path is like that from now on. */
  setPath(impairments: Impairments): void {
    this.impairments = impairments;
    this.impairment.set(impairments, this.now);
  }

  /** Does something so many milliseconds from now. */
  in(milliseconds: number, run: () => void): void {
    const job = { at: this.now + milliseconds * 1000, run };
    const before = this.jobs.findLastIndex((other) => other.at <= job.at);
    this.jobs.splice(before + 1, 0, job);
  }

  /** A host has work to do outside of a batch. */
  touch(host: LabHost): void {
    this.dirty.add(host);
  }

  /** An application goes on. */
  wake(): void {
    this.woken = true;
  }

  /** A packet sets out from a host, or from an attacker on that side of the path. */
  launch(octets: Uint8Array, direction: Direction): void {
    for (const tap of this.taps) tap(octets, direction);
    const answer = this.router.judge(octets, direction);
    if (answer !== null) {
      this.journal.dropped(octets, answer.why ?? 'a router does not pass it on');
      const { octets: back } = answer;
      if (back !== null) this.in(answer.after, () => this.arrives(back));
    } else this.impairment.enter(direction, new Slab(octets), false, 0, this.now);
  }

  /** A packet is where it is addressed to. No host there: it is gone. */
  arrives(octets: Uint8Array): void {
    const host = this.hosts.find((other) => other.owns(octets));
    if (host === undefined) {
      this.journal.arrivedNowhere(octets);
      return;
    }
    host.inbox.push(octets);
    this.dirty.add(host);
  }

  /** Plays until nothing more happens, or the time limit is reached. @returns whether all came to rest */
  async run(): Promise<boolean> {
    for (;;) {
      await this.settle();
      const next = this.nextEvent();
      if (next === Number.POSITIVE_INFINITY) return true;
      if (next > this.limit) return false;
      // A wheel that was not advanced for a while may name a time that has passed: early, never late.
      this.now = Math.max(this.now, next);
      this.happens();
    }
  }

  /** All that is to happen now, without time passing: applications, and what they make the hosts do. */
  protected async settle(): Promise<void> {
    while (this.woken || this.dirty.size > 0) {
      this.countStep();
      for (const host of this.dirty) {
        this.dirty.delete(host);
        host.batch();
      }
      if (!this.woken) continue;
      this.woken = false;
      for (let turn = 0; turn < TURNS; turn++) await null;
    }
    this.journal.notes.momentEnds();
  }

  protected nextEvent(): Micros {
    let next = Math.min(this.nextJob(), this.impairment.nextDeadline());
    for (const host of this.hosts) next = Math.min(next, host.nextDeadline());
    return next;
  }

  /** All that is due by that time. */
  protected happens(until = this.now): void {
    this.countStep();
    while (this.nextJob() <= until) {
      this.countStep();
      this.jobs.shift()!.run();
    }
    this.impairment.advance(until);
    for (const host of this.hosts) if (host.nextDeadline() <= until) this.dirty.add(host);
  }

  /** When the next one is due of what `in` was told of. */
  protected nextJob(): Micros {
    return this.jobs[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  private countStep(): void {
    if (++this.steps <= this.mostSteps) return;
    const seconds = Number((this.elapsed / 1000).toPrecision(3));
    throw new LabError(`The scenario never ends: after ${seconds} s of its time it has taken ${this.mostSteps} steps`);
  }
}
