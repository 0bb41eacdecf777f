import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import { type Log, listening, pattern, pause } from '../support/record.ts';
import type { TwoNets } from '../support/two-nets.ts';
import type { Behaviour } from './behaviours.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** node:http's server on the nets's TCP: connections are handed to it, nothing else. */
async function serve(nets: TwoNets, handler: http.RequestListener) {
  const server = http.createServer(handler);
  const sockets = new Set<Duplex>();
  const listener = nets.server.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    server.emit('connection', socket);
  });
  const port = await listening(nets, listener);
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    listener.close();
    server.close();
  };
  return { server, port, sockets, stop };
}

/** node:http's client on the nets's TCP. */
class WorldAgent extends http.Agent {
  constructor(nets: TwoNets, options: http.AgentOptions = {}) {
    super(options);
    this.createConnection = nets.client.createConnection;
  }
}

async function body(message: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function ask(nets: TwoNets, options: http.RequestOptions, data?: string | Buffer, log?: Log) {
  const request = http.request({ host: nets.address, ...options });
  request.end(data);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const bytes = await body(response);
  log?.add(response.statusCode, response.headers['content-type'], bytes.length, request.reusedSocket);
  return { response, bytes, request };
}

export const overHttp: Record<string, Behaviour> = {
  'requests over one kept-alive connection': async (nets, log) => {
    const { port, sockets, stop } = await serve(nets, (request, response) => {
      response.setHeader('content-type', 'text/plain');
      response.end(`you asked for ${request.url}`);
    });
    const agent = new WorldAgent(nets, { keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 20; i++)
      log.add(String((await ask(nets, { port, agent, path: `/${i}` }, undefined, log)).bytes));
    log.add('connections', sockets.size);
    agent.destroy();
    await stop();
  },
  'createConnection without an agent': async (nets, log) => {
    const { port, stop } = await serve(nets, (_request, response) => response.end('closing'));
    const { createConnection } = nets.client;
    const { response, bytes } = await ask(
      nets,
      { port, path: '/x', createConnection } as http.RequestOptions,
      undefined,
      log,
    );
    log.add(response.headers.connection, String(bytes));
    await stop();
  },
  'many requests at once': async (nets, log) => {
    const { port, sockets, stop } = await serve(nets, async (request, response) => {
      await pause(Number(request.url!.slice(1)) % 7);
      response.end(request.url);
    });
    const agent = new WorldAgent(nets, { keepAlive: true, maxSockets: 8 });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        ask(nets, { port, agent, path: `/${i}` }).then(({ bytes }) => String(bytes)),
      ),
    );
    log.add(
      answers.every((answer, i) => answer === `/${i}`),
      sockets.size <= 8,
    );
    agent.destroy();
    await stop();
  },
  'large bodies both ways': async (nets, log) => {
    const { port, stop } = await serve(nets, async (request, response) => {
      const bytes = await body(request);
      response.setHeader('x-sha256', sha256(bytes));
      response.end(bytes);
    });
    const agent = new WorldAgent(nets, { keepAlive: true });
    for (const length of [0, 1, 4096, 4097, 100_000, 8_000_000]) {
      const bytes = pattern(length, length + 1);
      const answer = await ask(
        nets,
        { port, agent, method: 'POST', headers: { 'content-length': length } },
        bytes,
        log,
      );
      log.add(answer.response.headers['x-sha256'] === sha256(bytes), sha256(answer.bytes) === sha256(bytes));
    }
    agent.destroy();
    await stop();
  },
  'chunked, with trailers': async (nets, log) => {
    const { port, stop } = await serve(nets, async (_request, response) => {
      response.setHeader('trailer', 'x-end');
      for (let i = 0; i < 50; i++) {
        response.write(`part ${i} `);
        if (i % 10 === 0) await pause(1);
      }
      response.addTrailers({ 'x-end': 'reached' });
      response.end();
    });
    const { response, bytes } = await ask(nets, { port, agent: new WorldAgent(nets) });
    log.add(response.headers['transfer-encoding'], response.trailers['x-end'], String(bytes));
    await stop();
  },
  'chunks of more than 4 KiB, and a stream that is piped': async (nets, log) => {
    const { port, stop } = await serve(nets, (request, response) => {
      if (request.url === '/piped') {
        Readable.from([pattern(70_000), pattern(70_000), pattern(10)]).pipe(response);
        return;
      }
      response.write(pattern(5000));
      response.write(pattern(100));
      response.end(pattern(50_000));
    });
    for (const path of ['/written', '/piped']) {
      const { bytes } = await ask(nets, { port, path, agent: new WorldAgent(nets) }, undefined, log);
      log.add(sha256(bytes));
    }
    await stop();
  },
  '100-continue': async (nets, log) => {
    const { port, stop, server } = await serve(nets, () => {});
    server.on('checkContinue', async (request, response) => {
      log.add('server is asked');
      response.writeContinue();
      response.end(await body(request));
    });
    const request = http.request({
      host: nets.address,
      port,
      agent: new WorldAgent(nets),
      method: 'PUT',
      headers: { expect: '100-continue' },
    });
    request.flushHeaders();
    await once(request, 'continue');
    log.add('client may');
    request.end('the body');
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    log.add(response.statusCode, String(await body(response)));
    await stop();
  },
  upgrade: async (nets, log) => {
    const { port, stop, server } = await serve(nets, () => {});
    server.on('upgrade', (_request, socket, head) => {
      log.add('head', String(head));
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    });
    const request = http.request({
      host: nets.address,
      port,
      agent: new WorldAgent(nets),
      headers: { connection: 'Upgrade', upgrade: 'echo' },
    });
    request.end();
    const [response, socket] = (await once(request, 'upgrade')) as [http.IncomingMessage, Duplex];
    log.add(response.statusCode, response.headers.upgrade);
    socket.write('over and out');
    const [echoed] = await once(socket, 'data');
    log.add(String(echoed));
    socket.end();
    await once(socket, 'close');
    await stop();
  },
  'the client goes away in the middle': async (nets, log) => {
    let done = (): void => {};
    const left = new Promise<void>((resolve) => {
      done = resolve;
    });
    const { port, stop } = await serve(nets, (request, response) => {
      request.on('close', () => log.add('request close'));
      response.on('close', () => {
        log.add('response close', response.writableFinished);
        done();
      });
      response.write('beginning');
    });
    const request = http.request({ host: nets.address, port, agent: new WorldAgent(nets) }).end();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.on('error', (error) => log.add('client', (error as NodeJS.ErrnoException).code));
    await once(response, 'data');
    request.destroy();
    await left;
    await stop();
    return log.entries.sort();
  },
  'keep-alive times out': async (nets, log) => {
    const { port, stop, server } = await serve(nets, (_request, response) => response.end('ok'));
    server.keepAliveTimeout = 30;
    const agent = new WorldAgent(nets, { keepAlive: true });
    const { request } = await ask(nets, { port, agent }, undefined, log);
    if (!request.socket!.closed) await once(request.socket!, 'close');
    log.add('closed by the server', Object.keys(agent.freeSockets).length);
    await stop();
  },
  'pipelined requests': async (nets, log) => {
    const { port, stop } = await serve(nets, async (request, response) => {
      await pause(request.url === '/slow' ? 10 : 0);
      response.end(request.url === '/slow' ? pattern(200_000) : request.url);
    });
    const socket = nets.client.connect(port, nets.address);
    const chunks: Buffer[] = [];
    socket.on('data', (bytes) => chunks.push(bytes));
    const head = 'Host: x\r\n\r\n';
    socket.write(`GET /slow HTTP/1.1\r\n${head}GET /fast HTTP/1.1\r\n${head}`);
    socket.write(`GET /last HTTP/1.1\r\nConnection: close\r\n${head}`);
    await once(socket, 'close');
    const text = Buffer.concat(chunks).toString('latin1');
    log.add(text.length > 200_000, text.indexOf('/fast') > 200_000, text.endsWith('/last'));
    await stop();
  },
  'an error of the parser': async (nets, log) => {
    const { port, stop } = await serve(nets, () => {});
    const socket = nets.client.connect(port, nets.address).setEncoding('latin1');
    socket.write('NONSENSE\r\n\r\n');
    const [answer] = await once(socket, 'data');
    log.add(answer.split('\r\n')[0]);
    await once(socket, 'close');
    await stop();
  },
};
