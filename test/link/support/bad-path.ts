import type { ImpairmentEvent } from '../../../src/link/impairment/events.ts';
import { Impairment } from '../../../src/link/impairment/impairment.ts';
import { parseImpairments } from '../../../src/link/impairment/language/parse.ts';
import type { Direction } from '../../../src/link/impairment/language/terms.ts';
import { SeenPacket } from '../../../src/link/impairment/packets/seen-packet.ts';
import { SeededRandom } from '../../../src/time/random.ts';
import { Slab } from '../../../src/wire/slab.ts';
import { ACK, FIN, RST, SYN, tcp } from '../../support/ip-machine.ts';

/** A segment as the rules of a path see it: numbers as they stand on the wire. */
export interface PathSegment {
  /** Default: out. */
  direction?: Direction;
  flags?: number;
  seq?: number;
  ack?: number;
  /** Octets of data. */
  length?: number;
  ourPort?: number;
  port?: number;
  tos?: number;
  version?: 4 | 6;
}

export const FLAGS = { S: SYN, SA: SYN | ACK, A: ACK, F: FIN | ACK, R: RST };

/** A segment between our host and the other side, as a whole packet with right checksums. */
export function segmentBytes(spec: PathSegment = {}): Uint8Array {
  const { direction = 'out', flags = ACK, seq = 1, ack = 0, length = 0, tos = 0, version = 4 } = spec;
  const ours = { at: version === 4 ? '10.0.0.1' : 'fd00::1', port: spec.ourPort ?? 40_000 };
  const theirs = { at: version === 4 ? '10.0.0.2' : 'fd00::2', port: spec.port ?? 80 };
  const [from, to] = direction === 'out' ? [ours, theirs] : [theirs, ours];
  const ends = { src: from.at, srcPort: from.port, dst: to.at, dstPort: to.port };
  return tcp({ ...ends, seq, ack, flags, wnd: 1000, data: Array.from({ length }, (_, i) => i & 255) }, { tos });
}

/** What arrived: when, which way, and the packet. */
export interface Arrival {
  at: number;
  direction: Direction;
  bytes: Uint8Array;
  trusted: boolean;
}

/** A path that misbehaves, in virtual time, which is in milliseconds here and begins at 0. */
export class BadPath {
  readonly impairment: Impairment;
  readonly arrivals: Arrival[] = [];
  /** What was told, in words: `dropped out by loss 3%`. */
  readonly told: string[] = [];
  readonly events: ImpairmentEvent[] = [];
  #now = 0;

  constructor(text: string, seed = 1) {
    this.impairment = new Impairment(new SeededRandom(seed), ({ slab, checksumTrusted }, direction) => {
      this.arrivals.push({ at: this.#now / 1000, direction, bytes: slab.bytes, trusted: checksumTrusted });
    });
    this.impairment.observer = (event) => {
      this.events.push({ ...event });
      const reason = event.action === 'dropped' ? ` (${event.reason})` : '';
      const until = 'until' in event ? ` until ${event.until / 1000}` : '';
      this.told.push(`${event.action} ${event.direction} by ${event.by}${reason}${until}`);
    };
    this.impairment.set(parseImpairments(text), 0);
  }

  get now(): number {
    return this.#now / 1000;
  }

  set(text: string): void {
    this.impairment.set(parseImpairments(text), this.#now);
  }

  clear(): void {
    this.impairment.clear(this.#now);
  }

  /** Sends a segment now. */
  send(spec: PathSegment = {}): void {
    this.sendBytes(segmentBytes(spec), spec.direction);
  }

  sendBytes(bytes: Uint8Array, direction: Direction = 'out', trusted = false): void {
    this.impairment.enter(direction, new Slab(bytes), trusted, 0, this.#now);
  }

  /** Lets milliseconds pass, stopping whenever something is due, as a driver would. */
  wait(milliseconds: number): void {
    const until = this.#now + milliseconds * 1000;
    for (let due = this.impairment.nextDeadline(); due <= until; due = this.impairment.nextDeadline()) {
      this.#now = Math.max(this.#now, due);
      this.impairment.advance(this.#now);
    }
    this.#now = until;
  }

  /** When each packet arrived. */
  get times(): number[] {
    return this.arrivals.map(({ at }) => at);
  }

  /** SEG.SEQ of each that arrived. */
  get seqs(): number[] {
    return this.arrivals.map(({ bytes }) => read(bytes).segment.seq);
  }

  drops(direction: Direction = 'out'): Record<string, number> {
    return Object.fromEntries(this.impairment.counters(direction).drops.entries());
  }
}

/** What is in a packet. */
export function read(bytes: Uint8Array): SeenPacket {
  const seen = new SeenPacket();
  seen.read(new Slab(bytes));
  return seen;
}
