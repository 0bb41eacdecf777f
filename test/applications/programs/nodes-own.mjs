import assert from 'node:assert/strict';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';

const read = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** What comes with Node: both ends of tls, https, and http2 with many streams. */
export default async ({ server, client, address, cert, key }) => {
  const trusted = { ca: cert, servername: 'tcpglass.test' };
  const bytes = Buffer.alloc(300_000, 'both ends of tls');

  const echo = server.tls.createServer({ cert, key, allowHalfOpen: true }, (socket) => pipeline(socket, socket));
  await once(echo.listen(7007), 'listening');
  const socket = client.tls.connect({ host: address, port: 7007, ...trusted, allowHalfOpen: true });
  socket.end(bytes);
  assert.ok((await read(socket)).equals(bytes));
  await new Promise((done) => echo.close(done));

  const web = server.https.createServer({ cert, key }, (request, response) => pipeline(request, response));
  await once(web.listen(8443), 'listening');
  const agent = client.httpsAgent(trusted);
  for (const reused of [false, true]) {
    const request = client.https.request({ host: address, port: 8443, agent, method: 'PUT' }).end(bytes);
    const [response] = await once(request, 'response');
    assert.ok((await read(response)).equals(bytes));
    assert.equal(request.reusedSocket, reused);
  }
  agent.destroy();
  await new Promise((done) => web.close(done));

  const streams = server.http2.createSecureServer({ cert, key });
  streams.on('stream', (stream, headers) => stream.end(`${headers[':path']} to ${stream.session.socket.remotePort}`));
  await once(streams.listen(8443), 'listening');
  const session = client.http2.connect(`https://${address}:8443`, trusted);
  const answers = Array.from({ length: 50 }, (_, i) => read(session.request({ ':path': `/${i}` })));
  assert.equal(String((await Promise.all(answers)).at(-1)), `/49 to ${session.socket.localPort}`);
  session.close();
  await once(session, 'close');
  await new Promise((done) => streams.close(done));
};
