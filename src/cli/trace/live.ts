import type { ControlClient } from '../../control/client.ts';
import { ControlError } from '../../control/terms/protocol.ts';
import type { LogEntry, LogEntryType } from '../../observe/log/schema.ts';
import type { WANTS } from '../../tcp/terms/wants.ts';
import { note } from '../terminal/output.ts';

type Wanted = keyof typeof WANTS;

/** What a stack has to watch for, for each kind of entry. */
const WANTED: Readonly<Record<LogEntryType, readonly Wanted[]>> = {
  ...{ log: [], connection: [], impairment: [], bulk: [], note: [], gap: [] },
  ...{ segment: ['segment'], state: ['state'], retransmit: ['retransmit'], loss: ['loss'], drop: ['drop'] },
  ...{
    timer: ['timer', 'fired'],
    cwnd: ['cwnd'],
    window: ['window'],
    rtt: ['rtt'],
    ecn: ['ecn'],
    hold: ['hold'],
    queue: ['queue'],
  },
  ...{ timeWait: ['timeWait'], call: ['call', 'data'], icmp: ['icmp'] },
};

export const ENTRY_TYPES = Object.keys(WANTED) as LogEntryType[];

/** What the kinds of entries ask of a stack. @param data with the user's writes and reads */
export function wantedFor(types: ReadonlySet<LogEntryType>, data: boolean): Wanted[] {
  return [...types].flatMap((type) => WANTED[type]).filter((wanted) => data || wanted !== 'data');
}

/** The log of a stack from now on, until the stack ends, or the client is closed here for `ended`. */
export async function* liveLog(
  client: ControlClient,
  parameters: { wants: Wanted[]; tcb: boolean },
  ended: AbortSignal,
): AsyncGenerator<LogEntry> {
  let time = 0;
  try {
    for await (const entry of client.subscribe<LogEntry>('log', parameters)) {
      if (!('gap' in entry)) {
        time = entry.time;
        yield entry;
      } else yield { id: 0, time, type: 'gap', entries: entry.gap };
    }
  } catch (error) {
    if (!(error instanceof ControlError) || error.code !== 'closed') throw error;
    if (!ended.aborted) note('tcpglass: the stack has ended');
  }
}
