import { LOG_VERSION, type LogEntry, type LogEntryType } from './schema.ts';

/** What is wrong with a log, and in which line of it, from 1. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

/** Longer ones are no entries: the longest have some hundred characters. */
const LONGEST_LINE = 65_536;

/**
 * Reads a log, line by line. It takes any log with its own major version: entries of a kind that it doesn't know are left out
 * and counted, fields that it doesn't know stay.
 *
 * @example
 * const reader = new LogReader();
 * for (const line of text.split('\n')) {
 *   const entry = reader.read(line);
 *   if (entry !== null) show(entry);
 * }
 */
export class LogReader {
  /** Entries of kinds that this version doesn't know. */
  unknown = 0;
  private line = 0;
  private begun = false;

  /**
   * @returns the entry; null: an empty line, or an entry of an unknown kind
   * @throws LogError
   */
  read(line: string): LogEntry | null {
    this.line++;
    if (line.trim() === '') return null;
    if (line.length > LONGEST_LINE) throw this.error(`it is longer than ${LONGEST_LINE} characters`);
    const entry = this.parse(line);
    const { type } = entry;
    // One in the middle: another log was put behind the first.
    if (!this.begun || type === 'log') this.checkHeader(entry);
    if (typeof type !== 'string' || !Object.hasOwn(FIELDS, type)) {
      this.unknown++;
      return null;
    }
    this.checkFields(entry, FIELDS[type as LogEntryType]);
    return entry as unknown as LogEntry;
  }

  private parse(line: string): Record<string, unknown> {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw this.error(this.begun ? 'not JSON; is the log cut off?' : 'not JSON: this is no log of tcpglass');
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.error('not an object');
    return value as Record<string, unknown>;
  }

  /** The first line says what this is. */
  private checkHeader(entry: Record<string, unknown>): void {
    const { type, version } = entry;
    if (type !== 'log' || typeof version !== 'string') {
      throw this.error('a log of tcpglass begins with {"type":"log","version":...}');
    }
    if (version.split('.')[0] !== LOG_VERSION.split('.')[0]) {
      throw this.error(`this log has version ${shown(version)}; this program reads version ${LOG_VERSION}`);
    }
    this.begun = true;
  }

  private checkFields(entry: Record<string, unknown>, fields: Fields): void {
    for (const { field, optional, check } of fields) {
      const value = entry[field];
      if (value === undefined && optional) continue;
      if (!check(value)) throw this.error(`"${field}" of a ${entry.type} is ${shown(value)}`);
    }
  }

  private error(message: string): LogError {
    return new LogError(Math.max(1, this.line), message);
  }
}

