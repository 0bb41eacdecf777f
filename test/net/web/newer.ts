import { once } from 'node:events';
import type * as http2 from 'node:http2';
import { cert, key } from '../as-node/certificate.ts';
import { pattern } from '../support/record.ts';
import { closes, gone, listens, says, text, type WebBehaviour } from './talk.ts';

const NAME = 'tcpglass.test';

async function stream(session: http2.ClientHttp2Session, path: string, body?: string): Promise<string> {
  const asked = session.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST' });
  asked.end(body);
  const [headers] = await once(asked, 'response');
  return `${headers[':status']} ${await text(asked)}`;
}

export const newer: Record<string, WebBehaviour> = {
  'http2 without TLS: streams at the same time, addresses, large bodies': async (webs, log) => {
    const server = webs.at.http2.createServer(async (request, response) => {
      const { remoteFamily, localAddress } = request.socket;
      response.end(`${request.httpVersion} ${remoteFamily} ${localAddress === webs.address} ${await text(request)}`);
    });
    const port = await listens(webs, server);
    const session = webs.from.http2.connect(`http://${webs.address}:${port}`, () => {
      log.add('connected', session.connecting, session.socket.remotePort === port, session.socket.connecting);
    });
    log.add('at first', session.connecting);
    const body = pattern(200_000).toString('hex');
    const answers = await Promise.all(['/a', '/b', '/c'].map((path) => stream(session, path, body + path)));
    log.add(...answers.map((got, i) => got === `200 2.0 IPv4 true ${body}/${'abc'[i]}`));
    log.add(session.socket.remotePort === port, session.encrypted, session.alpnProtocol);
    session.close();
    await gone(session);
    log.add(await closes(server));
  },
  'http2 over TLS: ALPN, and HTTP/1 beside it': async (webs, log) => {
    const server = webs.at.http2.createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
      response.end(`${request.httpVersion} ${request.socket.remoteFamily} ${request.url}`);
    });
    const port = await listens(webs, server);
    const to = { ca: cert, servername: NAME };
    const session = webs.from.http2.connect(`https://${webs.address}:${port}`, to, () => log.add('connected'));
    log.add(await stream(session, '/two'), session.alpnProtocol, session.encrypted);
    session.close();
    await gone(session);
    const request = webs.from.https.get({ ...to, host: webs.address, port, agent: false, path: '/one' });
    const [response] = await once(request, 'response');
    log.add(await text(response), await closes(server));
  },
  'http2: errors': async (webs, log) => {
    const server = webs.at.http2.createServer();
    const port = await listens(webs, server);
    log.add((await says(webs, port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).length > 0);
    const session = webs.from.http2.connect(`http://${webs.address}:${port}`);
    await once(session, 'connect');
    const lost = session.request({ ':path': '/' });
    lost.on('error', (error) => log.add((error as { code?: string }).code));
    const opened = once(server, 'stream');
    lost.end();
    const [far] = await opened;
    far.on('error', () => {});
    far.session.destroy();
    await gone(session);
    log.add(await closes(server));
    const refused = webs.from.http2.connect(`http://${webs.address}:${port}`);
    refused.on('connect', () => log.add('never'));
    refused.on('error', (error) => log.add(error));
    await gone(refused);
    try {
      webs.from.http2.connect('ftp://x');
    } catch (error) {
      log.add((error as { code?: string }).code);
    }
  },
  'fetch: bodies, redirects, kept connections': async (webs, log) => {
    const ports = new Set<unknown>();
    const server = webs.at.http.createServer(async (request, response) => {
      ports.add(request.socket.remotePort);
      if (request.url === '/moved') response.writeHead(302, { location: '/here' }).end();
      else response.end(`${request.method} ${request.url} ${await text(request)}`);
    });
    const port = await listens(webs, server);
    const url = `http://${webs.address}:${port}`;
    const { fetch } = webs.from;
    log.add(await (await fetch(`${url}/moved`)).text());
    log.add(await (await fetch(new Request(`${url}/request`, { method: 'POST', body: 'text' }))).text());
    log.add(await (await fetch(`${url}/form`, { method: 'PUT', body: new URLSearchParams({ a: 'b' }) })).text());
    const parts = new ReadableStream({
      async start(controller) {
        for (const part of ['one ', 'two ', 'three']) {
          controller.enqueue(Buffer.from(part));
          await new Promise((done) => setTimeout(done, 1));
        }
        controller.close();
      },
    });
    const response = await fetch(`${url}/parts`, { method: 'POST', body: parts, duplex: 'half' } as RequestInit);
    log.add(response.status, response instanceof Response, await text(response.body as AsyncIterable<Uint8Array>));
    log.add(ports.size);
    server.closeAllConnections();
    log.add(await closes(server));
  },
  'fetch: aborts, errors, servers that go': async (webs, log) => {
    const server = webs.at.http.createServer((request, response) => {
      if (request.url === '/half')
        response.writeHead(200, { 'content-length': 9 }).write('half', () => request.socket.destroy());
      if (request.url === '/begins') response.write('begin');
    });
    const port = await listens(webs, server);
    const url = `http://${webs.address}:${port}`;
    const { fetch } = webs.from;
    const failure = (asked: Promise<unknown>): Promise<void> =>
      asked.then(
        () => log.add('never'),
        (error) => log.add(error.name, error.message, error.cause?.code),
      );
    await failure(fetch(`${url}/`, { signal: AbortSignal.timeout(10) }));
    await failure(fetch(`${url}/half`).then((response) => response.text()));
    const abort = new AbortController();
    const begun = await fetch(`${url}/begins`, { signal: abort.signal });
    abort.abort();
    await failure(begun.text());
    server.closeAllConnections();
    await closes(server);
    await failure(fetch(`${url}/`));
    await failure(fetch('nonsense'));
  },
  'fetch over TLS, with a dispatcher': async (webs, log) => {
    const server = webs.at.https.createServer({ key, cert }, (request, response) => {
      response.end(`${request.url} ${request.headers.host === `${NAME}:${port}`}`);
    });
    const port = await listens(webs, server);
    const lookup = (_name: string, options: { all?: boolean }, done: (...args: unknown[]) => void): void =>
      options.all ? done(null, [{ address: webs.address, family: 4 }]) : done(null, webs.address, 4);
    const dispatcher = webs.from.dispatcher({ connect: { ca: cert, lookup } });
    log.add(await (await webs.from.fetch(`https://${NAME}:${port}/`, { dispatcher })).text());
    log.add(await (await fetch(`https://${NAME}:${port}/nodes-own`, { dispatcher })).text());
    const wrong = webs.from.fetch(`https://${webs.address}:${port}/`, { dispatcher });
    log.add(await wrong.catch((error) => error.cause.code));
    await dispatcher.close();
    server.closeAllConnections();
    log.add(await closes(server));
  },
  'a dispatcher gives up connecting': async (webs, log) => {
    const silent = webs.server.createServer((far) => far.on('error', () => {}).resume());
    const port = await listens(webs, silent as never);
    const dispatcher = webs.from.dispatcher({ connect: { timeout: 1000 } });
    const asked = webs.from.fetch(`https://${webs.address}:${port}/`, { dispatcher });
    log.add(await asked.catch(({ cause }) => [cause.name, cause.code]));
    await dispatcher.destroy();
    log.add(await closes(silent as never));
  },
};
