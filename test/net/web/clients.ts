import { once } from 'node:events';
import * as nodeHttp from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../support/record.ts';
import { answer, closes, gone, listens, text, type WebBehaviour } from './talk.ts';
import type { TwoWebs } from './two-webs.ts';

async function serving(webs: TwoWebs, log: Log) {
  const seen = new Set<unknown>();
  const server = webs.at.http.createServer(async (request, response) => {
    const { method, url, headers, socket } = request;
    log.add('asked', method, url, headers.connection, headers.host === `${webs.address}:${port}`, seen.has(socket));
    seen.add(socket);
    response.end(await text(request));
  });
  const port: number = await listens(webs, server);
  return { server, port };
}

export const clients: Record<string, WebBehaviour> = {
  'request and get, called in each way': async (webs, log) => {
    const { server, port } = await serving(webs, log);
    const { http } = webs.from;
    const url = `http://${webs.address}:${port}/url?a=b`;
    log.add(await answer(http.get(url)));
    log.add(await answer(http.get(new URL(url), { headers: { 'x-a': 'b' } })));
    log.add(await answer(http.get(url, { agent: false }, () => log.add('callback'))));
    log.add(await answer(http.get(url, () => log.add('callback'))));
    log.add(await answer(http.get({ host: webs.address, port }, () => log.add('callback'))));
    log.add(await answer(http.request(url, { method: 'PUT' }).end('body')));
    log.add(
      await answer(http.request({ host: webs.address, port, method: 'POST', agent: new http.Agent() }).end('body')),
    );
    log.add(
      http
        .get(url)
        .on('error', () => {})
        .destroy() instanceof nodeHttp.ClientRequest,
    );
    http.globalAgent.destroy();
    server.closeAllConnections();
    log.add(await closes(server));
    return log.entries.filter((entry) => !entry.includes('never'));
  },
  'the agents: kept connections, their number, the last one first': async (webs, log) => {
    const { server, port } = await serving(webs, log);
    const agent = webs.from.agent({ maxSockets: 2 });
    log.add(agent instanceof nodeHttp.Agent, agent instanceof webs.from.http.Agent);
    const ask = async (path: string) => {
      const request = webs.from.http.get({ host: webs.address, port, path, agent });
      return `${await answer(request)} ${request.reusedSocket}`;
    };
    log.add(await ask('/1'), await ask('/2'));
    const both = await Promise.all([ask('/same'), ask('/same'), ask('/same')]);
    log.add(both.length, Object.keys(agent.freeSockets).length);
    agent.destroy();
    log.add(await closes(server));
    return log.entries.filter((entry) => !entry.includes('/same'));
  },
  "an agent's createConnection, called in each way": async (webs, log) => {
    const { server, port } = await serving(webs, log);
    const agent = webs.from.agent() as unknown as { createConnection(...args: unknown[]): Duplex };
    const ways = [[{ port, host: webs.address }], [port, webs.address], [String(port), webs.address]];
    for (const way of ways) {
      const socket = agent.createConnection(...way, () => log.add('called'));
      socket.end(`GET / HTTP/1.0\r\nHost: ${webs.address}:${port}\r\n\r\n`);
      log.add((await text(socket)).split('\r\n')[0]);
    }
    log.add(await closes(server));
  },
  'a name, by its own look-up': async (webs, log) => {
    const server = webs.at.http.createServer((request, response) => response.end(request.headers.host?.split(':')[0]));
    const port = await listens(webs, server);
    const lookup: LookupFunction = (name, options, done) => {
      log.add('lookup', name);
      if (options.all) done(null, [{ address: webs.address, family: 4 }]);
      else done(null, webs.address, 4);
    };
    log.add(await answer(webs.from.http.get({ host: 'a.test', port, lookup })));
    log.add(await answer(webs.from.http.get({ host: 'b.test', port, agent: webs.from.agent({ lookup } as object) })));
    const failing: LookupFunction = (_name, _options, done) =>
      done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '');
    log.add((await once(webs.from.http.get({ host: 'c.test', port, lookup: failing }), 'error'))[0].code);
    webs.from.http.globalAgent.destroy();
    log.add(await closes(server));
  },
  'errors and time-outs': async (webs, log) => {
    const server = webs.at.http.createServer((request, response) => {
      if (request.url === '/reset') (request.socket as unknown as { resetAndDestroy(): void }).resetAndDestroy();
      else if (request.url === '/half')
        response.writeHead(200, { 'content-length': 9 }).end('half', () => request.socket.destroy());
    });
    const port = await listens(webs, server);
    const { http } = webs.from;
    log.add((await once(http.get({ host: webs.address, port, path: '/reset' }), 'error'))[0].code);
    const slow = http.get({ host: webs.address, port, timeout: 10 });
    slow.on('error', (error) => log.add('slow', (error as { code?: string }).code));
    await once(slow, 'timeout');
    slow.destroy();
    await gone(slow);
    const aborted = http.get({ host: webs.address, port, signal: AbortSignal.timeout(10) });
    log.add((await once(aborted, 'error'))[0].name);
    server.closeAllConnections();
    log.add(await closes(server));
    log.add((await once(http.get({ host: webs.address, port }), 'error'))[0]);
  },
  'upgrade, CONNECT, 100-continue, trailers': async (webs, log) => {
    const server = webs.at.http.createServer(async (request, response) => {
      response.setHeader('trailer', 'x-length');
      const body = await text(request);
      response.write(body);
      response.addTrailers({ 'x-length': String(body.length) });
      response.end();
    });
    for (const event of ['upgrade', 'connect']) {
      server.on(event, (request, socket, head) => {
        log.add(event, request.url === '/up', head.length);
        socket.end('HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: it\r\n\r\nover');
      });
    }
    const port = await listens(webs, server);
    const { http } = webs.from;
    const to = { host: webs.address, port, agent: false } as const;
    const upgrade = http.get({ ...to, path: '/up', headers: { connection: 'upgrade', upgrade: 'it' } });
    const [response, socket, head] = await once(upgrade, 'upgrade');
    log.add(response.statusCode, String(head) + (await text(socket)));
    const connect = http.request({ ...to, method: 'CONNECT', path: 'x:1' }).end();
    const [, tunnel, begin] = await once(connect, 'connect');
    log.add(String(begin) + (await text(tunnel)));
    const expecting = http.request({ ...to, method: 'PUT', headers: { expect: '100-continue' } });
    expecting.flushHeaders();
    await once(expecting, 'continue');
    expecting.end('continued');
    const [continued] = (await once(expecting, 'response')) as [nodeHttp.IncomingMessage];
    log.add(await text(continued), continued.trailers['x-length'], await closes(server));
  },
};
