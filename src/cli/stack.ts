import type { TunLink } from '../link/tun.ts';
import { openStack, type Stack } from '../net/stack.ts';
import { traceTo } from '../observe/trace.ts';
import type { StackSettings } from './device-options.ts';

export type CliStack = Stack<TunLink>;

export interface OpenOptions {
  settings: StackSettings;
  /** Where the trace's lines go; null: no trace. */
  trace: ((line: string) => void) | null;
}

/** Opens the device and brings a host up on it. */
export async function open({ settings, trace }: OpenOptions): Promise<CliStack> {
  const stack = await openStack(settings);
  if (trace) traceTo(stack.host, trace);
  return stack;
}
