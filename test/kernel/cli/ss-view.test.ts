import { expect, it } from 'vitest';
import { DIST, describeKernel, resultOf } from '../namespace.ts';

/**
 * The kernel's own sockets, as snapshots, shown by our view; and what ss says of the same ones. Everything that ss can be asked
 * is asked of both.
 */
const ASKED = [
  '',
  '-a',
  '-l',
  '-ao',
  '-aH',
  '-a -4',
  '-a -6',
  '-o state time-wait',
  'state connected',
  'state synchronized',
  'state bucket',
  'state big',
  'state all exclude listening',
  'state close-wait state established',
  '-a sport = :8080',
  '-a dport = :8080',
  '-a sport gt :8080',
  '-a sport <= :8081',
  '-a dst 127.0.0.1',
  '-a src 127.0.0.0/8',
  '-a dst 127.0.0.1:8080',
  '-a dst [::1]',
  '-a src [::1]:8081',
  '-a not dst 127.0.0.1',
  '-a ( sport = :8080 or dport = :8080 ) and dst 127.0.0.0/16',
  '-a ( sport = :8080 or sport = :8081 ) not dst 127.0.0.1',
  '-a ! sport = :8080',
  '-a dport != :8080',
];

const SCRIPT = `
  import { execFileSync } from 'node:child_process';
  import { readFileSync } from 'node:fs';
  import net from 'node:net';
  import { endianness } from 'node:os';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { parseFilter } from '${DIST}/views/filter/parse.js';
  import { inOrder, select, statesShown } from '${DIST}/views/ss/select.js';
  import { ssTable } from '${DIST}/views/ss/table.js';
  const listen = (port, host) => new Promise((resolve) => {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => accepted.push(socket.on('error', () => {}).pause()));
    server.listen({ port, host, backlog: 64 }, () => resolve(server));
  });
  const accepted = [];
  const connect = (port, host) => new Promise((resolve) => {
    const socket = net.connect({ port, host, allowHalfOpen: true }, () => resolve(socket));
  });
  await listen(8080, '127.0.0.1'); await listen(8081, '::1'); await listen(8082, '::');
  const plain = await connect(8080, '127.0.0.1');
  await connect(8081, '::1');
  const unread = await connect(8080, '127.0.0.1');
  plain.setKeepAlive(true, 5000);
  unread.write(Buffer.alloc(200000));
  const half = await connect(8080, '127.0.0.1');
  half.end();
  const over = await connect(8080, '127.0.0.1');
  while (accepted.length < 5) await sleep(5);
  const far = accepted.find(({ remotePort }) => remotePort === over.localPort);
  far.end(); over.end(); far.resume(); over.resume();

  const STATES = ['', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECEIVED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT', 'CLOSED', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'CLOSING'];
  const TIMERS = [null, 'on', 'keepalive', 'timewait', 'persist'];
  function address(hex) {
    const words = hex.match(/.{8}/g).map((word) => { const b = Buffer.from(word, 'hex'); return endianness() === 'LE' ? b.reverse() : b; });
    if (words.length === 1) return [...words[0]].join('.');
    const text = Buffer.concat(words).toString('hex').match(/.{4}/g).map((g) => parseInt(g, 16).toString(16)).join(':');
    return text === '0:0:0:0:0:0:0:0' ? '::' : text === '0:0:0:0:0:0:0:1' ? '::1' : text;
  }
  function snapshots() {
    return ['tcp', 'tcp6'].flatMap((file) => readFileSync('/proc/net/' + file, 'utf8').trim().split('\\n').slice(1)).map((line, id) => {
      const [, local, remote, state, queues, timer, retries] = line.trim().split(/\\s+/);
      const end = (text) => [address(text.split(':')[0]), parseInt(text.split(':')[1], 16)];
      const name = STATES[parseInt(state, 16)];
      const [kind, left] = timer.split(':').map((text) => parseInt(text, 16));
      const timers = TIMERS[kind] ? [{ name: TIMERS[kind], left: left * 10000, retries: parseInt(retries, 16) }] : [];
      const [tx, rx] = queues.split(':').map((text) => parseInt(text, 16));
      return { id, state: name, local: end(local)[0], localPort: end(local)[1], remote: name === 'LISTEN' ? null : end(remote)[0],
        remotePort: end(remote)[1], recvQueue: rx, sendQueue: name === 'LISTEN' ? 64 : tx, synQueue: 0, age: 0, left: null, orphan: false, timers };
    });
  }
  /** What doesn't change by itself, as time passes. */
  const lasting = () => JSON.stringify(snapshots().map(({ timers, ...rest }) => ({ ...rest, timers: timers.map(({ name }) => name) })));
  /** What \`look\` sees of sockets that are the same before and behind it, and so meanwhile. */
  async function ofTheSame(look) {
    for (;;) {
      const before = lasting();
      const seen = look();
      if (lasting() === before) return seen;
      await sleep(10);
    }
  }
  // Until all that the sockets above go through has come to pass.
  const wanted = { LISTEN: 3, TIME_WAIT: 1, FIN_WAIT_2: 1, CLOSE_WAIT: 1 };
  const count = (name) => snapshots().filter(({ state }) => state === name).length;
  while (!Object.entries(wanted).every(([state, n]) => count(state) === n) || !snapshots().some((s) => s.timers[0]?.name === 'persist')) await sleep(10);
  const results = {};
  for (const asked of JSON.parse(process.argv[1])) {
    const words = asked.split(' ').filter((word) => word !== '');
    const options = words.filter((word) => word.startsWith('-')).join('');
    const filter = parseFilter(words.filter((word) => !word.startsWith('-')));
    const [real, seen] = await ofTheSame(() => [execFileSync('ss', ['-tn', ...words], { encoding: 'utf8' }), snapshots()]);
    const has = (letter) => options.includes(letter);
    const shown = statesShown(filter, { all: has('a'), listening: has('l') });
    const family = has('4') ? 4 : has('6') ? 6 : null;
    const sockets = select(seen.filter(({ state }) => shown.includes(state)), filter.expression, family);
    const table = ssTable(inOrder(sockets), { timers: has('o'), noHeader: has('H'), noState: filter.states?.length === 1 });
    results[asked] = { real, ours: table.map(({ text }) => text).join('\\n') };
  }
  process.stdout.write(JSON.stringify(results), () => process.exit());
`;

