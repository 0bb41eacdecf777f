// lab/simulation: bulk transfers over a path from a text, in virtual time, and what can be measured of them.
import type { Sysctls } from '../../host/host.ts';
import { parseImpairments } from '../../link/impairment/language/parse.ts';
import type { Direction, Faults } from '../../link/impairment/language/terms.ts';
import type { WirePacket } from '../../link/impairment/packets/wire-packet.ts';
import type { CongestionControl } from '../../tcp/variables/congestion-control.ts';
import type { Micros } from '../../time/wheel.ts';
import { address } from '../../wire/address.ts';
import type { Frame } from '../../wire/frame.ts';
import { Flow, type Tally } from './flow.ts';
import { jainIndex, meanAndP95 } from './measures.ts';
import { Network, type NetworkObserver } from './network.ts';

/** What is to be simulated: bulk transfers from one host to another, all over one path. */
export interface Simulation {
  /** The path, as IMPAIR.md has it. `out` is the data's way, `in` that of the acknowledgments. */
  readonly path: string;
  /** One connection each, by the name of its algorithm. */
  readonly flows: readonly string[];
  /** How long it takes altogether, and how much of the beginning isn't measured (default 0). */
  readonly seconds: number;
  readonly settling?: number;
  /** So many seconds lie between the beginnings of two flows; default 0. */
  readonly apart?: number;
  /** Chance comes from this number alone: the same seed, the same result. */
  readonly seed: number;
  /** Of both hosts. */
  readonly sysctls?: Partial<Sysctls>;
  /** Algorithms that the sender has beside those that are built in. */
  readonly algorithms?: readonly CongestionControl[];
  /** The longest IP packet of the path, in bytes; default 1500. */
  readonly mtu?: number;
  /** Every so many seconds the flows are looked at (`samples`); default: never. */
  readonly sampleEvery?: number;
}

export interface FlowResult {
  readonly algorithm: string;
  /** What the receiver's application got, in bits per second. */
  readonly goodput: number;
  /** Of the octets of payload that left the sender, the share that had left before, 0 to 1. */
  readonly sentAgain: number;
  /** The share that arrived although it had arrived before: it was sent again for nothing, or the path doubled it. */
  readonly needless: number;
  /** Why the connection ended before its time; null: it didn't. */
  readonly failed: string | null;
}

/** How things stand at one time. */
export interface Sample {
  /** In seconds since the beginning. */
  readonly at: number;
  /** Of each flow: the window and what is in flight, in segments, and octets that the receiver's application got so far. */
  readonly flows: readonly { readonly cwnd: number; readonly inFlight: number; readonly got: number }[];
}

export interface Result {
  readonly flows: readonly FlowResult[];
  /** Of all flows together, as in `FlowResult`. */
  readonly goodput: number;
  readonly sentAgain: number;
  readonly needless: number;
  /** How evenly the flows share: Jain's index of their goodputs. */
  readonly jain: number;
  /** How long packets of the data's way waited for the bottleneck, in milliseconds. */
  readonly queueDelay: { readonly mean: number; readonly p95: number };
  /** Retransmission time-outs of all flows, in the whole time. */
  readonly timeouts: number;
  /** Segments that the sender got, nearly all of them acknowledgments, in the whole time. */
  readonly acks: number;
  readonly samples: readonly Sample[];
}

const FAR = address('10.0.0.2');
const PORT = 9;
const FIRST_PORT = 10_000;

/**
 * @throws ImpairmentSyntaxError for a wrong path, SysctlError for wrong knobs
 * @example
 * simulate({ path: 'out: rate 20mbit queue 66, loss 1%; delay 20ms', flows: ['cubic'], seconds: 20, seed: 1 }).goodput
 */
export function simulate(simulation: Simulation): Result {
  return new Run(simulation).run();
}

class Run implements NetworkObserver {
  readonly #plan: Simulation;
  readonly #faults: Faults;
  readonly #network: Network;
  readonly #flows: readonly Flow[];
  /** Of each packet that came out, how long it waited for the bottleneck, in milliseconds. */
  #waits: number[] = [];
  readonly #samples: Sample[] = [];

