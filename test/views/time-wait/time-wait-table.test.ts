import { expect, it } from 'vitest';
import type { TimeWaitSnapshot } from '../../../src/observe/inspect/time-wait.ts';
import { timeWaitTable } from '../../../src/views/time-wait/time-wait-table.ts';

const entry = (differs: Partial<TimeWaitSnapshot>): TimeWaitSnapshot => ({
  ...{ state: 'TIME_WAIT', local: '10.9.0.2', localPort: 13, remote: '10.9.0.1', remotePort: 50_352, left: 53_940_000 },
  ...{ closedFirst: 'us', lastSegment: 'FIN', tsRecent: 1002, rcvNxt: 77 },
  succession: { peer: 'newer timestamp', own: 'this port' },
  ...differs,
});

it('each entry says how long, why, and by which rule its place may be taken; what ends first is first', () => {
  const entries = [
    entry({}),
    entry({
      left: 1_000_000,
      tsRecent: null,
      succession: { peer: 'higher sequence number', own: 'no' },
      closedFirst: 'both',
      lastSegment: 'ACK of our FIN',
    }),
    entry({
      left: 2_000_000,
      local: 'fd00::2',
      remote: 'fd00::1',
      succession: { peer: 'no listener', own: 'any port' },
      lastSegment: 'FIN again',
    }),
    entry({
      left: 3_000_000,
      state: 'FIN_WAIT_2',
      succession: { peer: 'not before its FIN', own: 'no' },
      lastSegment: 'ACK of our FIN',
    }),
  ];
  expect(
    `\n${timeWaitTable(entries)
      .map(({ text }) => text)
      .join('\n')}\n`,
  ).toBe(`
Left    State       Local Address:Port  Peer Address:Port  Closed first  Last segment    Who may have its place now
1.0 s   TIME-WAIT   10.9.0.2:13         10.9.0.1:50352     both at once  ACK of our FIN  a SYN with a sequence number beyond 77 (RFC 9293, 3.10.7.4); no connect of ours
2.0 s   TIME-WAIT   [fd00::2]:13        [fd00::1]:50352    we            FIN again       no SYN, there is no listener; a connect of ours (tcp_tw_reuse)
3.0 s   FIN-WAIT-2  10.9.0.2:13         10.9.0.1:50352     we            ACK of our FIN  no SYN before its FIN; no connect of ours
53.9 s  TIME-WAIT   10.9.0.2:13         10.9.0.1:50352     we            FIN             a SYN with a timestamp beyond 1002 (RFC 6191); a connect of ours that is bound to this port
`);
});
