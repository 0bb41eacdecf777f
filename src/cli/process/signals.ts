import { constants } from 'node:os';

/**
 * Lets a signal do what it does to a program that has no handler, so that nothing of ours can hold it up. To process 1 (of a
 * container) the kernel does nothing; that one exits.
 */
export function dieOf(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.exit(128 + constants.signals[signal]);
}

/** At Ctrl-C and the like: `action` first (so that our peers hear of it), then the exit code that shells expect. */
export function onInterrupt(action: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      action();
      // A turn of the event loop for the last packets; the device itself goes with the process.
      setTimeout(() => process.exit(128 + constants.signals[signal]), 20);
    });
  }
}
