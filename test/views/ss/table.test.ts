import { describe, expect, it } from 'vitest';
import { inOrder } from '../../../src/views/ss/select.ts';
import { type SsOptions, ssTable } from '../../../src/views/ss/table.ts';
import { durationText } from '../../../src/views/ss/timer-text.ts';
import { listener, socket, waiting } from '../support/snapshots.ts';

const sockets = [
  waiting({ localPort: 13, left: 20_000_000, timers: [{ name: 'timewait', left: 20_000_000, retries: 0 }] }),
  waiting(),
  socket({ id: 9, state: 'CLOSE_WAIT', recvQueue: 1, local: 'fd00::2', remote: 'fd00::1' }),
  socket({
    sendQueue: 1448,
    timers: [
      { name: 'on', left: 204_000, retries: 2 },
      { name: 'keepalive', left: 7_140_000_000, retries: 0 },
    ],
  }),
  listener(),
];
const text = (options: SsOptions): string =>
  `\n${ssTable(inOrder(sockets), options)
    .map((line) => line.text)
    .join('\n')}\n`;

describe('the table of sockets', () => {
  it('has the columns of ss', () => {
    expect(text({})).toBe(`
State      Recv-Q Send-Q Local Address:Port Peer Address:Port Process
LISTEN     0      4096        10.9.0.2:80        0.0.0.0:*
ESTAB      0      1448        10.9.0.2:80       10.9.0.1:40000
CLOSE-WAIT 1      0          [fd00::2]:80      [fd00::1]:40000
TIME-WAIT  0      0           10.9.0.2:13       10.9.0.1:40000
TIME-WAIT  0      0           10.9.0.2:80       10.9.0.1:40000
`);
  });

  it('has timers, numbers and directions behind them', () => {
    expect(text({ timers: true, extended: true, noHeader: true, noState: true })).toBe(`
0      4096    10.9.0.2:80   0.0.0.0:*     ino:1 sk:1 <-> age:1.5s
0      1448    10.9.0.2:80  10.9.0.1:40000 timer:(on,204ms,2) ino:7 sk:7 <-> age:1.5s
1      0      [fd00::2]:80 [fd00::1]:40000 ino:9 sk:9 --> age:1.5s
0      0       10.9.0.2:13  10.9.0.1:40000 timer:(timewait,20sec,0) ino:0 sk:0 age:5.7s
0      0       10.9.0.2:80  10.9.0.1:40000 timer:(timewait,54sec,0) ino:0 sk:0 age:5.7s
`);
  });
});

it('ends are written as ss writes them', () => {
  const listeners = ['::', '::1', '0.0.0.0'].map((local) => listener({ local, localPort: 7 }));
  const ends = ssTable(listeners, { noHeader: true, noState: true }).map(({ text }) =>
    text.trim().split(/ +/).slice(2),
  );
  expect(ends).toEqual([
    ['*:7', '*:*'],
    ['[::1]:7', '[::]:*'],
    ['0.0.0.0:7', '0.0.0.0:*'],
  ]);
});

it('times are as short as ss writes them', () => {
  expect(
    [0, 1, 204, 1000, 1204, 9999, 10_000, 54_321, 60_000, 89_000, 599_000, 600_000, 7_199_000].map(durationText),
  ).toEqual([
    '',
    '001ms',
    '204ms',
    '1sec',
    '1.204ms',
    '9.999ms',
    '10sec',
    '54sec',
    '1min',
    '1min29sec',
    '9min59sec',
    '10min',
    '119min',
  ]);
});
