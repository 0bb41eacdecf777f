import type { Cause } from '../terms/causes.ts';
import type { State } from '../terms/state.ts';
import type { Tcb } from './tcb.ts';
import { tellState } from './tell.ts';

/** Every change of state goes through here, with its cause. */
export function setState(c: Tcb, to: State, cause: Cause): void {
  const from = c.state;
  if (from === to) return;
  const { now } = c.tcp;
  const lasted = now - c.stateSince;
  c.state = to;
  c.stateSince = now;
  tellState(c, from, lasted, cause);
}
