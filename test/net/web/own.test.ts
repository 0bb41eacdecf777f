import { once } from 'node:events';
import * as http from 'node:http';
import type { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Socket } from '../../../src/net/socket/socket.ts';
import { createConnector, type Destination } from '../../../src/net/web/connector.ts';
import { fetchAgent } from '../../../src/net/web/dispatcher.ts';
import type { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import type { Connection } from '../../../src/tcp/user/connection.ts';
import { cert, key } from '../as-node/certificate.ts';
import { cableNets } from '../support/two-nets.ts';
import { answer, closes, gone, text } from './talk.ts';

/** Two stacks, with a server at port 80 of the first. */
async function pair(options: object = {}, listener?: http.RequestListener) {
  const nets = cableNets();
  onTestFinished(() => nets.close());
  const { serverStack: at, clientStack: from, address } = nets;
  const server = at.http.createServer(options, listener ?? ((_request, response) => response.end('ok')));
  await once(server.listen(80), 'listening');
  return { at, from, address, server };
}

const settingsOf = (socket: Socket): Readonly<SocketOptions> => (socket._connection as Connection).settings;
const accepted = async (server: http.Server): Promise<Socket> => (await once(server, 'connection'))[0];

describe('a server', () => {
  test('hands to its sockets what node:http has as a default, and what only ours know', async () => {
    const { server, from, address } = await pair({
      congestionControl: 'reno',
      keepAlive: true,
      keepAliveInitialDelay: 9000,
    });
    const socket = accepted(server);
    const asked = from.http.get({ host: address, agent: false });
    const { noDelay, keepAlive, keepIdle, congestion } = settingsOf(await socket);
    expect({ noDelay, keepAlive, keepIdle, congestion }).toEqual({
      ...{ noDelay: true, keepAlive: true, keepIdle: 9, congestion: 'reno' },
    });
    expect((await socket).allowHalfOpen).toBe(true);
    await answer(asked);
  });

  test('refuses options of ours that are wrong when it is made', async () => {
    const { at } = await pair();
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(() => at.http.createServer({ congestionControl: 'none' })).toThrow(wrong);
    expect(() => at.https.createServer({ congestionControl: 'none' })).toThrow(wrong);
    expect(() => at.http2.createServer({ congestionControl: 'none' })).toThrow(wrong);
  });

  test('is closed with its stack, and its interval with it', async () => {
    const { server, at } = await pair({ connectionsCheckingInterval: 1 });
    const interval = (): { _destroyed: boolean } => {
      const symbol = Object.getOwnPropertySymbols(server).find((s) => s.description?.endsWith('CheckingInterval'))!;
      return (server as never as Record<symbol, { _destroyed: boolean }>)[symbol]!;
    };
    expect(interval()._destroyed).toBe(false);
    const closed = gone(server);
    await at.close();
    await closed;
    expect([server.listening, server.address(), interval()._destroyed]).toEqual([false, null, true]);
  });

  test('that never listens takes sockets that are handed to it', async () => {
    const { at, from, address } = await pair();
    const web = at.http.createServer((_request, response) => response.end('handed over'));
    at.createServer((socket) => web.emit('connection', socket)).listen(8080);
    expect(await answer(from.http.get({ host: address, port: 8080, agent: false }))).toBe('200 close handed over');
  });
});

describe('node:http, https, tls and http2 of a stack', () => {
  test('are the same objects each time, and Node’s for all that has nothing to do with sockets', async () => {
    const { at } = await pair();
    expect(at.http).toBe(at.http);
    expect(at.http.METHODS).toBe(http.METHODS);
    expect(at.http.IncomingMessage).toBe(http.IncomingMessage);
    expect(Object.keys(at.http)).toContain('createServer');
    expect(at.http.Server).not.toBe(http.Server);
    expect(at.http2.constants.NGHTTP2_NO_ERROR).toBe(0);
    expect(at.tls.createSecureContext).toBeTypeOf('function');
  });

  test('a request uses the agent that took the place of globalAgent', async () => {
    const { from, address } = await pair();
    const own = from.agent({ maxSockets: 1 });
    from.http.globalAgent = own;
    const request = from.http.get({ host: address });
    expect(await answer(request)).toBe('200 keep-alive ok');
    expect(Object.keys(own.freeSockets)).toHaveLength(1);
    own.destroy();
  });
});

describe('a TLSSocket', () => {
  test('hands its settings down to our socket, and lets the process end', async () => {
    const { at, from, address } = await pair();
    const server = at.tls.createServer({ key, cert });
    await once(server.listen(443), 'listening');
    const raw = from.connect(443, address);
    const calls: unknown[] = [];
    for (const name of ['setNoDelay', 'setKeepAlive', 'ref', 'unref'] as const) {
      const own = raw[name].bind(raw) as (...args: unknown[]) => Socket;
      const noted = (...args: unknown[]): Socket => {
        calls.push([name, ...args]);
        return own(...args);
      };
      Object.assign(raw, { [name]: noted });
    }
    const secure = from.tls.connect({ socket: raw as never, rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    secure.setNoDelay(true).setKeepAlive(true, 5000).unref().ref();
    expect(calls).toEqual([['setNoDelay', true], ['setKeepAlive', true, 5000], ['unref'], ['ref']]);
    secure.destroy();
    await closes(server);
  });

  test('does so from the first moment', async () => {
    const { at, from, address } = await pair();
    const server = at.tls.createServer({ key, cert });
    await once(server.listen(443), 'listening');
    server.on('connection', (socket: Socket) => expect(socket.server).toBe(server));
    const accepted = once(server, 'secureConnection');
    const made: Socket[] = [];
    const construct = (Class: typeof from.Socket, args: [object]): Socket =>
      made[made.push(Reflect.construct(Class, args)) - 1]!;
    Object.assign(from, { Socket: new Proxy(from.Socket, { construct }) });
    const secure = from.tls.connect({ host: address, port: 443, rejectUnauthorized: false }).setNoDelay(true);
    await once(secure, 'secureConnect');
    expect(made.map((socket) => settingsOf(socket).noDelay)).toEqual([true]);
    secure.destroy();
    ((await accepted)[0] as TLSSocket).destroy();
    await closes(server);
  });
});

describe('a connector', () => {
  const to = (address: string, port: number, protocol = 'https:', servername = ''): Destination => ({
    ...{ hostname: address, host: `${address}:${port}`, port: String(port), protocol, servername },
  });

  test('brings TLS sessions back, of as many servers as it may', async () => {
    const { at, from, address } = await pair();
    const ports = [1, 2, 3].map((n) => 440 + n);
    const servers = ports.map((port) => at.tls.createServer({ key, cert }, (far) => far.end('x')).listen(port));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const connect = createConnector(from, () => from.tls, { maxCachedSessions: 2, rejectUnauthorized: false });
    const reuses = async (port: number): Promise<boolean> => {
      let reused = false;
      const near = connect(to(address, port), () => {
        reused = (near as TLSSocket).isSessionReused();
      });
      await text(near);
      return reused;
    };
    const asked: boolean[] = [];
    for (const port of [441, 441, 442, 441, 443, 441, 442]) asked.push(await reuses(port));
    expect(asked).toEqual([false, true, false, true, false, true, false]);
    await Promise.all(servers.map(closes));
  });

  test('calls back once: refused; closed with its stack; given up', async () => {
    const { at, from, address } = await pair();
    at.createServer((socket) => void socket.on('error', () => {}).resume()).listen(9);
    const connect = createConnector(from, () => from.tls, { timeout: 20, rejectUnauthorized: false });
    const patient = createConnector(from, () => from.tls);
    const errorOf = (connector: typeof connect, where: Destination): Promise<unknown> =>
      new Promise((done) => connector(where, (error) => done((error as { code?: string } | null)?.code)));
    expect(await errorOf(patient, to(address, 7, 'http:'))).toBe('ECONNREFUSED');
    expect(await errorOf(patient, to(address, 7))).toBe('ECONNREFUSED');
    expect(await errorOf(connect, to(address, 9))).toBe('UND_ERR_CONNECT_TIMEOUT');
    const closed = errorOf(patient, to(address, 9));
    await from.close();
    expect(await closed).toBe('ERR_SOCKET_CLOSED_BEFORE_CONNECTION');
  });

  test.each([
    ['tcpglass.test', 'tcpglass.test:443'],
    [false, '10.0.0.1:443'],
    [false, '[fd00::1]:443'],
    ['other.test', 'tcpglass.test:443', 'other.test'],
  ])('asks for the name %s at %s', async (name, host, servername = '') => {
    const { at, from, address } = await pair();
    const server = at.tls.createServer({ key, cert });
    await once(server.listen(443), 'listening');
    const connect = createConnector(from, () => from.tls, { rejectUnauthorized: false });
    const accepted = once(server, 'secureConnection');
    const near = connect({ ...to(address, 443, 'https:', servername), host }, () => {});
    const [far] = (await accepted) as [TLSSocket & { servername: unknown }];
    expect(far.servername).toBe(name);
    near.destroy();
    await closes(server);
  });
});

describe('fetch', () => {
  test('has connections of its own in each stack', async () => {
    const { from, at, address } = await pair({}, (request, response) => response.end(request.socket.remoteAddress));
    expect(await (await from.fetch(`http://${address}/`)).text()).toBe('10.0.0.2');
    const far = from.http.createServer((_request, response) => response.end('the other way'));
    await once(far.listen(80), 'listening');
    expect(await (await at.fetch('http://10.0.0.2/')).text()).toBe('the other way');
  });

  test('says so when Node’s own Agent can’t be had', async () => {
    const places = Object.getOwnPropertySymbols(globalThis).filter((s) => s.description?.startsWith('undici.global'));
    const globals = globalThis as never as Record<symbol, unknown>;
    const own = places.map((place) => globals[place]);
    class MockAgent {}
    for (const place of places) globals[place] = new MockAgent();
    try {
      expect(fetchAgent).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    } finally {
      for (const [i, place] of places.entries()) globals[place] = own[i];
    }
    expect(fetchAgent()).toBeTypeOf('function');
  });

  test('and is made to fit where release 8 of the undici package is loaded beside an older one of Node’s', () => {
    if (!/^[67]\./.test(process.versions.undici ?? '')) return; // Node's own is as new
    void globalThis.Headers;
    const [old, place] = [1, 2].map((n) => Symbol.for(`undici.globalDispatcher.${n}`)) as [symbol, symbol];
    const globals = globalThis as never as Record<symbol, unknown>;
    const [own, newer] = [globals[old], globals[place]];
    class Agent {
      readonly options: object;
      constructor(options: object) {
        this.options = options;
      }
    }
    class Dispatcher1Wrapper {
      readonly agent: object;
      constructor(agent: object) {
        this.agent = agent;
      }
    }
    const agent = (globals[place] = new Agent({}));
    globals[old] = new Dispatcher1Wrapper(agent);
    try {
      const made = new (fetchAgent())({ connections: 3 }) as unknown as Dispatcher1Wrapper;
      expect(made).toBeInstanceOf(Dispatcher1Wrapper);
      expect(made.agent).toEqual(new Agent({ connections: 3 }));
    } finally {
      globals[old] = own;
      // (Where Node's is of release 8 itself, it can't be deleted.)
      if (newer === undefined) delete globals[place];
      else globals[place] = newer;
    }
  });
});
