import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';

/** Messages short and long, a broadcast, ping, and a close with its code; over http and https. */
export default async ({ server, client, address, cert, key }) => {
  const webs = {
    ws: [server.http.createServer(), client.agent(), 8080],
    wss: [server.https.createServer({ cert, key }), client.httpsAgent({ rejectUnauthorized: false }), 8443],
  };
  for (const [protocol, [web, agent, port]] of Object.entries(webs)) {
    const sockets = new WebSocketServer({ server: web, path: '/chat' });
    sockets.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => {
        for (const other of sockets.clients) other.send(data, { binary: isBinary });
      });
    });
    web.listen(port);
    const [one, two] = [0, 1].map(() => new WebSocket(`${protocol}://${address}:${port}/chat`, { agent }));
    await Promise.all([once(one, 'open'), once(two, 'open')]);
    const heard = Promise.all([once(one, 'message'), once(two, 'message')]);
    one.send('hello');
    for (const [data, isBinary] of await heard) assert.deepEqual([String(data), isBinary], ['hello', false]);
    const long = Buffer.alloc(100_000, 'long');
    const heardLong = once(two, 'message');
    one.send(long);
    assert.ok(long.equals((await heardLong)[0]));
    const pong = once(one, 'pong');
    one.ping('are you there');
    assert.equal(String((await pong)[0]), 'are you there');
    const closed = [once(one, 'close'), once(two, 'close')];
    one.close(4000, 'enough');
    two.close();
    assert.equal((await closed[0])[0], 4000);
    await closed[1];
    await new Promise((done) => web.close(done));
  }
};
