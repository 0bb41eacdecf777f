import { inspect } from 'node:util';
import { nodeError } from './errors.ts';

/** What is wrong with an argument, in Node's codes and words. `name`: as the caller wrote it; a dot in it makes it a property. */

type Coded = Error & { code: string };

const kindOf = (name: string): string => (name.includes('.') ? 'property' : 'argument');

/** @returns a TypeError ERR_INVALID_ARG_TYPE; `expected`: "of type number", "an instance of AbortSignal" */
export const wrongType = (name: string, expected: string, value: unknown): Coded =>
  nodeError(
    TypeError,
    'ERR_INVALID_ARG_TYPE',
    `The "${name}" ${kindOf(name)} must be ${expected}. Received ${described(value)}`,
  );

/** @returns a TypeError ERR_INVALID_ARG_VALUE; `why`: "is not supported" */
export const wrongValue = (name: string, value: unknown, why = 'is invalid'): Coded =>
  nodeError(
    TypeError,
    'ERR_INVALID_ARG_VALUE',
    `The ${kindOf(name)} '${name}' ${why}. Received ${shortened(value, 128)}`,
  );

/** What the kernel has and a TCP in userspace has not: paths, file descriptors. */
export const noSuchTransport = (name: string, value: unknown): Coded =>
  wrongValue(name, value, 'is not supported: a tcpglass stack speaks TCP only');

/** @returns a RangeError ERR_OUT_OF_RANGE; `range`: ">= 1 && <= 2147483647" */
export const outOfRange = (name: string, range: string, value: unknown): Coded =>
  nodeError(
    RangeError,
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${range}. Received ${value}`,
  );

/** A value as Node's messages describe it: by its type, or the name of what made it. */
export function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return value.name === '' ? 'function ' : `function ${value.name}`;
  if (typeof value !== 'object') return `type ${typeof value} (${shortened(value, 25)})`;
  const maker = value.constructor?.name;
  return maker ? `an instance of ${maker}` : inspect(value, { depth: -1 });
}

function shortened(value: unknown, length: number): string {
  const text = inspect(value, { colors: false });
  return text.length > length + 3 ? `${text.slice(0, length)}...` : text;
}

export function checkNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw wrongType(name, 'of type number', value);
}

export function checkBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw wrongType(name, 'of type boolean', value);
}

// biome-ignore lint/complexity/noBannedTypes: any function
export function checkFunction(value: unknown, name: string): asserts value is Function {
  if (typeof value !== 'function') throw wrongType(name, 'of type function', value);
}

/** A whole number from `least` to 2^31 - 1. */
export function checkInt32(value: unknown, name: string, least: number, most = 0x7fffffff): asserts value is number {
  checkNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < least || value > most) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
}

/** As Node knows one: an object that says whether it is aborted. */
export function checkSignal(value: unknown, name: string): asserts value is AbortSignal {
  if (typeof value === 'object' && value !== null && 'aborted' in value) return;
  throw wrongType(name, 'an instance of AbortSignal', value);
}
