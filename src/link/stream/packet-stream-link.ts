import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Frame } from '../../wire/frame.ts';
import type { Packet } from '../../wire/packet.ts';
import { Slab } from '../../wire/slab.ts';
import { LinkError } from '../errors.ts';
import { SegmentJoiner } from '../offload/gro.ts';
import { SoftwareOffload } from '../offload/gso.ts';
import type { Link, LinkReceiver } from '../terms/link.ts';
import { clampMss } from './clamp-mss.ts';
import { FAULT_TEXTS, type Framing, type FramingFault, prefixLength } from './framing.ts';
import { type Load, Outbox, PIECE } from './outbox.ts';
import { Splitter } from './splitter.ts';

export interface PacketStreamOptions {
  /**
   * The longest IP packet, in bytes, 68 to 65,535; 1,280 at least for IPv6. Longer ones aren't sent, and one that comes ends the link: the
   * other end must not have a larger one. Default: 1500.
   */
  readonly mtu?: number | undefined;
  /** How packets lie in the stream; both ends must have the same. Default: `ip`. */
  readonly framing?: Framing | undefined;
  /**
   * The longest TCP segment's data, in bytes, that SYNs in either direction may announce, 88 to 65,495: for a path behind the far
   * end that is narrower than the stream. Default: what the MTU of each end allows.
   */
  readonly mss?: number | undefined;
  /**
   * How many bytes may wait for a stream that takes no more; packets on top of that are dropped. Connections wait long before, so that it
   * is rather what other senders have; below 1 MiB they write in shorter pieces, and are slower. Four packets at least. Default: 1 MiB.
   */
  readonly queueBytes?: number | undefined;
}

/** What went through, and what didn't. */
export class PacketStreamCounters {
  rxPackets = 0;
  rxBytes = 0;
  rxChunks = 0;
  /** What was handed up as one, of several packets. */
  rxSuperSegments = 0;
  txPackets = 0;
  txBytes = 0;
  txWrites = 0;
  /** Packets longer than the MTU. */
  txTooLong = 0;
  /** Packets for which there was no room, since the stream took no more. */
  txQueueFull = 0;
  /** Packets sent after the end. */
  txClosed = 0;
}

const MTU_LEAST = 68;
const MTU_MOST = 65_535;
/** As the host has it: MIN_MSS in Linux is 88, and 40 is what the shortest headers take of the longest packet. */
const MSS_LEAST = 88;
const MSS_MOST = 65_495;
const QUEUE = 1024 * 1024;
/** The host hands down super-segments, which cost it as much as one segment; they are cut here. */
const GSO_MAX_SIZE = 65_535;
/**
 * Shares of the queue: what connections are told that there is room for, and the longest super-segment, of which one may come on top. Both
 * count payload, and headers take the more room the shorter segments are: at an MTU of 68, 16 octets go with 56. (1/8 + 1/16) x 72/16 is
 * less than the whole, so what was promised room has it.
 */
const ROOM_SHARE = 8;
const SUPER_SEGMENT_SHARE = 16;
/** So many packets have to fit: one where room was promised for an octet, and others that ask for no room. */
const QUEUE_PACKETS = 4;
/** A peer that doesn't read can keep a closed stream for so long: milliseconds. */
const CLOSE_MOST = 5000;

/**
 * A link over any stream of bytes: TLS, a WebSocket's stream, a pipe, a socket of this or another TCP. What the stream cuts and joins
 * does no harm; bytes that are no packet end the link, with a reason, and so does the end of the stream.
 *
 * @throws LinkError with the code ERR_LINK_OPTION for a setting that can't be
 *
 * @example
 * ```ts
 * const tunnel = tls.connect(443, 'vpn.example.net');
 * const stack = createStack(packetStreamLink(tunnel, { mtu: 16_000 }), { addresses: ['10.9.0.2/24'] });
 * ```
 */
export function packetStreamLink(stream: Duplex, options: PacketStreamOptions = {}): PacketStreamLink {
  return new PacketStreamLink(stream, options);
}

/**
 * What a stream brings in one turn of the event loop is one batch, with one ACK, up to so many bytes: TLS has a chunk for each of its
 * records, of 16 KiB at the most, and an ACK for each was a record and a system call of its own (measured: a third more time).
 */
const BATCH = 256 * 1024;
/** A TLS record has so many bytes at most (RFC 8446, section 5.1), and so has a chunk that comes out of TLS. */
const RECORD_MOST = 16_384;

/** What a stream that is a socket has beside. */
interface SocketLike extends Duplex {
  ref?(): void;
  unref?(): void;
  setNoDelay?(noDelay?: boolean): void;
  /** How many bytes a TLS record has at most. */
  setMaxSendFragment?(size: number): boolean;
}

