import type { EventHead } from '../../tcp/tcb/events.ts';
import type { Tcb } from '../../tcp/tcb/tcb.ts';
import type { Cause } from '../../tcp/terms/causes.ts';
import type { Address } from '../../wire/address.ts';
import { codepointOf } from '../../wire/packet.ts';
import { ACK, type Segment, SYN, URG } from '../../wire/segment.ts';
import { type Seq, seqDiff } from '../../wire/seq.ts';
import { flagsText } from './flags-text.ts';
import type { OptionsEntry, SegmentEntry, TcbFields } from './schema.ts';

/** The entry of a segment: its numbers relative to the connection's ISNs, its window in octets. */

/** By codepoint. */
const FIELDS = [null, 'ect1', 'ect0', 'ce'] as const;

/** Who talks to whom. */
export interface Tuple {
  local: Address;
  localPort: number;
  remote: Address;
  remotePort: number;
}

/** Who talks to whom, as text. */
export interface Ends {
  local: string;
  localPort: number;
  remote: string;
  remotePort: number;
}

export const ends = ({ local, localPort, remote, remotePort }: Tuple): Ends => ({
  local: local.toString(),
  localPort,
  remote: remote.toString(),
  remotePort,
});

/** How far `seq` is beyond `origin`, without a sign: of what lies before it, a number just below 2^32. */
export const relativeTo = (origin: Seq, seq: Seq): number => seqDiff(seq, origin) >>> 0;

type OfHeader = 'flags' | 'seq' | 'ack' | 'wnd' | 'urg' | 'length' | 'count' | 'tos';
type OfShortOptions = 'mss' | 'wscale' | 'sackPermitted' | 'hasTimestamps' | 'tsVal' | 'tsEcr';
type OfLongOptions = 'sackCount' | 'sackEdges' | 'fastOpen' | 'accEcnCount' | 'accEcnOrder1' | 'accEcnCounters';

/** What an entry tells of a segment, beside its ends. */
export type SegmentFacts = Readonly<Pick<Segment, OfHeader | OfShortOptions | OfLongOptions>>;
/** Of most: they have none of the longer options. */
export type ShortSegmentFacts = Omit<SegmentFacts, OfLongOptions>;

/** Of the connection: where its sequence numbers begin, and how its windows are scaled. */
export interface Origins {
  readonly id: number;
  readonly peerIsKnown: boolean;
  readonly snd: { readonly iss: Seq; readonly wscale: number };
  readonly rcv: { readonly irs: Seq; readonly wscale: number };
}

/** The event of a segment, or what has been kept of one. */
export interface SegmentSeen extends EventHead {
  readonly direction: 'in' | 'out';
  readonly cause: Cause | null;
  readonly segment: SegmentFacts;
  readonly connection: Origins | null;
}

/** @param ends written out once for a connection: for each segment anew would cost more than all else */
export function segmentEntry(event: SegmentSeen, { local, localPort, remote, remotePort }: Ends): SegmentEntry {
  const { segment: s, connection: c, direction, cause } = event;
  const entry: SegmentEntry = {
    id: event.id,
    time: event.now,
    type: 'segment',
    direction,
    local,
    localPort,
    remote,
    remotePort,
    flags: flagsText(s.flags),
    seq: s.seq >>> 0,
    window: s.wnd,
    length: s.length,
  };
  if (event.because !== 0) entry.because = event.because;
  if (s.flags & ACK) entry.ack = s.ack >>> 0;
  if (c !== null) {
    entry.connection = c.id;
    makeRelative(entry, s, c, direction);
  } else {
    entry.absolute = true;
  }
  if (s.count > 1) entry.count = s.count;
  if (s.flags & URG) entry.urgent = s.urg;
  const field = FIELDS[codepointOf(s.tos)];
  if (field !== null) entry.ecn = field;
  addOptions(entry, s, c, direction);
  if (cause !== null) entry.cause = cause;
  return entry;
}

export function endsOf(s: Segment, direction: 'in' | 'out'): Ends {
  return direction === 'in'
    ? ends({ local: s.dst, localPort: s.dstPort, remote: s.src, remotePort: s.srcPort })
    : ends({ local: s.src, localPort: s.srcPort, remote: s.dst, remotePort: s.dstPort });
}

function makeRelative(entry: SegmentEntry, s: SegmentFacts, c: Origins, direction: 'in' | 'out'): void {
  const syn = (s.flags & SYN) !== 0;
  const incoming = direction === 'in';
  // A SYN tells where its sender's numbers begin, before the connection has taken that in.
  const peer = incoming && syn && !c.peerIsKnown ? s.seq : c.rcv.irs;
  entry.seq = relativeTo(incoming ? peer : c.snd.iss, s.seq);
  if (entry.ack !== undefined) entry.ack = relativeTo(incoming ? c.snd.iss : peer, s.ack);
  // A SYN's window is never scaled (RFC 7323, section 2.2).
  if (!syn) entry.window = s.wnd * 2 ** (incoming ? c.snd.wscale : c.rcv.wscale);
}

function addOptions(entry: SegmentEntry, s: SegmentFacts, c: Origins | null, direction: 'in' | 'out'): void {
  const options: OptionsEntry = {};
  let any = false;
  if (s.mss > 0) {
    options.mss = s.mss;
    any = true;
  }
  if (s.wscale >= 0) {
    options.wscale = s.wscale;
    any = true;
  }
  if (s.sackPermitted) {
    options.sackPermitted = true;
    any = true;
  }
  if (s.fastOpen.length >= 0) {
    options.fastOpen = s.fastOpen.text;
    if (s.fastOpen.experimental) options.fastOpenExperimental = true;
    any = true;
  }
  if (s.hasTimestamps) {
    options.ts = [s.tsVal >>> 0, s.tsEcr >>> 0];
    any = true;
  }
  if (s.sackCount > 0) {
    const origin = c === null ? 0 : direction === 'in' ? c.snd.iss : c.rcv.irs;
    const edge = (i: number): number => relativeTo(origin, s.sackEdges[i]!);
    options.sack = Array.from({ length: s.sackCount }, (_, i) => [edge(2 * i), edge(2 * i + 1)]);
    any = true;
  }
  if (s.accEcnCount >= 0) {
    options.accEcn = accEcnEntry(s);
    any = true;
  }
  if (any) entry.options = options;
}

function accEcnEntry({ accEcnCount, accEcnOrder1, accEcnCounters }: SegmentFacts): NonNullable<OptionsEntry['accEcn']> {
  const order = accEcnOrder1 ? (['e1b', 'ceb', 'e0b'] as const) : (['e0b', 'ceb', 'e1b'] as const);
  return Object.fromEntries(order.slice(0, accEcnCount).map((name, i) => [name, accEcnCounters[i]!]));
}

export function tcbFields(c: Tcb): TcbFields {
  const { snd, rcv, cc, rtt } = c;
  const own = (seq: Seq): number => relativeTo(snd.iss, seq);
  return {
    sndUna: own(snd.una),
    sndNxt: own(snd.nxt),
    sndWnd: snd.wnd,
    ...(c.peerIsKnown && { rcvNxt: relativeTo(rcv.irs, rcv.nxt) }),
    rcvWnd: rcv.wnd,
    cwnd: cc.cwnd,
    ssthresh: cc.ssthresh,
    inFlight: c.inFlight,
    rto: rtt.rto,
  };
}
