import type { LogEntry } from '../../observe/log/schema.ts';
import type { HoldReason } from '../../tcp/terms/holds.ts';
import type { Micros } from '../../time/wheel.ts';

/** For how long each thing held it back, and what does now; from the last entries of its log, as far as they go. */
export interface Holds {
  now: HoldReason | null;
  times: Partial<Record<HoldReason, Micros>>;
}

export function holdsOf(entries: readonly LogEntry[]): Holds {
  const holds: Holds = { now: null, times: {} };
  for (const entry of entries) {
    if (entry.type !== 'hold') continue;
    holds.now = entry.hold;
    holds.times[entry.before] = (holds.times[entry.before] ?? 0) + entry.lasted;
  }
  return holds;
}
