import { connectionKey } from '../../observe/log/connection-key.ts';
import type { LogEntry, LogHeader } from '../../observe/log/schema.ts';
import { HOLD_REASONS } from '../../tcp/terms/holds.ts';
import type { Line, Span } from '../text/line.ts';
import { causeText, counted, endText, octetsText, timeText } from '../text/units.ts';
import { type Life, LifeRecorder, type Party } from './life.ts';

/** So many connections are followed; of more, those that began first are told as they are. */
const LIVES_MAX = 4096;

/** The connections of a log, each as it ends. */
export class Summary {
  private readonly lives = new Map<string, LifeRecorder>();
  /** The keys by the numbers of connections. */
  private readonly keys = new Map<number, string>();
  /** Of a log of several: each end of a connection has a life there. */
  private hosts: NonNullable<LogHeader['hosts']> = [];

  /** @returns the lives that this entry ended */
  push(entry: LogEntry): Life[] {
    const ended: Life[] = [];
    if (entry.type === 'log') this.hosts = entry.hosts ?? [];
    const key = this.keyOf(entry);
    if (key === null) return ended;
    const known = this.lives.get(key);
    if (entry.type === 'connection' && known !== undefined && known.life.opened !== null) this.take(key, ended);
    const recorder = this.lives.get(key) ?? this.begin(key, entry, ended);
    if (recorder === null) return ended;
    recorder.push(entry);
    if (recorder.isOver) this.take(key, ended);
    return ended;
  }

  /** The log ends here: what is not over is told as it is. */
  end(): Life[] {
    const rest = [...this.lives.values()].map(({ life }) => life);
    this.lives.clear();
    this.keys.clear();
    return rest;
  }

  private keyOf(entry: LogEntry): string | null {
    const connection = connectionKey(entry);
    const named = connection === undefined ? undefined : this.keys.get(connection);
    if (named !== undefined && entry.type !== 'connection') return named;
    if (!hasEnds(entry)) return null;
    const { local, localPort, remote, remotePort } = entry;
    const key = `${endText(local, localPort)} ${endText(remote, remotePort)}`;
    if (connection !== undefined) this.keys.set(connection, key);
    return key;
  }

  /** Only a connection has a life: a segment that meets none is no beginning. */
  private begin(key: string, entry: LogEntry, ended: Life[]): LifeRecorder | null {
    if (!hasEnds(entry) || entry.connection === undefined) return null;
    const recorder = new LifeRecorder(entry, entry.host === undefined ? null : (this.hosts[entry.host]?.name ?? null));
    this.lives.set(key, recorder);
    if (this.lives.size > LIVES_MAX) {
      const [oldest] = this.lives.keys();
      this.take(oldest!, ended);
    }
    return recorder;
  }

  private take(key: string, into: Life[]): void {
    const recorder = this.lives.get(key);
    if (recorder === undefined) return;
    this.lives.delete(key);
    for (const [connection, of] of this.keys) if (of === key) this.keys.delete(connection);
    into.push(recorder.life);
  }
}

type WithEnds = LogEntry & { local: string; localPort: number; remote: string; remotePort: number };

function hasEnds(entry: LogEntry): entry is WithEnds {
  const { local, localPort, remote, remotePort } = entry as Partial<WithEnds>;
  return local !== undefined && localPort !== undefined && remote !== undefined && remotePort !== undefined;
}

/**
 * A life in one line, however long: who opened it, how long it lasted, what went each way, who closed it, what was sent again,
 * what held it back, who waits 2MSL, how it ended.
 */
export function lifeLine(life: Life): Line {
  const { local, localPort, remote, remotePort, opened, host } = life;
  const here = `${endText(local, localPort)} (${host ?? 'here'})`;
  const peer = endText(remote, remotePort);
  const ends = opened === 'here' ? `${here} → ${peer}` : opened === 'peer' ? `${peer} → ${here}` : `${here} ↔ ${peer}`;
  const spans: Span[] = [
    { text: ends, style: 'heading' },
    { text: `  ${timeText(life.end - life.begin)}`, style: 'faint' },
  ];
  if (life.in !== null || life.out !== null) {
    spans.push({ text: `  in ${octetsText(life.in ?? 0)}, out ${octetsText(life.out ?? 0)}` });
  }
  const told: Span[] = [
    closedSpan(life),
    againSpan(life),
    dropSpan(life),
    heldSpan(life),
    waitSpan(life),
    endSpan(life),
  ];
  for (const { text, style } of told) if (text !== '') spans.push({ text: '  ' }, { text, style });
  return spans;
}

const who = (party: Party, host: string | null): string => (party === 'here' ? (host ?? 'we') : 'the peer');

function closedSpan({ closed, reset, host }: Life): Span {
  if (closed === null) return { text: '' };
  return reset
    ? { text: `${who(closed, host)} reset it`, style: 'bad' }
    : { text: `${who(closed, host)} closed first` };
}

/** `sent again 3: 2 fast retransmit, 1 RTO`. */
const againSpan = ({ retransmissions }: Life): Span => ({
  text: countsText('sent again', retransmissions),
  style: 'slow',
});

const dropSpan = ({ drops }: Life): Span => ({ text: countsText('dropped', drops), style: 'bad' });

function countsText(what: string, counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  if (sorted.length === 0) return '';
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  return `${what} ${total}: ${sorted.map(([reason, count]) => `${count} ${reason}`).join(', ')}`;
}

/** What held it back for a hundredth of its life or more, without what is no hindrance. */
function heldSpan({ holds, begin, end }: Life): Span {
  const whole = Math.max(1, end - begin);
  const shares = HOLD_REASONS.filter((reason) => reason !== 'idle' && reason !== 'handshake')
    .map((reason) => ({ reason, share: (holds[reason] ?? 0) / whole }))
    .filter(({ share }) => share >= 0.01)
    .sort((a, b) => b.share - a.share);
  if (shares.length === 0) return { text: '' };
  return { text: `held by ${shares.map(({ reason, share }) => `${reason} ${Math.round(share * 100)}%`).join(', ')}` };
}

function waitSpan({ timeWait, host }: Life): Span {
  if (timeWait === null) return { text: '' };
  const here = host === null ? 'TIME_WAIT here' : `TIME_WAIT at ${host}`;
  return { text: timeWait === 'here' ? here : "TIME_WAIT at the peer's", style: 'state' };
}

function endSpan({ state, cause }: Life): Span {
  if (state !== 'CLOSED') return { text: `is in ${state}`, style: 'state' };
  return cause === null ? { text: '' } : { text: `ended: ${causeText(cause)}`, style: 'why' };
}

/** `3 connections, 1 reset`. */
export function livesLine(lives: readonly Life[]): Line {
  const reset = lives.filter((life) => life.reset).length;
  return [{ text: `${counted(lives.length, 'connection')}${reset > 0 ? `, ${reset} reset` : ''}`, style: 'faint' }];
}
