import type { Journal } from '../../lab/world/journal.ts';
import type { LabEntry } from '../../lab/world/notes.ts';
import { SeenPacket } from '../../link/impairment/packets/seen-packet.ts';
import { loadAddon } from '../../link/native.ts';
import { flagsText } from '../../observe/log/flags-text.ts';
import type { LogEntry, OptionsEntry, SegmentEntry } from '../../observe/log/schema.ts';
import type { UserCall } from '../../tcp/tcb/events.ts';
import type { State } from '../../tcp/terms/state.ts';
import type { Micros } from '../../time/wheel.ts';
import { ACK, type Segment, SYN } from '../../wire/segment.ts';
import { seqAdd, seqDiff, seqGt } from '../../wire/seq.ts';
import { Slab } from '../../wire/slab.ts';
import type { Ends } from '../agent/protocol.ts';
import { KERNEL_STATES, type KernelSocket, kernelSockets } from './proc-net.ts';

/** One connection of the kernel's, as far as its packets and /proc tell. */
interface Flow {
  readonly id: number;
  readonly localPort: number;
  readonly remote: string;
  readonly remotePort: number;
  /** Its ISN and the peer's; null: not seen yet. */
  iss: number | null;
  irs: number | null;
  /** Window scales: its own, the peer's. Both count when both were said. */
  ownScale: number;
  peerScale: number;
  /** Behind the highest octet that it has sent. */
  next: number | null;
  state: State;
  since: Micros;
  /** It was there, and is gone. */
  isOver: boolean;
}

/** Of a connection that isn't there, or not any more, the kernel's look-up finds the listener of its port. */
function stateOf(found: number): State {
  const state = KERNEL_STATES[found] ?? 'CLOSED';
  return state === 'LISTEN' ? 'CLOSED' : state;
}

/** An entry of any kind, without what all have. */
type Entry = LogEntry extends infer E ? (E extends LogEntry ? Omit<E, 'host' | 'id' | 'time'> : never) : never;
const READ_STATE = { text: 'the kernel says so', source: 'sock_diag(7)' };

/**
 * What can be seen of the kernel's TCP from outside, as entries of a log like our own: its segments, its states, what it sends again.
 * Why, and what it drops, it doesn't tell.
 */
export class KernelWatch {
  private readonly journal: Journal;
  private readonly host: number;
  private readonly address: string;
  private readonly clock: () => Micros;
  private readonly flows = new Map<string, Flow>();
  private readonly seen = new SeenPacket();
  private connections = 0;
  private entries = 0;

  constructor(journal: Journal, host: number, address: string, clock: () => Micros) {
    this.journal = journal;
    this.host = host;
    this.address = address;
    this.clock = clock;
  }

  /** A packet that it gets (`in`) or has sent (`out`). */
  packet(octets: Uint8Array, direction: 'in' | 'out'): void {
    this.seen.read(new Slab(octets));
    const { segment, type } = this.seen;
    if (type !== 'TCP') return;
    const flow = this.flowOf(segment, direction);
    this.learn(flow, segment, direction);
    if (direction === 'out' && this.isAgain(flow, segment)) {
      const { length } = segment;
      const seq = flow.iss === null ? segment.seq >>> 0 : seqDiff(segment.seq, flow.iss) >>> 0;
      this.write({ type: 'retransmit', connection: flow.id, seq, length, reason: 'unknown', cause: READ_SENT_AGAIN });
    }
    this.write(this.segmentEntry(flow, segment, direction));
    if (direction === 'out') this.advance(flow, segment);
  }

  /** The states of its connections now: what has changed is told. */
  poll(): void {
    const addon = loadAddon();
    for (const flow of this.flows.values()) {
      if (flow.isOver) continue;
      const { localPort, remote, remotePort } = flow;
      const found = addon.socketState(this.address, localPort, remote, remotePort);
      const state = stateOf(found?.state ?? 0);
      if (state !== flow.state) this.changes(flow, state, found?.timer ?? 0);
    }
  }

  /** A call of an application on one of its connections. */
  called(call: UserCall, { localPort, remoteAddress, remotePort }: Ends): void {
    const flow = this.flows.get(keyOf(localPort, remoteAddress, remotePort));
    if (flow !== undefined) this.write({ type: 'call', connection: flow.id, call, cause: CALLED });
  }

  /** The states of what is left, without listeners, and the milliseconds until a timer fires. */
  left(): KernelSocket[] {
    return kernelSockets().filter(({ state }) => state !== 'LISTEN' && state !== 'CLOSED');
  }

  private changes(flow: Flow, to: State, timer: number): void {
    const { id: connection, state: from, localPort, remote, remotePort } = flow;
    const time = this.clock();
    const ends = { local: this.address, localPort, remote, remotePort };
    if (from === 'TIME_WAIT') {
      this.write({ type: 'timeWait', action: 'leave', connection, ...ends, state: from, left: 0, cause: READ_STATE });
    } else this.write({ type: 'state', connection, from, to, lasted: time - flow.since, cause: READ_STATE });
    if (to === 'TIME_WAIT') {
      const left = timer * 1000;
      this.write({ type: 'timeWait', action: 'enter', connection, ...ends, state: to, left, cause: READ_STATE });
    }
    flow.isOver = to === 'CLOSED';
    flow.state = to;
    flow.since = time;
  }

