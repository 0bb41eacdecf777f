import { ACK, FIN, RST, type Segment, SYN, URG } from '../wire/segment.ts';
import { type Seq, seqAdd, seqText } from '../wire/seq.ts';
import { flagsText } from './log/flags-text.ts';

/** Seconds since the host's clock began, to the microsecond. */
export const clockText = (now: number): string => (now / 1e6).toFixed(6).padStart(11);

/** Where the two directions of a connection begin, so that numbers can be shown relative to it. */
export interface Origin {
  /** The sequence number of the sender's SYN, and that of the other side. */
  seq: Seq;
  ack: Seq;
  /** How far the sender's window field is scaled, 0 to 14 (RFC 7323, section 2.2); undefined: it is shown as it is. */
  wscale?: number;
}

/**
 * A segment on one line, in the spirit of `tcpdump -n`: sequence numbers relative to the connection's SYNs where
 * `origin` is known, absolute in a SYN itself. The window is in octets where its scale is known; a SYN's never has one.
 */
export function segmentText(segment: Segment, origin: Origin | null): string {
  const { flags } = segment;
  const parts = [`Flags [${flagsText(flags)}]`];
  const relative = origin !== null && !(flags & SYN);
  const seq = relative ? seqAdd(segment.seq, -origin.seq) : segment.seq;
  if (segment.length > 0) parts.push(`seq ${seqText(seq)}:${seqText(seqAdd(seq, segment.length))}`);
  else if (flags & (SYN | FIN | RST)) parts.push(`seq ${seqText(seq)}`);
  if (flags & ACK) parts.push(`ack ${seqText(origin !== null ? seqAdd(segment.ack, -origin.ack) : segment.ack)}`);
  parts.push(`win ${relative ? segment.wnd * 2 ** (origin.wscale ?? 0) : segment.wnd}`);
  if (flags & URG) parts.push(`urg ${segment.urg}`);
  const options = optionsText(segment);
  if (options !== '') parts.push(`options [${options}]`);
  parts.push(`length ${segment.length}`);
  if (segment.count > 1) parts.push(`(${segment.count} x ${segment.gsoSize})`);
  return `${endText(segment.src, segment.srcPort)} > ${endText(segment.dst, segment.dstPort)}: ${parts.join(', ')}`;
}

const endText = (address: { toString(): string }, port: number): string => `${address}.${port}`;

function optionsText(segment: Segment): string {
  const options: string[] = [];
  if (segment.mss > 0) options.push(`mss ${segment.mss}`);
  if (segment.sackPermitted) options.push('sackOK');
  if (segment.hasTimestamps) options.push(`TS val ${segment.tsVal >>> 0} ecr ${segment.tsEcr >>> 0}`);
  if (segment.wscale >= 0) options.push(`wscale ${segment.wscale}`);
  if (segment.sackCount > 0) {
    const edges = segment.sackEdges;
    const blocks = Array.from(
      { length: segment.sackCount },
      (_, i) => `{${seqText(edges[2 * i]!)}:${seqText(edges[2 * i + 1]!)}}`,
    );
    options.push(`sack ${segment.sackCount} ${blocks.join('')}`);
  }
  return options.join(',');
}
