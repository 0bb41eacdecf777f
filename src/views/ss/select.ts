import type { SocketSnapshot } from '../../observe/inspect/sockets.ts';
import type { State } from '../../tcp/terms/state.ts';
import type { Expression, Filter } from '../filter/filter.ts';
import { matches } from '../filter/match.ts';
import { ALL_STATES, LISTENING_STATES, OPEN_STATES } from '../filter/states.ts';

/** The states that are shown: what the filter says, else what -l or -a say, else those of open connections. */
export function statesShown(
  filter: Filter,
  { all, listening }: { all?: boolean; listening?: boolean },
): readonly State[] {
  if (filter.states !== null) return filter.states;
  if (listening) return LISTENING_STATES;
  return all ? ALL_STATES : OPEN_STATES;
}

/** Of these sockets those that are wanted. @param family only those of this one */
export function select(
  sockets: readonly SocketSnapshot[],
  expression: Expression | null,
  family: 4 | 6 | null = null,
): SocketSnapshot[] {
  return sockets.filter(
    (socket) =>
      (family === null || socket.local.includes(':') === (family === 6)) &&
      (expression === null || matches(expression, socket)),
  );
}

/** Listeners first, then connections as they were opened, then what waits, by what ends first. */
export function inOrder(sockets: readonly SocketSnapshot[]): SocketSnapshot[] {
  const rank = ({ state, id }: SocketSnapshot): number => (state === 'LISTEN' ? 0 : id !== null ? 1 : 2);
  return [...sockets].sort((a, b) => rank(a) - rank(b) || (a.left ?? 0) - (b.left ?? 0) || (a.id ?? 0) - (b.id ?? 0));
}
