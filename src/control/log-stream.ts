import type { Host } from '../host/host.ts';
import type { ImpairmentObserver } from '../link/impairment/events.ts';
import { record } from '../observe/log/record.ts';
import { WANTS, WANTS_ALL } from '../tcp/terms/wants.ts';
import type { Stream } from './server/tables.ts';
import { ControlError } from './terms/protocol.ts';

/** Whose log it is. */
interface Recorded {
  readonly host: Host;
  readonly impairment: { observe(observer: ImpairmentObserver): () => void };
}

/**
 * The stream `log`: the event log (src/observe/log/LOG.md) from now on. A subscriber may ask for some kinds of events only, and
 * for the TCB with each segment; what nobody asks for costs nothing.
 */
export const logStream =
  ({ host, impairment }: Recorded): Stream =>
  ({ wants, tcb }, push) => {
    const date = new Date().toISOString();
    return record(host, push, { wants: wantsOf(wants), tcb: tcb === true, date, impairment });
  };

function wantsOf(names: unknown): number {
  if (names === undefined) return WANTS_ALL;
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' && Object.hasOwn(WANTS, name))) {
    throw new ControlError('badParameters', `"wants" is an array of: ${Object.keys(WANTS).join(', ')}`);
  }
  return (names as (keyof typeof WANTS)[]).reduce((all, name) => all | WANTS[name], 0);
}
