import { performance } from 'node:perf_hooks';
import type { ServiceSocket } from '../terms/net-api.ts';
import {
  CLIENT_TERMINATE,
  CREATE_STREAMS,
  DISPLAY_RESULTS,
  EXCHANGE_RESULTS,
  framed,
  IERECVPARAMS,
  IPERF_DONE,
  PARAM_EXCHANGE,
  type Parameters,
  readParameters,
  serverError,
  streamId,
  TEST_END,
  TEST_RUNNING,
  TEST_START,
} from './protocol.ts';
import { Stream } from './stream.ts';

/** JSON that a client may send: parameters are some hundred octets, results some hundred for each stream. */
const JSON_MOST = 256 * 1024;
/** So long a client may say nothing where it is its turn, in milliseconds; a test itself, which it ends, may take a day. */
const PATIENCE = 30_000;
const LONGEST_TEST = 86_400_000;

type Waiting = 'parameters' | 'streams' | 'end' | 'results' | 'done';

/** One test: its control connection, and the streams that belong to it. */
export class Session {
  readonly #control: ServiceSocket;
  readonly #onEnd: () => void;
  #waiting: Waiting = 'parameters';
  #input: Buffer = Buffer.alloc(0);
  #parameters: Parameters | null = null;
  #block: Uint8Array = new Uint8Array(0);
  readonly #streams: Stream[] = [];
  #omitTimer: NodeJS.Timeout | null = null;
  #began = 0;
  #seconds = 0;
  #cpu = process.cpuUsage();
  #hasEnded = false;

  constructor(control: ServiceSocket, onEnd: () => void) {
    this.#control = control;
    this.#onEnd = onEnd;
    control.setNoDelay(true);
    control.on('data', (chunk: Buffer) => this.#take(chunk));
    control.on('end', () => this.end());
    control.on('close', () => this.end());
    control.setTimeout(PATIENCE, () => this.end());
    this.#say(PARAM_EXCHANGE);
  }

  /** A connection with our cookie. False: none is expected. */
  add(socket: ServiceSocket): boolean {
    const parameters = this.#parameters;
    if (this.#waiting !== 'streams' || parameters === null) return false;
    // The streams on which the client sends come first.
    const sends = !parameters.clientSends || this.#streams.length >= parameters.streams;
    this.#streams.push(new Stream(socket, sends, parameters, this.#block));
    const directions = Number(parameters.clientSends) + Number(parameters.serverSends);
    if (this.#streams.length === parameters.streams * directions) this.#start(parameters);
    return true;
  }

  #start({ omit }: Parameters): void {
    this.#waiting = 'end';
    this.#control.setTimeout(LONGEST_TEST);
    this.#began = performance.now();
    this.#cpu = process.cpuUsage();
    this.#say(TEST_START);
    this.#say(TEST_RUNNING);
    for (const stream of this.#streams) stream.start();
    if (omit > 0) this.#omitTimer = setTimeout(() => this.#omit(), omit * 1000);
  }

  #omit(): void {
    this.#began = performance.now();
    this.#cpu = process.cpuUsage();
    for (const stream of this.#streams) stream.omit();
  }

  #take(chunk: Buffer): void {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    while (!this.#hasEnded && this.#takeOne());
  }

  /** One message; false: it isn't whole. */
  #takeOne(): boolean {
    if (this.#waiting === 'parameters' || this.#waiting === 'results') {
      const text = this.#takeJson();
      if (text === null) return false;
      if (this.#waiting === 'parameters') this.#begin(text);
      else this.#sendResults();
      return true;
    }
    if (this.#input.length === 0) return false;
    const state = this.#input[0]!;
    this.#input = this.#input.subarray(1);
    if (state === TEST_END && this.#waiting === 'end') this.#stop();
    else if (state === IPERF_DONE || state === CLIENT_TERMINATE) this.end();
    else this.#refuse(IERECVPARAMS);
    return true;
  }

  #takeJson(): string | null {
    if (this.#input.length < 4) return null;
    const length = this.#input.readUInt32BE();
    if (length > JSON_MOST) {
      this.#refuse(IERECVPARAMS);
      return null;
    }
    if (this.#input.length < 4 + length) return null;
    const text = this.#input.toString('utf8', 4, 4 + length);
    this.#input = this.#input.subarray(4 + length);
    return text;
  }

  #begin(text: string): void {
    const parameters = readParameters(text);
    if (typeof parameters === 'number') {
      this.#refuse(parameters);
      return;
    }
    this.#parameters = parameters;
    this.#block = new Uint8Array(parameters.blockLength);
    this.#waiting = 'streams';
    this.#say(CREATE_STREAMS);
  }

  #stop(): void {
    this.#seconds = (performance.now() - this.#began) / 1000;
    this.#halt();
    this.#waiting = 'results';
    this.#control.setTimeout(PATIENCE);
    this.#say(EXCHANGE_RESULTS);
  }

  /** The client's results are for those who read at the server's end; ours it prints. */
  #sendResults(): void {
    const { user, system } = process.cpuUsage(this.#cpu);
    const percent = (micros: number): number => micros / 1e4 / Math.max(this.#seconds, 1e-3);
    const results = this.#streams.map(({ result }, index) => ({ id: streamId(index), ...result }));
    this.#waiting = 'done';
    this.#control.write(
      framed({
        cpu_util_total: percent(user + system),
        cpu_util_user: percent(user),
        cpu_util_system: percent(system),
        // -1: the client is the sender, and knows them itself.
        sender_has_retransmits: this.#parameters?.serverSends ? Number(results.some((r) => r.retransmits >= 0)) : -1,
        streams: results.map((result) => ({
          ...result,
          jitter: 0,
          errors: 0,
          packets: 0,
          start_time: 0,
          end_time: this.#seconds,
        })),
      }),
    );
    this.#say(DISPLAY_RESULTS);
  }

  #say(state: number): void {
    this.#control.write(Uint8Array.of(state));
  }

  #refuse(code: number): void {
    this.#control.end(serverError(code));
    this.end();
  }

  #halt(): void {
    if (this.#omitTimer !== null) clearTimeout(this.#omitTimer);
    for (const stream of this.#streams) stream.stop();
  }

  /** The test is over, as it should be or not. Idempotent. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#halt();
    this.#control.end();
    this.#control.setTimeout(PATIENCE, () => this.#control.destroy());
    this.#onEnd();
  }
}
