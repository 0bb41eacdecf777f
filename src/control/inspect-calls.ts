import type { Inspection } from '../observe/inspect/inspection.ts';
import type { SocketsAsked } from '../observe/inspect/sockets.ts';
import type { State } from '../tcp/terms/state.ts';
import type { Call } from './server/tables.ts';
import { ControlError, type Parameters } from './terms/protocol.ts';

/** The calls that ask what a host's state is: those of `stack.inspect`, under the same names. */
export function inspectCalls(inspect: Inspection): [string, Call][] {
  return [
    ['sockets', (parameters) => inspect.socketSteps(socketsAsked(parameters))],
    ['timeWait', () => inspect.timeWait()],
    ['counters', () => inspect.counters()],
    ['summary', () => inspect.summary()],
    ['connection', ({ connection }) => oneConnection(inspect, connection)],
    ['history', ({ connection }) => inspect.history(connectionId(connection))],
    ['ended', () => inspect.ended()],
  ];
}

function socketsAsked({ states, details }: Parameters): SocketsAsked {
  const asked: SocketsAsked = { details: details === true };
  if (states === undefined) return asked;
  if (!Array.isArray(states) || !states.every((state) => typeof state === 'string')) {
    throw new ControlError('badParameters', '"states" is an array of states, such as ["ESTABLISHED"]');
  }
  return { ...asked, states: states as State[] };
}

function connectionId(id: unknown): number {
  if (typeof id === 'number') return id;
  throw new ControlError('badParameters', '"connection" is the number of a connection');
}

function oneConnection(inspect: Inspection, connection: unknown): object {
  const id = connectionId(connection);
  const snapshot = inspect.connection(id);
  if (snapshot === null) throw new ControlError('notFound', `There is no connection ${id} (any more)`);
  return snapshot;
}
