import * as http from 'node:http';
import type * as net from 'node:net';
import { expect, test } from 'vitest';
import type { Server } from '../../src/net/server.ts';
import type { Socket } from '../../src/net/socket/socket.ts';
import type { NetApi } from '../../src/services/terms/net-api.ts';
import { fakeNets } from './support/two-nets.ts';

// What TypeScript accepts is the test; at run time there is little to see.
test('ours pass where node:net is expected', async () => {
  const nets = fakeNets();
  const takesSocket = (socket: net.Socket): net.Socket => socket;
  const takesServer = (server: net.Server): net.Server => server;
  const takesApi = (api: NetApi): NetApi => api;
  const socket: Socket = new nets.client.Socket();
  const server: Server = nets.server.createServer((accepted) => accepted.setNoDelay().end());
  expect(takesSocket(socket)).toBe(socket);
  expect(takesServer(server)).toBe(server);
  expect(takesApi(nets.server)).toBe(nets.server);
  const agent = new http.Agent();
  agent.createConnection = nets.client.createConnection;
  const options: http.RequestOptions = { createConnection: nets.client.createConnection };
  expect(options.createConnection).toBe(agent.createConnection);
  const connect: typeof net.connect = nets.client.connect;
  const module: Pick<typeof net, 'connect' | 'createConnection' | 'createServer' | 'BlockList' | 'SocketAddress'> =
    nets.client;
  const rest: Omit<typeof net, 'Server' | 'Socket' | 'default' | 'BoundSocket'> = nets.client;
  expect(module.connect).toBe(connect);
  expect(rest.isIP('::1')).toBe(6);
  expect(socket).toBeInstanceOf(nets.client.Socket);
  expect(server.constructor.name).toBe('Server');
  await nets.close();
});

test('listeners know what they get', () => {
  const nets = fakeNets();
  const socket = new nets.client.Socket();
  socket
    .on('close', (hadError) => expect(hadError satisfies boolean).toBe(true))
    .once('data', (data) => expect(data satisfies Buffer).toBeDefined())
    .on(
      'lookup',
      (_error, address, family, host) => [address, family, host] satisfies [string, string | number, string],
    )
    .on('connectionAttempt', (ip, port, family) => [ip, port, family] satisfies [string, number, number])
    .prependListener('an event of my own', (mine: Date) => mine.getTime())
    .setUserTimeout(1000);
  expect(socket.listenerCount('lookup')).toBe(1);
  expect(socket.emit('close', true)).toBe(true);
  const server = nets.server.createServer();
  server.on('connection', (accepted) => accepted.setUserTimeout(1000)).once('drop', (drop) => drop?.remoteAddress);
  expect(server.listenerCount('drop')).toBe(1);
});

test('classes may be made of ours, with statics of theirs', () => {
  const { Socket, Server } = fakeNets().client;
  class Mine extends Socket {
    readonly mine = true;
  }
  expect(new Mine().setNoDelay().mine).toBe(true);
  expect([Socket.fromWeb, Server.defaultMaxListeners].map((each) => typeof each)).toEqual(['function', 'number']);
});
