import { once } from 'node:events';
import type * as http2 from 'node:http2';
import { PerformanceObserver } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { pattern, pause } from '../support/record.ts';
import { closes, gone, listens, text, type WebBehaviour } from './talk.ts';

const codeOf = (error: unknown): unknown => (error as { code?: string }).code;

/** HTTP/2 sessions without TLS, which are on a socket of the host itself. */
export const sessions: Record<string, WebBehaviour> = {
  'http2: the socket of a session, at both ends': async (webs, log) => {
    const server = webs.at.http2.createServer((request, response) => {
      const { socket } = request as unknown as { socket: Record<string, unknown> };
      log.add('far', socket instanceof webs.server.Socket, socket._server === server, socket.server === server);
      response.end('ok');
    });
    const port = await listens(webs, server);
    const session = webs.from.http2.connect(`http://${webs.address}:${port}`);
    const { socket } = session as unknown as { socket: Record<string, () => unknown> };
    log.add(socket instanceof webs.client.Socket, socket.connecting, session.connecting, socket.pending);
    await once(session, 'connect');
    const hasRef = (): boolean => (socket._handle as unknown as { hasRef(): boolean }).hasRef();
    socket.unref!();
    const refs = [hasRef()];
    socket.ref!();
    log.add(...refs, hasRef());
    for (const method of ['destroy', 'write', 'pause', 'setNoDelay']) {
      try {
        log.add(socket[method]);
      } catch (error) {
        log.add(method, codeOf(error));
      }
    }
    const asked = session.request({ ':path': '/' });
    log.add(await text(asked), Number(socket.bytesWritten) > 24, Number(socket.bytesRead) > 0);
    const closed = gone(session);
    session.close();
    await closed;
    log.add(session.socket);
    try {
      log.add(socket.remotePort);
    } catch (error) {
      log.add(codeOf(error));
    }
    log.add(await closes(server));
  },
  'http2: what comes in the segments of a GOAWAY comes before it': async (webs, log) => {
    const { NGHTTP2_ENHANCE_YOUR_CALM } = webs.from.http2.constants;
    // (At once, it depends on Node's release whether the response leaves before it.)
    const ends: Record<string, (session: http2.ServerHttp2Session) => void> = {
      'in an immediate': (session) => void setImmediate(() => session.destroy()),
      'with an error': (session) => void setImmediate(() => session.destroy(new Error('enough'))),
      'with a code': (session) => void setImmediate(() => session.destroy(undefined, NGHTTP2_ENHANCE_YOUR_CALM)),
    };
    for (const [name, end] of Object.entries(ends)) {
      const server = webs.at.http2.createServer().on('session', (session) => session.on('error', () => {}));
      server.on('stream', (stream) => {
        stream.on('error', () => {});
        stream.respond({ ':status': 200 });
        stream.write('x'.repeat(1000));
        end(stream.session as http2.ServerHttp2Session);
      });
      const port = await listens(webs, server);
      const session = webs.from.http2.connect(`http://${webs.address}:${port}`);
      const asked = session.request({ ':method': 'POST' });
      for (const emitter of [session, asked]) {
        emitter.on('error', (error: Error) => log.add(name, codeOf(error)));
        for (const event of ['goaway', 'response', 'end', 'aborted']) emitter.on(event, () => log.add(name, event));
      }
      let length = 0;
      asked.on('data', (bytes: Buffer) => (length += bytes.length));
      await gone(session);
      log.add(name, length, await closes(server));
    }
  },
  'http2: headers that come in one segment come one by one': async (webs, log) => {
    const server = webs.at.http2.createServer();
    server.on('stream', (stream, { ':path': path }) => {
      log.add('stream', path);
      process.nextTick(() => log.add('tick of', path));
      Promise.resolve().then(() => log.add('promise of', path));
      stream.respond({ ':status': 200 }, { endStream: true });
    });
    const port = await listens(webs, server);
    const session = webs.from.http2.connect(`http://${webs.address}:${port}`);
    await once(session, 'connect');
    const streams = ['/1', '/2', '/3'].map((path) => session.request({ ':path': path }).resume());
    await Promise.all(streams.map((stream) => gone(stream)));
    session.close();
    log.add(await closes(server));
  },
  'http2: createSecureServer takes options only': async (webs, log) => {
    for (const wrong of [() => {}, 1, null]) {
      try {
        webs.at.http2.createSecureServer(wrong as never);
      } catch (error) {
        log.add(codeOf(error));
      }
    }
  },
  'http2: a session that has nothing more to do lets go of its socket at once': async (webs, log) => {
    const server = webs.at.http2.createServer((_request, response) => response.end('ok'));
    const port = await listens(webs, server);
    const session = webs.from.http2.connect(`http://${webs.address}:${port}`);
    const { socket } = session;
    const asked = session.request({ ':path': '/' }).resume();
    await once(asked, 'close');
    session.close();
    await new Promise((done) => setImmediate(done));
    try {
      log.add(socket.remotePort);
    } catch (error) {
      log.add(codeOf(error));
    }
    if (!session.closed || !session.destroyed) await gone(session);
    log.add(await closes(server));
  },
  'http2: sessions that end before they are connected': async (webs, log) => {
    const server = webs.at.http2.createServer();
    const port = await listens(webs, server);
    const endings: Record<string, (session: http2.ClientHttp2Session) => void> = {
      close: (session) => session.close(),
      destroy: (session) => session.destroy(),
      'destroy with an error': (session) => session.destroy(new Error('mine')),
      'destroy with a code': (session) => session.destroy(undefined, 5),
    };
    for (const to of [port, 1]) {
      for (const [name, end] of Object.entries(endings)) {
        const session = webs.from.http2.connect(`http://${webs.address}:${to}`);
        const note = (...what: unknown[]): void => log.add(name, ...what);
        for (const event of ['connect', 'goaway']) session.on(event, () => note(event));
        session.on('error', (error) => note('error', error.message));
        const asked = name === 'close' ? null : session.request({ ':path': '/' });
        asked?.on('error', (error) => note('of the stream', codeOf(error)));
        const closed = gone(session);
        end(session);
        note(session.closed, session.destroyed);
        await closed;
        note('close');
      }
    }
    log.add(await closes(server));
  },
  'http2: a server that ends a session as it begins': async (webs, log) => {
    const server = webs.at.http2.createServer();
    server.on('session', (session) => {
      session.on('close', () => log.add('closed'));
      session.destroy();
    });
    const port = await listens(webs, server);
    for (let i = 0; i < 3; i++) {
      // From the very host: its first octets are there when the connection is.
      const session = webs.at.http2.connect(`http://${webs.address}:${port}`);
      session.on('error', () => {});
      session.request({ ':path': '/' }).on('error', () => {});
      await gone(session);
    }
    log.add(await closes(server));
  },
  'http2: sessions that perf_hooks tells of': async (webs, log) => {
    const seen: string[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        seen.push(`${entry.name} ${(entry as unknown as { detail: { type?: string } }).detail.type}`);
    });
    observer.observe({ type: 'http2' } as never);
    const server = webs.at.http2.createServer((_request, response) => response.end('ok'));
    const port = await listens(webs, server);
    const session = webs.from.http2.connect(`http://${webs.address}:${port}`);
    await text(session.request({ ':path': '/' }));
    session.close();
    await gone(session);
    log.add(await closes(server));
    await pause(20);
    observer.disconnect();
    log.add(seen.filter((entry) => entry.startsWith('Http2Session')).sort());
  },
  'http2: connect as a promise': async (webs, log) => {
    const server = webs.at.http2.createServer((_request, response) => response.end('ok'));
    const port = await listens(webs, server);
    const connect = promisify(webs.from.http2.connect) as unknown as (to: string) => Promise<http2.ClientHttp2Session>;
    const session = await connect(`http://${webs.address}:${port}`);
    log.add(await text(session.request({ ':path': '/' })));
    session.close();
    await gone(session);
    await closes(server);
    log.add(await connect(`http://${webs.address}:${port}`).catch(codeOf));
  },
  'http2: arguments that are wrong': async (webs, log) => {
    const { connect, createServer, createSecureServer } = webs.from.http2;
    const attempts: ((wrong: never) => unknown)[] = [
      createServer,
      createSecureServer,
      (wrong) => createServer({ settings: wrong }),
      (wrong) => connect('http://localhost', wrong),
    ];
    for (const attempt of attempts) {
      for (const wrong of [1, true, 'test', null]) {
        try {
          const made = attempt(wrong as never) as { close(): void } | undefined;
          made?.close();
          log.add('none');
        } catch (error) {
          log.add((error as Error).message);
        }
      }
    }
  },
  'http2: a connection that was read from before': async (webs, log) => {
    const web = webs.at.http2.createServer((_request, response) => response.end('after all'));
    const front = webs.server.createServer((socket) => {
      socket.once('data', (chunk: Buffer) => {
        log.add(chunk.subarray(0, 14).toString());
        socket.pause();
        socket.unshift(chunk);
        web.emit('connection', socket);
      });
    });
    const port = await listens(webs, front as never);
    const session = webs.from.http2.connect(`http://${webs.address}:${port}`);
    log.add(await text(session.request({ ':path': '/' })));
    session.close();
    await gone(session);
    log.add(await closes(front as never));
  },
  'http2: ping, settings, GOAWAY, a time-out': async (webs, log) => {
    const server = webs.at.http2.createServer();
    const port = await listens(webs, server);
    const accepted = once(server, 'session') as Promise<[http2.ServerHttp2Session]>;
    const session = webs.from.http2.connect(`http://${webs.address}:${port}`);
    const [far] = await accepted;
    if (session.connecting) await once(session, 'connect');
    await new Promise<void>((done) =>
      session.ping(Buffer.from('12345678'), (error, _took, payload) => {
        log.add(error, payload.toString());
        done();
      }),
    );
    const settled = once(far, 'remoteSettings');
    session.settings({ initialWindowSize: 70_000 });
    log.add((await settled)[0].initialWindowSize);
    session.on('goaway', (code, id, data) => log.add('goaway', code, id, String(data)));
    const closed = gone(session);
    session.on('error', (error) => log.add(codeOf(error)));
    far.goaway(2, 0, Buffer.from('why'));
    await closed;
    if (!far.destroyed) far.destroy();
    const idle = webs.from.http2.connect(`http://${webs.address}:${port}`);
    idle.setTimeout(5, () => idle.destroy());
    await gone(idle);
    log.add(await closes(server));
  },
  'http2: readers that wait, at both ends': async (webs, log) => {
    const body = pattern(3_000_000);
    const server = webs.at.http2.createServer();
    server.on('stream', async (stream) => {
      stream.respond({ ':status': 200 });
      await pause(5);
      stream.pipe(stream);
    });
    const port = await listens(webs, server);
    const session = webs.from.http2.connect(`http://${webs.address}:${port}`);
    const asked = session.request({ ':path': '/', ':method': 'POST' });
    asked.end(body);
    await once(asked, 'response');
    await pause(5);
    const heard: Buffer[] = [];
    for await (const chunk of asked as AsyncIterable<Buffer>) {
      if (heard.push(chunk) % 50 === 0) await pause(1);
    }
    log.add(Buffer.concat(heard).equals(body));
    session.close();
    await gone(session);
    log.add(await closes(server));
  },
  'http2: the connection goes away, by a reset and by a FIN': async (webs, log) => {
    const server = webs.at.http2.createServer();
    const port = await listens(webs, server);
    for (const how of ['destroy', 'resetAndDestroy', 'end'] as const) {
      const connected = once(server, 'connection') as Promise<[Duplex & { resetAndDestroy(): void }]>;
      const session = webs.from.http2.connect(`http://${webs.address}:${port}`);
      const [socket] = await connected;
      if (session.connecting) await once(session, 'connect');
      const opened = once(server, 'stream');
      const asked = session.request({ ':path': '/' });
      const [stream] = (await opened) as [http2.ServerHttp2Stream];
      stream.on('error', (error) => log.add('far', how, codeOf(error)));
      stream.on('close', () => log.add('far', how, 'stream closed'));
      stream.session!.on('close', () => log.add('far', how, 'session closed'));
      session.on('error', (error) => log.add('near', how, codeOf(error)));
      asked.on('error', (error) => log.add('near', how, 'stream', codeOf(error)));
      asked.on('close', () => log.add('near', how, 'stream closed'));
      const closed = Promise.all([gone(session), gone(stream.session!)]);
      socket[how]();
      await closed;
      log.add('near', how, session.destroyed, asked.destroyed);
    }
    log.add(await closes(server));
    return [log.of('near'), log.of('far')];
  },
};
