import type { Micros } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';

/** What was learned of the way to one destination. */
export interface PathMtu {
  readonly dst: Address;
  /** The largest IP packet that gets through, in bytes. */
  readonly mtu: number;
  /** The path is narrower than we cut segments for: packets of `mtu` go without DF, and routers fragment them. */
  readonly fragmented: boolean;
  readonly expires: Micros;
  /** How often it has been found narrower than known. */
  readonly narrowings: number;
}

/** The sizes of packets that links really have (RFC 1191, section 7.1), for routers that don't say which. */
const PLATEAUS = [65_535, 32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68] as const;

/** The next plateau below a packet that was too big. */
export function plateauBelow(length: number): number {
  for (const plateau of PLATEAUS) if (plateau < length) return plateau;
  return PLATEAUS[PLATEAUS.length - 1]!;
}

/**
 * A path has few places each narrower than the one before. A router that tells of more of them feigns a path that shrinks by
 * an octet at a time, and has a flight sent again for each; from here on only the plateaus count.
 */
const EXACT_NARROWINGS = 8;

/** Destinations remembered at most; beyond it the oldest are forgotten, and will be learned again. */
const MAX_ENTRIES = 4096;

/**
 * The path MTUs that differ from the link's (RFC 1191, section 6.1; RFC 8201, section 5.2).
 *
 * A cache: two destinations with one hash displace each other. The map's order is that of learning, so of expiry too.
 */
export class PathMtuCache {
  /** When the oldest entry is to be forgotten. */
  nextExpiry: Micros = Number.POSITIVE_INFINITY;
  /** Another one after each change: a connection that has cut segments for a path looks whether that is another one now. */
  version = 0;
  /** How many entries are `fragmented`. */
  private fragmented = 0;
  private readonly entries = new Map<number, PathMtu>();
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  get size(): number {
    return this.entries.size;
  }

  find(dst: Address): PathMtu | null {
    if (this.entries.size === 0) return null;
    const entry = this.entries.get(this.hash(dst));
    return entry?.dst.equals(dst) ? entry : null;
  }

  /** Do packets to `dst` go without DF? The common answer costs one comparison. */
  isFragmented(dst: Address): boolean {
    return this.fragmented > 0 && (this.find(dst)?.fragmented ?? false);
  }

  set(dst: Address, mtu: number, fragmented: boolean, expires: Micros): void {
    const key = this.hash(dst);
    const narrowings = 1 + (this.find(dst)?.narrowings ?? 0);
    this.remove(key); // so that it becomes the youngest
    if (this.entries.size >= MAX_ENTRIES) this.remove(this.entries.keys().next().value!);
    this.entries.set(key, { dst: dst.copy(), mtu, fragmented, expires, narrowings });
    if (fragmented) this.fragmented++;
    this.version++;
    this.noteExpiry();
  }

  /** What to take a router's word for: an MTU of the path to `dst`, in bytes. */
  believable(dst: Address, told: number): number {
    return (this.find(dst)?.narrowings ?? 0) < EXACT_NARROWINGS ? told : plateauBelow(told + 1);
  }

  /** Forgets what is too old, so that a wider path is noticed (RFC 1191, section 6.3). */
  expire(now: Micros): void {
    for (const [key, entry] of this.entries) {
      if (entry.expires > now) break;
      this.remove(key);
    }
    this.version++;
    this.noteExpiry();
  }

  private remove(key: number): void {
    if (this.entries.get(key)?.fragmented) this.fragmented--;
    this.entries.delete(key);
  }

  private noteExpiry(): void {
    const oldest = this.entries.values().next().value;
    this.nextExpiry = oldest === undefined ? Number.POSITIVE_INFINITY : oldest.expires;
  }

  private hash(dst: Address): number {
    let h = this.seed;
    h = Math.imul(h ^ dst.w3, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 15) ^ dst.w2, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13) ^ dst.w1, 0xc2b2ae35);
    h = Math.imul(h ^ (h >>> 16) ^ dst.w0, 0x27d4eb2f);
    return h ^ (h >>> 15);
  }
}
