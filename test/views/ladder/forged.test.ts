import { expect, it } from 'vitest';
import { ladderOf } from '../../../src/views/ladder/ladder.ts';
import { lineText } from '../../../src/views/text/line.ts';
import { HandMadeLog } from '../support/log.ts';

const pair = (): [HandMadeLog, HandMadeLog] => [
  new HandMadeLog('10.9.0.1:40000', '10.9.0.2:80').connection('actively', { iss: 1000, irs: 5000 }),
  new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN').connection('passively', { iss: 5000, irs: 1000 }),
];

const drawn = (a: HandMadeLog, b: HandMadeLog): string =>
  `\n${ladderOf(a.entries, { width: 80 }, b.entries)
    .map((line) => lineText(line))
    .join('\n')}\n`;

it('shows a segment that an attacker made up as his, beside the same one of the end whose address it bears', () => {
  const [client, server] = pair();
  client.out('P. 1:11 ack 1').path('out', 'injected', 'mallory', { by: 'mallory', flags: 'R', seq: 1501, length: 0 });
  server.in('R 501').after(10).in('P. 1:11 ack 1').out('. 1 ack 11');
  client.after(15).path('in', 'injected', 'mallory', { by: 'mallory', flags: 'P.', seq: 5001, length: 4 });
  client.in('P. 1:5 ack 11').after(20).in('. 1 ack 11');
  expect(drawn(client, server)).toMatchInlineSnapshot(`
    "
                          10.9.0.1:40000                    10.9.0.2:80
           0              │── PSH+ACK seq 1:11 (10) ──────── 10 ms ──►│
                          │    ack 1                                  │
                          │   mallory ── RST seq 501 ────────────────►│
       10 ms              │◄── ACK ack 11 win 64240 ───────── 10 ms ──│
       15 ms              │◄── PSH+ACK seq 1:5 (4) ──────── mallory   │
                          │    ack 11                                 │
    "
  `);
});

it('puts the drop of a segment for no connection, and what is said of it, beside its arrow', () => {
  const [client, server] = [
    new HandMadeLog('10.9.0.1:40000', '10.9.0.2:80').connection('actively', { iss: 1000 }),
    new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN'),
  ];
  client.out('S 0').after(1000).out('S 0');
  server.after(10).in('S 1000', { absolute: true });
  delete server.entries[0]!.connection;
  const cause = { text: 'full', source: '' };
  server.entries.push({ id: 2, because: 1, time: 10_000, type: 'drop', reason: 'SynQueueFull', cause });
  const ends = { local: '10.9.0.2', localPort: 80, remote: '10.9.0.1', remotePort: 40_000 };
  const text = { en: 'No room.', zh: '没有空位。' };
  server.entries.push({ id: 0, because: 2, time: 10_000, type: 'note', kind: 'explanation', text, ...ends });
  expect(drawn(client, server)).toMatchInlineSnapshot(`
    "
                          10.9.0.1:40000                    10.9.0.2:80
           0              │── SYN seq 0 win 64240 ────────── 10 ms ──►│
       10 ms              │               dropped, SynQueueFull: full │
             » No room.
         1 s              │── SYN seq 0 win 64240 ─────────────────···│
    "
  `);
});

it('knows the numbers of a SYN-ACK that no connection has sent, a SYN cookie', () => {
  const [client, server] = [
    new HandMadeLog('10.9.0.1:40000', '10.9.0.2:80').connection('actively', { iss: 1000 }),
    new HandMadeLog('10.9.0.2:80', '10.9.0.1:40000', 'LISTEN'),
  ];
  client.out('S 0');
  server.after(10).in('S 1000', { absolute: true }).out('S. 7000 ack 1001', { absolute: true });
  for (const entry of server.entries) delete entry.connection;
  client.after(20).in('S. 0 ack 1').out('. 1 ack 1');
  expect(drawn(client, server)).toMatchInlineSnapshot(`
    "
                          10.9.0.1:40000                    10.9.0.2:80
           0              │── SYN seq 0 win 64240 ────────── 10 ms ──►│
       10 ms              │◄── SYN+ACK seq 0 ack 1 ────────── 10 ms ──│
                          │    win 64240                              │
       20 ms              │── ACK ack 1 win 64240 ─────────────────···│
    "
  `);
});