export class PacketStreamLink implements Link {
  readonly mtu: number;
  /** Done here, in software, as cutting is. */
  readonly checksumOffload = true;
  readonly gsoMaxSize: number;
  readonly counters = new PacketStreamCounters();
  readonly #stream: SocketLike;
  readonly #framing: Framing;
  readonly #mss: number | null;
  readonly #outbox: Outbox;
  /** So much may wait before connections do. */
  readonly #enough: number;
  readonly #splitter: Splitter;
  readonly #offload = new SoftwareOffload('later');
  readonly #joiner = new SegmentJoiner((packet) => this.#receive(packet));
  #receiver: LinkReceiver | null = null;
  /**
   * A socket of the system, or TLS. When its write is done, the bytes have been copied or sent. Other streams may have them handed on
   * (a PassThrough does), so that memory can't be used again: a third more collections of garbage (measured). And what it reads lies in
   * memory that was made for that, where other streams may have it from a writer who still looks at it.
   */
  readonly #isSystems: boolean;
  /** The stream has taken all that it wanted, until its 'drain'. */
  #isFull = false;
  #isClosed = false;
  /** The bytes of this batch, and its end in this turn of the event loop, if there is a batch. */
  #inBatch = 0;
  #batchEnd: NodeJS.Immediate | null = null;
  /** Packets are handed up, or their batch ends: what comes from within that waits until it is over. */
  #isBusy = false;
  #later: Uint8Array[] = [];

  constructor(stream: Duplex, { mtu = 1500, framing = 'ip', mss, queueBytes = QUEUE }: PacketStreamOptions) {
    checkNumber('mtu', mtu, MTU_LEAST, MTU_MOST);
    if (mss !== undefined) checkNumber('mss', mss, MSS_LEAST, MSS_MOST);
    if (framing !== 'ip' && framing !== 'length32be') {
      throw new LinkError('ERR_LINK_OPTION', `framing must be 'ip' or 'length32be', not ${JSON.stringify(framing)}`);
    }
    checkNumber('queueBytes', queueBytes, QUEUE_PACKETS * (mtu + prefixLength(framing)), Number.MAX_SAFE_INTEGER);
    this.mtu = mtu;
    const superSegment = Math.min(GSO_MAX_SIZE, Math.floor(queueBytes / SUPER_SEGMENT_SHARE));
    this.gsoMaxSize = superSegment < 2 * mtu ? 0 : superSegment;
    this.#enough = Math.min(PIECE, Math.floor(queueBytes / ROOM_SHARE));
    this.#mss = mss ?? null;
    this.#stream = stream;
    this.#framing = framing;
    this.#isSystems = stream instanceof Socket;
    this.#outbox = new Outbox(framing, queueBytes, this.#mss);
    this.#splitter = new Splitter(framing, mtu, (slab, start, end) => this.#handUp(slab, start, end));
  }

  /** How many bytes wait for the stream. */
  get queuedBytes(): number {
    return this.#outbox.waiting;
  }

