import { AsyncResource } from 'node:async_hooks';
import { DOUBLE } from '../../basics/double.ts';

export type WriteCallback = (error?: Error | null) => void;

/** A callback that waits, and the asynchronous context of the call that brought it, in which it is to run. */
export class OwedCallback extends AsyncResource {
  readonly #callback: WriteCallback;

  constructor(callback: WriteCallback) {
    super('tcpglass:Write');
    this.#callback = callback;
  }

  call(error: Error | null): void {
    this.runInAsyncScope(this.#callback, null, error);
  }
}

/**
 * Which write callbacks wait for the peer's acknowledgement.
 *
 * A write callback says "the memory is yours again". Small chunks and strings are copied, so the stream calls their
 * callbacks itself. Long chunks stay in the application's memory until they are acknowledged: their callbacks are
 * kept here under their stream offset, and with them those of later writes, so that the order stays.
 */
export class WriteLedger {
  /** Octets taken by `write`, as a stream offset. */
  accepted = DOUBLE;
  /** Up to this offset acknowledgements matter to a writer. */
  heldTo = DOUBLE;
  #offsets: number[] = [];
  #callbacks: OwedCallback[] = [];
  #first = 0;

  constructor() {
    this.accepted = this.heldTo = 0;
  }

  /**
   * Notes one write. `referenced`: it is going to be sent from the application's memory.
   * @returns the callback when the stream shall call it; `undefined` when the ledger does.
   */
  add(
    length: number,
    referenced: boolean,
    acked: number,
    callback: WriteCallback | undefined,
  ): WriteCallback | undefined {
    this.accepted += length;
    if (referenced) this.heldTo = this.accepted;
    if (callback === undefined || (this.heldTo <= acked && !this.waiting)) return callback;
    this.heldTo = this.accepted;
    this.#offsets.push(this.accepted);
    this.#callbacks.push(new OwedCallback(callback));
    return undefined;
  }

  get waiting(): boolean {
    return this.#first < this.#callbacks.length;
  }

  /** Calls back what is acknowledged now. */
  acknowledge(acked: number): void {
    while (this.#first < this.#callbacks.length && this.#offsets[this.#first]! <= acked) this.#take().call(null);
  }

  /** The socket is over: what was sent up to `sent` gets `error` (or none), the rest `unsentError`. */
  end(sent: number, error: Error | null, unsentError: () => Error): void {
    while (this.#first < this.#callbacks.length) {
      const offset = this.#offsets[this.#first]!;
      this.#take().call(error ?? (offset <= sent ? null : unsentError()));
    }
  }

  #take(): OwedCallback {
    const callback = this.#callbacks[this.#first++]!;
    if (this.#first === this.#callbacks.length) {
      this.#callbacks = [];
      this.#offsets = [];
      this.#first = 0;
    }
    return callback;
  }
}
