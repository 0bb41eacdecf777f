import type { Socket } from 'node:net';
import { LineReader } from '../terms/lines.ts';
import {
  ControlError,
  LONGEST_REQUEST,
  type Message,
  parseRequest,
  type Request,
  type RequestId,
} from '../terms/protocol.ts';
import { Subscription } from './subscription.ts';
import type { Tables } from './tables.ts';

/** So many steps of a list are made in one turn of the event loop: packets must not wait long. */
const PIECE = 64;
/**
 * As much as waits for a slow reader, in characters. A list goes on when less does, and so does the next request; entries of a
 * stream are left out.
 */
const MOST_WAITING = 256 * 1024;
/** Subscriptions of one client. */
const MOST_SUBSCRIPTIONS = 16;
/** How long a client that is told to go has to read why, in milliseconds. */
const GRACE_MS = 1000;

/** One client: its requests, answered one after the other, and its subscriptions. */
export class Session {
  readonly #socket: Socket;
  readonly #tables: Tables;
  readonly #lines = new LineReader(LONGEST_REQUEST);
  readonly #subscriptions = new Map<number, Subscription>();
  #lastSubscription = 0;
  /** Said, and not handed to the socket yet: one write for all that is said in a turn. */
  #said = '';
  #flushing = false;
  /** The list that is being sent. */
  #list: { id: RequestId; items: Iterator<unknown>; count: number } | null = null;
  /** The next turn of the event loop looks for a request. */
  #readsOn = false;
  /** The client has closed its direction. */
  #ended = false;
  #over = false;

