import type { ConnectionEntry, ExpectedEntry, LogEntry, NoteEntry, SegmentEntry } from '../../observe/log/schema.ts';
import type { Micros } from '../../time/wheel.ts';

/** An entry of the log of all hosts: `host` says whose. */
export type LabEntry = LogEntry & { host: number };

/** What is said in the log beside what happened: why it did, and what was expected and did not come. */
export class Notes {
  /** Those of all that happened. */
  private readonly entries: LabEntry[];
  /** Explanations of what happens now: they come behind all that happens now. */
  private held: LabEntry[] = [];

  constructor(entries: LabEntry[]) {
    this.entries = entries;
  }

  /** An explanation of `entry`, which has just been written. */
  explain(entry: LabEntry, text: NoteEntry['text'], source: string | undefined): void {
    const { time, host, connection, id } = entry;
    const head = { id: 0, time, host, because: id, type: 'note', kind: 'explanation', text } as const;
    this.held.push({
      ...head,
      ...(connection !== undefined ? { connection } : this.endsAround(entry)),
      ...(source !== undefined && { source }),
    });
  }

  /** Of an entry that is about no connection: the ends of the segment that it is about. */
  private endsAround(entry: LabEntry): Pick<NoteEntry, 'local' | 'localPort' | 'remote' | 'remotePort'> {
    const isIt = ({ type, host, id }: LabEntry): boolean =>
      type === 'segment' && host === entry.host && id === entry.because;
    const about = entry.type === 'drop' ? this.entries.findLast(isIt) : entry;
    const { local, localPort, remote, remotePort } = (about ?? {}) as Partial<SegmentEntry>;
    if (local === undefined || localPort === undefined || remote === undefined || remotePort === undefined) return {};
    return { local, localPort, remote, remotePort };
  }

  /**
   * What was expected behind `entry` did not come.
   * @param entry null: from the beginning on
   * @param now the time of the note where nothing is in the log
   * @param drawn the host that would have told of it, and how; null: it can't be drawn
   */
  tellMissing(
    entry: LabEntry | null,
    text: NoteEntry['text'],
    now: Micros,
    drawn: { readonly host: number; readonly expected: ExpectedEntry } | null,
  ): void {
    const { time = now } = entry ?? this.entries.find((other) => other.connection !== undefined) ?? {};
    const note: LabEntry = { id: 0, time, host: entry?.host ?? 0, type: 'note', kind: 'missing', text };
    Object.assign(note, drawn === null ? connectionOf(entry) : this.placeOf(drawn, entry));
    // Behind the explanation of the last turn that came.
    const behind = this.entries.findLastIndex((other) => other.time <= time) + 1;
    this.entries.splice(behind, 0, note);
  }

  /**
   * Where in a ladder it is drawn: at a connection of the host that would have told of it; where that never had one, at its peer's,
   * from whom it looks the other way round.
   */
  private placeOf(
    { host, expected }: { readonly host: number; readonly expected: ExpectedEntry },
    entry: LabEntry | null,
  ): Partial<NoteEntry & { host: number }> {
    const told = entry !== null && entry.host !== host ? this.otherEnd(entry, host) : entry;
    const own = told ?? this.entries.find((other) => other.host === host && other.connection !== undefined);
    if (own !== undefined && own?.host === host) return { host, expected, ...connectionOf(own) };
    const peer = entry ?? this.entries.find((other) => other.connection !== undefined);
    if (peer === undefined || !('direction' in expected)) return connectionOf(peer ?? null);
    const direction = expected.direction === 'in' ? 'out' : 'in';
    return { host: peer.host, expected: { ...expected, direction }, ...connectionOf(peer) };
  }

  /** What a host has told of the connection that `entry` is about at its other end. */
  private otherEnd(entry: LabEntry, host: number): LabEntry | undefined {
    const introduced = this.entries.find(
      (other) => other.type === 'connection' && other.host === entry.host && other.connection === entry.connection,
    ) as ConnectionEntry | undefined;
    return this.entries.find(
      (other) =>
        other.type === 'connection' &&
        other.host === host &&
        other.local === introduced?.remote &&
        other.localPort === introduced.remotePort &&
        other.remotePort === introduced.localPort,
    );
  }

  /** Nothing more happens at this time. */
  momentEnds(): void {
    for (const entry of this.held.splice(0)) this.entries.push(entry);
  }
}

const connectionOf = (entry: LabEntry | null): { connection?: number } =>
  entry?.connection === undefined ? {} : { connection: entry.connection };
