import type { Random } from '../../time/random.ts';
import { type SipKey, sipHash } from '../../time/siphash.ts';
import type { Micros } from '../../time/wheel.ts';
import { Address } from '../../wire/address.ts';
import type { FragmentDrop } from '../terms/drops.ts';

/** No datagram is longer, so nor are the offsets in it (RFC 791; RFC 8200, section 4.5). */
const MAX_DATAGRAM = 65_535;
/** Fragments begin at multiples of this many octets. */
const UNIT = 8;
/** A bit for each unit of the longest datagram, in words of 32. */
const BITMAP_WORDS = (MAX_DATAGRAM + 1) / UNIT / 32;

/** Memory that a waiting datagram and each of its pieces cost beside the octets, in bytes (measured: 1.5 KB and 254). */
const DATAGRAM_COST = 2048;
const PIECE_COST = 256;

/** ECN codepoints seen among the fragments of a datagram, a bit each (RFC 3168, section 5). */
const NOT_ECT = 1 << 0;
const CE = 1 << 3;

/** A fragment that arrives: where its parts lie in `bytes`. Reused: borrowed until `add` returns. */
export class Fragment {
  bytes: Uint8Array = NO_BYTES;
  /** The packet; the headers of it that the whole datagram keeps end at `headerEnd`; then comes the fragment of data. */
  start = 0;
  headerEnd = 0;
  dataStart = 0;
  dataEnd = 0;

  src: Address = NO_ADDRESS;
  dst: Address = NO_ADDRESS;
  /** IPv4's protocol; 0 in IPv6, where the first fragment alone says what the datagram holds (RFC 8200, section 4.5). */
  protocol = 0;
  id = 0;
  /** Where the data belong, in octets. */
  offset = 0;
  /** More Fragments: it isn't the last. */
  more = false;
  /** As far as data may reach behind these headers. */
  maxEnd = 0;
  ecn = 0;
  /** IPv6's Next Header field that led to the fragment header, as an offset from `start`, and what should be in it. */
  nextHeaderAt = 0;
  nextHeader = 0;
}

export interface ReassemblyLimits {
  /** The memory that all waiting fragments may take, in bytes. */
  readonly memory: number;
  /** How long a datagram waits, counted from its first fragment to arrive. */
  readonly time: Micros;
  /** As many fragments of a peer may come between two of one datagram; 0: any number. */
  readonly distance: number;
}

export interface ReassemblyOwner {
  /** Looked at again for each fragment: knobs can be turned. */
  readonly limits: ReassemblyLimits;
  /**
   * A datagram that waited is given up for another reason than the fragment that is being added.
   * @param first the packet with its first fragment, if that was there: its sender may want to know
   */
  gaveUp(reason: FragmentDrop, first: Uint8Array | null): void;
}

/** A host that has sent fragments that wait; forgotten with the last of them. */
class Peer {
  readonly key: number;
  readonly waiting = new Set<Datagram>();
  memory = 0;
  /** Fragments that came since. */
  arrived = 0;

  constructor(key: number) {
    this.key = key;
  }
}

/** A datagram of which a part is here. */
class Datagram {
  readonly key: number;
  readonly src: Address;
  readonly dst: Address;
  readonly protocol: number;
  readonly id: number;
  readonly peer: Peer;
  deadline: Micros;
  /** `peer.arrived` at its latest fragment. */
  arrived = 0;
  memory = 0;

  /** By offset. */
  pieces = new Map<number, Uint8Array>();
  /** A bit for each 8 octets that are here: whether a piece overlaps others costs the same, however many there are. */
  private readonly here = new Int32Array(BITMAP_WORDS);
  received = 0;
  /** Where the last octet that is here ends, and where the datagram does; -1: the last fragment isn't here. */
  highest = 0;
  total = -1;
  /** The whole packet with the first fragment, and its headers' length. */
  first: Uint8Array | null = null;
  headerLength = 0;
  maxEnd = 0;
  nextHeaderAt = 0;
  nextHeader = 0;
  ecn = 0;
  /** Its fragments contradicted each other: what still comes of it is discarded too (RFC 5722, section 4). */
  refused = false;

  constructor(key: number, fragment: Fragment, peer: Peer, deadline: Micros) {
    this.key = key;
    this.src = fragment.src.copy();
    this.dst = fragment.dst.copy();
    this.protocol = fragment.protocol;
    this.id = fragment.id;
    this.peer = peer;
    this.deadline = deadline;
  }

  has(fragment: Fragment): boolean {
    const { src, dst, protocol, id } = fragment;
    return this.id === id && this.protocol === protocol && this.src.equals(src) && this.dst.equals(dst);
  }

