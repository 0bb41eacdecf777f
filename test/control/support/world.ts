import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { serveControl } from '../../../src/control/serve.ts';
import type { ControlServer } from '../../../src/control/server/server.ts';
import type { Call, Stream, Tables } from '../../../src/control/server/tables.ts';
import { PROTOCOL } from '../../../src/control/terms/protocol.ts';
import { ownDirectory } from '../../support/processes.ts';

export const tables = (calls: Record<string, Call> = {}, streams: Record<string, Stream> = {}): Tables => ({
  hello: { tcpglass: '0.0.0', protocol: PROTOCOL, pid: process.pid, device: 'tun0', addresses: ['10.9.0.2'] },
  calls: new Map(Object.entries(calls)),
  streams: new Map(Object.entries(streams)),
});

export async function serve(
  calls: Record<string, Call> = {},
  streams: Record<string, Stream> = {},
): Promise<ControlServer> {
  const server = await serveControl(tables(calls, streams), { directory: ownDirectory() });
  onTestFinished(() => server.close());
  return server;
}

/** A client that says what it likes, and what it was told so far: messages, parsed. */
export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  text = '';

  constructor(path: string) {
    this.socket = connect({ path, allowHalfOpen: true });
    this.socket.setEncoding('utf8').on('data', (text: string) => (this.text += text));
    this.socket.on('error', () => {});
    this.socket.on('end', () => this.socket.end());
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    onTestFinished(() => void this.socket.destroy());
  }

  say(line: string | object): void {
    this.socket.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  }

  /** What came behind the hello. */
  get messages(): Record<string, unknown>[] {
    const lines = this.text.split('\n').slice(1, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits for the server to have said so many messages. */
  async until(count: number): Promise<Record<string, unknown>[]> {
    while (this.messages.length < count && !this.socket.destroyed) await turn();
    return this.messages;
  }
}

/** Turns of the event loop. */
export async function turn(count = 1): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
}
