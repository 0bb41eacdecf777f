import type { ConnectionUser, TcpConnection, TcpError } from '../../../src/index.ts';

/** A user that writes down what it is told, and does what the test gives it. */
export class Noting implements ConnectionUser {
  readonly told: string[] = [];
  connection: TcpConnection | null = null;
  readonly received: Buffer[] = [];
  reads = true;
  error: TcpError | null = null;
  /** What it does at each callback, by its name. */
  readonly does: Partial<Record<string, () => void>> = {};
  #over!: () => void;
  readonly over = new Promise<void>((resolve) => {
    this.#over = resolve;
  });

  constructor(does: Noting['does'] = {}) {
    this.does = does;
  }

  onConnected(): void {
    this.#note('connected');
  }
  onReadable(): void {
    if (this.reads) this.read();
    this.#note(this.connection?.atEnd ? 'end' : 'readable');
  }
  onWritable(): void {
    this.#note('writable');
  }
  onClosed(error: TcpError | null): void {
    this.error = error;
    this.#over();
    this.#note(`closed ${error?.code ?? 'well'}`);
  }

  read(): void {
    for (let octets = this.connection!.read(); octets !== null; octets = this.connection!.read()) {
      this.received.push(Buffer.from(octets));
    }
  }
  get text(): string {
    return Buffer.concat(this.received).toString();
  }
  #note(event: string): void {
    this.told.push(event);
    this.does[event.split(' ')[0]!]?.();
  }
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
