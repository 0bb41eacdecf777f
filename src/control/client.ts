import { connect, type Socket } from 'node:net';
import { LineReader } from './terms/lines.ts';
import {
  ControlError,
  type ControlErrorCode,
  type Hello,
  LONGEST_ANSWER,
  type Message,
  type Parameters,
  PROTOCOL,
  parseObject,
} from './terms/protocol.ts';

/** How long a server has to say hello, in milliseconds. */
const HELLO_MS = 5000;
/**
 * Entries of a stream that wait to be taken; with more, reading stops, and the server counts what it leaves out. It goes on
 * while an answer is waited for, which comes behind them.
 */
const MOST_ENTRIES = 1000;

interface Waiting {
  items: unknown[];
  onItems: ((items: unknown[]) => void) | null;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The other end of a control socket. */
export class ControlClient {
  readonly hello: Hello;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #entries = new Map<number, EntryQueue>();
  #lastId = 0;
  #error: Error | null = null;

  private constructor(socket: Socket, hello: Hello) {
    this.#socket = socket;
    this.hello = hello;
  }

  /** @throws ControlError noStack, refused, busy, version */
  static connect(path: string): Promise<ControlClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      const lines = new LineReader(LONGEST_ANSWER);
      let client: ControlClient | null = null;
      const fail = (error: Error): void => {
        clearTimeout(timer);
        socket.destroy();
        if (client !== null) client.#fail(error);
        else reject(error);
      };
      const timer = setTimeout(() => fail(noHello(path)), HELLO_MS);
      socket.on('data', (chunk: Buffer) => {
        try {
          lines.push(chunk);
          for (let line = lines.next(); line !== null; line = lines.next()) {
            if (client === null) {
              client = new ControlClient(socket, readHello(line, path));
              clearTimeout(timer);
              resolve(client);
            } else client.#read(line);
          }
        } catch (error) {
          fail(error as Error);
        }
      });
      socket.on('error', (error: NodeJS.ErrnoException) => fail(connectError(error, path)));
      socket.on('close', () => fail(new ControlError('closed', 'The stack has closed the connection')));
    });
  }

  /** @throws ControlError of the server's, or closed */
  call<T>(call: string, parameters: Parameters = {}): Promise<T> {
    return this.#request(call, parameters, null) as Promise<T>;
  }

  /** A call that answers with a list. @param onItems is given the pieces as they come; without it they are all in the result */
  async list<T>(call: string, parameters: Parameters = {}, onItems?: (items: T[]) => void): Promise<T[]> {
    const all: T[] = [];
    await this.#request(call, parameters, (items) => {
      if (onItems) onItems(items as T[]);
      else for (const item of items) all.push(item as T);
    });
    return all;
  }

  /**
   * The entries of a stream, until the stack ends (ControlError closed) or the loop is left. `{ gap: n }` among them says that n
   * are missing there.
   *
   * @example
   * for await (const entry of client.subscribe('log', { port: 80 })) console.log(entry);
   */
  async *subscribe<T>(stream: string, parameters: Parameters = {}): AsyncGenerator<T | { gap: number }> {
    const { subscription } = await this.call<{ subscription: number }>('subscribe', { ...parameters, stream });
    const queue = this.#queueOf(subscription);
    try {
      for (;;) yield (await queue.take()) as T;
    } finally {
      queue.leave();
      // Until the answer more of its entries may come.
      const forget = (): void => void this.#entries.delete(subscription);
      if (this.#error === null) this.call('unsubscribe', { subscription }).then(forget, forget);
    }
  }

  close(): void {
    this.#fail(new ControlError('closed', 'The connection was closed'));
    this.#socket.destroy();
  }

  #request(call: string, parameters: Parameters, onItems: Waiting['onItems']): Promise<unknown> {
    if (this.#error !== null) return Promise.reject(this.#error);
    const id = ++this.#lastId;
    this.#socket.write(`${JSON.stringify({ ...parameters, id, call })}\n`);
    this.#socket.resume();
    return new Promise((resolve, reject) => this.#waiting.set(id, { items: [], onItems, resolve, reject }));
  }

  #read(line: string): void {
    const message = parseObject(line) as Message | null;
    if (message === null) throw new ControlError('failed', 'The stack said something that is no JSON object');
    if ('subscription' in message) {
      // Entries may come before the answer to `subscribe` has been looked at.
      const queue = this.#queueOf(message.subscription);
      queue.put(message.entry);
      if (queue.isFull && this.#waiting.size === 0) this.#socket.pause();
      return;
    }
    if ('error' in message && message.id === null) throw errorOf(message.error);
    if (!('id' in message)) return;
    const waiting = this.#waiting.get(message.id as number);
    if (waiting === undefined) return;
    if ('items' in message) {
      waiting.onItems?.(message.items);
      return;
    }
    this.#waiting.delete(message.id as number);
    if ('error' in message) waiting.reject(errorOf(message.error));
    else waiting.resolve(message.result);
  }

  #queueOf(subscription: number): EntryQueue {
    let queue = this.#entries.get(subscription);
    if (queue === undefined) {
      queue = new EntryQueue(this.#socket);
      if (this.#error !== null) queue.fail(this.#error);
      this.#entries.set(subscription, queue);
    }
    return queue;
  }

  #fail(error: Error): void {
    if (this.#error !== null) return;
    this.#error = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    for (const queue of this.#entries.values()) queue.fail(error);
  }
}

/** Entries between the socket, which brings them, and the loop that takes them. */
class EntryQueue {
  readonly #socket: Socket;
  #entries: unknown[] = [];
  #left = false;
  #error: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get isFull(): boolean {
    return this.#entries.length >= MOST_ENTRIES;
  }

  put(entry: unknown): void {
    if (this.#left) return;
    this.#entries.push(entry);
    this.#wake?.();
  }

  /** No more is taken. */
  leave(): void {
    this.#left = true;
    this.#entries = [];
    this.#socket.resume();
  }

  fail(error: Error): void {
    this.#error = error;
    this.#wake?.();
  }

  async take(): Promise<unknown> {
    while (this.#entries.length === 0) {
      if (this.#error !== null) throw this.#error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    const entry = this.#entries.shift();
    if (this.#entries.length === 0) this.#socket.resume();
    return entry;
  }
}

function readHello(line: string, path: string): Hello {
  const message = parseObject(line) as { hello?: Hello; error?: { code: string; message: string } } | null;
  if (message?.error !== undefined) throw errorOf(message.error);
  const hello = message?.hello;
  if (typeof hello?.protocol !== 'number') throw noHello(path);
  if (hello.protocol === PROTOCOL) return hello;
  throw new ControlError(
    'version',
    `The stack at ${path} (tcpglass ${hello.tcpglass}) speaks version ${hello.protocol} of the control protocol, this tcpglass version ${PROTOCOL}: use the one that the stack was started with`,
  );
}

const noHello = (path: string): ControlError =>
  new ControlError('version', `What listens at ${path} doesn't say hello as a tcpglass does`);

const errorOf = ({ code, message }: { code: string; message: string }): ControlError =>
  new ControlError(code as ControlErrorCode, message);

function connectError(error: NodeJS.ErrnoException, path: string): Error {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new ControlError('noStack', `No stack listens at ${path}`);
    case 'EACCES':
      return new ControlError('refused', `The stack at ${path} belongs to another user`);
    case 'ECONNRESET':
    case 'EPIPE':
      return new ControlError('closed', 'The stack has closed the connection');
    default:
      return error;
  }
}
