import { WANTS, WANTS_ALL } from '../tcp/terms/wants.ts';
import type { Stream } from './server/tables.ts';
import { ControlError } from './terms/protocol.ts';

/** Whose log it is: a stack's. */
interface Recorded {
  record(
    write: (entry: object) => boolean,
    options: { wants: number; tcb: boolean; leavesOut: () => boolean },
  ): () => void;
}

/**
 * The stream `log`: the event log (src/observe/log/LOG.md) from now on. A subscriber may ask for some kinds of events only, and
 * for the TCB with each segment; what nobody asks for costs nothing.
 */
export const logStream =
  (stack: Recorded): Stream =>
  ({ wants, tcb }, push, leavesOut) =>
    stack.record(push, { wants: wantsOf(wants), tcb: tcb === true, leavesOut });

function wantsOf(names: unknown): number {
  if (names === undefined) return WANTS_ALL;
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' && Object.hasOwn(WANTS, name))) {
    throw new ControlError('badParameters', `"wants" is an array of: ${Object.keys(WANTS).join(', ')}`);
  }
  return (names as (keyof typeof WANTS)[]).reduce((all, name) => all | WANTS[name], 0);
}
