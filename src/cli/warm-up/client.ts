import { spread } from '../../basics/spread.ts';
import { VNET_HEADER } from '../../link/offload/vnet-header.ts';
import { foldChecksum, sumBytes } from '../../wire/checksum.ts';
import { IPV4_HEADER, PROTOCOL_TCP } from '../../wire/ipv4.ts';
import { ACK, FIN, PSH, SYN } from '../../wire/segment.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';
import { type FarSide, MemoryDevice } from './memory-device.ts';

/** MSS, SACK permitted and Timestamps, NOP, window scale; and NOP NOP Timestamps on every other segment, as Linux has them. */
const SYN_OPTIONS = 20;
const OPTIONS = 12;
const MSS_1460 = 0x0204_05b4;
const SACK_AND_TIMESTAMPS = 0x0402_080a;
const NOPS_AND_TIMESTAMPS = 0x0101_080a;
const NOP_AND_WSCALE_7 = 0x0103_0307;
/** Linux's ephemeral ports. */
const FIRST_PORT = 32_768;
const PORTS = 28_232;
const NEEDS_CSUM = 1;
const CHECKSUM_OFFSET = 16;
const NO_DATA = new Uint8Array(0);

/** What the client wants of one of the stack's services. */
export interface Errand {
  readonly port: number;
  /** What is sent when the connection is there; */
  readonly request: Uint8Array;
  /** and so many times in all, each behind the answer to the one before. Then the client closes. */
  readonly times: number;
}

/** A connection of the client's, with RFC 9293's names. */
class ClientConnection {
  readonly errand: Errand;
  readonly port: number;
  sndNxt: number;
  rcvNxt = 0;
  tsRecent = 0;
  requests = 0;
  isClosed = false;

  constructor(errand: Errand, number: number) {
    this.errand = errand;
    this.port = FIRST_PORT + (number % PORTS);
    this.sndNxt = spread(number + 1) | 0;
  }
}

export interface ClientOptions {
  /** Of the client and of the stack, as words. */
  readonly address: number;
  readonly peer: number;
  readonly mtu: number;
  readonly offload: boolean;
}

/**
 * As much of a TCP client as our stack needs to run as it does with Linux at the other end: its segments are like Linux's, but it never
 * sends again, since nothing is lost in memory, and a segment that isn't the next one is none of its business. A second stack would do
 * as well, but would run code of its own at the same time, and V8 would have twice as much to compile.
 */
export class Client implements FarSide {
  readonly device: MemoryDevice;
  readonly #options: ClientOptions;
  readonly #onClosed: () => void;
  readonly #connections = new Map<number, ClientConnection>();
  #opened = 0;

  /** @param onClosed one of its connections is over */
  constructor(options: ClientOptions, onClosed: () => void) {
    this.#options = options;
    this.#onClosed = onClosed;
    this.device = new MemoryDevice(this, options.mtu);
  }

  open(errand: Errand): void {
    const c = new ClientConnection(errand, this.#opened++);
    this.#connections.set(c.port, c);
    this.#send(c, SYN, NO_DATA);
  }

  receive(headers: Uint8Array, at: number, payloadLength: number): void {
    const ip = headers.byteOffset + at + (this.#options.offload ? VNET_HEADER : 0);
    const packet = new DataView(headers.buffer, ip, IPV4_HEADER + TCP_HEADER + OPTIONS);
    if (packet.getUint8(0) !== 0x45 || packet.getUint8(9) !== PROTOCOL_TCP) return;
    const c = this.#connections.get(packet.getUint16(IPV4_HEADER + 2));
    if (c === undefined) return;
    const seq = packet.getInt32(IPV4_HEADER + 4);
    const flags = packet.getUint8(IPV4_HEADER + 13);
    c.tsRecent = packet.getInt32(IPV4_HEADER + TCP_HEADER + 4);
    if (flags & SYN) this.#established(c, seq);
    else if (seq === c.rcvNxt) this.#next(c, flags, payloadLength);
  }

  #established(c: ClientConnection, seq: number): void {
    c.rcvNxt = (seq + 1) | 0;
    this.#send(c, ACK, NO_DATA);
    this.#request(c);
  }

  /** The segment that is expected. */
  #next(c: ClientConnection, flags: number, payloadLength: number): void {
    const isFin = (flags & FIN) !== 0;
    c.rcvNxt = (c.rcvNxt + payloadLength + (isFin ? 1 : 0)) | 0;
    if (payloadLength > 0) this.#request(c);
    if (!isFin) return;
    if (c.isClosed) this.#send(c, ACK, NO_DATA);
    else this.#close(c);
    this.#connections.delete(c.port);
    this.#onClosed();
  }

