import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aboutPage, escapeHtml } from '../../src/services/http-about-page.ts';
import { patternAt } from '../../src/services/pattern.ts';
import { describe as factsOf } from '../../src/services/tcp-facts.ts';
import { tcpInfo } from './fixtures.ts';
import { dial, readAll, start } from './helpers.ts';

let port = 0;
let close = (): void => {};
let base = '';
beforeAll(async () => {
  const service = await start('http');
  ({ port, close } = service);
  base = `http://127.0.0.1:${port}`;
});
afterAll(() => close());

test('/hello is what load tests expect, and keeps the connection', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number>();
  for (let i = 0; i < 5; i++) {
    const request = http.get(`${base}/hello`, { agent });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    ports.add(response.socket.localPort!);
    expect(response.headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': '13' });
    let body = '';
    for await (const chunk of response) body += chunk;
    expect(body).toBe('Hello, world!');
  }
  expect(ports.size).toBe(1);
  agent.destroy();
});

test('pipelined requests are answered in order', async () => {
  const socket = await dial(port);
  socket.end('GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /bytes/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const text = (await readAll(socket)).toString('latin1');
  expect(text.indexOf('Hello, world!')).toBeGreaterThan(0);
  expect(text.indexOf('Content-Length: 3')).toBeGreaterThan(text.indexOf('Hello, world!'));
});

describe('/bytes/N', () => {
  test.each([0, 1, 65_521, 262_084, 262_085, 3_000_000])('%i octets of the pattern', async (length) => {
    const response = await fetch(`${base}/bytes/${length}`);
    expect(response.headers.get('content-length')).toBe(String(length));
    const body = Buffer.from(await response.arrayBuffer());
    expect(body.length).toBe(length);
    const expected = createHash('sha256');
    for (let at = 0; at < length; ) {
      const piece = patternAt(at, length - at);
      expected.update(piece);
      at += piece.length;
    }
    expect(createHash('sha256').update(body).digest('hex')).toBe(expected.digest('hex'));
  });

  test('HEAD tells the length of what it does not send', async () => {
    const response = await fetch(`${base}/bytes/1099511627776`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('1099511627776');
  });

  test.each(['', '-1', '1e3', 'x', '1099511627777', '9'.repeat(40), '%31'])('%j is a bad request', async (n) => {
    const response = await fetch(`${base}/bytes/${n}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('whole number');
  });

  test('a reader that leaves in the middle costs nothing', async () => {
    const socket = await dial(port);
    socket.write('GET /bytes/1000000000000 HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.resetAndDestroy();
    expect(await (await fetch(`${base}/hello`)).text()).toBe('Hello, world!');
  });
});

describe('/sink', () => {
  test('answers count and SHA-256, as text or JSON', async () => {
    const body = Buffer.concat([patternAt(0, 262_084), patternAt(0, 262_084), patternAt(0, 1000)]);
    const sha256 = createHash('sha256').update(body).digest('hex');
    const text = await fetch(`${base}/sink`, { method: 'POST', body });
    expect(await text.text()).toBe(`bytes ${body.length}\nsha256 ${sha256}\n`);
    const json = await fetch(`${base}/sink?json`, { method: 'PUT', body });
    expect(await json.json()).toEqual({ bytes: body.length, sha256 });
  });

  test('takes POST and PUT only', async () => {
    const response = await fetch(`${base}/sink`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, PUT']);
  });
});

describe('/slow', () => {
  test('drips count pieces', async () => {
    const began = Date.now();
    const response = await fetch(`${base}/slow?count=4&interval=30`);
    expect(await response.text()).toBe('drip 1 of 4\ndrip 2 of 4\ndrip 3 of 4\ndrip 4 of 4\n');
    expect(Date.now() - began).toBeGreaterThanOrEqual(80);
    expect((await (await fetch(`${base}/slow?count=2&interval=1&size=100`)).text()).length).toBe(200);
  });

  test.each(['count=0', 'count=x', 'interval=-1', 'size=1000000', 'count=3600&interval=60000'])(
    '%s is out of bounds',
    async (query) => {
      const response = await fetch(`${base}/slow?${query}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('count 1..3600');
    },
  );
});

test('404 lists what there is; other methods are refused', async () => {
  const missing = await fetch(`${base}/nothing`);
  expect(missing.status).toBe(404);
  expect(await missing.text()).toMatch(/\/hello[\s\S]*\/bytes\/N[\s\S]*\/sink[\s\S]*\/slow/);
  const post = await fetch(`${base}/hello`, { method: 'POST', body: 'x' });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect((await fetch(`${base}/hello`, { method: 'HEAD' })).headers.get('content-length')).toBe('13');
});

describe('/', () => {
  test('is a page about this connection', async () => {
    const response = await fetch(base);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toContain(`<b>127.0.0.1:${port}</b>`);
  });

  test('?json: the same for programs', async () => {
    const about = (await (await fetch(`${base}/?json`)).json()) as Record<string, unknown>;
    expect(about).toMatchObject({ local: { address: '127.0.0.1', port }, tcpInfo: null });
  });

  test('tells state, options, round-trip time', () => {
    const facts = Object.fromEntries(factsOf(tcpInfo).map(({ name, value }) => [name, value]));
    expect(facts).toMatchObject({
      State: 'ESTABLISHED',
      'Negotiated options': 'timestamps, SACK, window scale (peer 2^7, ours 2^8)',
      'Round-trip time': '1.234 ms smoothed, ±0.500 ms',
      'Congestion window': '10 segments',
    });
  });

  test('escapes what comes from outside', () => {
    const address = '<script>"&\'';
    const end = { address, port: 1 };
    const page = aboutPage({ local: end, remote: end, bytesRead: 0, bytesWritten: 0, tcpInfo });
    expect(page).not.toContain('<script>');
    expect(page).toContain(escapeHtml(address));
  });
});
