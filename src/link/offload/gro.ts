import { foldSum, sumBytes, sumSlab } from '../../wire/checksum.ts';
import { IPV4_HEADER, PROTOCOL_TCP } from '../../wire/ipv4.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { Packet } from '../../wire/packet.ts';
import { ACK, FIN, PSH, RST, SYN, URG } from '../../wire/segment.ts';
import { type Seq, seqAdd } from '../../wire/seq.ts';
import { Slab } from '../../wire/slab.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';
import { SegmentArena } from './segment-arena.ts';

/** Both families' limit: what a total length field can say. */
const LONGEST = 65_535;
const DONT_FRAGMENT = 0x40;
const WHERE = { seq: 4, dataOffset: 12, flags: 13, window: 14, urgent: 18 } as const;
const NO_SLAB = new Slab(new Uint8Array(0));

/**
 * Joins TCP segments that lie in a row into super-segments: the other way round than `SoftwareOffload`, as tcp_gro_receive
 * (net/ipv4/tcp_offload.c) does. TCP's work for forty segments is then that for one. A receiver sees no difference but
 * `gsoSize`: only what agrees in all that it could ask for is joined, and only where the checksum is right.
 *
 * Of payload nothing is copied more often: a short segment's would be copied when it is handed up, and a long run's, which lies in
 * one piece here, isn't then. Where the packets' memory may be written to, a run is moved together where it lies, which takes no
 * memory of its own; it ends where its slab does.
 */
export class SegmentJoiner {
  readonly #take: (packet: Packet) => void;
  #inPlace = false;
  readonly #packet = new Packet();
  readonly #arena = new SegmentArena(LONGEST);
  /** The run: its first segment, `#slab.bytes[#start, #end)`, as it came, or with others behind it in the arena. */
  #slab = NO_SLAB;
  #start = 0;
  #end = 0;
  /** Where its TCP header begins, its payload begins; the payload of each segment but the last (0: there is no run). */
  #tcp = 0;
  #payload = 0;
  #size = 0;
  /** SEG.SEQ of what continues it. */
  #next: Seq = 0;
  #isJoined = false;

  /** @param take gets every packet, joined or as it came, in their order; borrowed until the batch ends */
  constructor(take: (packet: Packet) => void) {
    this.#take = take;
  }

  /** May the memory of the packets that come now be written to? Only where no other code looks at it. At first not. */
  set inPlace(inPlace: boolean) {
    if (inPlace === this.#inPlace) return;
    this.flush();
    this.#inPlace = inPlace;
  }

  /** One packet of a batch. Its memory is to stay as it is until `batchEnd`. */
  add(slab: Slab, start: number, end: number): void {
    const tcp = plainSegmentAt(slab.bytes, start, end);
    if (tcp === -1) {
      this.flush();
      this.#handUp(slab, start, end, 0, false);
      return;
    }
    const payload = tcp + ((slab.bytes[tcp + WHERE.dataOffset]! >> 4) << 2);
    const isEnd = (slab.bytes[tcp + WHERE.flags]! & PSH) !== 0;
    if (this.#continues(slab, start, tcp, payload, end)) {
      if (end - payload < this.#size || isEnd) {
        this.#append(slab, payload, end, isEnd);
        this.flush();
      } else this.#append(slab, payload, end, false);
      return;
    }
    this.flush();
    if (isEnd || !checksumIsRight(slab, start, tcp, end)) this.#handUp(slab, start, end, 0, false);
    else this.#begin(slab, start, tcp, payload, end);
  }

  /** No more is to be joined to what there is. */
  flush(): void {
    if (this.#size === 0) return;
    const size = this.#size;
    this.#size = 0;
    if (this.#isJoined) this.#complete();
    this.#handUp(this.#slab, this.#start, this.#end, this.#isJoined ? size : 0, true);
    this.#slab = NO_SLAB;
  }

  /** The batch is over, and all of it handed up: memory that isn't held is used again. */
  batchEnd(): void {
    this.#arena.batchEnd();
  }

  #handUp(slab: Slab, start: number, end: number, gsoSize: number, checked: boolean): void {
    const packet = this.#packet;
    packet.fill(slab, start, end);
    packet.gsoSize = gsoSize;
    packet.checksumTrusted = checked;
    this.#take(packet);
  }

  #begin(slab: Slab, start: number, tcp: number, payload: number, end: number): void {
    this.#slab = slab;
    this.#start = start;
    this.#end = end;
    this.#tcp = tcp;
    this.#payload = payload;
    this.#size = end - payload;
    this.#next = seqAdd(slab.view.getInt32(tcp + WHERE.seq), this.#size);
    this.#isJoined = false;
  }

  /** Is it the next segment of the run, no longer than the others, and does it say the same in all but what grows? */
  #continues(slab: Slab, start: number, tcp: number, payload: number, end: number): boolean {
    const length = end - payload;
    return (
      this.#size > 0 &&
      length <= this.#size &&
      (slab === this.#slab || !this.#inPlace) &&
      this.#end - this.#start + length <= LONGEST &&
      slab.view.getInt32(tcp + WHERE.seq) === this.#next &&
      payload - tcp === this.#payload - this.#tcp &&
      this.#saysTheSame(slab.bytes, start, tcp, payload) &&
      checksumIsRight(slab, start, tcp, end)
    );
  }

  #saysTheSame(bytes: Uint8Array, start: number, tcp: number, payload: number): boolean {
    const ours = this.#slab.bytes;
    const toIp = this.#start - start;
    const toTcp = this.#tcp - tcp;
    const ip =
      tcp - start === IPV6_HEADER
        ? areEqual(bytes, start, start + 4, ours, toIp) && areEqual(bytes, start + 6, tcp, ours, toIp)
        : // All but the total length, the identification, which has no meaning beside DF (RFC 6864), and the checksum.
          areEqual(bytes, start, start + 2, ours, toIp) &&
          areEqual(bytes, start + 6, start + 10, ours, toIp) &&
          areEqual(bytes, start + 12, tcp, ours, toIp);
    return (
      ip &&
      tcp + toTcp - this.#start === tcp - start &&
      areEqual(bytes, tcp, tcp + WHERE.seq, ours, toTcp) &&
      areEqual(bytes, tcp + 8, tcp + WHERE.flags, ours, toTcp) &&
      ((bytes[tcp + WHERE.flags]! ^ ours[tcp + WHERE.flags + toTcp]!) & ~PSH) === 0 &&
      areEqual(bytes, tcp + WHERE.window, tcp + WHERE.window + 2, ours, toTcp) &&
      areEqual(bytes, tcp + WHERE.urgent, payload, ours, toTcp)
    );
  }

