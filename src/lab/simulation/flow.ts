import type { Host } from '../../host/host.ts';
import { SocketOptions } from '../../tcp/terms/socket-options.ts';
import type { ConnectionUser, TcpConnection } from '../../tcp/terms/user.ts';
import type { Connection } from '../../tcp/user/connection.ts';
import type { Address } from '../../wire/address.ts';
import { type Seq, seqDiff } from '../../wire/seq.ts';
import { Coverage } from './coverage.ts';

/** What the sender writes at a time; the same memory again and again. */
const CHUNK = new Uint8Array(64 * 1024);

/** What was counted of a flow by now, in octets of payload. */
export interface Tally {
  /** All that left the sender; of that, what had left before; of all that arrived, what had arrived before. */
  readonly sent: number;
  readonly again: number;
  readonly needless: number;
  /** What the receiver's application got. */
  readonly got: number;
}

/** One connection whose sender always has more to send, and what is counted of it. */
export class Flow implements ConnectionUser {
  readonly algorithm: string;
  connection: Connection | null = null;
  /** Why the connection ended, if it did. */
  failed: string | null = null;
  #sent = 0;
  #again = 0;
  #needless = 0;
  #got = 0;
  /** The number of the first octet; null: none has left. */
  #first: Seq | null = null;
  /** As an offset: behind the last octet that has left. */
  #highest = 0;
  readonly #arrived = new Coverage();

  constructor(algorithm: string) {
    this.algorithm = algorithm;
  }

  /** Connects, and sends from then on. */
  begin(host: Host, localPort: number, remote: Address, remotePort: number): void {
    const socketOptions = Object.assign(new SocketOptions(), { congestion: this.algorithm });
    this.connection = host.tcp.connect({ remote, remotePort, localPort, socketOptions, user: this });
  }

  get tally(): Tally {
    return { sent: this.#sent, again: this.#again, needless: this.#needless, got: this.#got };
  }

  // ---- the sender's application

  onConnected(): void {
    this.#fill();
  }

  onWritable(): void {
    this.#fill();
  }

  onReadable(): void {}

  onClosed(error: Error | null): void {
    this.failed = error?.message ?? 'closed';
  }

  #fill(): void {
    const c = this.connection!;
    while (this.failed === null && c.sendSpace > 0) c.send(CHUNK);
  }

  /** The receiver's application takes all that comes. */
  reader(connection: TcpConnection): ConnectionUser {
    return {
      onConnected() {},
      onWritable() {},
      onClosed() {},
      onReadable: () => {
        this.#got += connection.skip();
      },
    };
  }

  // ---- what passes

  /** Octets of payload leave the sender. */
  leaves(seq: Seq, length: number): void {
    if (length === 0) return;
    this.#first ??= seq;
    const from = seqDiff(seq, this.#first);
    const to = from + length;
    this.#sent += length;
    this.#again += Math.max(0, Math.min(this.#highest, to) - from);
    this.#highest = Math.max(this.#highest, to);
  }

  /** They come out of the path. */
  arrives(seq: Seq, length: number): void {
    if (this.#first === null) return;
    const from = seqDiff(seq, this.#first);
    this.#needless += this.#arrived.add(from, from + length);
  }
}
