import { foldChecksum, foldSum, pseudoHeaderSum, sumBytes, sumSlab } from './checksum.ts';
import type { Frame } from './frame.ts';
import { PROTOCOL_TCP } from './ipv4.ts';
import type { FastOpenOption } from './options/fast-open.ts';
import type { Packet } from './packet.ts';
import { ACC_ECN_COUNTERS, MAX_SACK_BLOCKS, type Segment, SYN } from './segment.ts';

export const TCP_HEADER = 20;

/** Why a TCP segment cannot be read (RFC 9293, section 3.1). */
export type TcpParseDrop = 'TcpTruncated' | 'TcpDataOffset' | 'TcpChecksum';

const KIND_END = 0;
const KIND_NOP = 1;
const KIND_MSS = 2;
const KIND_WSCALE = 3;
const KIND_SACK_PERMITTED = 4;
const KIND_SACK = 5;
const KIND_TIMESTAMPS = 8;
const KIND_MD5 = 19;
const KIND_FAST_OPEN = 34;
const KIND_EXPERIMENT = 254;
/** Which experiment it is (RFC 6994): Fast Open, before it had a kind of its own (RFC 7413, section 4.1.1). */
const FAST_OPEN_MAGIC = 0xf989;
/** AccECN's two orders (RFC 9768, section 3.2.3): 0xAC and 0xAE. */
const KIND_ACC_ECN_0 = 172;
const KIND_ACC_ECN_1 = 174;

/** Fills `segment` from a packet whose IP header has been parsed. @returns null when it is good, or why it is not. */
export function parseTcp(packet: Packet, segment: Segment): TcpParseDrop | null {
  const bytes = packet.slab.bytes;
  const at = packet.transportStart;
  const end = packet.transportEnd;
  if (end - at < TCP_HEADER) return 'TcpTruncated';
  const dataOffset = (bytes[at + 12]! >> 4) << 2;
  if (dataOffset < TCP_HEADER || at + dataOffset > end) return 'TcpDataOffset';
  if (!packet.checksumTrusted && !checksumIsRight(packet)) return 'TcpChecksum';

  segment.src = packet.src;
  segment.dst = packet.dst;
  segment.srcPort = (bytes[at]! << 8) | bytes[at + 1]!;
  segment.dstPort = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  segment.seq = readWord(bytes, at + 4);
  segment.ack = readWord(bytes, at + 8);
  segment.flags = ((bytes[at + 12]! & 1) << 8) | bytes[at + 13]!;
  segment.wnd = (bytes[at + 14]! << 8) | bytes[at + 15]!;
  segment.urg = (bytes[at + 18]! << 8) | bytes[at + 19]!;
  segment.slab = packet.slab;
  segment.payloadStart = at + dataOffset;
  segment.length = end - segment.payloadStart;
  segment.gsoSize = packet.gsoSize;
  segment.tos = packet.tos;
  segment.ttl = packet.ttl;
  segment.returnRoute = packet.returnRoute;
  segment.clearOptions();
  if (dataOffset > TCP_HEADER) parseOptions(bytes, at + TCP_HEADER, segment.payloadStart, segment);
  return null;
}

function checksumIsRight(packet: Packet): boolean {
  const { transportStart, transportEnd } = packet;
  const pseudo = pseudoHeaderSum(packet.src, packet.dst, PROTOCOL_TCP, transportEnd - transportStart);
  return foldChecksum(transportSum(packet, pseudo)) === 0;
}

/** The sum of the segment on top of `sum`. Subtracting the IP header from the link's sum saves adding up the payload. */
function transportSum({ slab, start, transportStart, transportEnd, sum: all }: Packet, sum: number): number {
  if (all < 0) return sumSlab(slab, transportStart, transportEnd, sum);
  return sum + all + (~foldSum(sumBytes(slab.bytes, start, transportStart, 0)) & 0xffff);
}

/**
 * Reads the option list. Unknown kinds are stepped over by their length (MUST-6). An illegal length ends the list
 * (MUST-7): what came before it counts, nothing behind it can be trusted. Linux does the same (tcp_parse_options).
 */
function parseOptions(bytes: Uint8Array, from: number, to: number, segment: Segment): void {
  // The one layout that nearly every segment has: NOP NOP Timestamps (RFC 7323, appendix A).
  if (to - from === 12 && readWord(bytes, from) === 0x0101080a) {
    segment.hasTimestamps = true;
    segment.tsVal = readWord(bytes, from + 4);
    segment.tsEcr = readWord(bytes, from + 8);
    return;
  }
  let i = from;
  while (i < to) {
    const kind = bytes[i]!;
    if (kind === KIND_END) return;
    if (kind === KIND_NOP) {
      i++;
      continue;
    }
    if (i + 1 >= to) return;
    const length = bytes[i + 1]!;
    if (length < 2 || i + length > to) return;
    parseOption(bytes, i, kind, length, segment);
    i += length;
  }
}

