import { readBehind, readLength, readTime } from './parse-amounts.ts';
import { readCount, readPercent, readQuantity, SIZE } from './quantities.ts';
import type { Words } from './scan.ts';
import { type Deed, KINDS, type Kind, type Rule, type Selection, type Verb, type Which } from './terms.ts';

const ALWAYS_RULES = ['drop', 'hold', 'mark', 'rst', 'blackhole'] as const;
/** With a percentage behind them they are faults. */
const ALSO_FAULTS = ['duplicate', 'corrupt', 'truncate'] as const;
export const RULE_VERBS: readonly Verb[] = [...ALWAYS_RULES, ...ALSO_FAULTS];

const ALIASES: Readonly<Record<string, Kind>> = { synack: 'SYN-ACK', 'syn+ack': 'SYN-ACK', 'syn/ack': 'SYN-ACK' };
const PLACES = ['header', 'checksum', 'payload'] as const;
const FILTERS = ['port', 'seq', 'overall'] as const;

const ALL: Which = { type: 'all' };
const PACKETS = 'which packets, such as FIN 2, SYN-ACK, ACK 10-20 or DATA every 3';
const ORDINALS = 'a number from 1 on, a range such as 10-20, or a percentage';

/** A rule, or null: the words don't begin as one. */
export function parseRule(words: Words): Rule | null {
  const second = words.peek(1)?.text;
  const mayBeFault = second === undefined || second.endsWith('%');
  const verb = words.take(...(mayBeFault ? ALWAYS_RULES : RULE_VERBS)) as Verb | null;
  if (verb === null) return null;
  const { direction } = words;
  if ((verb === 'rst' || verb === 'blackhole') && words.take('after')) {
    const after = words.takeAs((text) => readQuantity(text, SIZE));
    if (after !== null) {
      const selection = readFilters(words, 'DATA', ALL);
      if (selection.overall) words.wrong('What a connection has sent is counted for each connection');
      return { deed: { verb, after }, selection, direction };
    }
    if (verb === 'rst') words.expected(SIZE.what);
  } else if (verb === 'blackhole') {
    words.expected('"after", and what the last is that passes: "blackhole after FIN", "blackhole after 64KiB"', [
      'after',
    ]);
  }
  const where = verb === 'corrupt' ? readPlace(words) : 'anywhere';
  const selection = readSelection(words);
  if (verb === 'rst' || verb === 'blackhole') requireTcp(words, selection);
  return { deed: readDeed(words, verb, where), selection, direction };
}

function readPlace(words: Words): 'anywhere' | (typeof PLACES)[number] {
  const place = words.take(...PLACES) as (typeof PLACES)[number] | null;
  if (place === null) return 'anywhere';
  if (!words.take('of')) words.expected('"of", and which packets');
  return place;
}

/** What stands behind the packets that it is done to. */
function readDeed(words: Words, verb: Verb, where: 'anywhere' | (typeof PLACES)[number]): Deed {
  switch (verb) {
    case 'hold':
      if (words.take('behind')) return { verb, time: null, behind: readBehind(words) };
      return { verb, time: readTime(words), behind: null };
    case 'duplicate':
      return { verb, after: words.take('after') ? readTime(words) : 0 };
    case 'corrupt':
      return { verb, where };
    case 'truncate':
      if (!words.take('to')) words.expected('"to", and the length that is left: "truncate DATA 3 to 40 bytes"', ['to']);
      return { verb, to: readLength(words) };
    case 'rst':
    case 'blackhole':
      return { verb, after: null };
    default:
      return { verb };
  }
}

function requireTcp(words: Words, { kind }: Selection): void {
  if (kind === 'UDP' || kind === 'ICMP') words.wrong(`A ${kind} packet belongs to no connection that could end`);
}

/** `FIN 2`, `2nd FIN`, `every 3rd DATA port 80`, `ACK of SYN-ACK`, `seq 1000-2000`. */
function readSelection(words: Words): Selection {
  const before = readWhichBefore(words);
  const kind = readKind(words);
  if (kind === null && before === null && !FILTERS.some((filter) => filter === words.peek()?.lower)) {
    words.expected(PACKETS, KINDS);
  }
  const behind = readWhichBehind(words);
  if (before !== null && behind !== null) words.wrong('Which of these packets is said twice');
  return readFilters(words, kind ?? 'any', behind ?? before ?? ALL);
}

function readKind(words: Words): Kind | null {
  const kind = (words.take(...KINDS) as Kind | null) ?? words.takeAs((text) => ALIASES[text.toLowerCase()] ?? null);
  if (kind !== 'ACK' || !words.take('of')) return kind;
  const of = words.takeAs((text) => ALIASES[text.toLowerCase()] ?? null) ?? words.take('SYN-ACK', 'FIN');
  if (of === null) words.expected('SYN-ACK or FIN', ['SYN-ACK', 'FIN']);
  return of === 'FIN' ? 'ACK of FIN' : 'ACK of SYN-ACK';
}

const readOrdinal = (text: string): number | null => readCount(/^(\d+)(?:st|nd|rd|th)$/i.exec(text)?.[1] ?? '');

function readWhichBefore(words: Words): Which | null {
  if (words.take('all')) return ALL;
  if (words.take('every')) {
    const n = words.takeAs(readOrdinal);
    return n === null ? ALL : { type: 'every', n };
  }
  const n = words.takeAs(readOrdinal);
  return n === null ? null : { type: 'range', from: n, to: n };
}

function readWhichBehind(words: Words): Which | null {
  if (words.take('every'))
    return { type: 'every', n: words.need((text) => readCount(text) ?? readOrdinal(text), ORDINALS) };
  if (words.peek()?.text === '0') words.expected(ORDINALS);
  const n = words.takeAs(readCount);
  if (n !== null) return { type: 'range', from: n, to: n };
  const range = readRange(words, 1);
  if (range !== null) return { type: 'range', ...range };
  const chance = words.takeAs(readPercent);
  return chance === null ? null : { type: 'chance', chance };
}

/** `10-20`, or `10-`: from 10 on. */
function readRange(words: Words, least: number): { from: number; to: number } | null {
  const range = words.takeAs((text) => /^(\d{1,10})-(\d{0,10})$/.exec(text));
  if (range === null) return null;
  const from = Number(range[1]);
  const to = range[2] === '' ? Number.POSITIVE_INFINITY : Number(range[2]);
  if (from < least) words.wrong(`Counting begins at ${least}`);
  if (to < from) words.wrong(`The range ${range[0]} ends before it begins`);
  return { from, to };
}

function readFilters(words: Words, kind: Kind, which: Which): Selection {
  let port: number | null = null;
  let seq: Selection['seq'] = null;
  let overall = false;
  for (;;) {
    const filter = words.take(...FILTERS);
    if (filter === null) return { kind, which, port, seq, overall };
    if (filter === 'overall') overall = true;
    else if (filter === 'port') port = words.need(readPort, 'a port from 1 to 65535');
    else seq = readSeq(words);
  }
}

const readPort = (text: string): number | null => {
  const port = readCount(text);
  return port !== null && port <= 65_535 ? port : null;
};

function readSeq(words: Words): NonNullable<Selection['seq']> {
  const one = words.takeAs((text) => (text === '0' ? 0 : readCount(text)));
  const range = one === null ? readRange(words, 0) : { from: one, to: one };
  if (range === null)
    words.expected('relative sequence numbers such as 1000-2000 (the SYN has 0, the first octet of data 1)');
  return range;
}
