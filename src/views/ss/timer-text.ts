import type { TimerSnapshot } from '../../observe/inspect/timers.ts';

/** `timer:(timewait,54sec,0)`: which one, until when, how often it has fired in a row. Of several it is the first that ss knows. */
export function timerText(timers: readonly TimerSnapshot[]): string {
  const timer = timers.find(({ name }) => name !== 'delack');
  return timer === undefined ? '' : `timer:(${timer.name},${durationText(timer.left / 1000)},${timer.retries})`;
}

/**
 * Milliseconds as ss writes them: `204ms`, `1.204ms` (that is 1.204 s), `54sec`, `1min29sec`, `119min`. The longer it is, the
 * less is said of it.
 */
export function durationText(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const minutes = Math.floor(whole / 60_000);
  const seconds = Math.floor(whole / 1000) % 60;
  const rest = whole % 1000;
  if (minutes > 9) return `${minutes}min`;
  if (minutes > 0) return `${minutes}min${seconds > 0 ? `${seconds}sec` : ''}`;
  if (seconds > 9 || (seconds > 0 && rest === 0)) return `${seconds}sec`;
  const fraction = rest > 0 ? `${String(rest).padStart(3, '0')}ms` : '';
  return seconds > 0 ? `${seconds}.${fraction}` : fraction;
}
