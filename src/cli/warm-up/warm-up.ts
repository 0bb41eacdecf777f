import { TunLink } from '../../link/tun.ts';
import type { HostClasses } from '../../net/net.ts';
import { createStack, type Stack } from '../../net/stack.ts';
import { type ServiceName, startServices } from '../../services/index.ts';
import { type StackSettings, toWord } from '../arguments/device-options.ts';
import { Client, type Errand } from './client.ts';

/** How long it may take at the most, in milliseconds. Without it `up` is there in 300 (measured). */
const LONGEST = 400;
/** How many connections at the most, which a fast machine serves earlier: behind these, V8 has all of the code. */
const MOST_CONNECTIONS = 2000;
/** The stacks before the last one, and the connections of each: enough to have run all of the code once. */
const FIRST_STACKS = 2;
const FIRST_CONNECTIONS = 8;
/** How many of them there are at once. */
const AT_ONCE = 8;

/** As in the loads that PERFORMANCE.md has: an octet there and back, and requests on a connection that is kept. */
const ERRANDS: Partial<Record<ServiceName, Omit<Errand, 'port'>>> = {
  echo: { request: Buffer.from('x'), times: 1 },
  http: { request: Buffer.from('GET /hello HTTP/1.1\r\nHost: warm-up\r\n\r\n'), times: 8 },
};

/**
 * Has V8 compile what connections run, before there is one: stacks of ours serve a client, all of them in memory. They share nothing
 * with the stack that comes later but the code, and the constructors of sockets and servers.
 *
 * V8 makes fast code for the layouts of the objects that it has seen, and takes what it has seen one of for a constant. Of a single
 * stack most was thrown away when the real one came, 76 functions; so there are several, one behind the other, and each has the
 * constructors of the one before, since objects of other constructors have other layouts.
 *
 * Measured, in instructions of this thread (Node.js 20): each of the first 100 connections takes 2,500,000, and the next 400 take
 * 450,000 each; with this 700,000 and 380,000; 170,000 in the long run. With 2,000 connections, which take 1.2 s, it is 270,000 and
 * 210,000 (and behind a single stack 410,000 and 250,000), with 500 in 0.7 s 420,000 and 290,000.
 *
 * @param signal ends it early
 * @returns constructors for the real stack; null: there was nothing to be done
 */
export async function warmUp(
  settings: StackSettings,
  services: ReadonlyMap<ServiceName, number>,
  signal: AbortSignal,
): Promise<HostClasses | null> {
  const wanted = new Map([...services].filter(([name]) => ERRANDS[name] !== undefined));
  // Of tuntap2's device nothing would be run.
  if (wanted.size === 0 || settings.driver === 'tuntap2') return null;
  const until = performance.now() + LONGEST;
  let classes: HostClasses | null = null;
  for (let i = 0; i <= FIRST_STACKS && !signal.aborted && performance.now() < until; i++) {
    const connections = i < FIRST_STACKS ? FIRST_CONNECTIONS : MOST_CONNECTIONS;
    const stack = await serveInMemory(settings, wanted, { connections, until, signal }, classes);
    classes = stack.classes;
  }
  return classes;
}

/** What ends it, whichever comes first. */
export interface WarmUpEnd {
  connections: number;
  /** As `performance.now` has it. */
  until: number;
  signal: AbortSignal;
}

/** Has a stack in memory serve connections. @returns the stack, which is closed; `former`: whose constructors it gets */
export async function serveInMemory(
  settings: StackSettings,
  services: ReadonlyMap<ServiceName, number>,
  { connections, until, signal }: WarmUpEnd,
  former: HostClasses | null = null,
): Promise<Stack<TunLink>> {
  const { address, kernelAddress, prefix, mtu, offload, sysctls, history } = settings;
  const errands = [...services].map(([name, port]) => ({ ...ERRANDS[name]!, port }));
  let end!: () => void;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  let opened = 0;
  let open = 0;
  const begin = (): void => {
    open++;
    client.open(errands[opened++ % errands.length]!);
  };
  const client = new Client({ address: toWord(kernelAddress), peer: toWord(address), mtu, offload }, () => {
    open--;
    if (opened < connections && performance.now() < until) begin();
    else if (open === 0) end();
  });
  const link = new TunLink(client.device.tun(offload));
  const stack = createStack(link, { addresses: [`${address}/${prefix}`], sysctls, history }, former);
  // With settings that let no connection be made, too.
  const timer = setTimeout(end, until - performance.now());
  signal.addEventListener('abort', end);
  try {
    const running = await startServices(stack, services);
    for (let i = 0; i < Math.min(AT_ONCE, connections); i++) begin();
    await over;
    running.close();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    await stack.close(0);
  }
  return stack;
}
