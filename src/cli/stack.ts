import type { NetApi, ServiceSocket } from '../services/net-api.ts';
import type { StackSettings } from './device-options.ts';

/** What the commands use of a Stack (src/net). */
export interface CliStack extends NetApi {
  connect(options: { host: string; port: number; allowHalfOpen?: boolean; noDelay?: boolean }): ServiceSocket;
  readonly host: unknown;
  readonly link: { readonly name: string; readonly mtu: number; readonly gsoMaxSize: number };
  close(): Promise<void>;
}

export interface OpenOptions {
  settings: StackSettings;
  /** Where the trace's lines go; null: no trace. */
  trace: ((line: string) => void) | null;
}

/** Opens the device and brings a host up on it. */
export async function open({ settings, trace }: OpenOptions): Promise<CliStack> {
  const path = '../net/stack.js';
  const { openStack } = (await import(path)) as { openStack(options: StackSettings): Promise<CliStack> };
  const stack = await openStack(settings);
  if (trace) {
    const tracePath = '../observe/trace.js';
    const { traceTo } = (await import(tracePath)) as { traceTo(host: unknown, write: (line: string) => void): void };
    traceTo(stack.host, trace);
  }
  return stack;
}