  #request(c: ClientConnection): void {
    if (c.requests++ < c.errand.times) this.#send(c, PSH | ACK, c.errand.request);
    else this.#close(c);
  }

  #close(c: ClientConnection): void {
    if (!c.isClosed) this.#send(c, FIN | ACK, NO_DATA);
    c.isClosed = true;
  }

  #send(c: ClientConnection, flags: number, data: Uint8Array): void {
    const { offload } = this.#options;
    const headers = IPV4_HEADER + TCP_HEADER + (flags & SYN ? SYN_OPTIONS : OPTIONS);
    const start = offload ? VNET_HEADER : 0;
    const length = start + headers + data.length;
    this.device.put(length, (bytes, at) => {
      const packet = bytes.subarray(at, at + length);
      const view = new DataView(packet.buffer, packet.byteOffset, length);
      packet.fill(0, 0, start + headers);
      packet.set(data, start + headers);
      if (offload) writeChecksumRequest(view);
      this.#writeIp(packet, view, start);
      writeTcp(view, start + IPV4_HEADER, c, flags);
      if (!offload) writeChecksum(packet, view);
    });
    c.sndNxt = (c.sndNxt + data.length + (flags & (SYN | FIN) ? 1 : 0)) | 0;
  }

  #writeIp(packet: Uint8Array, view: DataView, at: number): void {
    view.setUint16(at, 0x4500);
    view.setUint16(at + 2, packet.length - at);
    view.setUint16(at + 6, 0x4000);
    view.setUint16(at + 8, (64 << 8) | PROTOCOL_TCP);
    view.setInt32(at + 12, this.#options.address);
    view.setInt32(at + 16, this.#options.peer);
    view.setUint16(at + 10, foldChecksum(sumBytes(packet, at, at + IPV4_HEADER, 0)));
  }
}

function writeTcp(view: DataView, at: number, c: ClientConnection, flags: number): void {
  const isSyn = (flags & SYN) !== 0;
  view.setUint16(at, c.port);
  view.setUint16(at + 2, c.errand.port);
  view.setInt32(at + 4, c.sndNxt);
  view.setInt32(at + 8, c.rcvNxt);
  view.setUint8(at + 12, (TCP_HEADER + (isSyn ? SYN_OPTIONS : OPTIONS)) << 2);
  view.setUint8(at + 13, flags);
  view.setUint16(at + 14, isSyn ? 64_240 : 502);
  const options = at + TCP_HEADER;
  const timestamps = isSyn ? options + 8 : options + 4;
  view.setInt32(timestamps - 4, isSyn ? SACK_AND_TIMESTAMPS : NOPS_AND_TIMESTAMPS);
  view.setInt32(timestamps, performance.now());
  view.setInt32(timestamps + 4, c.tsRecent);
  if (!isSyn) return;
  view.setInt32(options, MSS_1460);
  view.setInt32(options + 16, NOP_AND_WSCALE_7);
}

/** A virtio_net_hdr as the kernel's: the checksum is left to us, who take it on trust. */
function writeChecksumRequest(view: DataView): void {
  view.setUint8(0, NEEDS_CSUM);
  view.setUint16(6, IPV4_HEADER, true);
  view.setUint16(8, CHECKSUM_OFFSET, true);
}

function writeChecksum(packet: Uint8Array, view: DataView): void {
  const pseudoHeader = sumBytes(packet, 12, IPV4_HEADER, PROTOCOL_TCP + packet.length - IPV4_HEADER);
  const sum = sumBytes(packet, IPV4_HEADER, packet.length, pseudoHeader);
  view.setUint16(IPV4_HEADER + CHECKSUM_OFFSET, foldChecksum(sum));
}
