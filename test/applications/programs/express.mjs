import assert from 'node:assert/strict';
import { once } from 'node:events';
import express from 'express';

/** Routes, a JSON body, an error, and a server that is closed while a connection is kept. */
export default async ({ server, client, address }) => {
  const app = express();
  app.use(express.json());
  app.get('/hello/:name', (request, response) => response.json({ hello: request.params.name, from: request.ip }));
  app.post('/sum', (request, response) => response.send(String(request.body.reduce((a, b) => a + b))));
  app.get('/fails', () => {
    throw Object.assign(new Error('it fails'), { status: 418 });
  });
  app.use((error, _request, response, _next) => response.status(error.status ?? 500).send(error.message));
  const web = server.http.createServer(app).listen(8080);
  await once(web, 'listening');

  const hello = await client.fetch(`http://${address}:8080/hello/you`);
  assert.equal((await hello.json()).hello, 'you');
  const headers = { 'content-type': 'application/json' };
  const sum = await client.fetch(`http://${address}:8080/sum`, { method: 'POST', headers, body: '[1, 2, 3]' });
  assert.equal(await sum.text(), '6');
  const fails = await client.fetch(`http://${address}:8080/fails`);
  assert.deepEqual([fails.status, await fails.text()], [418, 'it fails']);
  await new Promise((done) => web.close(done));
};
