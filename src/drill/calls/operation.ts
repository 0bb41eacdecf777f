import type { Micros } from '../../time/wheel.ts';
import type { SocketFile } from './socket-file.ts';

/** What a system call gives back. */
export interface CallResult {
  value: number;
  errno: string | null;
  /** Compares what the call filled in with what the script expects. @throws Mismatch */
  verify?: () => void;
}

/**
 * A call under way. It is tried when it is made, and, if it blocks, whenever something has happened on the host: a thread
 * that sleeps in the kernel wakes up, looks, and goes to sleep again.
 */
export interface Operation {
  /** Null: it would block. */
  attempt(): CallResult | null;
  /** May it sleep? If not, a null is EAGAIN. */
  blocking: boolean;
  /** It sleeps no longer than this. */
  deadline?: Micros;
  /** What it gives back then. */
  timedOut?: () => CallResult;
  /** Runs when the host has sent what the call made it send. */
  after?: () => void;
}

export const done = (value: number, verify?: () => void): CallResult =>
  verify === undefined ? { value, errno: null } : { value, errno: null, verify };

export const failed = (errno: string): CallResult => ({ value: -1, errno });

/** A call that never blocks. */
export const atOnce = (result: CallResult): Operation => ({ attempt: () => result, blocking: false });

/** What a file descriptor of the script stands for. */
export type File = SocketFile | EpollFile | RegularFile | PipeEnd;

/** A file that was opened for reading. */
export interface RegularFile {
  type: 'regular';
  octets: Uint8Array;
  position: number;
}

/** One end of a pipe; what it holds is common to both. */
export interface PipeEnd {
  type: 'pipe';
  reads: boolean;
  held: { octets: Uint8Array };
}

/** An epoll instance: which files it watches, for what, and what it told of each already. */
export interface EpollFile {
  type: 'epoll';
  watched: Map<number, { events: number; data: number; told: number; disabled: boolean }>;
}
