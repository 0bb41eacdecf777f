import type { TunLink } from '../../link/tun.ts';
import type { HostClasses } from '../../net/net.ts';
import { openStack, type Stack } from '../../net/stack.ts';
import type { LogEntry } from '../../observe/log/schema.ts';
import { traceTo } from '../../observe/trace.ts';
import type { StackSettings } from '../arguments/device-options.ts';
import { note } from '../terminal/output.ts';

/** Is this the device that was asked for, by name or by pattern? */
function matches(wanted: string, name: string): boolean {
  const [before = '', after] = wanted.split('%d');
  if (after === undefined) return name === wanted;
  return (
    name.startsWith(before) &&
    name.endsWith(after) &&
    /^\d+$/.test(name.slice(before.length, name.length - after.length))
  );
}

export type CliStack = Stack<TunLink>;

export interface OpenOptions {
  settings: StackSettings;
  /** Where the trace's lines go; null: no trace. */
  trace: ((line: string) => void) | null;
  /** Where the entries of the event log go; null: no log. */
  log: ((entry: LogEntry) => void) | null;
  /** Constructors to be taken over (`Stack.classes`). */
  former?: HostClasses | null;
}

/** Opens the device and brings a host up on it. */
export async function open({ settings, trace, log, former = null }: OpenOptions): Promise<CliStack> {
  const stack = await openStack(settings, former);
  const { name } = stack.link;
  if (settings.driver === 'tuntap2' && !matches(settings.device, name)) {
    note(`tcpglass: the device is ${name}, not ${settings.device}: tuntap2 leaves its name to the kernel`);
  }
  if (log) stack.record(log);
  if (trace) traceTo(stack.host, trace, stack.impairment);
  return stack;
}
