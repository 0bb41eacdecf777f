import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as https from 'node:https';
import * as tls from 'node:tls';
import type { World } from '../support/networks.ts';
import { listening, pattern } from '../support/record.ts';
import type { Behaviour } from './behaviours.ts';
import { cert, key } from './certificate.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A server of Node's own that gets its connections from the world's TCP. */
async function behind(world: World, server: tls.Server) {
  const listener = world.server.createServer((socket) => server.emit('connection', socket));
  return { listener, port: await listening(world, listener) };
}

async function connectTls(world: World, port: number): Promise<tls.TLSSocket> {
  const socket = tls.connect({ socket: world.client.connect(port, world.address), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
}

/** node:tls and node:https on the world's TCP: they read and write as node:net's own handle lets them. */
export const overTls: Record<string, Behaviour> = {
  'an echo server loses nothing of five megabytes': async (world, log) => {
    const server = tls.createServer({ key, cert }, (socket) => socket.pipe(socket));
    const { listener, port } = await behind(world, server);
    const client = await connectTls(world, port);
    const bytes = pattern(5_000_000);
    client.end(bytes);
    const chunks: Buffer[] = [];
    client.on('data', (chunk) => chunks.push(chunk));
    await once(client, 'close');
    await new Promise((done) => listener.close(done));
    log.add(sha256(Buffer.concat(chunks)) === sha256(bytes));
  },
  'the ends that a TLSSocket names': async (world, log) => {
    const server = tls.createServer({ key, cert });
    const { listener, port } = await behind(world, server);
    const accepted = once(server, 'secureConnection') as Promise<[tls.TLSSocket]>;
    const client = await connectTls(world, port);
    const [far] = await accepted;
    log.add(far.remoteAddress === client.localAddress, far.remotePort === client.localPort, far.remoteFamily);
    log.add(client.remoteAddress === world.address, client.remotePort === port, client.localFamily);
    log.add(far.localAddress === world.address, far.localPort === port, Object.keys(far.address()).sort());
    client.end();
    far.resume();
    client.resume();
    await Promise.all([once(far, 'close'), once(client, 'close')]);
    await new Promise((done) => listener.close(done));
  },
  'https: the address of the client, and bodies each way on one connection': async (world, log) => {
    const ports = new Set<number | undefined>();
    const server = https.createServer({ key, cert }, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      log.add(typeof request.socket.remoteAddress, ports.has(request.socket.remotePort));
      response.end(Buffer.concat(chunks));
    });
    const { listener, port } = await behind(world, server);
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = (_options, done) => {
      void connectTls(world, port).then((socket) => {
        ports.add(socket.localPort);
        done!(null, socket);
      });
      return undefined as never;
    };
    const bytes = pattern(300_000);
    for (let i = 0; i < 5; i++) {
      const request = https.request({ host: world.address, port, agent, method: 'POST' });
      request.end(bytes);
      const [response] = await once(request, 'response');
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      log.add(sha256(Buffer.concat(chunks)) === sha256(bytes), ports.size);
    }
    agent.destroy();
    await new Promise((done) => listener.close(done));
  },
  'the client goes away without a close_notify': async (world, log) => {
    const server = tls.createServer({ key, cert });
    const { listener, port } = await behind(world, server);
    const accepted = once(server, 'secureConnection') as Promise<[tls.TLSSocket]>;
    const raw = world.client.connect(port, world.address);
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
