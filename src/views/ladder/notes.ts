import type {
  CwndEntry,
  DropEntry,
  HoldEntry,
  ImpairmentEntry,
  LogEntry,
  TcbFields,
  TimerEntry,
  TimeWaitLogEntry,
} from '../../observe/log/schema.ts';
import { eventCauses } from '../../tcp/terms/causes.ts';
import type { HoldReason } from '../../tcp/terms/holds.ts';
import { holdCauses } from '../../tcp/terms/holds.ts';
import type { Style } from '../text/line.ts';
import { causeText, counted, octetsText, timeText } from '../text/units.ts';

export interface NoteText {
  text: string;
  style?: Style;
}

/** ssthresh before the first loss: there is none. */
const NO_THRESHOLD = 0x7fff_ffff;
/** A hold that lasted as long is worth a row, in microseconds; these are the ones that a user can do something about. */
const LONG_HOLD = 10_000;
const TELLING_HOLDS: readonly HoldReason[] = ['nagle', 'cork', 'rwnd', 'turn', 'sndbuf'];

/**
 * What is said of an entry that is no segment and no change of state; null: nothing.
 *
 * @param whole say of everything what there is to say
 */
export function noteOf(entry: LogEntry, whole: boolean): NoteText | null {
  switch (entry.type) {
    case 'drop':
      return { text: `${droppedText(entry)}: ${causeText(entry.cause)}`, style: 'bad' };
    case 'timer':
      return whole ? { text: timerText(entry), style: 'faint' } : null;
    case 'cwnd':
      return whole ? { text: cwndText(entry, null), style: 'faint' } : null;
    case 'window': {
      const { side, before, window, cause } = entry;
      const whose = side === 'peer' ? "the peer's window" : 'our window';
      const change = window === 0 ? `shut, it was ${before}` : `open again, ${window}`;
      return { text: `${whose} is ${change}: ${causeText(cause)}`, style: 'slow' };
    }
    case 'ecn':
      return whole || !EACH_MARK.has(entry.cause.text) ? { text: `ECN: ${causeText(entry.cause)}` } : null;
    case 'rtt': {
      const { sample, srtt, rttvar, rto, cause } = entry;
      const estimate = `srtt ${timeText(srtt)}, rttvar ${timeText(rttvar)}, RTO ${timeText(rto)}`;
      return whole ? { text: `RTT ${timeText(sample)}: ${estimate}; ${causeText(cause)}`, style: 'faint' } : null;
    }
    case 'hold':
      return holdNote(entry, whole);
    case 'timeWait':
      return timeWaitNote(entry);
    case 'call': {
      const { call, octets, cause } = entry;
      if ((call === 'write' || call === 'read') && !whole) return null;
      return { text: `${call}(${octets ?? ''}): ${causeText(cause)}` };
    }
    case 'icmp': {
      const mtu = entry.mtu === undefined ? '' : `, MTU ${entry.mtu}`;
      return { text: `ICMP: ${entry.message}${mtu}; ${causeText(entry.cause)}`, style: 'slow' };
    }
    default:
      return null;
  }
}

/** What is told again for each mark, or each segment: what follows from the marks is told once for each window. */
const EACH_MARK: ReadonlySet<string> = new Set([
  eventCauses.markReceived.text,
  eventCauses.marksTold.text,
  eventCauses.noRoomForOption.text,
]);

/** Without the cause, which is said once. */
export const droppedText = ({ reason, counter }: DropEntry): string =>
  `dropped, ${reason}${counter === undefined ? '' : ` (${counter})`}`;

function timerText({ timer, action, deadline, time, cause }: TimerEntry): string {
  const when = action === 'fired' ? '' : action === 'cancelled' ? '' : `, fires in ${timeText(deadline - time)}`;
  return `${timer} timer ${action}${when}: ${causeText(cause)}`;
}

/** @param before the congestion window until now, where it is known */
export function cwndText({ cwnd, ssthresh, inFlight, cause }: CwndEntry, before: number | null): string {
  const change = before === null ? `${cwnd}` : `${before} → ${cwnd}`;
  return `cwnd ${change}, ssthresh ${thresholdText(ssthresh)}, ${inFlight} in flight: ${causeText(cause)}`;
}

const thresholdText = (ssthresh: number): string => (ssthresh >= NO_THRESHOLD ? '∞' : String(ssthresh));

function holdNote({ hold, before, lasted, unsent }: HoldEntry, whole: boolean): NoteText | null {
  const waited = `waited ${timeText(lasted)}: ${causeText(holdCauses[before])}`;
  if (!whole) return lasted >= LONG_HOLD && TELLING_HOLDS.includes(before) ? { text: waited, style: 'slow' } : null;
  const waits = unsent > 0 ? `, ${octetsText(unsent)} unsent` : '';
  return {
    text: `hold: ${before} for ${timeText(lasted)}, now ${hold}${waits}: ${causeText(holdCauses[hold])}`,
    style: 'faint',
  };
}

function timeWaitNote({ action, state, left, cause }: TimeWaitLogEntry): NoteText {
  if (action === 'leave') return { text: `${state} is over: ${causeText(cause)}` };
  return {
    text:
      action === 'enter' ? `${state} ends in ${timeText(left)}` : `${timeText(left)} begin anew: ${causeText(cause)}`,
  };
}

export function tcbText({ sndUna, sndNxt, sndWnd, rcvNxt, rcvWnd, cwnd, ssthresh, inFlight, rto }: TcbFields): string {
  const receive = rcvNxt === undefined ? '' : `rcv.nxt ${rcvNxt} `;
  const congestion = `cwnd ${cwnd} ssthresh ${thresholdText(ssthresh)} flight ${inFlight} rto ${timeText(rto)}`;
  return `snd.una ${sndUna} snd.nxt ${sndNxt} snd.wnd ${sndWnd} ${receive}rcv.wnd ${rcvWnd} ${congestion}`;
}

/** What the path did to a packet. */
export function impairmentText({ action, reason, rule, delay }: ImpairmentEntry): string {
  const time = delay === undefined ? '' : ` for ${timeText(delay)}`;
  return `${action} on the way${reason === undefined ? '' : ` (${reason})`}${time}: ${rule}`;
}

/** `2 segments count as lost`. */
export const lossText = (lost: number): string => `${counted(lost, 'segment')} count${lost === 1 ? 's' : ''} as lost`;