  constructor(socket: Socket, tables: Tables) {
    this.#socket = socket;
    this.#tables = tables;
    socket.on('data', (chunk: Buffer) => {
      this.#lines.push(chunk);
      this.#readSoon();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#readSoon();
    });
    socket.on('drain', () => this.#drained());
    socket.on('close', () => this.#close());
    this.#say({ hello: tables.hello });
  }

  // ---- Requests

  /**
   * Answers the next request. Packets come between it and the one behind it; while a list is being sent, and while answers wait
   * for their reader, what comes next waits in the kernel.
   */
  readonly #readOn = (): void => {
    this.#readsOn = false;
    if (this.#over || this.#list !== null) return;
    if (this.#waiting > MOST_WAITING) {
      this.#socket.pause();
      this.#flush(); // and `drain` goes on
      return;
    }
    const line = this.#nextLine();
    if (this.#over) return;
    if (line !== null) {
      this.#socket.pause();
      if (line.trim() !== '') this.#answer(line);
      this.#readSoon();
    } else if (this.#ended) this.#leave();
    else this.#socket.resume();
  };

  #readSoon(): void {
    if (this.#readsOn) return;
    this.#readsOn = true;
    setImmediate(this.#readOn);
  }

  #nextLine(): string | null {
    try {
      return this.#lines.next();
    } catch (error) {
      this.#refuse(null, 'badRequest', (error as Error).message);
      this.#sendAway();
      return null;
    }
  }

  #answer(line: string): void {
    let request: Request;
    try {
      request = parseRequest(line);
    } catch (error) {
      // This client does not speak our language: nothing more that it sends is looked at.
      this.#tell(null, error);
      this.#sendAway();
      return;
    }
    const { id } = request;
    try {
      const result = this.#call(request);
      if (isIterator(result)) this.#sendList(id, result);
      else this.#say({ id, result: result ?? null });
    } catch (error) {
      this.#tell(id, error);
    }
  }

  #call({ call, parameters }: Request): unknown {
    const { calls } = this.#tables;
    if (call === 'subscribe') return this.#subscribe(parameters.stream, parameters);
    if (call === 'unsubscribe') return this.#unsubscribe(parameters.subscription);
    const answer = calls.get(call);
    if (answer !== undefined) return answer(parameters);
    const known = [...calls.keys(), 'subscribe', 'unsubscribe'].join(', ');
    throw new ControlError('unknownCall', `There is no call "${call.slice(0, 64)}" here; there are: ${known}`);
  }

  // ---- Lists

  #sendList(id: RequestId, items: Iterator<unknown>): void {
    this.#list = { id, items, count: 0 };
    this.#sendPiece();
  }

  readonly #sendPiece = (): void => {
    const list = this.#list;
    if (list === null || this.#over) return;
    try {
      const items: unknown[] = [];
      let done = false;
      for (let step = 0; step < PIECE && !done; step++) {
        const next = list.items.next();
        done = next.done === true;
        if (!done && next.value !== null) items.push(next.value);
      }
      list.count += items.length;
      if (items.length > 0) this.#say({ id: list.id, items });
      if (!done) {
        if (this.#waiting <= MOST_WAITING) setImmediate(this.#sendPiece);
        else this.#flush(); // and `drain` goes on
        return;
      }
      this.#say({ id: list.id, result: { count: list.count } });
    } catch (error) {
      this.#tell(list.id, error);
    }
    this.#list = null;
    this.#readSoon();
  };

  // ---- Streams

  #subscribe(name: unknown, parameters: Request['parameters']): { subscription: number } {
    const { streams } = this.#tables;
    const stream = typeof name === 'string' ? streams.get(name) : undefined;
    if (stream === undefined) {
      const known = [...streams.keys()].join(', ') || 'none';
      throw new ControlError('badParameters', `"stream" is the name of a stream; there are: ${known}`);
    }
    if (this.#subscriptions.size >= MOST_SUBSCRIPTIONS) {
      throw new ControlError('busy', `A client has at most ${MOST_SUBSCRIPTIONS} subscriptions`);
    }
    const number = ++this.#lastSubscription;
    const subscription = new Subscription((entry) => this.#say({ subscription: number, entry }), this.#hasRoom);
    subscription.begin(stream, parameters);
    this.#subscriptions.set(number, subscription);
    return { subscription: number };
  }

  #unsubscribe(number: unknown): Record<string, never> {
    const subscription = this.#subscriptions.get(number as number);
    if (subscription === undefined) throw new ControlError('notFound', `There is no subscription ${String(number)}`);
    this.#subscriptions.delete(number as number);
    subscription.end();
    return {};
  }

  readonly #hasRoom = (): boolean => !this.#over && this.#waiting < MOST_WAITING;

  // ---- Output

  get #waiting(): number {
    return this.#said.length + this.#socket.writableLength;
  }

  #say(message: Message): void {
    if (this.#over) return;
    this.#said += `${JSON.stringify(message)}\n`;
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(this.#flush);
  }

  #tell(id: RequestId | null, error: unknown): void {
    const code = error instanceof ControlError ? error.code : 'failed';
    this.#refuse(id, code, error instanceof Error ? error.message : String(error));
  }

  #refuse(id: RequestId | null, code: string, message: string): void {
    this.#say({ id, error: { code, message } });
  }

  readonly #flush = (): void => {
    this.#flushing = false;
    const said = this.#said;
    this.#said = '';
    if (said !== '' && this.#socket.writable) this.#socket.write(said);
  };

  #drained(): void {
    for (const subscription of this.#subscriptions.values()) subscription.tellGap();
    if (this.#list !== null) setImmediate(this.#sendPiece);
    else this.#readSoon();
  }

  // ---- The end

  /** Says what was said, and goes when it is read. */
  #leave(): void {
    if (this.#over) return;
    this.#flush();
    this.#close();
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Says what was said, and goes, without waiting for long that it is read. */
  #sendAway(): void {
    this.#leave();
    setTimeout(() => this.#socket.destroy(), GRACE_MS).unref();
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#said = '';
    this.#list?.items.return?.();
    this.#list = null;
    for (const subscription of this.#subscriptions.values()) subscription.end();
    this.#subscriptions.clear();
  }
}

const isIterator = (value: unknown): value is Iterator<unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Symbol.iterator in value && 'next' in value;