  constructor(plan: Simulation) {
    const impairments = parseImpairments(plan.path);
    this.#plan = plan;
    this.#faults = impairments.out;
    const { seed, sysctls = {}, mtu = 1500 } = plan;
    this.#network = new Network({ impairments, seed, mtu, sysctls }, this);
    this.#flows = plan.flows.map((algorithm) => new Flow(algorithm));
    for (const algorithm of plan.algorithms ?? []) {
      this.#network.near.tcp.congestionControls.set(algorithm.name, algorithm);
    }
  }

  run(): Result {
    const { seconds, settling = 0, apart = 0, sampleEvery } = this.#plan;
    const network = this.#network;
    this.#accept();
    for (const [i, flow] of this.#flows.entries()) {
      network.at(i * apart * 1e6, () => flow.begin(network.near, FIRST_PORT + i, FAR, PORT));
    }
    if (sampleEvery !== undefined) this.#sample(sampleEvery * 1e6);
    network.run(settling * 1e6);
    const before = this.#flows.map(({ tally }) => tally);
    this.#waits = [];
    network.run(seconds * 1e6);
    return this.#result(before, seconds - settling);
  }

  #accept(): void {
    const listener = this.#network.far.tcp.listen({
      port: PORT,
      onAcceptable: () => {
        for (let c = listener.accept(); c !== null; c = listener.accept()) {
          c.user = this.#flows[c.remotePort - FIRST_PORT]!.reader(c);
          c.user.onReadable();
        }
      },
    });
  }

  #sample(every: Micros): void {
    const { now } = this.#network;
    const flows = this.#flows.map(({ connection: c, tally: { got } }) => ({
      cwnd: c?.cc.cwnd ?? 0,
      inFlight: c?.inFlight ?? 0,
      got,
    }));
    this.#samples.push({ at: now / 1e6, flows });
    this.#network.at(now + every, () => this.#sample(every));
  }

  #result(before: readonly Tally[], seconds: number): Result {
    const after = this.#flows.map(({ tally }) => tally);
    const flows = this.#flows.map(({ algorithm, failed }, i) => ({
      algorithm,
      failed,
      ...rates([before[i]!], [after[i]!], seconds),
    }));
    return {
      flows,
      ...rates(before, after, seconds),
      jain: jainIndex(flows.map(({ goodput }) => goodput)),
      queueDelay: meanAndP95(this.#waits),
      timeouts: this.#network.near.tcp.counters.TCPTimeouts,
      acks: this.#network.near.tcp.counters.InSegs,
      samples: this.#samples,
    };
  }

  // ---- NetworkObserver

  sent(direction: Direction, { view, transportStart: at, payloadLength }: Frame): void {
    if (direction === 'out') this.#flowAt(view.getUint16(at))?.leaves(view.getInt32(at + 4), payloadLength);
  }

  arrived(direction: Direction, packet: WirePacket, took: Micros): void {
    if (direction !== 'out') return;
    const { bytes } = packet.slab;
    if (bytes.length < 40) return; // cut by the path
    const at = (bytes[0]! & 15) * 4;
    const payload = bytes.length - at - (bytes[at + 12]! >> 4) * 4;
    const port = (bytes[at]! << 8) | bytes[at + 1]!;
    const seq = (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!;
    this.#flowAt(port)?.arrives(seq, Math.max(payload, 0));
    this.#waited(packet, took);
  }

  #flowAt(port: number): Flow | undefined {
    return this.#flows[port - FIRST_PORT];
  }

  /** What the packet took beyond the path's delay and its own time on the wire it stood in the queue. */
  #waited({ length, extra, behind }: WirePacket, took: Micros): void {
    const { rate, delay } = this.#faults;
    if (rate === null || extra > 0 || behind > 0) return;
    const least = (delay?.time ?? 0) + (length * 8e6) / rate.bitsPerSecond;
    this.#waits.push(Math.max(0, took - least) / 1000);
  }
}

const sum = (tallies: readonly Tally[], name: keyof Tally): number =>
  tallies.reduce((total, tally) => total + tally[name], 0);

/** What was counted between two times, of some flows together. */
function rates(
  before: readonly Tally[],
  after: readonly Tally[],
  seconds: number,
): Omit<FlowResult, 'algorithm' | 'failed'> {
  const grown = (name: keyof Tally): number => sum(after, name) - sum(before, name);
  const sent = Math.max(grown('sent'), 1);
  return {
    goodput: (grown('got') * 8) / seconds,
    sentAgain: grown('again') / sent,
    needless: grown('needless') / sent,
  };
}
