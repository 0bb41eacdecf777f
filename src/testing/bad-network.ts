import { randomInt } from 'node:crypto';
import type { Agent, AgentOptions } from 'node:http';
import { inspect } from 'node:util';
import { nearest } from '../basics/nearest.ts';
import type { Sysctls } from '../host/sysctls.ts';
import { Cable, type CableEnd } from '../link/cable.ts';
import type { Connect } from '../net/net.ts';
import { createStack, type Stack } from '../net/stack.ts';
import { SeededRandom } from '../time/random.ts';
import { type HostName, Journal } from './journal.ts';
import { rulesText } from './rules.ts';
import { isSent, type SegmentKind } from './segments.ts';
import { ProcessTime } from './time/process-time.ts';
import { VirtualTime } from './time/virtual-time.ts';

export interface BadNetworkOptions {
  /** What happens to packets, in the language of src/link/impairment/IMPAIR.md; `out` is what the client sends. Default: nothing. */
  readonly rules?: readonly string[] | undefined;
  /** A whole number below 2^32: with the same one, and in virtual time, a run repeats. Default: by chance; `report()` names it. */
  readonly seed?: number | undefined;
  /**
   * `virtual`: the network's time goes on to what comes next as soon as nothing is left to do now, so waiting takes no time. Sockets'
   * `setTimeout` is in it, and the program's own timers are not. `real`, the default: time as the process has it, faked or not.
   */
  readonly time?: 'real' | 'virtual' | undefined;
  /** The longest IP packet between the two, in bytes. Default: 1500. */
  readonly mtu?: number | undefined;
  /** Knobs of both hosts, or of one, under Linux's names. */
  readonly sysctls?: Partial<Sysctls> | undefined;
  readonly client?: { readonly sysctls?: Partial<Sysctls> | undefined } | undefined;
  readonly server?: { readonly sysctls?: Partial<Sysctls> | undefined } | undefined;
}

const OPTIONS = ['rules', 'seed', 'time', 'mtu', 'sysctls', 'client', 'server'] satisfies (keyof BadNetworkOptions)[];

/** An option that is there by another name would be a network without faults, and a test that says nothing. */
function checkNames(options: BadNetworkOptions): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`The options must be an object, such as { rules: ['drop SYN'] }, not ${inspect(options)}`);
  }
  for (const name of Object.keys(options)) {
    if ((OPTIONS as string[]).includes(name)) continue;
    const [meant] = nearest(name.toLowerCase(), OPTIONS, 2);
    const hint = meant === undefined ? `there are ${OPTIONS.join(', ')}` : `did you mean "${meant}"?`;
    throw new TypeError(`Unknown option "${name}": ${hint}`);
  }
}

const ADDRESSES: Readonly<Record<HostName, string>> = { client: '10.0.0.1', server: '10.0.0.2' };
/** As most kernels in use have it: 127 s until a SYN is given up. (Since Linux 6.5 it is 131 s; the stack's own default is 251 s.) */
const USUAL: Partial<Sysctls> = { tcp_syn_retries: 6, tcp_syn_linear_timeouts: 0 };
const SEEDS = 2 ** 32;
/** What fits into most terminals, and into most reports of continuous integration. */
const WIDTH = 110;

/**
 * Two hosts with a TCP of their own each, and a path between them that misbehaves as it is told, in this process: no privilege, no
 * device, no port of the machine. What is created on `server` is reached from `client` at `address`.
 *
 * @throws RulesError with a line for each rule that can't be
 *
 * @example
 * ```ts
 * await using net = await badNetwork({ rules: ['drop SYN', 'delay 20ms'], time: 'virtual' });
 * const [error] = await once(net.connect(80), 'error'); // ETIMEDOUT, after 127 s of the network's time
 * ```
 */
export async function badNetwork(options: BadNetworkOptions = {}): Promise<BadNetwork> {
  return new BadNetwork(options);
}

export class BadNetwork implements AsyncDisposable {
  /** What chance began with. */
  readonly seed: number;
  /** The server's address; that of the client is 10.0.0.1. */
  readonly address = ADDRESSES.server;
  /** A web server's on it. */
  readonly url = `http://${ADDRESSES.server}`;
  readonly #options: BadNetworkOptions;
  readonly #random: SeededRandom;
  readonly #time: VirtualTime | ProcessTime;
  readonly #began: number;
  readonly #cable: Cable;
  readonly #journal = new Journal();
  #rules: string;
  readonly #hosts: Record<HostName, { stack: Stack<CableEnd>; stopRecording: () => void }>;

