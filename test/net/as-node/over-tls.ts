import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as https from 'node:https';
import * as tls from 'node:tls';
import { listening, pattern } from '../support/record.ts';
import type { TwoNets } from '../support/two-nets.ts';
import type { Behaviour } from './behaviours.ts';
import { cert, key } from './certificate.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A server of Node's own that gets its connections from the nets's TCP. */
async function behind(nets: TwoNets, server: tls.Server) {
  const listener = nets.server.createServer((socket) => server.emit('connection', socket));
  return { listener, port: await listening(nets, listener) };
}

async function connectTls(nets: TwoNets, port: number): Promise<tls.TLSSocket> {
  const socket = tls.connect({ socket: nets.client.connect(port, nets.address), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
}

/** node:tls and node:https on the nets's TCP: they read and write as node:net's own handle lets them. */
export const overTls: Record<string, Behaviour> = {
  'an echo server loses nothing of five megabytes': async (nets, log) => {
    const server = tls.createServer({ key, cert }, (socket) => socket.pipe(socket));
    const { listener, port } = await behind(nets, server);
    const client = await connectTls(nets, port);
    const bytes = pattern(5_000_000);
    client.end(bytes);
    const chunks: Buffer[] = [];
    client.on('data', (chunk) => chunks.push(chunk));
    await once(client, 'close');
    await new Promise((done) => listener.close(done));
    log.add(sha256(Buffer.concat(chunks)) === sha256(bytes));
  },
  'the ends that a TLSSocket names': async (nets, log) => {
    const server = tls.createServer({ key, cert });
    const { listener, port } = await behind(nets, server);
    const accepted = once(server, 'secureConnection') as Promise<[tls.TLSSocket]>;
    const client = await connectTls(nets, port);
    const [far] = await accepted;
    log.add(far.remoteAddress === client.localAddress, far.remotePort === client.localPort, far.remoteFamily);
    log.add(client.remoteAddress === nets.address, client.remotePort === port, client.localFamily);
    log.add(far.localAddress === nets.address, far.localPort === port, Object.keys(far.address()).sort());
    client.end();
    far.resume();
    client.resume();
    await Promise.all([once(far, 'close'), once(client, 'close')]);
    await new Promise((done) => listener.close(done));
  },
  'https: the address of the client, and bodies each way on one connection': async (nets, log) => {
    const ports = new Set<number | undefined>();
    const server = https.createServer({ key, cert }, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      log.add(typeof request.socket.remoteAddress, ports.has(request.socket.remotePort));
      response.end(Buffer.concat(chunks));
    });
    const { listener, port } = await behind(nets, server);
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = (_options, done) => {
      void connectTls(nets, port).then((socket) => {
        ports.add(socket.localPort);
        done!(null, socket);
      });
      return undefined as never;
    };
    const bytes = pattern(300_000);
    for (let i = 0; i < 5; i++) {
      const request = https.request({ host: nets.address, port, agent, method: 'POST' });
      request.end(bytes);
      const [response] = await once(request, 'response');
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      log.add(sha256(Buffer.concat(chunks)) === sha256(bytes), ports.size);
    }
    agent.destroy();
    await new Promise((done) => listener.close(done));
  },
  'the client goes away without a close_notify': async (nets, log) => {
    const server = tls.createServer({ key, cert });
    const { listener, port } = await behind(nets, server);
    const accepted = once(server, 'secureConnection') as Promise<[tls.TLSSocket]>;
    const raw = nets.client.connect(port, nets.address);
    const client = tls.connect({ socket: raw, rejectUnauthorized: false });
    await once(client, 'secureConnect');
    const [far] = await accepted;
    far.on('end', () => log.add('end'));
    far.on('error', (error) => log.add('error', (error as { code?: string }).code));
    far.resume();
    const gone = once(far, 'close');
    client.on('error', () => {});
    raw.end();
    await gone;
    await new Promise((done) => listener.close(done));
  },
};
