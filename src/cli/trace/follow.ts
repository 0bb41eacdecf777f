import type { LogEntry } from '../../observe/log/schema.ts';
import type { EntryView } from './entry-views.ts';

/** At least so long is waited for what may still come in one piece with what is here, in milliseconds. */
const TICK_MS = 20;

/**
 * Shows entries while they come. Of a stack that runs also what the view has to say when none do: its clock goes on from the
 * last entry as time passes here. A saved log has its own time alone, however slowly it is read.
 */
export class Follower {
  private readonly view: EntryView;
  private readonly say: (line: string) => void;
  private readonly live: boolean;
  private timer: NodeJS.Timeout | null = null;
  /** The last entry's time, and when it came, in milliseconds. */
  private time = 0;
  private came = 0;

  constructor(view: EntryView, say: (line: string) => void, live: boolean) {
    this.view = view;
    this.say = say;
    this.live = live;
  }

  push(entry: LogEntry): void {
    this.time = entry.time;
    this.came = performance.now();
    this.tell(this.view.push(entry));
    if (this.live) this.arm();
  }

  end(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.tell(this.view.end());
  }

  private tell(lines: readonly string[]): void {
    for (const line of lines) this.say(line);
  }

  private arm(): void {
    if (this.timer !== null || this.view.deadline === Number.POSITIVE_INFINITY) return;
    const wait = Math.max(TICK_MS, (this.view.deadline - this.now()) / 1000);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.tell(this.view.advance(this.now()));
      this.arm();
    }, wait);
  }

  private now(): number {
    return this.time + (performance.now() - this.came) * 1000;
  }
}