/** In no order, without blanks at the ends, and with times that have passed in between. */
function lines(text: string): string[] {
  const timeless = text.replace(/timer:\((\w+),[^,]*,/g, 'timer:($1,TIME,');
  // /proc/net/tcp counts no window probes.
  const rows = timeless.replace(/\(persist,TIME,\d+\)/g, '(persist,TIME)').split('\n');
  return rows
    .map((row) => row.trimEnd().replace(/PortProcess$/, 'Port Process'))
    .filter((row) => row !== '')
    .sort();
}

describeKernel.with('ss')('the view of sockets beside ss, for the same sockets of the kernel', () => {
  it('says the same, in the same columns, for whatever is asked', async () => {
    const results = await resultOf<Record<string, { real: string; ours: string }>>(SCRIPT, {
      args: [JSON.stringify(ASKED)],
    });
    expect(Object.keys(results)).toEqual(ASKED);
    for (const [asked, { real, ours }] of Object.entries(results)) {
      expect({ asked, lines: lines(ours) }).toEqual({ asked, lines: lines(real) });
    }
    // All of it was there.
    const all = results['-ao']!.real;
    for (const word of [
      'LISTEN',
      'ESTAB',
      'CLOSE-WAIT',
      'FIN-WAIT-2',
      'TIME-WAIT',
      'timer:(keepalive',
      'timer:(timewait',
      '*:8082',
    ]) {
      expect(all).toContain(word);
    }
    expect(all).toMatch(/^ESTAB +[1-9]\d* /m);
  });
});