  attach(receiver: LinkReceiver): void {
    const isFirst = this.#receiver === null;
    this.#receiver = receiver;
    if (!isFirst) return;
    const stream = this.#stream;
    // What is written is a batch already. Nagle's algorithm would keep the end of each back until the one before is acknowledged, which
    // its receiver delays: 40 ms (measured over TLS on the loopback: 48 ms in place of 11 for an answer in two parts).
    stream.setNoDelay?.(true);
    // Records of whole packets, where these have their full length: at the far end none is cut then, to be put together again.
    const frame = this.mtu + prefixLength(this.#framing);
    if (frame <= RECORD_MOST && !stream.destroyed) stream.setMaxSendFragment?.(RECORD_MOST - (RECORD_MOST % frame));
    stream.on('error', (error: unknown) => this.#fail(`The stream failed: ${messageOf(error)}`));
    stream.on('end', () =>
      this.#fail(`The far side ended the stream${this.#splitter.kept > 0 ? ' within a packet' : ''}.`),
    );
    stream.on('close', () => this.#fail('The stream was closed.'));
    stream.on('drain', () => this.#drained());
    stream.on('data', (chunk: unknown) => this.#arrived(chunk));
    if (stream.destroyed || stream.readableEnded) queueMicrotask(() => this.#fail('The stream was closed.'));
  }

  /** Whether the stream keeps the process alive, where it can tell it so. */
  ref(): void {
    this.#stream.ref?.();
  }

  unref(): void {
    this.#stream.unref?.();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#writeAll(true);
    this.#isClosed = true;
    const stream = this.#stream;
    setTimeout(() => stream.destroy(), CLOSE_MOST).unref();
    stream.end(() => stream.destroy());
  }

  /** The stream is of no more use. Its sockets get what came before, and hear of it at once. */
  #fail(reason: string): void {
    if (this.#isClosed) return;
    if (!this.#isBusy) {
      this.#takeLater();
      this.#endBatch();
    }
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outbox.clear();
    this.#stream.destroy();
    this.#receiver?.linkDown(reason);
  }

  // ---- inward -------------------------------------------------------------------------------------------------------

  #arrived(chunk: unknown): void {
    if (this.#isClosed) return;
    if (!(chunk instanceof Uint8Array)) {
      this.#fail('The stream gives no bytes: it has an encoding, or is in object mode.');
      return;
    }
    this.counters.rxChunks++;
    // A stream may answer from within a write (one in memory), and that may be from within a batch, whose memory is lent until it ends.
    if (this.#isBusy || this.#later.length > 0) this.#later.push(chunk);
    else this.#takeIn(chunk);
  }

  #takeIn(chunk: Uint8Array): void {
    this.#inBatch += chunk.length;
    this.#isBusy = true;
    // A chunk of a socket of the system is the reader's, unless there are two.
    this.#joiner.inPlace = this.#isSystems && this.#stream.listenerCount('data') === 1;
    let fault: FramingFault | null;
    try {
      fault = this.#splitter.push(new Slab(chunk));
    } finally {
      this.#isBusy = false;
    }
    if (fault !== null) this.#fail(`What came is no packet (${fault}): ${FAULT_TEXTS[fault]}.`);
    else if (this.#inBatch >= BATCH) this.#endBatch();
    else this.#batchEnd ??= setImmediate(this.#endBatch);
  }

  readonly #takeLater = (): void => {
    for (const chunk of this.#later.splice(0)) if (!this.#isClosed) this.#takeIn(chunk);
  };

  readonly #endBatch = (): void => {
    if (this.#batchEnd !== null) clearImmediate(this.#batchEnd);
    this.#batchEnd = null;
    if (this.#isClosed || this.#inBatch === 0) return;
    this.#inBatch = 0;
    this.#isBusy = true;
    try {
      this.#joiner.flush();
      this.#receiver!.batchEnd();
      this.#splitter.batchEnd();
      this.#joiner.batchEnd();
    } finally {
      this.#isBusy = false;
    }
    if (this.#later.length > 0) setImmediate(this.#takeLater);
  };

  #handUp(slab: Slab, start: number, end: number): boolean {
    this.counters.rxPackets++;
    this.counters.rxBytes += end - start;
    if (this.#mss !== null) clampMss(slab.bytes, start, end, this.#mss);
    this.#joiner.add(slab, start, end);
    return !this.#isClosed;
  }

  readonly #receive = (packet: Packet): void => {
    if (this.#isClosed) return;
    if (packet.gsoSize > 0) this.counters.rxSuperSegments++;
    this.#receiver!.receive(packet);
  };

  // ---- outward ------------------------------------------------------------------------------------------------------

  send(frame: Frame): void {
    if (this.#isClosed) this.counters.txClosed++;
    else this.#offload.lower(frame, this.#add);
  }

  readonly #add = (frame: Frame): void => {
    const { counters } = this;
    if (frame.packetLength > this.mtu) counters.txTooLong++;
    else if (this.#outbox.add(frame)) {
      counters.txPackets++;
      counters.txBytes += frame.packetLength;
    } else counters.txQueueFull++;
  };

  flush(): void {
    if (this.#isClosed) return;
    const hadRoom = this.room() > 0;
    this.#writeAll(false);
    if (!hadRoom && this.room() > 0) this.#receiver?.roomAgain?.();
  }

  /** Up to a piece waits while the stream has enough, so that there is one when it goes on; what waits longer only adds delay. */
  room(): number {
    return this.#enough - this.#outbox.waiting;
  }

  #drained(): void {
    this.#isFull = false;
    this.flush();
  }

  /** Gives the stream what waits, until it has enough; `last`: all of it. */
  #writeAll(last: boolean): void {
    while (last || !this.#isFull) {
      const load = this.#outbox.take();
      if (load === null) return;
      this.counters.txWrites++;
      this.#write(load);
    }
  }

  #write({ bytes, done }: Load): void {
    try {
      this.#isFull = !this.#stream.write(bytes, this.#isSystems ? done : undefined);
    } catch (error) {
      // Not from within a flush: the receiver hears of it in a turn of its own.
      queueMicrotask(() => this.#fail(`The stream failed: ${messageOf(error)}`));
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function checkNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new LinkError('ERR_LINK_OPTION', `${name} must be a whole number from ${least} to ${most}, not ${value}`);
}
