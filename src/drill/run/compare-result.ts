import { type Arguments, numberOf } from '../calls/arguments.ts';
import type { CallResult } from '../calls/operation.ts';
import type { CallAction } from '../script/ast.ts';
import { Mismatch } from '../terms/errors.ts';

/** A call's value and errno must be the script's, and what it filled in too. @throws Mismatch */
export function compareResult(action: CallAction, args: Arguments, result: CallResult): void {
  const actual = resultText(result.value, result.errno);
  if (action.result.type !== 'ellipsis') {
    const wanted = numberOf(action.result, args.line);
    if (wanted !== result.value || action.errno !== null || result.errno !== null) {
      const expected = resultText(wanted, action.errno);
      // A script may leave out which error it is.
      const sameError = action.errno === null || sameErrno(action.errno, result.errno);
      if (wanted !== result.value || !sameError) {
        throw new Mismatch(`${action.name}() gives another result`, expected, actual);
      }
    }
  }
  if (result.errno === null) result.verify?.();
}

const sameErrno = (a: string, b: string | null): boolean => canonical(a) === canonical(b ?? '');

/** Two names of one number. */
const canonical = (errno: string): string => (errno === 'EWOULDBLOCK' ? 'EAGAIN' : errno);

const resultText = (value: number, errno: string | null): string => (errno === null ? `${value}` : `${value} ${errno}`);
