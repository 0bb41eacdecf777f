import type { State } from '../../tcp/terms/state.ts';

/** What ss calls each state (misc/ss.c of iproute2). */
export const STATE_NAMES: Readonly<Record<State, string>> = {
  ESTABLISHED: 'ESTAB',
  SYN_SENT: 'SYN-SENT',
  SYN_RECEIVED: 'SYN-RECV',
  FIN_WAIT_1: 'FIN-WAIT-1',
  FIN_WAIT_2: 'FIN-WAIT-2',
  TIME_WAIT: 'TIME-WAIT',
  CLOSED: 'UNCONN',
  CLOSE_WAIT: 'CLOSE-WAIT',
  LAST_ACK: 'LAST-ACK',
  LISTEN: 'LISTEN',
  CLOSING: 'CLOSING',
};

const ALL = Object.keys(STATE_NAMES) as State[];
const without = (states: readonly State[], ...left: State[]): State[] => states.filter((s) => !left.includes(s));
const CONNECTED = without(ALL, 'LISTEN', 'CLOSED');

/** What ss takes behind `state` and `exclude`. */
export const STATE_FILTERS: Readonly<Record<string, readonly State[]>> = {
  all: ALL,
  connected: CONNECTED,
  synchronized: without(CONNECTED, 'SYN_SENT'),
  bucket: ['SYN_RECEIVED', 'TIME_WAIT'],
  big: without(ALL, 'SYN_RECEIVED', 'TIME_WAIT'),
  established: ['ESTABLISHED'],
  'syn-sent': ['SYN_SENT'],
  'syn-recv': ['SYN_RECEIVED'],
  'fin-wait-1': ['FIN_WAIT_1'],
  'fin-wait-2': ['FIN_WAIT_2'],
  'time-wait': ['TIME_WAIT'],
  closed: ['CLOSED'],
  'close-wait': ['CLOSE_WAIT'],
  'last-ack': ['LAST_ACK'],
  listening: ['LISTEN'],
  closing: ['CLOSING'],
};

/** What ss shows when it is asked for nothing else, with -a, and with -l. */
export const OPEN_STATES: readonly State[] = without(ALL, 'LISTEN', 'CLOSED', 'TIME_WAIT', 'SYN_RECEIVED');
export const ALL_STATES: readonly State[] = ALL;
export const LISTENING_STATES: readonly State[] = ['LISTEN'];