  private flowOf(segment: Segment, direction: 'in' | 'out'): Flow {
    const [localPort, remotePort] =
      direction === 'in' ? [segment.dstPort, segment.srcPort] : [segment.srcPort, segment.dstPort];
    const remote = `${direction === 'in' ? segment.src : segment.dst}`;
    const key = keyOf(localPort, remote, remotePort);
    const known = this.flows.get(key);
    const opens = (segment.flags & (SYN | ACK)) === SYN;
    const begins = opens && known !== undefined && isOther(known, segment, direction);
    if (known !== undefined && !begins) return known;
    const flow: Flow = {
      ...{ id: ++this.connections, localPort, remote, remotePort, iss: null, irs: null },
      ...{ ownScale: -1, peerScale: -1, next: null, state: 'CLOSED', since: this.clock(), isOver: false },
    };
    this.flows.set(key, flow);
    this.learn(flow, segment, direction);
    this.write({
      ...{ type: 'connection', connection: flow.id, local: this.address, localPort, remote, remotePort },
      ...{ opened: direction === 'out' ? 'actively' : 'passively', state: 'CLOSED', iss: (flow.iss ?? 0) >>> 0 },
      ...(flow.irs !== null && { irs: flow.irs >>> 0 }),
    });
    return flow;
  }

  private learn(flow: Flow, { flags, seq, wscale }: Segment, direction: 'in' | 'out'): void {
    if ((flags & SYN) === 0) return;
    if (direction === 'out') {
      flow.iss = seq;
      flow.ownScale = wscale;
    } else {
      flow.irs = seq;
      flow.peerScale = wscale;
    }
  }

  private isAgain({ next }: Flow, { seq, segLen }: Segment): boolean {
    return next !== null && segLen > 0 && seqDiff(seqAdd(seq, segLen), next) <= 0;
  }

  private advance(flow: Flow, { seq, segLen }: Segment): void {
    const end = seqAdd(seq, segLen);
    if (flow.next === null || seqGt(end, flow.next)) flow.next = end;
  }

  private segmentEntry(flow: Flow, segment: Segment, direction: 'in' | 'out'): Entry {
    const { iss, irs, id: connection, localPort, remote, remotePort } = flow;
    const { flags, seq, ack, wnd, length } = segment;
    const [own, other] = direction === 'out' ? [iss, irs] : [irs, iss];
    const scale = direction === 'out' ? flow.ownScale : flow.peerScale;
    const isScaled = (flags & SYN) === 0 && flow.ownScale >= 0 && flow.peerScale >= 0;
    const entry: Omit<SegmentEntry, 'id' | 'time'> = {
      ...{ type: 'segment', direction, connection, local: this.address, localPort, remote, remotePort },
      ...{ flags: flagsText(flags), seq: seqDiff(seq, own ?? 0) >>> 0, length },
      window: isScaled ? wnd * 2 ** scale : wnd,
    };
    if (flags & ACK) entry.ack = seqDiff(ack, other ?? 0) >>> 0;
    const options = optionsOf(segment, other ?? 0);
    if (options !== null) entry.options = options;
    return entry;
  }

  private write(entry: Entry): void {
    const head = { id: ++this.entries, time: this.clock(), host: this.host };
    this.journal.write({ ...head, ...entry } as LabEntry & LogEntry);
  }
}

const CALLED = { text: 'the application', source: '' };
const READ_SENT_AGAIN = { text: 'sent before', source: '' };

const keyOf = (localPort: number, remote: string, remotePort: number): string => `${localPort} ${remote} ${remotePort}`;

/** Does this SYN begin another connection between the same ends? */
function isOther({ iss, irs, state }: Flow, { seq }: Segment, direction: 'in' | 'out'): boolean {
  const isn = direction === 'out' ? iss : irs;
  return isn !== null && isn !== seq && (state === 'CLOSED' || state === 'TIME_WAIT');
}

function optionsOf(segment: Segment, origin: number): OptionsEntry | null {
  const { mss, wscale, sackPermitted, hasTimestamps, tsVal, tsEcr, sackCount, sackEdges } = segment;
  const options: OptionsEntry = {};
  if (mss > 0) options.mss = mss;
  if (wscale >= 0) options.wscale = wscale;
  if (sackPermitted) options.sackPermitted = true;
  if (segment.fastOpen.length >= 0) {
    options.fastOpen = segment.fastOpen.text;
    if (segment.fastOpen.experimental) options.fastOpenExperimental = true;
  }
  if (hasTimestamps) options.ts = [tsVal >>> 0, tsEcr >>> 0];
  const edge = (i: number): number => seqDiff(sackEdges[i]!, origin) >>> 0;
  if (sackCount > 0) options.sack = Array.from({ length: sackCount }, (_, k) => [edge(2 * k), edge(2 * k + 1)]);
  return Object.keys(options).length === 0 ? null : options;
}
