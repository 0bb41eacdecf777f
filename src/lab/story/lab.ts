import type { Sysctls } from '../../host/host.ts';
import type { Direction } from '../../link/impairment/language/terms.ts';
import { LabError } from '../terms/errors.ts';
import type { Text } from '../terms/text.ts';
import { Attacker } from '../world/attacker.ts';
import type { LabHost } from '../world/lab-host.ts';
import { type SynOption, stripOption } from '../world/middlebox.ts';
import { BEGIN, type World } from '../world/world.ts';
import { type PathSettings, pathOf } from './path-settings.ts';
import type { Pattern } from './patterns.ts';
import { Story, type Telling } from './story.ts';

/** The addresses of those that a scenario gives none. */
const ADDRESSES = { client: '10.9.0.1', server: '10.9.0.2' } as const;

export interface HostSettings {
  /** Default: the client's is 10.9.0.1, the server's 10.9.0.2. */
  readonly address?: string;
  /** The end of the path that it is at; default: a `server` is on the right, anybody else on the left. */
  readonly side?: 'left' | 'right';
  /** Knobs that are to be as most kernels have them, where this stack's own default is another: `--as` another kernel wins. */
  readonly usual?: Partial<Sysctls>;
  readonly sysctls?: Partial<Sysctls>;
  /** The longest packet of its link, in octets; default: 1,500. */
  readonly mtu?: number;
  /** Each of its connections begins with this sequence number, as no kernel of today does; default: RFC 6528's. */
  readonly initialSequence?: number;
  /** What its timestamps are ahead of the lab's clock, in milliseconds; default: by chance, for each address (tcp_timestamps 1). */
  readonly timestampOffset?: number;
}

/** Something that must be so at the end. */
export interface Check {
  readonly text: Text;
  readonly actual: () => unknown;
  readonly expected: unknown;
}

/** What the reader wants to be otherwise than the scenario has it. */
export interface WhatIf {
  /** Put on top of the scenario's path. */
  readonly path: PathSettings;
  /** Knobs of all hosts, and of single ones by their names. They win over the scenario's. */
  readonly sysctls: Partial<Sysctls>;
  readonly sysctlsOf: ReadonlyMap<string, Partial<Sysctls>>;
  /** Knobs of another kernel: the scenario's own win over these. */
  readonly kernel: Partial<Sysctls>;
}

/**
 * What a scenario plays with: hosts, a path between them (10 ms each way, if it isn't told otherwise), and the story: what is to
 * be seen, and what it means.
 */
export class Lab {
  readonly world: World;
  readonly story: Story;
  readonly checks: Check[] = [];
  private readonly whatIf: WhatIf;
  private readonly attackers: Attacker[] = [];
  private answering: (() => Text) | null = null;
  /** What the scenario wants of the path; before the run begins the reader's wishes aren't on top: they may name hosts to come. */
  private pathText = '';
  private hasBegun = false;

  /** @internal */
  constructor(world: World, whatIf: WhatIf) {
    this.world = world;
    this.whatIf = whatIf;
    this.story = new Story(world.journal, BEGIN);
    this.path('');
  }

  /** @internal The scene is set. @throws LabError: the reader names a host that isn't there */
  begin(): void {
    this.hasBegun = true;
    this.path(this.pathText);
    for (const name of this.whatIf.sysctlsOf.keys()) this.sideOf(name);
  }

  // ---- the scene

  /** The host of that name, which is made when it is asked for first. */
  host(name: string, settings: HostSettings = {}): LabHost {
    const known = this.world.hosts.find((host) => host.name === name);
    if (known !== undefined) return known;
    const address = settings.address ?? ADDRESSES[name as keyof typeof ADDRESSES];
    if (address === undefined) throw new LabError(`The host "${name}" has no address: give it one`);
    const { kernel, sysctls, sysctlsOf } = this.whatIf;
    return this.world.addHost({
      ...settings,
      ...{ name, address, side: settings.side ?? (name === 'server' ? 'right' : 'left') },
      sysctls: { ...settings.usual, ...kernel, ...settings.sysctls, ...sysctls, ...sysctlsOf.get(name) },
    });
  }

  get client(): LabHost {
    return this.host('client');
  }

  get server(): LabHost {
    return this.host('server');
  }

  /** Somebody who sends segments of his own making. */
  attacker(name = 'mallory'): Attacker {
    const attacker = new Attacker(this.world, name);
    this.attackers.push(attacker);
    return attacker;
  }

  /**
   * What the path does from now on, in the language of IMPAIR.md; `out` is what leaves the client's side, and `from NAME` is what
   * leaves that host's. Without a delay it is 10 ms each way.
   */
  path(text: string): void {
    this.pathText = text;
    this.world.setPath(pathOf(text, this.hasBegun ? this.whatIf.path : [], (name) => this.sideOf(name)));
  }

  /** Shows each packet that sets out: what somebody on the path can see. */
  watch(seen: (octets: Uint8Array, direction: Direction) => void): void {
    this.world.taps.push(seen);
  }

  /** A middlebox on the path takes this option out of every SYN and SYN-ACK of a host. */
  strip(option: SynOption, of: LabHost): void {
    this.world.taps.push((octets) => {
      if (isBetween(octets, of)) stripOption(octets, option);
    });
  }

  /** Does something so many milliseconds after the beginning. */
  at(milliseconds: number, run: () => void): void {
    this.world.in(Math.max(0, milliseconds - this.now), run);
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.world.elapsed;
  }

  /** What happens from now on is not written down, until `resume`. */
  pause(): void {
    this.world.journal.pause();
  }

  resume(): void {
    this.world.journal.resume();
  }

  /** From now on, segments from and to these addresses, and what comes of them, are not written down. */
  leaveOut(addresses: (address: string) => boolean): void {
    this.world.journal.leaveOut(addresses);
  }

  // ---- the story

  /** This comes next, after the turns before it; then it is explained. A run in which it doesn't come has failed. */
  turn(pattern: Pattern, telling: Telling, source?: string): void {
    this.story.add({ pattern, telling, source });
  }

  /** If this comes, and when it comes first, it is explained. */
  whenever(pattern: Pattern, telling: Telling, source?: string): void {
    this.story.addAside({ pattern, telling, source });
  }

  /** At the end this must be so. */
  check(text: Text, actual: () => unknown, expected: unknown): void {
    this.checks.push({ text, actual, expected });
  }

  /** The answer to the scenario's question, in two sentences, with the numbers of this run. */
  answer(text: Text | (() => Text)): void {
    this.answering = typeof text === 'function' ? text : () => text;
  }

  /** @internal */
  get answered(): Text | null {
    return this.answering?.() ?? null;
  }

  private sideOf(name: string): 'left' | 'right' {
    const host = this.world.hosts.find((other) => other.name === name);
    if (host !== undefined) return host.side;
    if (Object.hasOwn(ADDRESSES, name)) return name === 'server' ? 'right' : 'left';
    throw new LabError(
      `There is no host "${name}"; there are: ${this.world.hosts.map((other) => other.name).join(', ')}`,
    );
  }
}

/** Is a packet of IPv4 from or to that host? */
function isBetween(octets: Uint8Array, { address }: LabHost): boolean {
  const view = new DataView(octets.buffer, octets.byteOffset);
  return address.family === 4 && [12, 16].some((at) => view.getInt32(at) === address.w3);
}
