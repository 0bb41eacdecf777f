import type { LogEntry } from '../../observe/log/schema.ts';
import type { HoldReason } from '../../tcp/terms/holds.ts';
import type { State } from '../../tcp/terms/state.ts';
import type { TcpInfo } from '../../tcp/terms/tcp-info.ts';
import type { Micros } from '../../time/wheel.ts';

/** A timer that runs, as ss names them. */
export interface RunningTimer {
  name: 'on' | 'persist' | 'keepalive' | 'timewait' | 'delack';
  /** Until it fires, in microseconds. */
  left: Micros;
  /** How often it has fired in a row for the same. */
  retries: number;
}

/** What `why` looks at: a connection as it is now. */
export interface Patient {
  id: number | null;
  state: State;
  local: string;
  localPort: number;
  remote: string | null;
  remotePort: number;
  /** Octets that the user has not read, and that the peer has not acknowledged. Of a listener: waiting for accept; its backlog. */
  recvQueue: number;
  sendQueue: number;
  /** Of a listener: handshakes under way. */
  synQueue: number;
  /** Microseconds in this state, and until it ends by itself (in the TIME_WAIT table). */
  age: Micros;
  left: Micros | null;
  /** Its user has closed it. */
  orphan: boolean;
  timers: readonly RunningTimer[];
  details?: PatientDetails;
}

export interface PatientDetails {
  info: TcpInfo;
  /** In octets. */
  memory: { received: number; receiveBuffer: number; sent: number; unsent: number; sendBuffer: number };
}

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
