import fc from 'fast-check';
import type { LogEntry } from '../../../src/observe/log/schema.ts';
import { HOLD_REASONS } from '../../../src/tcp/terms/holds.ts';

const STATES = ['CLOSED', 'LISTEN', 'SYN_SENT', 'SYN_RECEIVED', 'ESTABLISHED', 'FIN_WAIT_1', 'TIME_WAIT'] as const;
const ADDRESSES = ['10.0.0.1', '10.0.0.2', 'fd00:1234:5678:9abc:def0:1234:5678:9abc'] as const;

const micros = fc.nat({ max: 2_000_000_000 });
const octets = fc.oneof(fc.nat({ max: 70_000 }), fc.nat({ max: 2 ** 31 - 1 }));
const seq = fc.oneof(fc.nat({ max: 5000 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const words = fc.string({ unit: fc.constantFrom('a', 'é', '中', ' ', '-', '\u2500', ';'), maxLength: 120 });
const cause = fc.record({ text: words, source: words });
const port = fc.constantFrom(80, 65535);
const address = fc.constantFrom(...ADDRESSES);
const ends = { local: address, localPort: port, remote: address, remotePort: port };
const state = fc.constantFrom(...STATES);
const direction = fc.constantFrom('in' as const, 'out' as const);
const flags = fc.oneof(fc.constantFrom('S', 'S.', '.', 'P.', 'F.', 'R', 'R.'), fc.constantFrom('FSRP.UEW', 'none', ''));
const maybe = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc.record(fields, { requiredKeys: [] });

type Fields = Record<string, fc.Arbitrary<unknown>>;
/** An entry of this type, with what it must have and what it may. */
const entry = (
  type: LogEntry['type'],
  must: Fields,
  may: Fields = {},
): fc.Arbitrary<object & { type: LogEntry['type'] }> =>
  fc.tuple(fc.record(must), maybe(may)).map(([needed, spare]) => ({ type, ...needed, ...spare }));

const options = maybe({
  mss: fc.nat({ max: 65535 }),
  wscale: fc.nat({ max: 14 }),
  sackPermitted: fc.constant(true),
  ts: fc.tuple(seq, seq),
  sack: fc.array(fc.tuple(seq, seq), { maxLength: 4 }),
});
const tcb = fc.record({
  ...{ sndUna: seq, sndNxt: seq, sndWnd: octets, rcvNxt: seq, rcvWnd: octets },
  ...{ cwnd: octets, ssthresh: octets, inFlight: octets, rto: micros },
});

const segment = entry(
  'segment',
  { direction, ...ends, flags, seq, length: octets, window: octets },
  { ack: seq, count: fc.nat({ max: 45 }), absolute: fc.constant(true), urgent: octets, options, cause, tcb },
);
const retransmit = entry(
  'retransmit',
  { seq, length: octets, reason: words, cause },
  { attempt: fc.nat({ max: 20 }), limit: fc.nat({ max: 20 }) },
);
const impairment = entry(
  'impairment',
  {
    direction,
    action: fc.constantFrom('dropped', 'held', 'delayed', 'duplicated', 'corrupted', 'injected'),
    rule: words,
  },
  { delay: micros, by: fc.constant('mallory'), ...ends, flags, seq, length: octets },
);
const texts = fc.record({ en: words, zh: words });
const note = entry(
  'note',
  { kind: fc.constantFrom('explanation', 'application', 'missing'), text: texts },
  {
    ...{ source: words, ...ends },
    expected: fc.oneof(fc.record({ state }), fc.record({ direction, segment: fc.constantFrom('FIN', 'SYN-ACK') })),
  },
);
const timer = fc.constantFrom('retransmit', 'keep-alive', 'window probe');
const hold = fc.constantFrom(...HOLD_REASONS);

const body = fc.oneof(
  { weight: 12, arbitrary: segment },
  {
    weight: 2,
    arbitrary: entry(
      'connection',
      { ...ends, opened: fc.constantFrom('actively', 'passively'), state, iss: seq },
      { irs: seq },
    ),
  },
  { weight: 3, arbitrary: entry('state', { from: state, to: state, lasted: micros, cause }) },
  { weight: 2, arbitrary: retransmit },
  { weight: 2, arbitrary: impairment },
  { weight: 2, arbitrary: note },
  entry('loss', { action: fc.constantFrom('marked', 'undone'), lost: fc.nat({ max: 99 }), cause }),
  entry('drop', { reason: fc.constantFrom('OutsideWindow', 'Paws'), cause }, { counter: words }),
  entry('timer', { timer, action: fc.constantFrom('set', 'moved', 'fired', 'cancelled'), deadline: micros, cause }),
  entry('cwnd', { cwnd: octets, ssthresh: octets, inFlight: octets, cause }),
  entry('window', { side: fc.constantFrom('peer', 'own'), before: octets, window: octets, cause }),
  entry('rtt', { sample: micros, srtt: micros, rttvar: micros, rto: micros, cause }),
  entry('hold', { hold, before: hold, lasted: micros, unsent: octets, cause }),
  entry('queue', { local: address, localPort: port, synQueue: octets, acceptQueue: octets, backlog: octets, cause }),
  entry('timeWait', { action: fc.constantFrom('enter', 'restart', 'leave'), ...ends, state, left: micros, cause }),
  entry(
    'call',
    { call: fc.constantFrom('connect', 'listen', 'write', 'close'), cause },
    { octets, queued: octets, ...ends },
  ),
  entry('icmp', { message: words, cause }, { mtu: octets }),
  entry('bulk', { since: micros, segmentsIn: octets, segmentsOut: octets, octetsIn: octets, octetsOut: octets }),
  entry('gap', { entries: octets }),
);

/** Entries that can't be without one. */
const OF_A_CONNECTION = new Set([
  'connection',
  'state',
  'retransmit',
  'loss',
  'timer',
  'cwnd',
  'window',
  'rtt',
  'hold',
]);

/** Any log that the schema allows, however senseless: in the order of its times, with few connections and ends. */
export const anyLog: fc.Arbitrary<LogEntry[]> = fc
  .array(
    fc.tuple(
      body,
      fc.oneof(fc.constant(0), fc.nat({ max: 300_000 })),
      fc.option(fc.nat({ max: 3 })),
      fc.nat({ max: 9 }),
    ),
    {
      maxLength: 60,
    },
  )
  .map((entries) => {
    let time = 0;
    return entries.map(([said, after, connection, back], i) => {
      time += after;
      const because = back === 0 ? {} : { because: i + 1 - back };
      const of = connection === null && !OF_A_CONNECTION.has(said.type) ? {} : { connection: connection ?? 1 };
      return { id: i + 1, time, ...because, ...of, ...said } as unknown as LogEntry;
    });
  });
