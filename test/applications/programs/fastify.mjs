import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import fastify from 'fastify';

/** A schema, a stream as the answer, many requests at once, and `close` with connections that are kept. */
export default async ({ server, client, address }) => {
  const serverFactory = (handler, options) => server.http.createServer(options, handler);
  const app = fastify({ serverFactory });
  const schema = { querystring: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } };
  app.get('/twice', { schema }, async ({ query }) => ({ twice: 2 * query.n }));
  app.get('/stream', (_request, reply) => reply.send(Readable.from(['one ', 'two ', 'three'])));
  app.get('/slow', async () => new Promise((done) => setTimeout(done, 20, { slow: true })));
  await app.listen({ port: 8080, host: address });

  assert.deepEqual(await (await client.fetch(`http://${address}:8080/twice?n=21`)).json(), { twice: 42 });
  assert.equal((await client.fetch(`http://${address}:8080/twice?n=x`)).status, 400);
  assert.equal(await (await client.fetch(`http://${address}:8080/stream`)).text(), 'one two three');
  const slow = await Promise.all(Array.from({ length: 20 }, () => client.fetch(`http://${address}:8080/slow`)));
  assert.deepEqual(await slow.at(-1).json(), { slow: true });
  await app.close();
};
