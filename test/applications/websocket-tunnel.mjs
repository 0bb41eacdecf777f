import { once } from 'node:events';
import { createServer } from 'node:http';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';

/** Both ends of a WebSocket over loopback, each as a Duplex. */
export default async function websocketTunnel() {
  const web = createServer().listen(0, '127.0.0.1');
  await once(web, 'listening');
  const server = new WebSocketServer({ server: web });
  const near = new WebSocket(`ws://127.0.0.1:${web.address().port}`);
  const [far] = await once(server, 'connection');
  web.close();
  return [createWebSocketStream(near), createWebSocketStream(far)];
}
