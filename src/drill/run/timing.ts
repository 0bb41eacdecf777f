import type { Micros } from '../../time/wheel.ts';
import type { CallAction, Event, EventTime } from '../script/ast.ts';
import type { Settings } from '../script/settings.ts';
import { Mismatch, ScriptError } from '../terms/errors.ts';

export const secondsText = (time: Micros): string => `${(time / 1e6).toFixed(6)} s`;

/**
 * When an event is due. A relative time counts from now, when the event before is done; but packets that are injected one
 * after the other count from each other, so that what the host does in between doesn't shift them.
 */
export class Timing {
  private readonly settings: Settings;
  /** When the present event is due, and (for a range) until when. */
  at: Micros = 0;
  until: Micros = 0;
  any = false;
  private time: EventTime = { type: 'absolute', at: 0, until: null };
  /** What relative times count from. */
  private base: Micros = 0;
  /** The script's clock runs: the first event is due. */
  begun = false;
  private last: { at: Micros; absolute: boolean; injected: boolean } | null = null;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  begin(event: Event, now: Micros): void {
    const { time, line } = event;
    this.time = time;
    this.begun = true;
    this.any = time.type === 'any';
    if (this.last === null && !(time.type !== 'any' && time.at === 0)) {
      throw new ScriptError(line, 'The first event must be at time 0');
    }
    if (time.type === 'any') {
      this.base = this.at = this.until = now;
      return;
    }
    this.base = 0;
    if (time.type === 'relative') this.base = this.last?.injected && isInjected(event) ? this.last.at : now;
    if (time.type === 'absolute' && this.last?.absolute && time.at < this.last.at) {
      throw new ScriptError(line, 'Time runs backwards in this script');
    }
    this.at = this.base + time.at;
    this.until = this.base + (time.until ?? time.at);
  }

  end(event: Event): void {
    const { time } = event;
    this.last = { at: this.at, absolute: time.type === 'absolute', injected: isInjected(event) };
  }

  /** When a blocking call must return; null: it must not block. */
  endOf(call: CallAction): Micros | null {
    return call.end === null ? null : this.base + call.end;
  }

  /** As much as the present event may be off: at least --tolerance_usecs, or a part of the time since the last event. */
  get tolerance(): Micros {
    const since = this.last === null ? 0 : this.at - this.last.at;
    return Math.max(this.settings.tolerance, (since * this.settings.tolerancePercent) / 100);
  }

  /** The last time at which what is expected may still come. */
  get latest(): Micros {
    return this.any ? Number.POSITIVE_INFINITY : this.until + this.tolerance;
  }

  /** Did it happen when it should? @throws Mismatch */
  check(actual: Micros, what: string): void {
    if (this.any) return;
    if (actual >= this.at - this.tolerance && actual <= this.until + this.tolerance) return;
    throw new Mismatch(`${what} comes at the wrong time`, this.expectedText(), secondsText(actual));
  }

  checkAt(expected: Micros, actual: Micros, what: string): void {
    const { tolerance } = this;
    if (Math.abs(actual - expected) <= tolerance) return;
    throw new Mismatch(`${what} returns at the wrong time`, secondsText(expected), secondsText(actual));
  }

  expectedText(): string {
    const range = this.until > this.at ? ` to ${secondsText(this.until)}` : '';
    const { time } = this;
    if (time.type !== 'relative') return `at ${secondsText(this.at)}${range}`;
    const from = `+${time.at / 1e6}${time.until === null ? '' : `~+${time.until / 1e6}`}`;
    return `at ${secondsText(this.at)}${range} (${from}), give or take ${secondsText(this.tolerance)}`;
  }
}

const isInjected = (event: Event): boolean =>
  (event.action.type === 'tcp' || event.action.type === 'icmp') && event.action.direction === 'in';
