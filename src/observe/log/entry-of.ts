import type { TcpEvent } from '../../tcp/tcb/events.ts';
import { callCauses, icmpCause } from '../../tcp/terms/causes.ts';
import { dropCauses } from '../../tcp/terms/drops.ts';
import { holdCauses } from '../../tcp/terms/holds.ts';
import { seqDiff } from '../../wire/seq.ts';
import { relativeTo } from './record-segment.ts';
import type { EntryHead, LogEntry } from './schema.ts';

export type Of<T extends TcpEvent['type']> = Extract<TcpEvent, { type: T }>;

/** The entry of an event that needs to know of no other. */
export function entryOf(event: Exclude<TcpEvent, { type: 'segment' | 'timeWait' }>): LogEntry {
  // These two are most of what is kept of short connections: written out, they cost a tenth (measured).
  if (event.type === 'state') return stateEntry(event);
  if (event.type === 'call') return callEntry(event);
  const head = headOf(event);
  switch (event.type) {
    case 'retransmit':
      return retransmitEntry(head, event);
    case 'loss':
      return lossEntry(head, event);
    case 'drop':
      return dropEntry(head, event);
    case 'timer':
      return timerEntry(head, event);
    case 'cwnd':
      return cwndEntry(head, event);
    case 'window':
      return windowEntry(head, event);
    case 'ecn':
      return { ...head, connection: event.connection.id, type: 'ecn', cause: event.cause };
    case 'rtt':
      return rttEntry(head, event);
    case 'hold':
      return holdEntry(head, event);
    case 'queue':
      return queueEntry(head, event);
    case 'icmp':
      return icmpEntry(head, event);
    default:
      return event satisfies never;
  }
}

export const headOf = ({ id, because, now }: TcpEvent): EntryHead =>
  because === 0 ? { id, time: now } : { id, because, time: now };

function retransmitEntry(head: EntryHead, event: Of<'retransmit'>): LogEntry {
  const { type, connection: c, length, reason, attempt, limit, cause } = event;
  const entry = { ...head, connection: c.id, type, seq: relativeTo(c.snd.iss, event.seq), length, reason, cause };
  return {
    ...entry,
    ...(attempt > 0 && { attempt }),
    ...(limit > 0 && { limit }),
  };
}

function dropEntry(head: EntryHead, event: Of<'drop'>): LogEntry {
  const { text, source, counter } = dropCauses[event.reason];
  return {
    ...head,
    ...(event.connection !== null && { connection: event.connection.id }),
    type: 'drop',
    reason: event.reason,
    ...(counter !== undefined && { counter }),
    cause: { text, source },
  };
}

function stateEntry(event: Of<'state'>): LogEntry {
  const { id, now: time, connection: c, from, to, lasted, cause } = event;
  const because = event.because || undefined;
  return { id, because, time, connection: c.id, type: 'state', from, to, lasted, cause };
}

function callEntry(event: Of<'call'>): LogEntry {
  const { id, now: time, call, connection: c, listener, octets } = event;
  const because = event.because || undefined;
  const cause = callCauses[call];
  if (c === null) {
    return { id, because, time, type: 'call', call, local: `${listener!.local}`, localPort: listener!.port, cause };
  }
  if (call !== 'write' && call !== 'read') return { id, because, time, connection: c.id, type: 'call', call, cause };
  const queued = call === 'write' ? c.sendQueue.length : c.receiveQueue.length;
  return { id, because, time, connection: c.id, type: 'call', call, octets, queued, cause };
}

function lossEntry(head: EntryHead, { type, connection: c, action, cause }: Of<'loss'>): LogEntry {
  return { ...head, connection: c.id, type, action, lost: c.sent.lost - c.sent.retransmitted, cause };
}

function timerEntry(head: EntryHead, event: Of<'timer'>): LogEntry {
  const { type, connection: c, timer, action, deadline, cause } = event;
  return { ...head, connection: c.id, type, timer, action, deadline, cause };
}

function cwndEntry(head: EntryHead, { type, connection: c, cwnd, ssthresh, cause }: Of<'cwnd'>): LogEntry {
  return { ...head, connection: c.id, type, cwnd, ssthresh, inFlight: c.inFlight, cause };
}

function windowEntry(head: EntryHead, event: Of<'window'>): LogEntry {
  const { type, connection: c, side, before, window, cause } = event;
  return { ...head, connection: c.id, type, side, before, window, cause };
}

function rttEntry(head: EntryHead, { type, connection: c, sample, cause }: Of<'rtt'>): LogEntry {
  const { srtt, rttvar, rto } = c.rtt;
  const rounded = { srtt: Math.round(srtt), rttvar: Math.round(rttvar), rto };
  return { ...head, connection: c.id, type, sample, ...rounded, cause };
}

function holdEntry(head: EntryHead, { type, connection: c, hold, before, lasted }: Of<'hold'>): LogEntry {
  const unsent = Math.max(0, seqDiff(c.sendQueue.end, c.snd.nxt));
  return { ...head, connection: c.id, type, hold, before, lasted, unsent, cause: holdCauses[hold] };
}

function queueEntry(head: EntryHead, { type, listener: l, cause }: Of<'queue'>): LogEntry {
  const { synQueueLength: synQueue, acceptQueueLength: acceptQueue, backlog } = l;
  return { ...head, type, local: `${l.local}`, localPort: l.port, synQueue, acceptQueue, backlog, cause };
}

function icmpEntry(head: EntryHead, { type, connection: c, error }: Of<'icmp'>): LogEntry {
  const entry = { ...head, connection: c.id, type, message: error.kind, cause: icmpCause };
  return error.kind === 'too big' ? { ...entry, mtu: error.mtu } : entry;
}
