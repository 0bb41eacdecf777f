import { channel, tracingChannel } from 'node:diagnostics_channel';

/** Where node:net tells of sockets and servers that begin. What listens there hears of ours, too. */
export const channels = {
  clientSocket: channel('net.client.socket'),
  serverSocket: channel('net.server.socket'),
  listen: tracingChannel('net.server.listen'),
};
