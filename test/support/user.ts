import type { TcpError } from '../../src/tcp/terms/errors.ts';
import type { ConnectionUser, TcpConnection } from '../../src/tcp/terms/user.ts';

/** The octet at `offset` of a stream: neither periodic in the MSS nor the same in both directions. */
const octetAt = (offset: number, salt: number): number =>
  (Math.imul(offset, 31) + Math.imul(offset >>> 8, 17) + Math.imul(offset >>> 16, 5) + salt) & 255;

/** Octets `[from, from + length)` of the stream that the peer sends (`'peer'`) or the host's user (`'host'`). */
export function stream(side: 'peer' | 'host', from: number, length: number): Uint8Array {
  const salt = side === 'peer' ? 7 : 101;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = octetAt(from + i, salt);
  return bytes;
}

/** The index of the first octet that differs from the stream's; -1: none does. */
export function firstDifference(bytes: Uint8Array, side: 'peer' | 'host', from: number): number {
  const wanted = stream(side, from, bytes.length);
  return bytes.findIndex((octet, i) => octet !== wanted[i]);
}

/** An application that writes down what it is told, and reads at once unless told not to. */
export class RecordingUser implements ConnectionUser {
  /** `connected`, `readable`, `end`, `writable`, `closed`, `closed ECONNRESET`, ... in their order. */
  readonly events: string[] = [];
  autoRead = true;
  connection: TcpConnection | null = null;
  /** Octets read. */
  received = 0;
  error: TcpError | null = null;
  closed = false;
  /** Check what is read against the peer's stream. */
  verify = true;

  onConnected(): void {
    this.note('connected');
  }

  onReadable(): void {
    this.note('readable');
    if (this.autoRead) this.read();
    if (this.connection?.atEnd) this.note('end');
  }

  onWritable(): void {
    this.note('writable');
  }

  onUrgent(): void {
    this.note('urgent');
  }

  onClosed(error: TcpError | null): void {
    this.note(error === null ? 'closed' : `closed ${error.code}`);
    this.error = error;
    this.closed = true;
  }

  /** Reads up to `most` octets, and checks that they are the next ones of the peer's stream. */
  read(most = Number.MAX_SAFE_INTEGER): number {
    let count = 0;
    while (count < most) {
      const octets = this.connection!.read(most - count);
      if (octets === null) break;
      const wrong = this.verify ? firstDifference(octets, 'peer', this.received) : -1;
      if (wrong >= 0) throw new Error(`The octet at ${this.received + wrong} of the stream is not what the peer sent`);
      this.received += octets.length;
      count += octets.length;
    }
    return count;
  }

  private note(event: string): void {
    if (this.closed) throw new Error(`The user was told '${event}' after the end`);
    if (this.events.at(-1) !== event) this.events.push(event);
  }
}
