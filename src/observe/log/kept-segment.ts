import type { TcpEvent } from '../../tcp/tcb/events.ts';
import type { Cause } from '../../tcp/terms/causes.ts';
import { Segment } from '../../wire/segment.ts';
import { type Ends, type Origins, type ShortSegmentFacts, segmentEntry } from './record-segment.ts';
import type { SegmentEntry } from './schema.ts';

type SegmentEvent = Extract<TcpEvent, { type: 'segment' }>;

/**
 * A segment of a connection, its numbers copied, so that an entry can be made of it later. Most are never asked for: with
 * this, and ends written out only when they are, histories cost a short connection a fifth of what they did (measured).
 */
export class KeptSegment implements ShortSegmentFacts {
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly wnd: number;
  readonly urg: number;
  readonly length: number;
  readonly count: number;
  readonly tos: number;
  readonly mss: number;
  readonly wscale: number;
  readonly sackPermitted: boolean;
  readonly hasTimestamps: boolean;
  readonly tsVal: number;
  readonly tsEcr: number;
  private readonly id: number;
  private readonly because: number;
  private readonly now: number;
  private readonly direction: 'in' | 'out';
  private readonly cause: Cause | null;

  constructor({ id, because, now, direction, cause, segment }: SegmentEvent) {
    this.id = id;
    this.because = because;
    this.now = now;
    this.direction = direction;
    this.cause = cause;
    this.flags = segment.flags;
    this.seq = segment.seq;
    this.ack = segment.ack;
    this.wnd = segment.wnd;
    this.urg = segment.urg;
    this.length = segment.length;
    this.count = segment.count;
    this.tos = segment.tos;
    this.mss = segment.mss;
    this.wscale = segment.wscale;
    this.sackPermitted = segment.sackPermitted;
    this.hasTimestamps = segment.hasTimestamps;
    this.tsVal = segment.tsVal;
    this.tsEcr = segment.tsEcr;
  }

  /** Can one be made of it? It has none of the longer options. */
  static takes({ sackCount, fastOpen, accEcnCount }: Segment): boolean {
    return sackCount === 0 && fastOpen.length < 0 && accEcnCount < 0;
  }

  entry(connection: Origins, ends: Ends): SegmentEntry {
    const { id, because, now, direction, cause } = this;
    return segmentEntry(
      { id, because, now, direction, cause, connection, segment: { ...NO_LONG_OPTIONS, ...this } },
      ends,
    );
  }
}

const { sackCount, sackEdges, fastOpen, accEcnCount, accEcnOrder1, accEcnCounters } = new Segment();
const NO_LONG_OPTIONS = { sackCount, sackEdges, fastOpen, accEcnCount, accEcnOrder1, accEcnCounters };
