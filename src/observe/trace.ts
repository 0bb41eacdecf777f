import type { Host } from '../host/host.ts';
import type { TimeWaitEntry } from '../tcp/tables/time-wait-table.ts';
import type { TcpEvent } from '../tcp/tcb/events.ts';
import type { Tcb } from '../tcp/tcb/tcb.ts';
import { seqAdd, seqText } from '../wire/seq.ts';
import { clockText, type Origin, segmentText } from './segment-text.ts';

/**
 * Prints what a host does: each segment on a line, and between them what changed and why.
 *
 * @returns a function that ends it
 *
 * @example
 * const stop = traceTo(host, (line) => console.log(line));
 */
export function traceTo(host: Host, write: (line: string) => void): () => void {
  return host.observe((event) => {
    const text = eventText(event);
    if (text !== null) write(`${clockText(event.now)} ${text}`);
  });
}

/** One line about an event, or null for one that would only be noise between segments. */
export function eventText(event: TcpEvent): string | null {
  switch (event.type) {
    case 'segment':
      return `${event.direction === 'in' ? '<' : '>'} ${segmentText(event.segment, originOf(event))}`;
    case 'state':
      return note(nameOf(event.connection), `${event.from} -> ${event.to}`, event.cause);
    case 'retransmit': {
      const { connection: c, length } = event;
      const seq = seqText(seqAdd(event.seq, -c.snd.iss));
      return `  * ${nameOf(c)} sends again: seq ${seq}, length ${length} (${event.reason})`;
    }
    case 'drop':
      return `  ! dropped: ${event.reason}`;
    case 'timeWait':
      if (event.action === 'enter') return null; // the change of state has said it
      return note(entryName(event.entry), event.action === 'leave' ? 'TIME_WAIT over' : '2MSL begin anew', event.cause);
    case 'loss':
    case 'timer':
    case 'cwnd':
    case 'window':
    case 'rtt':
    case 'hold':
    case 'queue':
    case 'call':
    case 'icmp':
      return null;
    default:
      return event satisfies never;
  }
}

const note = (name: string, what: string, cause: { text: string; source: string }): string =>
  `  * ${name} ${what}: ${cause.text} (${cause.source})`;

const nameOf = (c: Tcb): string => `${c.local}.${c.localPort} - ${c.remote}.${c.remotePort}`;

const entryName = (e: TimeWaitEntry): string => `${e.local}.${e.localPort} - ${e.remote}.${e.remotePort}`;

/** Once both SYNs are known, numbers are shown relative to them, and windows in octets. */
function originOf(event: Extract<TcpEvent, { type: 'segment' }>): Origin | null {
  const c = event.connection;
  if (c === null) return null;
  if (event.direction === 'out') return { seq: c.snd.iss, ack: c.rcv.irs, wscale: c.rcv.wscale };
  return { seq: c.rcv.irs, ack: c.snd.iss, wscale: c.snd.wscale };
}
