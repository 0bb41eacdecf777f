import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import type http from 'node:http';
import type net from 'node:net';
import type { TunLink } from '../../src/link/tun.ts';
import type { openStack, Stack, StackOptions } from '../../src/net/stack.ts';
import { LONGEST_MS, resultOf } from './namespace.ts';

/** Our stack with all its services, beside the kernel's own TCP, alone in a network namespace. */
export interface Surroundings {
  readonly stack: Stack<TunLink>;
  /** Ours. */
  readonly address: string;
  /** The kernel's: `net` and `http` are Node's own, on its TCP. */
  readonly kernelAddress: string;
  readonly net: typeof net;
  readonly http: typeof http;
  readonly openStack: typeof openStack;
  sleep(milliseconds: number): Promise<void>;
  /** Starts a program; it is killed at the end if it still runs. */
  start(...argv: string[]): ChildProcessWithoutNullStreams;
  startNode(script: string): ChildProcessWithoutNullStreams;
  /** What a shell script says. Throws when it fails. */
  sh(script: string): Promise<string>;
  /** Looks again and again, for a minute: what does not come by then never does. */
  until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void>;
  /** The path of a file that is gone afterwards. */
  file(name: string): string;
  /** SHA-256 of what `/bytes/LENGTH` has to say, and of anything. */
  patternHash(length: number): string;
  hash(bytes: Uint8Array): string;
  /** Our connections and the kernel's to us: `LOCAL-PORT REMOTE-PORT STATE`. */
  ours(): string[];
  kernels(): Promise<string[]>;
  /** `LOCAL-PORT REMOTE-PORT` of the TIME_WAIT table. */
  ourTimeWaits(): string[];
  /** All that a socket receives until it closes, and the code of its error. */
  collect(socket: EventEmitter): Promise<{ data: Buffer; error: string | null }>;
  /** Resolves to the port. */
  listen(server: EventEmitter & { listen(port: number, done: () => void): unknown }, port: number): Promise<number>;
}

export interface ScenarioOptions {
  readonly stack?: Partial<StackOptions>;
  readonly timeoutMs?: number;
}

const INSIDE = new URL('./inside.mjs', import.meta.url).href;

/**
 * Runs a scenario in a child, in a namespace of its own, and resolves to what it returns (through JSON). Its text is
 * what goes there, so it sees nothing but its arguments and JavaScript's globals: no imports, no surrounding variables.
 */
export function inScenario<T, A extends readonly unknown[]>(
  scenario: (surroundings: Surroundings, ...args: A) => Promise<T>,
  args: A,
  { stack = {}, timeoutMs = LONGEST_MS }: ScenarioOptions = {},
): Promise<T> {
  return resultOf<T>(
    `import { run } from '${INSIDE}'; await run(${scenario}, ${JSON.stringify(stack)}, ${JSON.stringify(args)});`,
    { timeoutMs },
  );
}