  /** Is any octet of [from, to) here? With `mark`, all of them are from now on. */
  overlaps(from: number, to: number, mark = false): boolean {
    const { here } = this;
    const first = from / UNIT;
    const last = Math.ceil(to / UNIT) - 1;
    let any = 0;
    for (let word = first >>> 5; word <= last >>> 5; word++) {
      const low = word === first >>> 5 ? -1 << (first & 31) : -1;
      const high = word === last >>> 5 ? -1 >>> (31 - (last & 31)) : -1;
      any |= here[word]! & low & high;
      if (mark) here[word]! |= low & high;
    }
    return any !== 0;
  }

  /** Is exactly this fragment here? One with the same place and other octets, or another opinion of the end, is not. */
  repeats(fragment: Fragment): boolean {
    const { bytes, dataStart, dataEnd, offset, more } = fragment;
    const piece = this.pieces.get(offset);
    if (piece === undefined || piece.length !== dataEnd - dataStart) return false;
    if (more === (offset + piece.length === this.total)) return false;
    for (let i = 0; i < piece.length; i++) if (piece[i] !== bytes[dataStart + i]) return false;
    return true;
  }

  get isWhole(): boolean {
    return this.received === this.total;
  }
}

/** A datagram that is whole: borrowed until the next call. */
export interface WholeDatagram {
  /** The headers of the first fragment's packet, as they came, and all data behind them: memory of its own. */
  bytes: Uint8Array;
  headerLength: number;
  nextHeaderAt: number;
  nextHeader: number;
  /** A fragment was marked Congestion Experienced, so the datagram was (RFC 3168, section 5.3). */
  congested: boolean;
}

/**
 * Where fragments wait for the rest of their datagram (RFC 791, section 3.2; RFC 815; RFC 8200, section 4.5), one of these
 * for each family. It knows addresses, places and octets, and no headers.
 *
 * An attacker may decide what comes here, so:
 * - Fragments that overlap end their datagram, in IPv6 as RFC 5722 demands and in IPv4 too, where Linux refuses them since
 *   2018 (net/ipv4/ip_fragment.c: ip_frag_queue): two readings of one datagram serve only those who want to get past a filter.
 * - Each fragment costs a look-up under a secret hash, a few words of a bitmap and the copy of its octets, however many
 *   there are and in whatever order they come.
 * - Memory is charged with what a piece really takes and is bounded in all. The oldest goes first, so that what completes
 *   soon survives a flood of what never does (Linux refuses all new ones until the old time out); and of a peer that has more
 *   than half of it, its own oldest.
 */
export class Reassembly {
  memory = 0;
  readonly whole: WholeDatagram = {
    bytes: NO_BYTES,
    headerLength: 0,
    nextHeaderAt: 0,
    nextHeader: 0,
    congested: false,
  };
  private readonly owner: ReassemblyOwner;
  private readonly key: SipKey;
  private readonly words = new Int32Array(10);
  /** In the order of arrival, so of expiry too. */
  private readonly waiting = new Map<number, Datagram>();
  private readonly peers = new Map<number, Peer>();

  constructor(owner: ReassemblyOwner, random: Random) {
    this.owner = owner;
    this.key = [random.next(), random.next(), random.next(), random.next()];
  }

  /** Datagrams that wait. */
  get size(): number {
    return this.waiting.size;
  }