function parseOption(bytes: Uint8Array, at: number, kind: number, length: number, segment: Segment): void {
  if (kind === KIND_MSS && length === 4) {
    segment.mss = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  } else if (kind === KIND_WSCALE && length === 3) {
    segment.wscale = bytes[at + 2]!;
  } else if (kind === KIND_SACK_PERMITTED && length === 2) {
    segment.sackPermitted = true;
  } else if (kind === KIND_TIMESTAMPS && length === 10) {
    segment.hasTimestamps = true;
    segment.tsVal = readWord(bytes, at + 2);
    segment.tsEcr = readWord(bytes, at + 6);
  } else if (kind === KIND_SACK && length >= 10 && (length - 2) % 8 === 0) {
    segment.sackCount = Math.min((length - 2) >> 3, MAX_SACK_BLOCKS);
    for (let k = 0; k < 2 * segment.sackCount; k++) segment.sackEdges[k] = readWord(bytes, at + 2 + 4 * k);
  } else if (kind === KIND_MD5 && length === 18) {
    segment.isSigned = true;
  } else if (kind === KIND_FAST_OPEN && segment.flags & SYN && length % 2 === 0) {
    segment.fastOpen.read(bytes, at + 2, length - 2, false);
  } else if (kind === KIND_EXPERIMENT && segment.flags & SYN && length >= 4 && length % 2 === 0) {
    const magic = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (magic === FAST_OPEN_MAGIC) segment.fastOpen.read(bytes, at + 4, length - 4, true);
  } else if (kind === KIND_ACC_ECN_1 || kind === KIND_ACC_ECN_0) {
    // As many whole counters as there are; the rest is padding (RFC 9768, section 3.2.3).
    segment.accEcnCount = Math.min(Math.floor((length - 2) / 3), ACC_ECN_COUNTERS);
    segment.accEcnOrder1 = kind === KIND_ACC_ECN_1;
    for (let k = 0, i = at + 2; k < segment.accEcnCount; k++, i += 3) {
      segment.accEcnCounters[k] = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    }
  }
}

/** The length in bytes of the options that `writeTcp` will write for a segment: a multiple of 4. */
export function optionsLength(segment: Segment): number {
  let length = 0;
  if (segment.mss > 0) length += 4;
  if (segment.hasTimestamps) length += segment.sackPermitted ? 10 : 12;
  if (segment.sackPermitted) length += segment.hasTimestamps ? 2 : 4;
  if (segment.wscale >= 0) length += 4;
  if (segment.sackCount > 0) length += 4 + 8 * segment.sackCount;
  if (segment.fastOpen.length >= 0) length += fastOpenLength(segment.fastOpen);
  if (segment.accEcnCount >= 0) length += accEcnLength(segment.accEcnCount, paddingBehindAccEcn(segment));
  return length;
}

/** With what fills it up to a multiple of 4. */
const fastOpenLength = (option: FastOpenOption): number => (option.length + (option.experimental ? 4 : 2) + 3) & ~3;

/**
 * The octets that an AccECN option of `count` counters adds. What is left of its last word may stand where the option behind
 * it would have `padding` NOPs (tcp_options_fit_accecn in net/ipv4/tcp_output.c).
 */
export function accEcnLength(count: number, padding: number): number {
  const length = 2 + 3 * count;
  const rest = length % 4;
  if (rest === 0) return length;
  return rest <= padding ? length - rest : length + 4 - rest;
}

/** NOPs in front of the options that stand behind the AccECN option. */
function paddingBehindAccEcn({ sackPermitted, hasTimestamps, wscale, sackCount }: Segment): number {
  if ((sackPermitted && !hasTimestamps) || sackCount > 0) return PADDING_BEFORE_SACK;
  return wscale >= 0 ? 1 : 0;
}

/** The NOPs of SACK-Permitted and of SACK. */
export const PADDING_BEFORE_SACK = 2;

/**
 * Begins `frame` with the TCP header and options of `segment`, all but the checksum; payload slices are added behind.
 * Options stand in Linux's order and padding: mss, sackOK, TS, AccECN, nop, wscale, Fast Open (net/ipv4/tcp_output.c,
 * tcp_options_write); a data segment's is NOP NOP Timestamps (RFC 7323, appendix A).
 */
export function writeTcp(frame: Frame, segment: Segment): void {
  const headerLength = TCP_HEADER + optionsLength(segment);
  frame.reset(headerLength);
  const { header, view } = frame;
  const at = frame.transportStart;
  view.setUint16(at, segment.srcPort);
  view.setUint16(at + 2, segment.dstPort);
  view.setInt32(at + 4, segment.seq);
  view.setInt32(at + 8, segment.ack);
  header[at + 12] = (headerLength << 2) | (segment.flags >> 8);
  header[at + 13] = segment.flags;
  view.setUint16(at + 14, segment.wnd);
  view.setUint16(at + 16, 0);
  view.setUint16(at + 18, segment.urg);
  if (headerLength > TCP_HEADER) writeOptions(view, at + TCP_HEADER, segment);
}

