import { once } from 'node:events';
import * as nodeHttps from 'node:https';
import type { LookupFunction } from 'node:net';
import * as nodeTls from 'node:tls';
import type { Socket } from '../../../src/net/socket/socket.ts';
import { cert, key } from '../as-node/certificate.ts';
import { pattern, pause } from '../support/record.ts';
import { answer, closes, gone, listens, says, text, type WebBehaviour } from './talk.ts';

/** The name in the certificate. */
const NAME = 'tcpglass.test';
const EVENTS = ['lookup', 'connect', 'ready', 'secureConnect', 'end', 'close'];

export const secure: Record<string, WebBehaviour> = {
  'tls: both ends, their addresses and events': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert, ALPNProtocols: ['b', 'a'] }, (far) => {
      log.add('far', far.remoteFamily, far.localAddress === webs.address, far.localPort === port, far.alpnProtocol);
      log.add('far', (far as { servername?: string }).servername, far.encrypted, far.remotePort === near.localPort);
      far.end('from the server');
    });
    log.add(server instanceof nodeTls.Server, server instanceof webs.at.tls.Server);
    const port = await listens(webs, server);
    const options = { host: webs.address, port, ca: cert, servername: NAME, ALPNProtocols: ['a', 'c'] };
    const near = webs.from.tls.connect(options, () => log.add('listener'));
    const connecting: unknown[] = [near.connecting, near.readyState, near.pending, near.remoteAddress];
    log.add(...connecting, near instanceof nodeTls.TLSSocket);
    for (const event of EVENTS) near.on(event, () => log.add(event, near.connecting, near.authorized));
    await once(near, 'secureConnect');
    log.add(near.remoteAddress === webs.address, near.remotePort === port, near.remoteFamily, near.localFamily);
    log.add(near.alpnProtocol, near.getProtocol(), near.getPeerCertificate().subject.CN);
    const closed = gone(near);
    log.add(await text(near));
    await closed;
    log.add(await closes(server));
    return [log.of('far'), log.entries.filter((entry) => !entry.startsWith('far '))];
  },
  'tls.connect in each way': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert }, (far) => far.end('hello'));
    const port = await listens(webs, server);
    const { tls } = webs.from;
    const to = { ca: cert, servername: NAME };
    log.add(await text(tls.connect(port, webs.address, to)));
    log.add(await text(tls.connect(port, webs.address, to, () => log.add('listener'))));
    log.add(await text(tls.connect(port, { ...to, host: webs.address })));
    log.add(await text(tls.connect({ ...to, socket: webs.client.connect(port, webs.address) as never })));
    const late = new webs.client.Socket();
    const above = text(tls.connect({ ...to, socket: late as never }));
    await pause(20);
    late.connect(port, webs.address);
    log.add(await above);
    const lookup: LookupFunction = (_name, options, done) =>
      options.all ? done(null, [{ address: webs.address, family: 4 }]) : done(null, webs.address, 4);
    log.add(await text(tls.connect({ ca: cert, host: NAME, port, lookup })));
    log.add(await closes(server));
  },
  'tls: who is refused, and why': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert }, (far) => far.on('error', () => {}).end('hello'));
    server.on('tlsClientError', (error) => log.add('tlsClientError', (error as { code?: string }).code));
    const port = await listens(webs, server);
    const { tls } = webs.from;
    const errorOf = async (options: object): Promise<void> => {
      const socket = tls.connect({ host: webs.address, port, ...options });
      const [error] = await once(socket, 'error');
      log.add(error.code, socket.destroyed, socket.connecting);
      if (!socket.closed) await gone(socket);
    };
    await errorOf({});
    await errorOf({ ca: cert, servername: 'another.test' });
    log.add(await says(webs, port, 'GET / HTTP/1.1\r\n\r\n').then((heard) => heard.length > 0));
    await closes(server);
    await errorOf({});
    log.add(await once(tls.connect({ host: webs.address, port }), 'error').then(([error]) => log.error(error)));
    const attempts = [
      () => tls.connect({ host: webs.address, port, cert: 'nonsense' }),
      () => tls.connect({ host: webs.address, port: 65536 }),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
      } catch (error) {
        log.add((error as { code?: string }).code);
      }
    }
  },
  'tls: an abort, a handshake that never ends, an idle time-out': async (webs, log) => {
    const silent = webs.server.createServer((far) => far.on('error', () => {}).resume());
    const port = await listens(webs, silent as never);
    const { tls } = webs.from;
    const aborted = tls.connect({ host: webs.address, port, signal: AbortSignal.timeout(5) } as object);
    log.add((await once(aborted, 'error'))[0].name);
    const idle = tls.connect({ host: webs.address, port, timeout: 5 });
    await once(idle, 'timeout');
    log.add(idle.timeout);
    idle.destroy();
    await gone(idle);
    await closes(silent as never);
    const server = webs.at.tls.createServer({ key, cert, handshakeTimeout: 20 });
    server.on('tlsClientError', (error, far) => {
      log.add((error as { code?: string }).code);
      far.destroy();
    });
    log.add(await says(webs, await listens(webs, server), ''), await closes(server));
  },
  'tls: onread': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert }, (far) => far.end(pattern(50_000)));
    const port = await listens(webs, server);
    const chunks: Buffer[] = [];
    const buffer = Buffer.alloc(1000);
    const onread = {
      buffer,
      callback: (length: number, bytes: Uint8Array): boolean => {
        log.add(length > 0 && length <= 1000, bytes === buffer);
        chunks.push(Buffer.from(bytes.subarray(0, length)));
        if (chunks.length % 10 === 0) setTimeout(() => near.resume(), 1);
        return chunks.length % 10 !== 0;
      },
    };
    const near = webs.from.tls.connect({ host: webs.address, port, rejectUnauthorized: false, onread } as object);
    await gone(near);
    log.add(Buffer.concat(chunks).equals(pattern(50_000)), await closes(server));
    return [...new Set(log.entries)];
  },
  'tls: a reset, seen from both ends': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert });
    const port = await listens(webs, server);
    const over = async (name: string, socket: nodeTls.TLSSocket): Promise<void> => {
      socket.on('error', (error) => log.add(name, error, socket.destroyed));
      socket.on('close', (hadError) => log.add(name, 'close', hadError));
      await gone(socket.resume());
    };
    for (const resets of ['server', 'client']) {
      const connection = once(server, 'connection') as Promise<[Socket]>;
      const accepted = once(server, 'secureConnection') as Promise<[nodeTls.TLSSocket]>;
      const raw = webs.client.connect(port, webs.address);
      const near = webs.from.tls.connect({ socket: raw as never, rejectUnauthorized: false });
      const [[far]] = await Promise.all([accepted, once(near, 'secureConnect')]);
      const ends = [over('near', near), over('far', far)];
      await pause(1);
      (resets === 'server' ? (await connection)[0] : raw).resetAndDestroy();
      await Promise.all(ends);
    }
    log.add(await closes(server));
    return [log.of('near'), log.of('far')];
  },
  'tls: an end before the handshake is over': async (webs, log) => {
    const server = webs.at.tls.createServer({ key, cert }, (far) => far.resume().end('hello'));
    server.on('tlsClientError', (error) => log.add('server', error));
    const port = await listens(webs, server);
    for (const words of ['none', 'some']) {
      const near = webs.from.tls.connect({ host: webs.address, port, ca: cert, servername: NAME });
      for (const event of ['connect', 'secureConnect', 'end', 'finish', 'error', 'close'])
        near.on(event, (what) => log.add(words, event, what));
      near.once('connect', () => (words === 'none' ? near.end() : near.end(words)));
      await gone(near.resume());
    }
    await closes(server);
    return ['none', 'some', 'server'].map((name) => log.of(name));
  },
  'tls: half-open both ways': async (webs, log) => {
    const bytes = pattern(300_000);
    const server = webs.at.tls.createServer({ key, cert, allowHalfOpen: true }, async (far) => {
      far.end(await text(far));
    });
    const port = await listens(webs, server);
    const near = webs.from.tls.connect({
      host: webs.address,
      port,
      rejectUnauthorized: false,
      allowHalfOpen: true,
    } as object);
    near.end(bytes.toString('latin1'));
    const heard = await text(near);
    log.add(heard === bytes.toString('latin1'), await closes(server));
  },
  'tls: names that are served each by its own context': async (webs, log) => {
    const server = webs.at.tls.createServer({
      SNICallback: (name, done) => {
        log.add('asked for', name);
        done(null, nodeTls.createSecureContext({ key, cert }));
      },
    });
    server.on('secureConnection', (far) => far.end('hello'));
    const port = await listens(webs, server);
    const near = webs.from.tls.connect({ host: webs.address, port, ca: cert, servername: NAME });
    log.add(await text(near), await closes(server));
  },
  'https: request and get, agents, sessions': async (webs, log) => {
    const server = webs.at.https.createServer({ key, cert }, async (request, response) => {
      const socket = request.socket as nodeTls.TLSSocket;
      log.add(request.method, request.url, socket.isSessionReused(), socket.alpnProtocol, socket.remoteFamily);
      response.end(await text(request));
    });
    log.add(server instanceof nodeHttps.Server);
    const port = await listens(webs, server);
    const { https } = webs.from;
    const url = `https://${webs.address}:${port}/a?b`;
    const to = { ca: cert, servername: NAME };
    log.add(await answer(https.get(url, { ...to, agent: false })));
    log.add(await answer(https.get(new URL(url), { ...to, headers: { connection: 'close' } })));
    log.add(await answer(https.get(url, { ...to, headers: { connection: 'close' } })));
    log.add(await answer(https.request({ ...to, host: webs.address, port, method: 'PUT' }).end('body')));
    const agent = webs.from.httpsAgent({ maxSockets: 1, ...to });
    for (let i = 0; i < 3; i++) {
      const request = https.get({ host: webs.address, port, agent, path: `/${i}` });
      log.add(await answer(request), request.reusedSocket);
    }
    log.add((await once(https.get(url, { servername: NAME }), 'error'))[0].code);
    agent.destroy();
    https.globalAgent.destroy();
    log.add(await closes(server));
  },
  "https: an agent's createConnection, called in each way": async (webs, log) => {
    const server = webs.at.https.createServer({ key, cert }, (_request, response) => response.end('secure'));
    const port = await listens(webs, server);
    const agent = webs.from.httpsAgent() as unknown as { createConnection(...args: unknown[]): nodeTls.TLSSocket };
    const options = { ca: cert, servername: NAME };
    const frozen = Object.freeze({ ...options, host: webs.address });
    const ways = [
      [{ ...options, port, host: webs.address }],
      [port, frozen],
      [port, webs.address, Object.freeze(options)],
      [port, webs.address, null],
      [port, webs.address],
    ];
    for (const way of ways) {
      const socket = agent.createConnection(...way);
      socket.on('error', (error) => log.add('error', (error as { code?: string }).code));
      socket.on('secureConnect', () => log.add('secure', socket.authorized));
      socket.end('GET / HTTP/1.0\r\n\r\n').resume();
      await gone(socket);
    }
    log.add(await closes(server));
  },
  'https: the time-outs of the server, and what isn’t TLS': async (webs, log) => {
    const server = webs.at.https.createServer({ key, cert, headersTimeout: 20, connectionsCheckingInterval: 10 });
    server.on('clientError', (error, socket) => {
      log.add('clientError', (error as { code?: string }).code);
      socket.destroy();
    });
    const port = await listens(webs, server);
    const near = webs.from.tls.connect({ host: webs.address, port, rejectUnauthorized: false });
    near.on('error', () => {});
    near.write('GET / HTTP/1.1\r\nX: ');
    near.resume();
    await gone(near);
    log.add((await says(webs, port, 'GET / HTTP/1.1\r\n\r\n')).length > 0, await closes(server));
  },
};
