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
  expect(socket).toBeInstanceOf(nets.client.Socket);
  expect(server.constructor.name).toBe('Server');
  await nets.close();
});