  constructor(options: BadNetworkOptions) {
    checkNames(options);
    const { seed = randomInt(SEEDS), time = 'real', mtu = 1500, rules = [] } = options;
    if (!Number.isInteger(seed) || seed < 0 || seed >= SEEDS) {
      throw new RangeError(`seed must be a whole number from 0 to ${SEEDS - 1}, not ${seed}`);
    }
    if (time !== 'real' && time !== 'virtual') throw new TypeError(`time must be 'real' or 'virtual', not ${time}`);
    this.#rules = rulesText(rules);
    this.#options = options;
    this.seed = seed;
    this.#random = new SeededRandom(seed);
    if (time === 'virtual') {
      const virtual = new VirtualTime();
      this.#time = virtual;
      this.#cable = new Cable({ mtu, soon: (deliver) => virtual.soon(deliver) });
    } else {
      this.#time = new ProcessTime();
      this.#cable = new Cable({ mtu });
    }
    this.#began = this.#time.now();
    this.#hosts = { client: this.#boot('client'), server: this.#boot('server') };
  }

  #boot(name: HostName): { stack: Stack<CableEnd>; stopRecording: () => void } {
    const stack = createStack(name === 'client' ? this.#cable.a : this.#cable.b, {
      addresses: [`${ADDRESSES[name]}/24`],
      sysctls: { ...USUAL, ...this.#options.sysctls, ...this.#options[name]?.sysctls },
      random: new SeededRandom(this.#random.next()),
      time: this.#time,
      impairSeed: this.#random.next() >>> 0,
    });
    if (name === 'client') stack.impair(this.#rules);
    return { stack, stopRecording: this.#journal.follow(stack, name) };
  }

  /** The hosts, with all that a stack has; after a `crash` another one. */
  get client(): Stack<CableEnd> {
    return this.#hosts.client.stack;
  }

  get server(): Stack<CableEnd> {
    return this.#hosts.server.stack;
  }

  /** The client's `net.connect`; without a host it is the server that is connected to. */
  readonly connect: Connect = (...args: unknown[]) => {
    const [first, second] = args;
    if (typeof first === 'number' && typeof second !== 'string') args.splice(1, 0, this.address);
    else if (typeof first === 'object' && first !== null) args[0] = { host: this.address, ...first };
    return this.client.connect(...(args as [number]));
  };

  /** The client's `fetch`: `net.fetch(`${net.url}/path`)`. */
  get fetch(): typeof fetch {
    return this.client.fetch;
  }

  /** The client's agents for `http.request`, got, axios: `http.get(net.url, { agent: net.agent() })`. */
  agent(options?: AgentOptions): Agent {
    return this.client.agent(options);
  }

  /** The client's dispatcher for `fetch`, and for undici: `net.dispatcher({ undici })`. */
  get dispatcher(): Stack['dispatcher'] {
    return this.client.dispatcher;
  }

  /** As it is, in milliseconds since the network is there. */
  get now(): number {
    return (this.#time.now() - this.#began) / 1000;
  }

  /** Waits so many milliseconds of the network's time. */
  wait(milliseconds: number): Promise<void> {
    return this.#time.sleep(milliseconds);
  }

  /**
   * The path is like that from now on: rules count from the beginning. No rules: nothing happens to packets.
   * @throws RulesError
   */
  rules(...rules: readonly string[]): void {
    this.#rules = rulesText(rules);
    this.client.impair(this.#rules);
  }

  /** Pulls the cable: what is sent is lost, and nobody is told. */
  unplug(): void {
    this.#cable.unplug();
  }

  plug(): void {
    this.#cable.plug();
  }

  /**
   * A host is gone without a word, and is back at once, knowing nothing: its sockets and servers are closed, and what its peer sends
   * is answered with a RST. The server's rules go on; those of a client that crashes count from the beginning.
   */
  crash(name: HostName): void {
    this.#halt(name);
    this.#hosts[name] = this.#boot(name);
  }

  #halt(name: HostName): void {
    const { stack, stopRecording } = this.#hosts[name];
    stopRecording();
    stack.link.close(); // nothing of what its closing brings about gets out
    void stack.close(0);
  }

  /** How many segments of a kind left their host, from both or from one. What is sent again counts again; a super-segment is one. */
  sent(kind: SegmentKind, from?: HostName): number {
    return this.log(from).filter((entry) => isSent(entry, kind)).length;
  }

  /** What happened, as entries of src/observe/log/LOG.md. */
  log(host?: HostName): ReturnType<Journal['entries']> {
    return this.#journal.entries(host);
  }

  /** What happened, as a time-sequence diagram. `verbose`: with timers, samples and the variables. */
  ladder({ width = WIDTH, verbose = false }: { width?: number; verbose?: boolean } = {}): string {
    return this.#journal.ladder(width, verbose);
  }

  /** The ladder, and how to have it again: what a failed test should print. */
  report(): string {
    const { rules = [], time = 'real' } = this.#options;
    const again = `{ seed: ${this.seed}, time: '${time}', rules: ${JSON.stringify(rules)} }`;
    const forgotten =
      this.#journal.forgotten > 0 ? ` (the first ${this.#journal.forgotten} entries are forgotten)` : '';
    return `The network, after ${this.now} ms; again: badNetwork(${again})${forgotten}\n${this.ladder()}`;
  }

  /** Ends it at once: sockets and servers are closed, nothing is sent any more. Idempotent. */
  async close(): Promise<void> {
    for (const name of ['client', 'server'] as const) this.#halt(name);
    if (this.#time instanceof VirtualTime) this.#time.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
