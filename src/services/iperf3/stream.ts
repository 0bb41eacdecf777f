import type { ServiceSocket } from '../terms/net-api.ts';
import { COOKIE_LENGTH, type Parameters } from './protocol.ts';

/** What a stream came to, as the results have it. */
export interface StreamResult {
  readonly bytes: number;
  /** -1: not known, or not ours. */
  readonly retransmits: number;
}

/** One connection of data: sends blocks as fast as it may, or takes what comes. */
export class Stream {
  readonly #socket: ServiceSocket;
  readonly #sends: boolean;
  readonly #block: Uint8Array;
  #isRunning = false;
  /** Of the octets and retransmissions so many don't count: the cookie, and what `omit` says. */
  #omitted: { bytes: number; retransmits: number };
  #last: StreamResult | null = null;

  constructor(socket: ServiceSocket, sends: boolean, parameters: Parameters, block: Uint8Array) {
    this.#socket = socket;
    this.#sends = sends;
    this.#block = block;
    this.#omitted = { bytes: sends ? 0 : COOKIE_LENGTH, retransmits: 0 };
    if (parameters.noDelay) socket.setNoDelay(true);
    if (sends && parameters.bandwidth > 0) socket.setMaxPacingRate?.(parameters.bandwidth / 8);
    if (parameters.congestion !== null) {
      try {
        socket.setCongestionControl?.(parameters.congestion);
      } catch {
        // There is none of that name: the client sees in the results what was used.
      }
    }
    socket.on('drain', () => this.#fill());
    if (!sends) socket.resume();
  }

  start(): void {
    this.#isRunning = true;
    this.#fill();
  }

  #fill(): void {
    if (!this.#sends) return;
    while (this.#isRunning && this.#socket.writable && this.#socket.write(this.#block));
  }

  /** What was until now doesn't count. */
  omit(): void {
    this.#omitted = this.#sofar();
  }

  #sofar(): { bytes: number; retransmits: number } {
    const { bytesRead, bytesWritten } = this.#socket;
    const retransmits = this.#socket.info?.()?.tcpi_total_retrans ?? -1;
    return { bytes: this.#sends ? bytesWritten : bytesRead, retransmits };
  }

  stop(): void {
    if (this.#last !== null) return;
    this.#isRunning = false;
    const { bytes, retransmits } = this.#sofar();
    this.#last = {
      bytes: bytes - this.#omitted.bytes,
      retransmits: this.#sends && retransmits >= 0 ? retransmits - Math.max(0, this.#omitted.retransmits) : -1,
    };
    this.#socket.destroy();
  }

  /** Of a stream that was stopped. */
  get result(): StreamResult {
    return this.#last ?? { bytes: 0, retransmits: -1 };
  }
}
