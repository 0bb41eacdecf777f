import { connectionKey } from '../../observe/log/connection-key.ts';
import type { LogEntry, LogEntryType } from '../../observe/log/schema.ts';
import type { Expression } from './filter.ts';
import { type Ends, matches } from './match.ts';

export interface EntryFilterOptions {
  /** About the ends of connections, and listeners; null: any. */
  expression?: Expression | null;
  /**
   * The number of the only connection that is wanted. In a log of several hosts it is the first one of that number, at both of its
   * ends, whatever its number is at the other.
   */
  connection?: number | null;
  /** The kinds of entries that are wanted beside those that introduce a connection, or tell of a hole; null: all. */
  types?: ReadonlySet<LogEntryType> | null;
}

/** Connections are remembered, so many of them. */
const KNOWN_MAX = 65_536;

/** Chooses entries of a log. It must see all of them, for only the first of a connection may tell who its ends are. */
export class EntryFilter {
  private readonly options: Required<EntryFilterOptions>;
  /** Of the connections that were introduced: whether they are wanted. */
  private readonly known = new Map<number, boolean>();
  /** The last segment: what was dropped may be said without its ends. */
  private last = { id: 0, host: 0, wanted: false };
  /** Of the only connection that is wanted, in a log of several hosts: its ends, and its numbers there. */
  private ends: string | null = null;
  private readonly chosen = new Set<number>();

  constructor({ expression = null, connection = null, types = null }: EntryFilterOptions) {
    this.options = { expression, connection, types };
  }

  accepts(entry: LogEntry): boolean {
    const { type } = entry;
    if (type === 'log' || type === 'gap') return true;
    const wanted = this.concerns(entry);
    if (type === 'segment') this.last = { id: entry.id, host: entry.host ?? 0, wanted };
    return wanted && (type === 'connection' || (this.options.types?.has(type) ?? true));
  }

  private concerns(entry: LogEntry): boolean {
    const { expression, connection } = this.options;
    if (expression === null && connection === null) return true;
    const key = connectionKey(entry);
    if (key === undefined) return connection === null && this.concernsEnds(entry);
    if (connection !== null && !this.isChosen(entry, key, connection)) return false;
    const known = entry.type === 'connection' ? undefined : this.known.get(key);
    if (known !== undefined) return known;
    const wanted = this.concernsEnds(entry);
    if (this.known.size >= KNOWN_MAX) this.known.delete(this.known.keys().next().value!);
    this.known.set(key, wanted);
    return wanted;
  }

  private isChosen(entry: LogEntry, key: number, connection: number): boolean {
    if (entry.host === undefined) return entry.connection === connection;
    if (this.chosen.has(key)) return true;
    if (entry.type !== 'connection') return false;
    const { local, localPort, remote, remotePort } = entry;
    const ends = [`${local} ${localPort}`, `${remote} ${remotePort}`].sort().join(' ');
    if (this.ends === null && entry.connection === connection) this.ends = ends;
    if (ends !== this.ends) return false;
    this.chosen.add(key);
    return true;
  }

  private concernsEnds(entry: LogEntry): boolean {
    const { expression } = this.options;
    if (expression === null) return true;
    if (entry.type === 'drop') {
      const { id, host, wanted } = this.last;
      return entry.because === id && (entry.host ?? 0) === host && wanted;
    }
    const { local, localPort = 0, remote = null, remotePort = 0 } = entry as Partial<Ends>;
    return local !== undefined && matches(expression, { local, localPort, remote, remotePort });
  }
}
