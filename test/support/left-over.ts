import { afterEach } from 'vitest';

/** What tells what the test under way has left over that it should have looked at, and forgets it. */
const shared = globalThis as { leftOver?: (() => string[])[] };
shared.leftOver ??= [];
export const { leftOver } = shared as { leftOver: (() => string[])[] };

// A set-up file: it runs before each test file, and so holds for those files, too, whose worker has the modules already.
afterEach(({ task }) => {
  const left = leftOver.flatMap((take) => take());
  if (left.length > 0 && task.result?.state !== 'fail') {
    throw new Error(`The host sent what the test did not expect:\n${left.join('\n')}`);
  }
});
