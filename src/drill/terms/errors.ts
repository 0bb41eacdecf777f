import type { Micros } from '../../time/wheel.ts';
import type { CapturedTcp } from './captured.ts';

/** The script is wrong: it can't be read, or says what makes no sense. */
export class ScriptError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** The script asks what can't be had here. That is neither a pass nor a failure. */
export class Unsupported extends Error {}

/** The packet by which a script fails, so that it can be shown among the others. */
export interface WrongPacket {
  /** What the script expects, as it stands there, and when. */
  spec: string;
  at: Micros;
  /** Null: nothing comes. */
  came: CapturedTcp | null;
  /** The same in the words of `spec`; null: it is told as it is. */
  text: string | null;
}

/** What came is not what the script expects. */
export class Mismatch extends Error {
  readonly expected: string;
  readonly actual: string;
  readonly packet: WrongPacket | null;
  constructor(what: string, expected: string, actual: string, packet: WrongPacket | null = null) {
    super(what);
    this.expected = expected;
    this.actual = actual;
    this.packet = packet;
  }

  about(packet: WrongPacket): Mismatch {
    return this.packet === null ? new Mismatch(this.message, this.expected, this.actual, packet) : this;
  }
}
