import { once } from 'node:events';
import * as nodeHttp from 'node:http';
import type { AddressInfo } from 'node:net';
import { inherits } from 'node:util';
import { pause } from '../support/record.ts';
import { answer, closes, gone, listens, says, text, type WebBehaviour } from './talk.ts';

/** Limits that come soon. */
const SOON = {
  ...{ headersTimeout: 30, requestTimeout: 60, connectionsCheckingInterval: 10 },
  ...{ keepAliveTimeout: 30, keepAliveTimeoutBuffer: 0 },
};
const HEAD = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

export const servers: Record<string, WebBehaviour> = {
  'listen, address, close': async (webs, log) => {
    const server = webs.at.http.createServer((_request, response) => response.end('hello'));
    for (const event of ['listening', 'close', 'error']) server.on(event, () => log.add(event));
    log.add(server.listening, server.address(), server instanceof nodeHttp.Server);
    await new Promise((done) => server.listen(0, webs.address, () => done(null)));
    const { port, ...where } = server.address() as AddressInfo;
    log.add(typeof port, where.family, where.address === webs.address, server.listening);
    log.add(await answer(webs.from.http.get({ host: webs.address, port })));
    log.add(await closes(server), server.listening, server.address());
    // Again, elsewhere.
    const second = await listens(webs, server);
    log.add(await answer(webs.from.http.get({ host: webs.address, port: second, agent: false })));
    log.add(await closes(server), await closes(server));
  },
  'listen twice; on a port that is taken; with arguments that are none': async (webs, log) => {
    const server = webs.at.http.createServer();
    const port = await listens(webs, server);
    const other = webs.at.http.createServer();
    const attempts = [
      () => server.listen(0),
      () => other.listen(65536),
      () => other.listen({} as never),
      () => other.listen({ port: 0, signal: 'none' as never }),
      () => other.listen({ port: 0, signal: null as never }),
      () => webs.at.http.createServer({ headersTimeout: 2, requestTimeout: 1 }),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
      } catch (error) {
        log.add((error as { code?: string }).code);
      }
    }
    other.listen(port, webs.address, () => log.add('never'));
    log.add((await once(other, 'error'))[0]);
    const { _connectionKey } = server as unknown as { _connectionKey: string };
    log.add(_connectionKey === `4:${webs.address}:0`);
    log.add(other.listening, await closes(server));
  },
  'close waits for a request under way, and closes idle connections': async (webs, log) => {
    const server = webs.at.http.createServer({ keepAliveTimeout: 3_600_000 });
    const port = await listens(webs, server);
    const agent = webs.from.agent({ timeout: 3_600_000 });
    const asked = once(server, 'request') as Promise<[nodeHttp.IncomingMessage, nodeHttp.ServerResponse]>;
    const idle = webs.from.http.get({ host: webs.address, port, agent });
    (await asked)[1].end('first');
    log.add(await answer(idle));
    const busy = once(server, 'request') as Promise<[nodeHttp.IncomingMessage, nodeHttp.ServerResponse]>;
    const second = webs.from.http.get({ host: webs.address, port, agent: false });
    const [, response] = await busy;
    await new Promise((done) => server.getConnections((_error, count) => done(log.add('connections', count))));
    const over = closes(server).then((error) => log.add('closed', error));
    await gone(idle.socket!);
    await pause(1);
    log.add('idle one is closed');
    response.end('second');
    log.add(await answer(second));
    await over;
  },
  'closeIdleConnections, closeAllConnections': async (webs, log) => {
    const server = webs.at.http.createServer((request, response) => {
      if (request.url === '/answer') response.end('answer');
      else response.write('begin');
    });
    const port = await listens(webs, server);
    const agent = webs.from.agent({ timeout: 3_600_000 });
    const idle = webs.from.http.get({ host: webs.address, port, agent, path: '/answer' });
    log.add(await answer(idle));
    const busy = webs.from.http.get({ host: webs.address, port, agent: false });
    const [response] = (await once(busy, 'response')) as [nodeHttp.IncomingMessage];
    response.on('error', (error) => log.add('response', error));
    response.resume();
    server.closeIdleConnections();
    await gone(idle.socket!);
    log.add(busy.socket!.destroyed);
    server.closeAllConnections();
    await gone(response);
    log.add(await closes(server));
  },
  'a header that never ends, a body that never ends, a request that never comes': async (webs, log) => {
    const server = webs.at.http.createServer(SOON, async (request, response) => {
      await text(request).then(
        (body) => response.end(body),
        (error) => log.add('request', error),
      );
    });
    const port = await listens(webs, server);
    log.add(await says(webs, port, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '));
    log.add(await says(webs, port, ''));
    log.add(await says(webs, port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nbody'));
    log.add(await closes(server));
  },
  'headers drip in one octet after the other': async (webs, log) => {
    const server = webs.at.http.createServer(SOON, () => log.add('never'));
    const port = await listens(webs, server);
    const socket = webs.client.connect(port, webs.address).setEncoding('latin1');
    socket.on('error', () => {});
    const drip = setInterval(() => socket.write('x'), 3);
    socket.write('GET / HTTP/1.1\r\nX-');
    const [heard] = await once(socket, 'data');
    clearInterval(drip);
    log.add(heard.split('\r\n')[0]);
    socket.destroy();
    log.add(await closes(server));
  },
  'a connection that is kept and not used; maxRequestsPerSocket': async (webs, log) => {
    const server = webs.at.http.createServer(SOON, (_request, response) => response.end('ok'));
    const port = await listens(webs, server);
    log.add((await says(webs, port, HEAD)).includes('Connection: keep-alive'));
    server.maxRequestsPerSocket = 2;
    server.keepAliveTimeout = 60_000;
    const answers = await says(webs, port, HEAD + HEAD + HEAD.replace('Host', 'Connection: close\r\nHost'));
    log.add(answers.match(/^HTTP.*$/gm)?.join(), answers.match(/^Connection: .*$/gm)?.join());
    log.add(await closes(server));
  },
  'setTimeout, of the server': async (webs, log) => {
    const server = webs.at.http.createServer();
    const port = await listens(webs, server);
    server.setTimeout(20, (socket) => {
      log.add('timeout', typeof socket.setTimeout);
      socket.destroy();
    });
    log.add(await says(webs, port, 'GET'), await closes(server));
  },
  maxConnections: async (webs, log) => {
    const server = webs.at.http.createServer((_request, response) => response.end('ok'));
    server.on('drop', (dropped) => log.add('drop', Object.keys(dropped ?? {}).sort()));
    const port = await listens(webs, server);
    server.maxConnections = 1;
    const first = webs.client.connect(port, webs.address);
    await once(server, 'connection');
    log.add((await says(webs, port, HEAD)).length);
    first.destroy();
    await gone(first);
    server.maxConnections = 10;
    log.add(await answer(webs.from.http.get({ host: webs.address, port, agent: false })), await closes(server));
  },
  'an abort signal closes; so does asyncDispose': async (webs, log) => {
    const server = webs.at.http.createServer((_request, response) => response.end('ok'));
    const abort = new AbortController();
    server.listen({ port: 0, host: webs.address, signal: abort.signal });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const kept = webs.from.http.get({ host: webs.address, port, agent: webs.from.agent() });
    log.add(await answer(kept));
    abort.abort();
    await gone(server);
    log.add(server.listening);
    await listens(webs, server);
    await server[Symbol.asyncDispose]();
    log.add(server.listening, await closes(server));
  },
  'the constructor: called, inherited from, mixed in': async (webs, log) => {
    const { Server } = webs.at.http;
    const called = (Server as unknown as (listener: () => void) => nodeHttp.Server)(() => {});
    class Extended extends Server {}
    function MixedIn(this: nodeHttp.Server): void {
      (Server as unknown as () => void).call(this);
    }
    inherits(MixedIn, Server);
    const made = [new Server(), called, new Extended(), new (MixedIn as never as new () => nodeHttp.Server)()];
    for (const server of made) {
      log.add(server instanceof Server, server instanceof nodeHttp.Server, server.constructor.name);
      server.on('request', (_request, response) => response.end('ok'));
      const port = await listens(webs, server);
      log.add(await answer(webs.from.http.get({ host: webs.address, port, agent: false })), await closes(server));
    }
  },
  'nonsense, a request that is too long, a client that goes in the middle': async (webs, log) => {
    const server = webs.at.http.createServer({ maxHeaderSize: 500 });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      log.add('clientError', error.code, socket.writable);
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
    const port = await listens(webs, server);
    log.add(await says(webs, port, 'NONSENSE\r\n\r\n'));
    log.add(await says(webs, port, `GET / HTTP/1.1\r\nX: ${'x'.repeat(1000)}\r\n\r\n`));
    const asked = once(server, 'request') as Promise<[nodeHttp.IncomingMessage]>;
    const socket = webs.client.connect(port, webs.address);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    const [request] = await asked;
    request.on('error', (error) => log.add('request', error));
    request.resume();
    socket.resetAndDestroy();
    await gone(request);
    log.add(await closes(server));
  },
  'half-open: a client that has ended still gets its answer': async (webs, log) => {
    const server = webs.at.http.createServer((_request, response) => setTimeout(() => response.end('late'), 5));
    const port = await listens(webs, server);
    const socket = webs.client.connect({ port, host: webs.address, allowHalfOpen: true });
    socket.end(HEAD);
    log.add((await text(socket)).endsWith('late'), await closes(server));
  },
};
