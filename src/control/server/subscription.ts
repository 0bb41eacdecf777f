import type { Parameters } from '../terms/protocol.ts';
import type { Stream } from './tables.ts';

/** A stream that a client has asked for. A slow reader loses entries, never time of the stack's; it is told how many. */
export class Subscription {
  readonly #send: (entry: object) => void;
  readonly #hasRoom: () => boolean;
  #stop: (() => void) | null = null;
  #over = false;
  /** Entries that were left out since the last one that was sent. */
  #gap = 0;

  constructor(send: (entry: object) => void, hasRoom: () => boolean) {
    this.#send = send;
    this.#hasRoom = hasRoom;
  }

  begin(stream: Stream, parameters: Parameters): void {
    this.#stop = stream(parameters, this.#push, this.#leavesOut);
  }

  readonly #push = (entry: object): boolean => {
    if (this.#over || this.#leavesOut()) return false;
    this.tellGap();
    this.#send(entry);
    return true;
  };

  readonly #leavesOut = (): boolean => {
    if (this.#over || this.#hasRoom()) return false;
    this.#gap++;
    return true;
  };

  /** The reader has caught up: before anything else it is told what it missed. */
  tellGap(): void {
    if (this.#gap === 0 || this.#over) return;
    const gap = this.#gap;
    this.#gap = 0;
    this.#send({ gap });
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stop?.();
  }
}
