import { foldChecksum, foldSum, sumBytes, sumView } from '../../wire/checksum.ts';
import { Frame } from '../../wire/frame.ts';
import { PROTOCOL_TCP } from '../../wire/ipv4.ts';
import { sumPayload } from '../../wire/tcp.ts';

const TCP_FIN = 0x01;
const TCP_PSH = 0x08;
const TCP_CWR = 0x80;
const TCP_CHECKSUM_OFFSET = 16;
const UDP_CHECKSUM_OFFSET = 6;

/**
 * What becomes of transport checksums. `none`: what is cut has none, since its receiver takes it on trust. `later`: who gets the segments
 * completes them, where it has each in one piece (`completeInPlace`); they are partial, even those of a frame that was cut.
 */
export type Checksums = 'complete' | 'later' | 'none';

/**
 * The work that a link without offload does itself: cutting a super-segment into segments, and completing partial
 * checksums. The kernel's counterparts are tcp_gso_segment (net/ipv4/tcp_offload.c) and skb_checksum_help
 * (net/core/dev.c).
 */
export class SoftwareOffload {
  /** Reused for everything that is handed to `send`, as any frame is. */
  readonly #segment = new Frame();
  readonly #checksums: Checksums;

  constructor(checksums: Checksums = 'complete') {
    this.#checksums = checksums;
  }

  /**
   * Calls `send` with one or more frames that ask for nothing: no `gsoSize` and, as checksums are complete, no partial one.
   * `frame` itself stays as it is; payload is never copied, so the slices stay those of `frame`.
   */
  lower(frame: Frame, send: (frame: Frame) => void): void {
    const cut = frame.gsoSize > 0 && frame.payloadLength > frame.gsoSize;
    if (cut) this.#split(frame, send);
    else if (frame.checksumPartial && this.#checksums === 'complete') this.#complete(frame, send);
    else send(frame);
  }

  #complete(frame: Frame, send: (frame: Frame) => void): void {
    const segment = this.#segment;
    copyHeaders(frame, segment);
    for (let i = 0; i < frame.sliceCount; i++) {
      segment.addSlice(frame.slices[i]!, frame.sliceFrom[i]!, frame.sliceTo[i]!);
    }
    completeChecksum(segment, frame.checksumOffset);
    send(segment);
    releaseSlices(segment);
  }

  #split(frame: Frame, send: (frame: Frame) => void): void {
    const segment = this.#segment;
    const cursor = { slice: 0, at: frame.sliceFrom[0] ?? 0 };
    const addresses = addressSum(frame);
    for (let offset = 0, index = 0; offset < frame.payloadLength; offset += frame.gsoSize, index++) {
      const length = Math.min(frame.gsoSize, frame.payloadLength - offset);
      copyHeaders(frame, segment);
      takePayload(frame, cursor, length, segment);
      rewriteIp(segment, index);
      rewriteTcp(segment, offset, offset + length === frame.payloadLength);
      if (this.#checksums !== 'none') beginTcpChecksum(segment, addresses);
      if (this.#checksums === 'complete') completeChecksum(segment, TCP_CHECKSUM_OFFSET);
      send(segment);
    }
    releaseSlices(segment);
  }
}

function copyHeaders(from: Frame, to: Frame): void {
  to.ipStart = from.ipStart;
  to.transportStart = from.transportStart;
  to.headerEnd = from.headerEnd;
  to.sliceCount = 0;
  to.payloadLength = 0;
  to.gsoSize = 0;
  to.checksumPartial = false;
  to.checksumOffset = 0;
  for (let i = from.ipStart; i < from.headerEnd; i++) to.header[i] = from.header[i]!;
}

/** Gives `to` the next `length` payload bytes behind `cursor`, and moves it. */
function takePayload(from: Frame, cursor: { slice: number; at: number }, length: number, to: Frame): void {
  for (let left = length; left > 0; ) {
    const end = from.sliceTo[cursor.slice]!;
    const take = Math.min(left, end - cursor.at);
    if (take > 0) to.addSlice(from.slices[cursor.slice]!, cursor.at, cursor.at + take);
    left -= take;
    cursor.at += take;
    if (cursor.at === end) cursor.at = from.sliceFrom[++cursor.slice] ?? 0;
  }
}

/** The scratch frame must not keep the application's chunks alive until the next super-segment comes. */
function releaseSlices(frame: Frame): void {
  frame.slices.length = 0;
  frame.sliceCount = 0;
}

/** The length fields and, in IPv4, the identification (one more in each segment) and the header checksum. */
function rewriteIp(segment: Frame, index: number): void {
  const { view, ipStart, transportStart } = segment;
  if (isIpv6(segment)) {
    view.setUint16(ipStart + 4, segment.packetLength - 40);
    return;
  }
  view.setUint16(ipStart + 2, segment.packetLength);
  view.setUint16(ipStart + 4, view.getUint16(ipStart + 4) + index);
  view.setUint16(ipStart + 10, 0);
  view.setUint16(ipStart + 10, foldChecksum(sumBytes(segment.header, ipStart, transportStart, 0)));
}

/**
 * The sequence number and the flags. FIN and PSH speak of the end of the data, so only the last segment
 * keeps them; CWR answers one congestion signal, so only the first does (RFC 3168, section 6.1.2).
 */
function rewriteTcp(segment: Frame, offset: number, last: boolean): void {
  const { view, header, transportStart } = segment;
  view.setUint32(transportStart + 4, view.getUint32(transportStart + 4) + offset);
  if (!last) header[transportStart + 13]! &= ~(TCP_FIN | TCP_PSH);
  if (offset > 0) header[transportStart + 13]! &= ~TCP_CWR;
}

/** The sum of its own pseudo-header, as a partial checksum has it. */
function beginTcpChecksum(segment: Frame, addresses: number): void {
  const length = segment.packetLength - (segment.transportStart - segment.ipStart);
  segment.view.setUint16(segment.transportStart + TCP_CHECKSUM_OFFSET, foldSum(addresses + PROTOCOL_TCP + length));
  segment.checksumPartial = true;
  segment.checksumOffset = TCP_CHECKSUM_OFFSET;
}

/** Sums the transport header, with what its checksum field holds, and the payload, and stores the checksum there. */
function completeChecksum(segment: Frame, checksumOffset: number): void {
  const { view, header, transportStart, headerEnd } = segment;
  const sum = sumPayload(segment, sumBytes(header, transportStart, headerEnd, 0));
  view.setUint16(transportStart + checksumOffset, spelled(foldChecksum(sum), checksumOffset));
  segment.checksumPartial = false;
}

/**
 * The same where a packet lies in one piece: `view[from, to)` is its transport header and payload. Three times as fast, since the sum is one
 * over words, of bytes that were just copied there (measured: see `sumView`).
 */
export function completeInPlace(view: DataView, from: number, to: number, checksumOffset: number): void {
  view.setUint16(from + checksumOffset, spelled(foldChecksum(sumView(view, from, to, 0)), checksumOffset));
}

/** In UDP 0 means "no checksum"; its other ones-complement spelling stands in for it (RFC 768). */
const spelled = (checksum: number, offset: number): number =>
  checksum === 0 && offset === UDP_CHECKSUM_OFFSET ? 0xffff : checksum;

const isIpv6 = (frame: Frame): boolean => frame.header[frame.ipStart]! >>> 4 === 6;

/** The addresses' part of the pseudo-header, read where they lie in the IP header. */
function addressSum(frame: Frame): number {
  const start = frame.ipStart + (isIpv6(frame) ? 8 : 12);
  return sumBytes(frame.header, start, start + (isIpv6(frame) ? 32 : 8), 0);
}
