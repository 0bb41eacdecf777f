import assert from 'node:assert/strict';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import got from 'got';

/** Retries, redirects, time-outs, streams; over http and https. */
export default async ({ server, client, address, cert, key }) => {
  let asked = 0;
  const listener = (request, response) => {
    if (request.url === '/later') response.writeHead(asked++ === 0 ? 503 : 200).end('now');
    else if (request.url === '/moved') response.writeHead(302, { location: '/echo' }).end();
    else if (request.url === '/echo') request.pipe(response);
  };
  const web = server.http.createServer(listener).listen(8080);
  const secure = server.https.createServer({ cert, key }, listener).listen(8443);
  await Promise.all([once(web, 'listening'), once(secure, 'listening')]);
  const agent = { http: client.agent(), https: client.httpsAgent() };
  const ours = got.extend({ agent, https: { certificateAuthority: cert, checkServerIdentity: () => undefined } });

  for (const url of [`http://${address}:8080`, `https://${address}:8443`]) {
    asked = 0;
    const later = await ours(`${url}/later`, {
      retry: { limit: 1, calculateDelay: ({ computedValue }) => computedValue && 1 },
    });
    assert.deepEqual([later.body, later.retryCount], ['now', 1]);
    assert.equal((await ours.post(`${url}/echo`, { json: { a: 1 } }).json()).a, 1);
    assert.equal((await ours(`${url}/moved`)).redirectUrls.length, 1);
    await assert.rejects(ours(`${url}/never`, { timeout: { response: 50 }, retry: { limit: 0 } }), {
      name: 'TimeoutError',
    });
    let length = 0;
    await pipeline(ours.stream.put(`${url}/echo`, { body: Buffer.alloc(200_000) }), async (chunks) => {
      for await (const chunk of chunks) length += chunk.length;
    });
    assert.equal(length, 200_000);
  }
  agent.http.destroy();
  agent.https.destroy();
  await Promise.all([web, secure].map((one) => new Promise((done) => one.close(done))));
};
