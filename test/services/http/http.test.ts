import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aboutPage, escapeHtml } from '../../../src/services/http/about-page.ts';
import { http as makeHttp } from '../../../src/services/http/http.ts';
import { describe as factsOf } from '../../../src/services/http/tcp-facts.ts';
import { patternAt } from '../../../src/services/terms/pattern.ts';
import { tcpInfo } from '../fixtures.ts';
import { dial, readAll, start } from '../helpers.ts';

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

test('a body that never ends is given up', async () => {
  const service = makeHttp({ requestMs: 100, checkMs: 20 });
  const server = net.createServer(service.options, (socket) => service.onConnection(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = await dial((server.address() as net.AddressInfo).port);
  socket.write('POST /sink HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
  const dripping = setInterval(() => socket.write('x'), 10);
  socket.on('error', () => {});
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await new Promise((done) => socket.once('end', done).once('close', done));
  clearInterval(dripping);
  expect(String(Buffer.concat(chunks))).toContain('408 Request Timeout');
  socket.destroy();
  service.close!();
  server.close();
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

  describe('a range of them (RFC 9110, section 14)', () => {
    const ask = (length: number, headers: Record<string, string>, method = 'GET'): Promise<Response> =>
      fetch(`${base}/bytes/${length}`, { headers, method });

    test.each([
      ['bytes=0-0', 1000, 0, 1],
      ['bytes=10-19', 1000, 10, 10],
      ['bytes=999-', 1000, 999, 1],
      ['bytes=990-5000', 1000, 990, 10],
      ['bytes=-10', 1000, 990, 10],
      ['bytes=-5000', 1000, 0, 1000],
      ['BYTES= 5-6 ', 1000, 5, 2],
      ['bytes=300000-', 600_000, 300_000, 300_000],
      ['bytes=1099511627775-', 2 ** 40, 2 ** 40 - 1, 1],
    ])('%s of %i', async (range, length, first, count) => {
      const response = await ask(length, { range });
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe(`bytes ${first}-${first + count - 1}/${length}`);
      expect(response.headers.get('content-length')).toBe(String(count));
      const body = Buffer.from(await response.arrayBuffer());
      const expected = Buffer.alloc(count);
      for (let at = 0; at < count; ) {
        const piece = patternAt(first + at, count - at);
        expected.set(piece, at);
        at += piece.length;
      }
      expect(body.equals(expected)).toBe(true);
    });

    test.each([
      ['bytes=1000-', 1000],
      ['bytes=5000-6000', 1000],
      ['bytes=-0', 1000],
      ['bytes=0-', 0],
    ])('%s of %i is unsatisfiable', async (range, length) => {
      const response = await ask(length, { range });
      expect(response.status).toBe(416);
      expect(response.headers.get('content-range')).toBe(`bytes */${length}`);
    });

    test.each([
      ['lines=0-1', 100],
      ['bytes=5-4', 100],
      ['bytes=-', 100],
      ['bytes=x-', 100],
      ['bytes=0-1,5-6', 100],
      ['bytes=-5', 0],
    ])('%s of %i is ignored: the whole', async (range, length) => {
      const response = await ask(length, { range });
      expect(response.status).toBe(200);
      expect(response.headers.get('accept-ranges')).toBe('bytes');
      expect((await response.arrayBuffer()).byteLength).toBe(length);
    });

    test('HEAD and If-Range get the whole', async () => {
      const head = await ask(100, { range: 'bytes=0-9' }, 'HEAD');
      expect([head.status, head.headers.get('content-length')]).toEqual([200, '100']);
      expect(head.headers.get('accept-ranges')).toBe('bytes');
      const conditional = await ask(100, { range: 'bytes=0-9', 'if-range': '"v1"' });
      expect(conditional.status).toBe(200);
      await conditional.arrayBuffer();
    });
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
