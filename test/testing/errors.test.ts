import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http, { type ClientRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { expect, it } from 'vitest';
import type { Socket } from '../../src/net/socket/socket.ts';
import { type BadNetwork, badNetwork } from '../../src/testing/vitest.ts';

const PAGE = readFileSync('native-notes/errors.md', 'utf8');

/** The rows of the page's table: rules, what is seen, after how long, what helps. */
const ROWS = new Map(
  [...PAGE.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|/gm)].map(
    ([, name, rules, seen, after, helps]) => [
      name!.trim(),
      { rules: rules!.trim(), seen: seen!.trim().replaceAll('`', ''), after: after!.trim(), helps: helps! },
    ],
  ),
);
const proven = new Set<string>();

function row(name: string) {
  proven.add(name);
  const found = ROWS.get(name);
  if (found === undefined) throw new Error(`native-notes/errors.md has no row "${name}"`);
  return found;
}

const network = (name: string): Promise<BadNetwork> => {
  const [, rule = ''] = /^`([^`]+)`$/.exec(row(name).rules) ?? [];
  return badNetwork({ seed: 1, time: 'virtual', rules: rule === '' ? [] : [rule] });
};

/** As the page words it: `connect ECONNREFUSED`, `socket hang up ECONNRESET`. */
const worded = (error: NodeJS.ErrnoException): string => `${error.syscall ?? error.message} ${error.code}`;

const serve = (net: BadNetwork, listener: RequestListener, keepAliveTimeout = 5000): http.Server =>
  net.server.http.createServer({ keepAliveTimeout }, listener).listen(80);

const long: RequestListener = (_, response) => response.end(Buffer.alloc(100_000));

/** What becomes of a request: how it fails, and when; null: it hasn't within an hour. */
async function outcome(net: BadNetwork, options: http.RequestOptions = {}, of: (r: ClientRequest) => void = () => {}) {
  const begin = net.now;
  const failed = new Promise<{ seen: string; after: number; got: number; reused: boolean }>((done) => {
    let got = 0;
    const request = http.get(net.url, { agent: net.agent(), ...options });
    const fail = (error: NodeJS.ErrnoException): void =>
      done({ seen: worded(error), after: (net.now - begin) / 1000, got, reused: request.reusedSocket });
    request.on('error', fail);
    request.on('response', (response: IncomingMessage) => {
      response.on('error', fail);
      response.on('data', (data: Buffer) => void (got += data.length));
      response.on('end', () =>
        done({ seen: 'answered', after: (net.now - begin) / 1000, got, reused: request.reusedSocket }),
      );
    });
    of(request);
  });
  return Promise.race([failed, net.wait(3_600_000).then(() => null)]);
}

function expectRow(name: string, result: Awaited<ReturnType<typeof outcome>>): void {
  const { seen, after } = row(name);
  if (seen === 'nothing, ever') expect(result).toBeNull();
  else {
    expect(result?.seen).toBe(seen);
    expect(`${Math.round(result!.after)} s`).toBe(after);
  }
}

it('refused', async () => {
  const net = await network('refused');
  expectRow('refused', await outcome(net));
  expect(net).toHaveSent('RST', { from: 'server', times: 1 });
});

it('no answer to the SYN', async () => {
  const net = await network('no answer to the SYN');
  expectRow('no answer to the SYN', await outcome(net));
  const mine = await outcome(net, {}, (request) => request.setTimeout(5000, () => request.destroy(new Error('mine'))));
  expect(mine).toMatchObject({ seen: 'mine undefined', after: 5 });
});

it('reset before headers', async () => {
  const net = await network('reset before headers');
  serve(net, long);
  expectRow('reset before headers', await outcome(net));
});

it('reset after headers', async () => {
  const net = await network('reset after headers');
  serve(net, long);
  const result = await outcome(net);
  expectRow('reset after headers', result);
  expect(result!.got).toBeGreaterThan(0);
  expect(result!.got).toBeLessThan(100_000);
});

it('closed before headers', async () => {
  const net = await network('closed before headers');
  serve(net, (request) => request.socket.destroy());
  expectRow('closed before headers', await outcome(net));
});

it('hang after headers', async () => {
  const net = await network('hang after headers');
  serve(net, long);
  expectRow('hang after headers', await outcome(net));
  net.rules('blackhole after 5000 bytes in');
  const mine = await outcome(net, {}, (request) => request.setTimeout(5000, () => request.destroy(new Error('mine'))));
  expect(mine).toMatchObject({ seen: 'mine undefined', after: expect.closeTo(5, 0) });
});

it('slow drip', async () => {
  const net = await network('slow drip');
  serve(net, long);
  let silent = 0;
  const result = await outcome(net, {}, (request) => request.setTimeout(30_000, () => silent++));
  expect(result).toMatchObject({ seen: 'answered', got: 100_000 });
  expect(result!.after).toBeGreaterThan(50);
  expect([row('slow drip').seen, silent]).toEqual(['data, all the time', 0]);
});

/** A connection that is open and idle, and then unplugged. */
async function unplugged(net: BadNetwork, settle: (socket: Socket) => void = () => {}): Promise<Socket> {
  net.server.createServer(() => {}).listen(80);
  const socket = net.connect(80);
  await once(socket, 'connect');
  settle(socket);
  await net.wait(1000);
  net.unplug();
  return socket;
}

/** How a socket fails, and after how many seconds; null: it hasn't within an hour. */
async function failure(net: BadNetwork, socket: Socket): Promise<[string, number] | null> {
  const begin = net.now;
  const failed = once(socket, 'error').then(
    ([error]) => [worded(error), Math.round((net.now - begin) / 1000)] as [string, number],
  );
  return Promise.race([failed, net.wait(3_600_000).then(() => null)]);
}

it('half open', async () => {
  const net = await network('half open');
  expect(row('half open').seen).toBe('nothing, ever');
  expect(await failure(net, await unplugged(net))).toBeNull();
  const alive = await network('half open');
  const [seen, after] = (await failure(alive, await unplugged(alive, (socket) => socket.setKeepAlive(true, 60_000))))!;
  expect(seen).toBe('read ETIMEDOUT');
  // It had been silent for a second when it was unplugged.
  expect(1 + after).toBe(Number(/(\d+) s later/.exec(row('half open').helps)?.[1]));
});

it('request into nothing', async () => {
  const net = await network('request into nothing');
  const socket = await unplugged(net);
  socket.write('hello?');
  const { seen, after } = row('request into nothing');
  expect(await failure(net, socket)).toEqual([seen, Number(after.split(' ')[0])]);
  const short = await network('request into nothing');
  const other = await unplugged(short, (one) => one.setUserTimeout(20_000));
  other.write('hello?');
  const [, seconds] = (await failure(short, other))!;
  expect(seconds).toBeGreaterThanOrEqual(20);
  expect(seconds).toBeLessThan(40);
});

it('RST on keep-alive', async () => {
  const net = await network('RST on keep-alive');
  serve(net, long, 0);
  const agent = net.agent({ keepAlive: true });
  expect(await outcome(net, { agent })).toMatchObject({ seen: 'answered', reused: false });
  await net.wait(1000);
  net.crash('server');
  const result = await outcome(net, { agent });
  expectRow('RST on keep-alive', result);
  expect(result!.reused).toBe(true);
});

it('zero window', async () => {
  const net = await network('zero window');
  net.server.createServer((socket) => void socket.pause()).listen(80);
  const socket = net.connect(80).setUserTimeout(0);
  let drained = false;
  while (socket.write(Buffer.alloc(65_536)));
  socket.on('drain', () => {
    drained = true;
  });
  // The server's buffers take some of it; then its window shuts, and stays so, and each probe is answered.
  for (let i = 0; i < 200 && !drained; i++) await net.wait(100);
  while (drained && socket.write(Buffer.alloc(1 << 20))) await net.wait(10);
  drained = false;
  expect(await failure(net, socket)).toBeNull();
  expect([drained, socket.destroyed]).toEqual([false, false]);
  expect(row('zero window').seen).toBe("no 'drain', ever");
  socket.setUserTimeout(30_000);
  expect((await failure(net, socket))?.[0]).toBe('read ETIMEDOUT');
});

/** The page's own example. */
async function race(seed: number): Promise<{ error: NodeJS.ErrnoException; net: BadNetwork }> {
  const [, code = ''] = /```js\n(const net[\s\S]*?)```/.exec(PAGE) ?? [];
  const run = new Function('badNetwork', 'http', 'once', `return (async () => {${code}; return { error, net }; })()`);
  const seeded = (options: object) => badNetwork({ ...options, seed });
  return run(seeded, http, once) as Promise<{ error: NodeJS.ErrnoException; net: BadNetwork }>;
}

it('keep-alive race: a hundred of a hundred, and each as the others of its seed', async () => {
  const { seen } = row('keep-alive race');
  const lost: string[] = [];
  for (let seed = 1; seed <= 100; seed++) {
    const { error, net } = await race(seed);
    lost.push(worded(error));
    if (seed === 1) {
      await net.wait(1000);
      expect(net).toHaveSent('RST', { from: 'server' });
      const again = await race(seed);
      await again.net.wait(1000);
      expect(again.net.ladder({ verbose: true })).toBe(net.ladder({ verbose: true }));
    }
    await net.close();
  }
  expect(lost).toEqual(Array(100).fill(seen));
});

it('each row of the page is proven here', () => {
  const rows = [...ROWS.keys()].filter((name) => name !== 'it is' && !/^-+$/.test(name));
  expect(rows.length).toBeGreaterThan(9);
  expect([...proven].sort()).toEqual(rows.sort());
});
