import { checkNumber, described, outOfRange } from './argument-errors.ts';
import { nodeError } from './errors.ts';

/** Single values that are checked, and made what the stack wants of them. */

/** @throws RangeError ERR_SOCKET_BAD_PORT */
export function validPort(port: unknown, name = 'Port'): number {
  const number = typeof port === 'number' ? port : typeof port === 'string' && port.trim() !== '' ? Number(port) : NaN;
  if (number === number >>> 0 && number <= 0xffff) return number;
  throw nodeError(
    RangeError,
    'ERR_SOCKET_BAD_PORT',
    `${name} should be >= 0 and < 65536. Received ${described(port)}.`,
  );
}

const LONGEST_TIMEOUT = 0x7fffffff;

/** The seconds in `milliseconds` that are whole, as milliseconds: keep-alives count in seconds. */
export const wholeSeconds = (milliseconds: number | undefined): number =>
  Math.max(0, ((milliseconds ?? 0) / 1000) | 0) * 1000;

/** Checks a duration for a timer, in milliseconds. */
export function validDuration(value: unknown, name: string): number {
  checkNumber(value, name);
  if (!(value >= 0 && value < Infinity)) throw outOfRange(name, 'a non-negative finite number', value);
  return Math.min(value, LONGEST_TIMEOUT);
}

/** Checks a rate in octets a second; Infinity: no limit. @returns null where there is none */
export function validRate(value: unknown, name: string): number | null {
  checkNumber(value, name);
  if (value > 0) return value === Infinity ? null : value;
  throw outOfRange(name, '> 0 (Infinity: no limit)', value);
}

/** Checks the name of a congestion control algorithm against those that the host has. */
export function validCongestionControl(value: unknown, known: ReadonlyMap<string, unknown>, name: string): string {
  if (typeof value === 'string' && known.has(value)) return value;
  const among = [...known.keys()].map((other) => `'${other}'`).join(', ');
  const message = `The "${name}" argument must be one of: ${among}. Received ${JSON.stringify(value)}`;
  throw nodeError(TypeError, 'ERR_INVALID_ARG_VALUE', message);
}
