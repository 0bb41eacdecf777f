import type { Address } from './address.ts';

/**
 * IPv4 options (RFC 791, section 3.1). A host obeys two of them, the source routes, and puts itself down in two of a ping's;
 * everything else is carried or stepped over (RFC 1122, sections 3.2.1.8 and 3.2.2.6; RFC 9293, MUST-50).
 */
const KIND_END = 0;
const KIND_NOP = 1;
/** Loose and Strict Source and Record Route: kind, length, pointer, addresses of four octets each. */
const KIND_LSRR = 131;
const KIND_SSRR = 137;
/** The flag in an option's type that has it in every fragment. */
const COPIED = 0x80;
const ROUTE_HEADER = 3;
const FIRST_POINTER = 4;
/** Record Route: built as the source routes are. */
const KIND_RECORD_ROUTE = 7;
/** Internet Timestamp: kind, length, pointer, overflow count and flag (four bits each), timestamps. */
const KIND_TIMESTAMP = 68;
const TIMESTAMP_HEADER = 4;
const STAMP_ONLY = 0;
const STAMP_AND_ADDRESS = 1;
const STAMP_PRESPECIFIED = 3;

/** As many octets as the header length field leaves for options: 15 words less the fixed five. */
export const MAX_IPV4_OPTIONS = 40;

/**
 * Options ready to be written into the header of every datagram of a connection.
 *
 * A source route travels with its next stop in the header's destination field and the rest, the final destination last,
 * in the option (RFC 791). So of the route h1, h2 that a user gives, h1 is `firstHop`, and the option is written with h2
 * and a place for the destination.
 */
export class Ipv4Options {
  /** Padded to whole words with End of Option List. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` the final destination goes; 0: there is no source route. */
  readonly finalAt: number;
  /** The first stop of the source route, as an IPv4 word. */
  readonly firstHop: number;

  private constructor(bytes: Uint8Array, finalAt: number, firstHop: number) {
    this.bytes = bytes;
    this.finalAt = finalAt;
    this.firstHop = firstHop;
  }

  /**
   * The options of an Echo Reply (RFC 1122, section 3.2.2.6): the Record Route and Timestamp of the request, which is
   * well-formed, with this host put down in them, and the way back.
   * @param ours the address that was asked
   * @param stamp in milliseconds since midnight UT, or anything with the highest bit set (RFC 791, section 3.1)
   */
  static ofReply(
    bytes: Uint8Array,
    from: number,
    to: number,
    ours: Address,
    stamp: number,
    back: Ipv4Options | null,
  ): Ipv4Options | null {
    const options: number[] = [];
    for (let i = from; i < to && bytes[i] !== KIND_END; ) {
      const length = bytes[i] === KIND_NOP ? 1 : bytes[i + 1]!;
      if (bytes[i] === KIND_RECORD_ROUTE || bytes[i] === KIND_TIMESTAMP) {
        const option = bytes.slice(i, i + length);
        record(option, 0, ours.w3, stamp);
        options.push(...option);
      }
      i += length;
    }
    if (options.length === 0) return back;
    // The route comes last: what pads it ends the list.
    const before = options.length;
    if (back !== null) options.push(...back.bytes);
    const finalAt = back === null || back.finalAt === 0 ? 0 : before + back.finalAt;
    // Beside a record of odd length what is too much is the route's padding: its octets are no more than the request's.
    return new Ipv4Options(padded(options.slice(0, MAX_IPV4_OPTIONS)), finalAt, back?.firstHop ?? 0);
  }

  /** What of them is in all fragments of a datagram: options whose type has the copied flag (RFC 791, section 3.1). */
  get copied(): Ipv4Options | null {
    const kept: number[] = [];
    let finalAt = 0;
    for (let i = 0; i < this.bytes.length && this.bytes[i] !== KIND_END; ) {
      const length = this.bytes[i] === KIND_NOP ? 1 : this.bytes[i + 1]!;
      if (this.bytes[i]! & COPIED) {
        if (this.finalAt > i && this.finalAt < i + length) finalAt = kept.length + this.finalAt - i;
        kept.push(...this.bytes.subarray(i, i + length));
      }
      i += length;
    }
    return kept.length === 0 ? null : new Ipv4Options(padded(kept), finalAt, this.firstHop);
  }

  get length(): number {
    return this.bytes.length;
  }

  /**
   * Prepares what a user gives as IP_OPTIONS (ip(7)): copied, padded, a source route turned into what travels.
   * @returns null when the list is too long or malformed, or its source route not a fresh one with a stop
   */
  static prepare(given: Uint8Array): Ipv4Options | null {
    if (given.length > MAX_IPV4_OPTIONS || findBadIpv4Option(given, 0, given.length) >= 0) return null;
    const bytes = padded(given);
    const route = findSourceRoute(bytes, 0, bytes.length);
    if (route < 0) return new Ipv4Options(bytes, 0, 0);
    const length = bytes[route + 1]!;
    if (length < ROUTE_HEADER + 4 || (length - ROUTE_HEADER) % 4 !== 0 || bytes[route + 2] !== FIRST_POINTER)
      return null;
    const finalAt = route + length - 4;
    const firstHop = word(bytes, route + ROUTE_HEADER);
    bytes.copyWithin(route + ROUTE_HEADER, route + ROUTE_HEADER + 4, route + length);
    return new Ipv4Options(bytes, finalAt, firstHop);
  }
}

