import type { LookupAddress } from 'node:dns';
import type { StackTime, StackTimer } from '../driver/clock.ts';
import type { ConnectOptions } from '../terms/args.ts';
import { connectError, type SystemError } from '../terms/errors.ts';

/** The socket that wants a connection. */
interface AttemptingSocket {
  readonly connecting: boolean;
  autoSelectFamilyAttemptedAddresses?: string[];
  /** Opens a connection, in the place of that before. @returns why it can't */
  _attempt(address: string, port: number, options: Partial<ConnectOptions>): SystemError | null;
  emit(event: string, ...args: unknown[]): boolean;
  destroy(error: Error): void;
}

/** No attempt has less time, in milliseconds. */
const LEAST_TIMEOUT = 10;

/**
 * Happy eyeballs as node:net has them (`autoSelectFamily`; loosely RFC 8305): the addresses of a name are tried one after the other, the
 * families in turn, beginning with that of the first. An attempt that has neither succeeded nor failed within `timeout`
 * milliseconds is given up for the next, but for the last, which has all the time it wants.
 */
export class FamilyAttempts {
  readonly #socket: AttemptingSocket;
  readonly #addresses: readonly LookupAddress[];
  readonly #port: number;
  readonly #options: Partial<ConnectOptions>;
  readonly #timeout: number;
  readonly #errors: SystemError[] = [];
  #current = -1;
  readonly #time: StackTime;
  #timer: StackTimer | null = null;

  constructor(
    socket: AttemptingSocket,
    time: StackTime,
    addresses: readonly LookupAddress[],
    port: number,
    options: Partial<ConnectOptions>,
    timeout: number,
  ) {
    this.#socket = socket;
    this.#time = time;
    this.#addresses = addresses;
    this.#port = port;
    this.#options = options;
    this.#timeout = Math.max(timeout, LEAST_TIMEOUT);
    socket.autoSelectFamilyAttemptedAddresses = [];
  }

  /** Tries the next address; if there is none, it is over. */
  next(): void {
    const socket = this.#socket;
    this.stop();
    if (++this.#current === this.#addresses.length) {
      socket.destroy(allFailed(this.#errors));
      return;
    }
    const { address } = this.#addresses[this.#current]!;
    socket.autoSelectFamilyAttemptedAddresses!.push(`${address}:${this.#port}`);
    const error = socket._attempt(address, this.#port, this.#options);
    if (error !== null) this.failed(error);
    else if (this.#current < this.#addresses.length - 1 && socket.connecting) {
      this.#timer = this.#time.setTimer(() => this.#timedOut(), this.#timeout);
    }
  }

  /** The attempt at work has failed. */
  failed(error: SystemError): void {
    this.stop();
    const { address, family } = this.#addresses[this.#current]!;
    this.#errors.push(error);
    this.#socket.emit('connectionAttemptFailed', address, this.#port, family, error);
    if (this.#socket.connecting) this.next();
  }

  #timedOut(): void {
    const { address, family } = this.#addresses[this.#current]!;
    this.#socket.emit('connectionAttemptTimeout', address, this.#port, family);
    this.#errors.push(connectError('ETIMEDOUT', 'connect', address, this.#port));
    if (this.#socket.connecting) this.next();
  }

  /** There is a connection, or none is wanted any more. */
  stop(): void {
    if (this.#timer !== null) this.#time.clearTimer(this.#timer);
    this.#timer = null;
  }
}

/** The error of all attempts, under the code of the first. */
function allFailed(errors: readonly SystemError[]): Error {
  return Object.assign(new AggregateError(errors), { code: errors[0]?.code });
}

/** Each valid address once, the families in turn, beginning with that of the first. */
export function inTurn(found: readonly LookupAddress[]): LookupAddress[] {
  const seen = new Set<string>();
  const first: LookupAddress[] = [];
  const second: LookupAddress[] = [];
  for (const each of found) {
    if (seen.has(each.address)) continue;
    seen.add(each.address);
    (first.length === 0 || first[0]!.family === each.family ? first : second).push(each);
  }
  const turns = Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [first[i], second[i]]);
  return turns.flat().filter((each) => each !== undefined);
}
