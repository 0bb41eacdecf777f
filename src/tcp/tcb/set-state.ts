import type { Cause } from '../terms/causes.ts';
import type { State } from '../terms/state.ts';
import type { Tcb } from './tcb.ts';

/** Every change of state goes through here, with its cause. */
export function setState(c: Tcb, to: State, cause: Cause): void {
  const from = c.state;
  if (from === to) return;
  const { observer, now } = c.tcp;
  c.state = to;
  c.stateSince = now;
  if (observer) observer({ type: 'state', now, connection: c, from, to, cause });
}
