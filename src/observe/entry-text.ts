import type { Cause } from '../tcp/terms/causes.ts';
import type { ImpairmentEntry, LogEntry, OptionsEntry, SegmentEntry } from './log/schema.ts';

/** The ends of a connection or a packet. */
interface Ends {
  local: string;
  localPort: number;
  remote: string;
  remotePort: number;
}

/** So many connections are called by their ends; of one that is older only the number is known. */
const NAMES_MAX = 16_384;

/**
 * The entries of a log as lines of text, one by one: segments in the spirit of `tcpdump -n`, and between them what changed and
 * why.
 */
export class EntryText {
  /** The ends of connections, by number. */
  private readonly names = new Map<number, string>();

  /** @returns null: it would only be noise between segments */
  line(entry: LogEntry): string | null {
    if (entry.type === 'connection') {
      if (this.names.size >= NAMES_MAX) this.names.delete(this.names.keys().next().value!);
      this.names.set(entry.connection, `${here(entry)} - ${there(entry)}`);
      return null;
    }
    const text = this.text(entry);
    return text === null ? null : `${(entry.time / 1e6).toFixed(6).padStart(11)} ${text}`;
  }

  private text(entry: LogEntry): string | null {
    switch (entry.type) {
      case 'segment':
        return `${entry.direction === 'in' ? '<' : '>'} ${segmentText(entry)}`;
      case 'state':
        return note(this.nameOf(entry.connection), `${entry.from} -> ${entry.to}`, entry.cause);
      case 'retransmit': {
        const { connection, seq, length, reason } = entry;
        return `  * ${this.nameOf(connection)} sends again: seq ${seq}, length ${length} (${reason})`;
      }
      case 'ecn':
        return note(this.nameOf(entry.connection), 'ECN', entry.cause);
      case 'drop':
        return `  ! dropped: ${entry.reason}`;
      case 'timeWait': {
        if (entry.action === 'enter') return null; // the change of state has said it
        const what = entry.action === 'leave' ? 'TIME_WAIT over' : '2MSL begin anew';
        return note(`${here(entry)} - ${there(entry)}`, what, entry.cause);
      }
      case 'impairment':
        // What is late with all others is no news.
        return entry.action === 'delayed' ? null : impairmentText(entry);
      default:
        return null;
    }
  }

  private nameOf(connection: number): string {
    return this.names.get(connection) ?? `connection ${connection}`;
  }
}

const note = (name: string, what: string, { text, source }: Cause): string =>
  `  * ${name} ${what}: ${text} (${source})`;

const here = ({ local, localPort }: Ends): string => `${local}.${localPort}`;
const there = ({ remote, remotePort }: Ends): string => `${remote}.${remotePort}`;

const wayText = (ends: Ends, direction: 'in' | 'out'): string =>
  direction === 'in' ? `${there(ends)} > ${here(ends)}` : `${here(ends)} > ${there(ends)}`;

function segmentText(entry: SegmentEntry): string {
  const { direction, flags, seq, length, ack, window, urgent, ecn, options, count } = entry;
  const parts = [`Flags [${flags}]`];
  if (length > 0) parts.push(`seq ${seq}:${(seq + length) % 2 ** 32}`);
  else if (/[SFR]/.test(flags)) parts.push(`seq ${seq}`);
  if (ack !== undefined) parts.push(`ack ${ack}`);
  parts.push(`win ${window}`);
  if (urgent !== undefined) parts.push(`urg ${urgent}`);
  if (ecn !== undefined) parts.push(ECN_TEXT[ecn]);
  if (options !== undefined) parts.push(`options [${optionsText(options)}]`);
  parts.push(`length ${length}`);
  if (count !== undefined) parts.push(`(${count} segments)`);
  return `${wayText(entry, direction)}: ${parts.join(', ')}`;
}

const ECN_TEXT = { ect0: 'ECT(0)', ect1: 'ECT(1)', ce: 'CE' } as const;

function optionsText(entry: OptionsEntry): string {
  const { mss, sackPermitted, ts, wscale, sack, accEcn } = entry;
  const options: string[] = [];
  if (mss !== undefined) options.push(`mss ${mss}`);
  if (sackPermitted) options.push('sackOK');
  if (ts !== undefined) options.push(`TS val ${ts[0]} ecr ${ts[1]}`);
  if (wscale !== undefined) options.push(`wscale ${wscale}`);
  if (sack !== undefined) options.push(`sack ${sack.length} ${sack.map(([from, to]) => `{${from}:${to}}`).join('')}`);
  if (entry.fastOpen !== undefined) options.push(fastOpenText(entry));
  if (accEcn !== undefined)
    options.push(['AccECN', ...Object.entries(accEcn).map(([name, octets]) => `${name} ${octets}`)].join(' '));
  return options.join(',');
}

/** As tcpdump has it. */
const fastOpenText = ({ fastOpen, fastOpenExperimental }: OptionsEntry): string =>
  `${fastOpenExperimental ? 'exp-tfo' : 'tfo'} ${fastOpen === '' ? 'cookiereq' : `cookie ${fastOpen}`}`;

/** What happened to a packet on its way. Its numbers are absolute: there it belongs to no host. */
function impairmentText(entry: ImpairmentEntry): string {
  const { direction, action, rule, reason, delay } = entry;
  const how = action === 'held' && delay !== undefined ? ` for ${delay / 1e6} s` : '';
  const why = reason === undefined ? '' : ` (${reason})`;
  return `~${direction === 'in' ? '<' : '>'} ${action}${how}${why} by "${rule}": ${packetText(entry)}`;
}

function packetText({ direction, local, localPort, remote, remotePort, flags, seq, length }: ImpairmentEntry): string {
  if (local === undefined || remote === undefined) return 'a packet';
  if (localPort === undefined || remotePort === undefined) {
    return direction === 'in' ? `${remote} > ${local}: ICMP` : `${local} > ${remote}: ICMP`;
  }
  const way = wayText({ local, localPort, remote, remotePort }, direction);
  return flags === undefined ? `${way}: UDP` : `${way}: Flags [${flags}], seq ${seq}, length ${length}`;
}
