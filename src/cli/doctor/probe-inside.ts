import { Command } from 'commander';
import { probeTun } from '../../link/probe.ts';

/** The hidden command that `doctor` starts in a network namespace of its own. */
export const PROBE = '__probe';

export function probeCommand(): Command {
  return new Command(PROBE).action(
    () =>
      new Promise<void>((resolve) => process.send?.(probeTun(), undefined, undefined, () => resolve()) ?? resolve()),
  );
}
