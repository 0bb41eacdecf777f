import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as undici from 'undici';

/** The package itself: a dispatcher, a Pool with a connector, pipelining, streams, HTTP/2, its WebSocket's rejection. */
export default async ({ server, client, address, cert, key }) => {
  const web = server.http.createServer((request, response) => request.pipe(response)).listen(8080);
  const secure = server.http2.createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    response.end(request.httpVersion);
  });
  await Promise.all([once(web, 'listening'), once(secure.listen(8443), 'listening')]);

  const dispatcher = client.dispatcher({ undici, pipelining: 4, connect: { ca: cert, servername: 'tcpglass.test' } });
  assert.ok(dispatcher instanceof undici.Agent);
  const bodies = await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (body) => {
      const answer = await undici.request(`http://${address}:8080/`, { dispatcher, method: 'PUT', body });
      return answer.body.text();
    }),
  );
  assert.deepEqual(bodies, ['a', 'b', 'c', 'd']);
  assert.equal(await (await undici.fetch(`https://${address}:8443/`, { dispatcher })).text(), '1.1');
  await dispatcher.close();

  const connect = client.connector({ allowH2: true, rejectUnauthorized: false });
  const pool = new undici.Pool(`https://${address}:8443`, { connect, allowH2: true, connections: 1 });
  const answer = await pool.request({ method: 'GET', path: '/' });
  assert.equal(await answer.body.text(), '2.0');
  await pool.close();

  const stack = client.dispatcher({ undici });
  await assert.rejects(undici.request(`http://${address}:8081/`, { dispatcher: stack }), { code: 'ECONNREFUSED' });
  await stack.close();
  await Promise.all([web, secure].map((one) => new Promise((done) => one.close(done))));
};