  #append(slab: Slab, payload: number, end: number, isEnd: boolean): void {
    if (this.#inPlace) slab.bytes.copyWithin(this.#end, payload, end);
    else {
      if (!this.#isJoined) this.#moveToArena();
      this.#arena.add(slab.bytes, payload, end);
    }
    this.#isJoined = true;
    this.#end += end - payload;
    this.#next = seqAdd(this.#next, end - payload);
    if (isEnd) this.#slab.bytes[this.#tcp + WHERE.flags]! |= PSH;
  }

  #moveToArena(): void {
    const at = this.#arena.begin();
    this.#arena.add(this.#slab.bytes, this.#start, this.#end);
    this.#slab = this.#arena.slab;
    this.#tcp += at - this.#start;
    this.#payload += at - this.#start;
    this.#end += at - this.#start;
    this.#start = at;
  }

  /** Writes the length, and IPv4's header checksum, anew. TCP's checksum is not looked at any more. */
  #complete(): void {
    const { view, bytes } = this.#slab;
    const at = this.#start;
    if (this.#tcp - at === IPV6_HEADER) {
      view.setUint16(at + 4, this.#end - this.#tcp);
      return;
    }
    view.setUint16(at + 2, this.#end - at);
    view.setUint16(at + 10, 0);
    view.setUint16(at + 10, ~foldSum(sumBytes(bytes, at, this.#tcp, 0)) & 0xffff);
  }
}

/**
 * Where the TCP header begins of a packet that might be joined: octets of an established connection, without anything about them that
 * only a segment of its own can say. -1: it is none.
 */
function plainSegmentAt(bytes: Uint8Array, start: number, end: number): number {
  const tcp = start + plainIpHeader(bytes, start, end);
  if (tcp === start || end - tcp < TCP_HEADER) return -1;
  if ((bytes[tcp + WHERE.flags]! & (ACK | SYN | FIN | RST | URG)) !== ACK) return -1;
  const header = (bytes[tcp + WHERE.dataOffset]! >> 4) << 2;
  return header >= TCP_HEADER && tcp + header < end ? tcp : -1;
}

/** The length of an IP header without options or extension headers, in front of TCP; 0: it is another one, or wrong. */
function plainIpHeader(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < IPV4_HEADER) return 0;
  if (bytes[start] === 0x45) {
    const isWhole = bytes[start + 6] === DONT_FRAGMENT && bytes[start + 7] === 0;
    if (!isWhole || bytes[start + 9] !== PROTOCOL_TCP || ((bytes[start + 2]! << 8) | bytes[start + 3]!) !== length)
      return 0;
    return foldSum(sumBytes(bytes, start, start + IPV4_HEADER, 0)) === 0xffff ? IPV4_HEADER : 0;
  }
  if (bytes[start]! >> 4 !== 6 || length < IPV6_HEADER || bytes[start + 6] !== PROTOCOL_TCP) return 0;
  return ((bytes[start + 4]! << 8) | bytes[start + 5]!) === length - IPV6_HEADER ? IPV6_HEADER : 0;
}

function checksumIsRight(slab: Slab, start: number, tcp: number, end: number): boolean {
  const addresses = tcp - start === IPV6_HEADER ? start + 8 : start + 12;
  const pseudo = sumBytes(slab.bytes, addresses, tcp, PROTOCOL_TCP + end - tcp);
  return foldSum(sumSlab(slab, tcp, end, pseudo)) === 0xffff;
}

/** Is `bytes[from, to)` what lies in `others`, `offset` further on? */
function areEqual(bytes: Uint8Array, from: number, to: number, others: Uint8Array, offset: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== others[i + offset]) return false;
  return true;
}
