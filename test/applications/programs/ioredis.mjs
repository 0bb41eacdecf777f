import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Redis } from 'ioredis';

/** As much of a Redis as answers these calls, with the protocol's arrays of bulk strings (RESP). */
function answerTo(values, [name, key, value]) {
  if (name === 'set') values.set(key, value);
  if (name === 'get') return values.has(key) ? `$${values.get(key).length}\r\n${values.get(key)}\r\n` : '$-1\r\n';
  return name === 'info' ? '$0\r\n\r\n' : '+OK\r\n';
}

function serveRedis(socket) {
  const values = new Map();
  let waiting = '';
  socket.setEncoding('latin1').on('data', (text) => {
    waiting += text;
    for (;;) {
      const lines = waiting.split('\r\n');
      const count = Number(lines[0].slice(1));
      if (lines.length < 2 + 2 * count) return;
      const words = lines.slice(1, 1 + 2 * count).filter((_, i) => i % 2 === 1);
      waiting = lines.slice(1 + 2 * count).join('\r\n');
      socket.write(answerTo(values, words));
      if (words[0] === 'quit') socket.end();
    }
  });
}

/** Commands one by one and as a pipeline, and a connection that breaks and is made again. */
export default async ({ server, client, address }) => {
  const sockets = [];
  const store = server.createServer((socket) => {
    sockets.push(socket);
    serveRedis(socket);
  });
  await once(store.listen(6379), 'listening');
  class Connector {
    async connect() {
      this.socket = client.connect(6379, address);
      return this.socket;
    }
    check() {
      return true;
    }
    disconnect() {
      this.socket.end();
    }
  }
  const redis = new Redis({ Connector, retryStrategy: () => 5 });
  await redis.set('a', '1');
  assert.deepEqual([await redis.get('a'), await redis.get('b')], ['1', null]);
  const many = redis.pipeline();
  for (let i = 0; i < 100; i++) many.set(`key ${i}`, `value ${i}`).get(`key ${i}`);
  const results = await many.exec();
  assert.deepEqual(results.at(-1), [null, 'value 99']);
  const errors = [];
  redis.on('error', (error) => errors.push(error.code));
  const again = new Promise((done) => redis.once('ready', done));
  sockets[0].resetAndDestroy();
  await again;
  assert.deepEqual(errors, ['ECONNRESET']);
  assert.equal(await redis.get('a'), null);
  await redis.quit();
  await new Promise((done) => store.close(done));
};