function writeOptions(view: DataView, from: number, segment: Segment): void {
  let at = from;
  if (segment.mss > 0) {
    view.setInt32(at, (KIND_MSS << 24) | (4 << 16) | segment.mss);
    at += 4;
  }
  if (segment.hasTimestamps) {
    const pair = segment.sackPermitted ? (KIND_SACK_PERMITTED << 8) | 2 : NOPS;
    view.setInt32(at, (pair << 16) | (KIND_TIMESTAMPS << 8) | 10);
    view.setInt32(at + 4, segment.tsVal);
    view.setInt32(at + 8, segment.tsEcr);
    at += 12;
  }
  // The two octets in front of the next option that begins in the middle of a word.
  let padding = NOPS;
  if (segment.accEcnCount >= 0) {
    padding = writeAccEcn(view, at, segment);
    at += wholeWords(2 + 3 * segment.accEcnCount);
  }
  if (segment.sackPermitted && !segment.hasTimestamps) {
    view.setInt32(at, (padding << 16) | (KIND_SACK_PERMITTED << 8) | 2);
    padding = NOPS;
    at += 4;
  }
  if (segment.wscale >= 0) {
    // There is room for one octet: the option's own two must stay together.
    const single = (padding & 0xff) === KIND_NOP;
    view.setInt32(at, ((single ? padding >> 8 : KIND_NOP) << 24) | (KIND_WSCALE << 16) | (3 << 8) | segment.wscale);
    if (single) padding = NOPS;
    at += 4;
  }
  if (segment.sackCount > 0) {
    view.setInt32(at, (padding << 16) | (KIND_SACK << 8) | (2 + 8 * segment.sackCount));
    padding = NOPS;
    at += 4;
    for (let k = 0; k < 2 * segment.sackCount; k++, at += 4) view.setInt32(at, segment.sackEdges[k]!);
  }
  if (padding !== NOPS) {
    view.setInt32(at, (padding << 16) | NOPS);
    at += 4;
  }
  if (segment.fastOpen.length >= 0) writeFastOpen(view, at, segment.fastOpen);
}

const NOPS = (KIND_NOP << 8) | KIND_NOP;

/** The words that are the AccECN option's alone: three counters fill their last one with a NOP. */
const wholeWords = (length: number): number => (length % 4 === 3 ? length + 1 : length - (length % 4));

/** Writes them. @returns the two octets for the word behind: what is left of the option, or NOPs */
function writeAccEcn(view: DataView, at: number, { accEcnCount: count, accEcnCounters: counters }: Segment): number {
  const head = (KIND_ACC_ECN_1 << 8) | (2 + 3 * count);
  if (count === 0) return head;
  view.setInt32(at, (head << 16) | ((counters[0]! >> 8) & 0xffff));
  const last = counters[0]! & 0xff;
  if (count === 1) return (last << 8) | KIND_NOP;
  view.setInt32(at + 4, (last << 24) | (counters[1]! & 0xffffff));
  if (count === 3) view.setInt32(at + 8, (counters[2]! << 8) | KIND_NOP);
  return NOPS;
}

function writeFastOpen(view: DataView, from: number, option: FastOpenOption): void {
  const end = from + fastOpenLength(option);
  let at = from;
  view.setUint8(at++, option.experimental ? KIND_EXPERIMENT : KIND_FAST_OPEN);
  view.setUint8(at++, option.length + (option.experimental ? 4 : 2));
  if (option.experimental) {
    view.setUint16(at, FAST_OPEN_MAGIC);
    at += 2;
  }
  for (let i = 0; i < option.length; i++) view.setUint8(at++, option.cookie[i]!);
  while (at < end) view.setUint8(at++, KIND_NOP);
}

/**
 * Completes the checksum of a frame built by `writeTcp`: with `partial` only the pseudo-header's sum goes into the
 * field, and what is behind the link sums the rest.
 */
export function sealTcp(frame: Frame, segment: Segment, partial: boolean): void {
  const at = frame.transportStart;
  const headerLength = frame.headerEnd - at;
  const pseudo = pseudoHeaderSum(segment.src, segment.dst, PROTOCOL_TCP, headerLength + frame.payloadLength);
  if (partial) {
    frame.checksumPartial = true;
    frame.checksumOffset = 16;
    frame.view.setUint16(at + 16, foldSum(pseudo));
    return;
  }
  const sum = sumBytes(frame.header, at, frame.headerEnd, pseudo);
  frame.view.setUint16(at + 16, foldChecksum(sumPayload(frame, sum)));
}

/** Adds the payload's octets to a sum, whatever parities its slices begin at. */
export function sumPayload(frame: Frame, sum: number): number {
  let total = sum;
  let odd = false;
  for (let i = 0; i < frame.sliceCount; i++) {
    const from = frame.sliceFrom[i]!;
    const to = frame.sliceTo[i]!;
    // A slice at an odd position: its sum with the octets of each word swapped (RFC 1071, section 2 (B)).
    if (odd) total += swapOctets(foldSum(sumBytes(frame.slices[i]!, from, to, 0)));
    else total += sumBytes(frame.slices[i]!, from, to, 0);
    if ((to - from) & 1) odd = !odd;
  }
  return total;
}

const swapOctets = (sum: number): number => ((sum & 0xff) << 8) | (sum >> 8);

const readWord = (b: Uint8Array, i: number): number => (b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!;