  /** When `expire` is due; Infinity: nothing waits. */
  get nextExpiry(): Micros {
    return this.waiting.values().next().value?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Takes a fragment; what is kept of it is copied.
   * @returns 'waits', 'whole' (and the datagram is in `whole`), or why the fragment was discarded
   */
  add(fragment: Fragment, now: Micros): 'waits' | 'whole' | FragmentDrop {
    const { offset, more } = fragment;
    const length = fragment.dataEnd - fragment.dataStart;
    const end = offset + length;
    if (length === 0 || (more && length % UNIT !== 0)) return 'FragmentLength';
    if (end > fragment.maxEnd) return 'FragmentTooLong';
    const datagram = this.find(fragment, now);
    if (datagram.refused) return 'FragmentRefused';
    if (datagram.overlaps(offset, end)) {
      return datagram.repeats(fragment) ? 'FragmentDuplicate' : this.refuse(datagram, 'FragmentOverlap');
    }
    const contradicts = more ? datagram.total >= 0 && end > datagram.total : datagram.highest > end;
    if (contradicts || (!more && datagram.total >= 0)) return this.refuse(datagram, 'FragmentBeyondEnd');
    this.keep(datagram, fragment, end);
    if (datagram.isWhole) return this.complete(datagram);
    this.makeRoom(datagram.peer);
    return 'waits';
  }

  /** Gives up what has waited too long. */
  expire(now: Micros): void {
    for (const datagram of this.waiting.values()) {
      if (datagram.deadline > now) return;
      this.giveUp(datagram, 'FragmentTimeout');
    }
  }

  /** The datagram that a fragment belongs to: one that waits, or a new one. */
  private find(fragment: Fragment, now: Micros): Datagram {
    const { time, distance } = this.owner.limits;
    const key = this.hash(fragment, true);
    const found = this.waiting.get(key);
    if (found?.has(fragment)) {
      const since = ++found.peer.arrived - found.arrived;
      found.arrived = found.peer.arrived;
      if (distance === 0 || since <= distance) return found;
      this.giveUp(found, 'FragmentDistance');
    } else if (found !== undefined) this.giveUp(found, 'FragmentCollision');
    const peer = this.peerOf(fragment);
    const datagram = new Datagram(key, fragment, peer, now + time);
    datagram.arrived = ++peer.arrived;
    this.waiting.set(key, datagram);
    peer.waiting.add(datagram);
    this.charge(datagram, DATAGRAM_COST);
    return datagram;
  }

  /** Two peers with one hash pass for one: the bounds are somewhat closer for them. */
  private peerOf(fragment: Fragment): Peer {
    const key = this.hash(fragment, false);
    let peer = this.peers.get(key);
    if (peer === undefined) this.peers.set(key, (peer = new Peer(key)));
    return peer;
  }

  private keep(datagram: Datagram, fragment: Fragment, end: number): void {
    const { bytes, start, headerEnd, dataStart, dataEnd, offset, more } = fragment;
    let piece: Uint8Array;
    if (offset === 0) {
      datagram.first = bytes.slice(start, dataEnd);
      datagram.headerLength = headerEnd - start;
      datagram.maxEnd = fragment.maxEnd;
      datagram.nextHeaderAt = fragment.nextHeaderAt;
      datagram.nextHeader = fragment.nextHeader;
      piece = datagram.first.subarray(dataStart - start);
    } else piece = bytes.slice(dataStart, dataEnd);
    datagram.pieces.set(offset, piece);
    datagram.overlaps(offset, end, true);
    datagram.received += piece.length;
    datagram.highest = Math.max(datagram.highest, end);
    datagram.ecn |= 1 << fragment.ecn;
    if (!more) datagram.total = end;
    this.charge(datagram, PIECE_COST + piece.buffer.byteLength);
  }

  private complete(datagram: Datagram): 'whole' | FragmentDrop {
    const { first, headerLength, total, ecn, pieces } = datagram;
    this.remove(datagram);
    // The headers of the first one may be longer than those of the fragment that was measured.
    if (total > datagram.maxEnd) return 'FragmentTooLong';
    if ((ecn & NOT_ECT) !== 0 && ecn !== NOT_ECT) return 'FragmentEcn';
    const bytes = new Uint8Array(headerLength + total);
    bytes.set(first!.subarray(0, headerLength));
    for (const [offset, piece] of pieces) bytes.set(piece, headerLength + offset);
    this.whole.bytes = bytes;
    this.whole.headerLength = headerLength;
    this.whole.nextHeaderAt = datagram.nextHeaderAt;
    this.whole.nextHeader = datagram.nextHeader;
    this.whole.congested = (ecn & CE) !== 0;
    return 'whole';
  }

  /** Lets go of all pieces, and remembers for as long as they could have waited that no more are wanted. */
  private refuse(datagram: Datagram, reason: FragmentDrop): FragmentDrop {
    datagram.refused = true;
    datagram.pieces = new Map();
    datagram.first = null;
    this.charge(datagram, DATAGRAM_COST - datagram.memory);
    return reason;
  }

  private makeRoom(arriving: Peer): void {
    const limit = this.owner.limits.memory;
    while (this.memory > limit) {
      const from = arriving.memory > limit / 2 ? arriving.waiting : this.waiting;
      this.giveUp(from.values().next().value!, 'FragmentMemory');
    }
  }

  private giveUp(datagram: Datagram, reason: FragmentDrop): void {
    this.remove(datagram);
    if (!datagram.refused) this.owner.gaveUp(reason, datagram.first);
  }

  private remove(datagram: Datagram): void {
    const { peer } = datagram;
    this.charge(datagram, -datagram.memory);
    this.waiting.delete(datagram.key);
    peer.waiting.delete(datagram);
    if (peer.waiting.size === 0) this.peers.delete(peer.key);
  }

  private charge(datagram: Datagram, octets: number): void {
    datagram.memory += octets;
    datagram.peer.memory += octets;
    this.memory += octets;
  }

  /** Of the datagram that a fragment belongs to, or of its source alone. */
  private hash(fragment: Fragment, ofDatagram: boolean): number {
    const { words } = this;
    const { src, dst, protocol, id } = fragment;
    words[0] = src.w0;
    words[1] = src.w1;
    words[2] = src.w2;
    words[3] = src.w3;
    if (!ofDatagram) return sipHash(this.key, words, 4);
    words[4] = dst.w0;
    words[5] = dst.w1;
    words[6] = dst.w2;
    words[7] = dst.w3;
    words[8] = protocol;
    words[9] = id;
    return sipHash(this.key, words, 10);
  }
}

const NO_ADDRESS = new Address();
const NO_BYTES = new Uint8Array(0);
