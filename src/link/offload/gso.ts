import { foldChecksum, foldSum, sumBytes } from '../../wire/checksum.ts';
import { Frame } from '../../wire/frame.ts';

const PROTOCOL_TCP = 6;
const TCP_FIN = 0x01;
const TCP_PSH = 0x08;
const TCP_CWR = 0x80;
const UDP_CHECKSUM_OFFSET = 6;

/**
 * The work that a link without offload does itself: cutting a super-segment into segments, and completing partial
 * checksums. The kernel's counterparts are tcp_gso_segment (net/ipv4/tcp_offload.c) and skb_checksum_help
 * (net/core/dev.c).
 */
export class SoftwareOffload {
  /** Reused for everything that is handed to `send`, as any frame is. */
  readonly #segment = new Frame();
  readonly #checksums: boolean;

  /** @param checksums false: what is cut has no transport checksum, since its receiver will take it on trust */
  constructor(checksums = true) {
    this.#checksums = checksums;
  }

  /**
   * Calls `send` with one or more frames that ask for nothing: no `gsoSize`, no partial checksum. `frame` itself stays
   * as it is; payload is never copied, so the slices stay those of `frame`.
   */
  lower(frame: Frame, send: (frame: Frame) => void): void {
    const cut = frame.gsoSize > 0 && frame.payloadLength > frame.gsoSize;
    if (cut) this.#split(frame, send);
    else if (frame.checksumPartial && this.#checksums) this.#complete(frame, send);
    else send(frame);
  }

  #complete(frame: Frame, send: (frame: Frame) => void): void {
    const segment = this.#segment;
    copyHeaders(frame, segment);
    for (let i = 0; i < frame.sliceCount; i++) {
      segment.addSlice(frame.slices[i]!, frame.sliceFrom[i]!, frame.sliceTo[i]!);
    }
    completeChecksum(segment, frame.checksumOffset, 0);
    send(segment);
    releaseSlices(segment);
  }

  #split(frame: Frame, send: (frame: Frame) => void): void {
    const segment = this.#segment;
    const cursor = { slice: 0, at: frame.sliceFrom[0] ?? 0 };
    for (let offset = 0, index = 0; offset < frame.payloadLength; offset += frame.gsoSize, index++) {
      const length = Math.min(frame.gsoSize, frame.payloadLength - offset);
      copyHeaders(frame, segment);
      takePayload(frame, cursor, length, segment);
      rewriteIp(segment, index);
      rewriteTcp(segment, offset, offset + length === frame.payloadLength);
      if (this.#checksums) completeTcpChecksum(segment);
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

function completeTcpChecksum(segment: Frame): void {
  const { view, transportStart } = segment;
  view.setUint16(transportStart + 16, 0);
  const length = segment.packetLength - (transportStart - segment.ipStart);
  completeChecksum(segment, 16, addressSum(segment) + PROTOCOL_TCP + length);
}

/** Sums the transport header and payload on top of `pseudoSum` and stores the checksum. */
function completeChecksum(segment: Frame, checksumOffset: number, pseudoSum: number): void {
  const { view, header, transportStart, headerEnd } = segment;
  let checksum = foldChecksum(sumPayload(segment, sumBytes(header, transportStart, headerEnd, pseudoSum)));
  // In UDP 0 means "no checksum"; its other ones-complement spelling stands in for it (RFC 768).
  if (checksum === 0 && checksumOffset === UDP_CHECKSUM_OFFSET) checksum = 0xffff;
  view.setUint16(transportStart + checksumOffset, checksum);
}

/** Slices may have odd lengths: what follows one sums with its bytes swapped (RFC 1071, section 2 (B)). */
function sumPayload(frame: Frame, headerSum: number): number {
  let sum = headerSum;
  let odd = ((frame.headerEnd - frame.transportStart) & 1) === 1;
  for (let i = 0; i < frame.sliceCount; i++) {
    const from = frame.sliceFrom[i]!;
    const to = frame.sliceTo[i]!;
    if (odd) sum += swapBytes(foldSum(sumBytes(frame.slices[i]!, from, to, 0)));
    else sum = sumBytes(frame.slices[i]!, from, to, sum);
    if ((to - from) & 1) odd = !odd;
  }
  return sum;
}

const swapBytes = (word: number): number => ((word & 0xff) << 8) | (word >>> 8);

const isIpv6 = (frame: Frame): boolean => frame.header[frame.ipStart]! >>> 4 === 6;

/** The addresses' part of the pseudo-header, read where they lie in the IP header. */
function addressSum(frame: Frame): number {
  const start = frame.ipStart + (isIpv6(frame) ? 8 : 12);
  return sumBytes(frame.header, start, start + (isIpv6(frame) ? 32 : 8), 0);
}