/**
 * Walks an option list in `bytes[from, to)`.
 * @returns -1 when it is well-formed, else where the offending octet is
 */
export function findBadIpv4Option(bytes: Uint8Array, from: number, to: number): number {
  let routes = 0;
  let i = from;
  while (i < to) {
    const kind = bytes[i]!;
    if (kind === KIND_END) return -1;
    if (kind === KIND_NOP) {
      i++;
      continue;
    }
    if (i + 1 >= to) return i;
    const length = bytes[i + 1]!;
    if (length < 2 || i + length > to) return i + 1;
    if (kind === KIND_LSRR || kind === KIND_SSRR) {
      // One source route at most (RFC 1122, section 3.2.1.8 (c)).
      if (++routes > 1) return i;
      if (length < ROUTE_HEADER) return i + 1;
      if (bytes[i + 2]! < FIRST_POINTER) return i + 2;
    } else if (kind === KIND_RECORD_ROUTE || kind === KIND_TIMESTAMP) {
      const bad = findBadRecord(bytes, i);
      if (bad >= 0) return bad;
    }
    i += length;
  }
  return -1;
}

/** Has a record that isn't full room for one more entry, and sense? @returns -1, or where the offending octet is */
function findBadRecord(bytes: Uint8Array, at: number): number {
  const length = bytes[at + 1]!;
  const isRoute = bytes[at] === KIND_RECORD_ROUTE;
  const header = isRoute ? ROUTE_HEADER : TIMESTAMP_HEADER;
  if (length < header) return at + 1;
  const place = bytes[at + 2]! - 1;
  if (place < header) return at + 2;
  if (place >= length) return -1;
  const entry = isRoute ? 4 : stampLength(bytes[at + 3]! & 15);
  if (entry === 0) return at + 3;
  return place + entry > length ? at + 2 : -1;
}

/** How long an entry of a Timestamp option is; 0: the flag means nothing. */
function stampLength(flag: number): number {
  if (flag === STAMP_ONLY) return 4;
  return flag === STAMP_AND_ADDRESS || flag === STAMP_PRESPECIFIED ? 8 : 0;
}

/** Puts an address down in the Record Route or Timestamp option at `at`, if there is room. The option is well-formed. */
function record(bytes: Uint8Array, at: number, address: number, stamp: number): void {
  const place = bytes[at + 2]! - 1;
  const full = place >= bytes[at + 1]!;
  if (bytes[at] === KIND_RECORD_ROUTE) {
    if (full) return;
    writeWord(bytes, at + place, address);
    bytes[at + 2]! += 4;
    return;
  }
  const flag = bytes[at + 3]! & 15;
  if (full) {
    // It counts the hosts that found no room, up to 15.
    if (bytes[at + 3]! < 0xf0) bytes[at + 3]! += 0x10;
    return;
  }
  if (flag === STAMP_PRESPECIFIED && word(bytes, at + place) !== address) return;
  if (flag === STAMP_AND_ADDRESS) writeWord(bytes, at + place, address);
  const length = stampLength(flag);
  writeWord(bytes, at + place + length - 4, stamp);
  bytes[at + 2]! += length;
}

/** Where the source route of an option list begins, or -1. Stops at whatever is malformed. */
export function findSourceRoute(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && bytes[i] !== KIND_END) {
    const kind = bytes[i]!;
    if (kind === KIND_NOP) {
      i++;
      continue;
    }
    const length = i + 1 < to ? bytes[i + 1]! : 0;
    if (length < 2 || i + length > to) return -1;
    if (kind === KIND_LSRR || kind === KIND_SSRR) return length >= ROUTE_HEADER ? i : -1;
    i += length;
  }
  return -1;
}

/** Has the datagram been at every stop of the source route at `at`, so that its destination field is the final one? */
export const routeIsComplete = (bytes: Uint8Array, at: number): boolean => bytes[at + 2]! > bytes[at + 1]!;

/** The final destination of the source route at `at`, while that is not complete: the last address in it, as a word. */
export const routeDestination = (bytes: Uint8Array, at: number): number => word(bytes, at + bytes[at + 1]! - 4);

/**
 * The way back along a complete source route (RFC 1122, section 3.2.1.8 (c)): the recorded addresses, last first.
 * @param src the datagram's source; some senders list it as their first stop, where it doesn't belong (RFC 1812, section 4.2.2.6)
 */
export function reverseRoute(bytes: Uint8Array, at: number, src: number): Ipv4Options | null {
  let stops = (bytes[at + 1]! - ROUTE_HEADER) >> 2;
  const first = at + ROUTE_HEADER;
  const skipped = stops > 0 && word(bytes, first) === src ? 1 : 0;
  stops -= skipped;
  if (stops <= 0) return null;
  const back = new Uint8Array(ROUTE_HEADER + 4 * stops);
  back[0] = bytes[at]!;
  back[1] = back.length;
  back[2] = FIRST_POINTER;
  for (let i = 0; i < stops; i++) {
    const from = first + 4 * (skipped + stops - 1 - i);
    back.set(bytes.subarray(from, from + 4), ROUTE_HEADER + 4 * i);
  }
  return Ipv4Options.prepare(back);
}

function padded(options: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array((options.length + 3) & ~3);
  bytes.set(options);
  return bytes;
}

function writeWord(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (24 - 8 * i);
}

const word = (b: Uint8Array, i: number): number => (b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!;