/** What a terminal would obey instead of showing it: control characters, and those that turn the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

/** A wrong value, in a few words that may stand on a terminal. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  // What is deep could not be turned into text again without a deep stack.
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'string' && UNPRINTABLE.test(value)) return 'a text with control characters';
  return JSON.stringify(value).slice(0, 60);
}

type Check = (value: unknown) => boolean;

const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const count: Check = (value) => number(value) && (value as number) >= 0;
const whole: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
/** Of 32 bits: sequence numbers, timestamps. */
const unsigned: Check = (value) => whole(value) && (value as number) < 2 ** 32;
const text: Check = (value) => typeof value === 'string' && !UNPRINTABLE.test(value);
const port: Check = (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
const among =
  (...values: string[]): Check =>
  (value) =>
    values.includes(value as string);
const direction = among('in', 'out');
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const cause: Check = (value) => isObject(value) && text(value.text) && text(value.source);
const pair: Check = (value) => Array.isArray(value) && value.length === 2 && value.every(unsigned);
/** RFC 7413, section 4.1.1: none, or 4 to 16 octets. */
const COOKIE = /^([0-9a-f]{8,32})?$/;
const accEcn: Check = (value) =>
  isObject(value) && ['e1b', 'ceb', 'e0b'].every((name) => value[name] === undefined || unsigned(value[name]));
const options: Check = (value) =>
  isObject(value) &&
  (value.mss === undefined || whole(value.mss)) &&
  (value.wscale === undefined || whole(value.wscale)) &&
  (value.sackPermitted === undefined || value.sackPermitted === true) &&
  (value.fastOpen === undefined || (text(value.fastOpen) && COOKIE.test(value.fastOpen as string))) &&
  (value.fastOpenExperimental === undefined || value.fastOpenExperimental === true) &&
  (value.ts === undefined || pair(value.ts)) &&
  (value.sack === undefined || (Array.isArray(value.sack) && value.sack.every(pair))) &&
  (value.accEcn === undefined || accEcn(value.accEcn));
const texts: Check = (value) => Array.isArray(value) && value.every(text);
/** More hosts than any scenario has: what reads a log may keep something for each. */
const HOSTS_MAX = 65_536;
const hosts: Check = (value) =>
  Array.isArray(value) &&
  value.length <= HOSTS_MAX &&
  value.every((host) => isObject(host) && text(host.name) && texts(host.addresses));
const expected: Check = (value) =>
  isObject(value) && (text(value.state) || (text(value.segment) && direction(value.direction)));
const tcb: Check = (value) =>
  isObject(value) &&
  ['sndUna', 'sndNxt', 'sndWnd', 'rcvWnd', 'cwnd', 'ssthresh', 'inFlight', 'rto'].every((name) => count(value[name])) &&
  (value.rcvNxt === undefined || count(value.rcvNxt));

/** The checks of an entry's fields; a question mark: it may be missing. */
type Checks = Record<string, Check>;

const host: Check = (value) => whole(value) && (value as number) < HOSTS_MAX;
const HEAD: Checks = { id: whole, time: number, 'because?': whole, 'connection?': whole, 'host?': host };
const ENDS: Checks = { local: text, localPort: port, remote: text, remotePort: port };
/** The same of an entry that may be of none. */
const ANY_ENDS: Checks = { 'local?': text, 'localPort?': port, 'remote?': text, 'remotePort?': port };

/** What each kind of entry has beside `HEAD`. */
const KINDS: Readonly<Record<LogEntryType, Checks>> = {
  log: { version: text, program: text, addresses: texts, 'date?': text, 'hosts?': hosts },
  connection: {
    ...{ connection: whole, ...ENDS, opened: among('actively', 'passively') },
    ...{ state: text, iss: unsigned, 'irs?': unsigned },
  },
  segment: {
    ...{ direction, ...ENDS, flags: text, seq: unsigned, 'ack?': unsigned, 'absolute?': (value) => value === true },
    ...{ window: count, length: whole, 'count?': whole, 'urgent?': count },
    ...{ 'ecn?': among('ect0', 'ect1', 'ce'), 'options?': options, 'cause?': cause, 'tcb?': tcb },
  },
  state: { connection: whole, from: text, to: text, lasted: count, cause },
  retransmit: {
    ...{ connection: whole, seq: unsigned, length: whole, reason: text },
    ...{ 'attempt?': count, 'limit?': count, cause },
  },
  loss: { connection: whole, action: among('marked', 'undone'), lost: count, cause },
  drop: { reason: text, 'counter?': text, cause },
  timer: {
    ...{ connection: whole, timer: text, action: among('set', 'moved', 'fired', 'cancelled') },
    ...{ deadline: number, cause },
  },
  cwnd: { connection: whole, cwnd: count, ssthresh: count, inFlight: number, cause },
  window: { connection: whole, side: among('peer', 'own'), before: count, window: count, cause },
  ecn: { connection: whole, cause },
  rtt: { connection: whole, sample: count, srtt: count, rttvar: count, rto: count, cause },
  hold: { connection: whole, hold: text, before: text, lasted: count, unsent: count, cause },
  queue: { local: text, localPort: port, synQueue: count, acceptQueue: count, backlog: count, cause },
  timeWait: { action: among('enter', 'restart', 'leave'), ...ENDS, state: text, left: count, cause },
  call: { call: text, 'octets?': count, 'queued?': count, 'local?': text, 'localPort?': port, cause },
  icmp: { message: text, 'mtu?': count, cause },
  impairment: {
    ...{ direction, action: text, 'reason?': text, rule: text, 'by?': text, 'delay?': count },
    ...{ ...ANY_ENDS, 'flags?': text, 'seq?': unsigned, 'length?': whole },
  },
  bulk: {
    ...{ connection: whole, since: number, segmentsIn: count, segmentsOut: count },
    ...{ octetsIn: count, octetsOut: count },
  },
  note: {
    kind: among('explanation', 'application', 'missing'),
    text: (value) => isObject(value) && text(value.en) && text(value.zh),
    ...{ 'source?': text, ...ANY_ENDS, 'expected?': expected },
  },
  gap: { entries: count },
};

type Fields = readonly { readonly field: string; readonly optional: boolean; readonly check: Check }[];

const FIELDS = Object.fromEntries(
  Object.entries(KINDS).map(([type, checks]) => [type, fieldsOf({ ...HEAD, ...checks })]),
) as Readonly<Record<LogEntryType, Fields>>;

function fieldsOf(checks: Checks): Fields {
  return Object.entries(checks).map(([name, check]) => {
    const optional = name.endsWith('?');
    return { field: optional ? name.slice(0, -1) : name, optional, check };
  });
}
