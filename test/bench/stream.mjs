// npm run bench:stream: a stack over a byte stream (packetStreamLink), with another at the stream's far end, in a thread of its own:
// MB/s of TCP through TCP through TLS on this machine's loopback, and round trips of one byte beside those of the stream alone.
//
//   npm run bench:stream                       MTUs of 1,500 and 16,000; 20 x 10 MiB each way
//   npm run bench:stream -- --mtu 9000 --count 5 --mib 40 --plain     another MTU, other loads, TCP alone in place of TLS
//
// Nothing here passes or fails. Sums (SHA-256) are compared.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createStack, packetStreamLink } from '../../dist/index.js';

const KEY = Buffer.alloc(16, 7);
const PSK = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2', checkServerIdentity: () => undefined };
const PIECE = 64 * 1024;

if (isMainThread) await main();
else await farEnd();

/** Pull: 'P', then octets come. Push: 'S', then octets go, and their sum comes back. Echo: 'E'. */
async function farEnd() {
  const { mtu, plain, data } = workerData;
  const sum = createHash('sha256').update(data).digest('hex');
  const tunnels = [];
  const onTunnel = (socket) => {
    socket.setNoDelay(true);
    tunnels.push(socket);
    if (tunnels.length === 1) {
      socket.on('data', (octets) => socket.write(octets[0] === 0x50 ? data : octets)); // the stream's own speed and round trip
      return;
    }
    const stack = createStack(packetStreamLink(socket, { mtu }), { addresses: ['10.0.0.2/24'] });
    stack.createServer({ noDelay: true }, serve).listen(80);
  };
  const serve = (socket) => {
    socket.on('error', () => {});
    socket.once('data', (first) => {
      const rest = first.subarray(1);
      if (first[0] === 0x50) socket.end(data);
      else if (first[0] === 0x45) socket.on('data', (octet) => socket.write(octet));
      else {
        const hash = createHash('sha256').update(rest);
        socket.on('data', (octets) => hash.update(octets));
        socket.on('end', () => socket.end(hash.digest('hex') === sum ? 'equal' : 'DIFFERENT'));
      }
    });
  };
  const server = plain ? net.createServer(onTunnel) : tls.createServer({ ...PSK, pskCallback: () => KEY }, onTunnel);
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
}

async function open(port, plain) {
  const at = { host: '127.0.0.1', port };
  const socket = plain
    ? net.connect(at)
    : tls.connect({ ...at, ...PSK, pskCallback: () => ({ psk: KEY, identity: 'bench' }) });
  await once(socket, plain ? 'connect' : 'secureConnect');
  socket.setNoDelay(true);
  return socket;
}

async function main() {
  const { values } = parseArgs({
    options: {
      mtu: { type: 'string', multiple: true, default: ['1500', '16000'] },
      count: { type: 'string', default: '20' },
      mib: { type: 'string', default: '10' },
      plain: { type: 'boolean', default: false },
    },
  });
  for (const mtu of values.mtu) await measure(Number(mtu), Number(values.count), Number(values.mib), values.plain);
}

async function measure(mtu, count, mib, plain) {
  const data = randomBytes(mib * 1024 * 1024);
  const sum = createHash('sha256').update(data).digest('hex');
  const worker = new Worker(new URL(import.meta.url), { workerData: { mtu, plain, data } });
  const [port] = await once(worker, 'message');
  const bare = await open(port, plain);
  const link = packetStreamLink(await open(port, plain), { mtu });
  const stack = createStack(link, { addresses: ['10.0.0.1/24'] });
  const rates = { bare: [], pull: [], push: [] };
  const perCpu = { pull: [], push: [] };
  let wrong = 0;
  for (let i = 0; i < count; i++) {
    const begun = performance.now();
    await pull(bare, data.length);
    rates.bare.push(data.length / 1e6 / ((performance.now() - begun) / 1000));
    for (const way of ['pull', 'push']) {
      const socket = stack.connect(80, '10.0.0.2');
      await once(socket, 'connect');
      const begin = performance.now();
      const cpu = process.cpuUsage();
      const hash = createHash('sha256');
      if (way === 'pull') socket.end('P');
      else {
        socket.write('S');
        for (let at = 0; at < data.length; at += PIECE) {
          if (!socket.write(data.subarray(at, at + PIECE))) await once(socket, 'drain');
        }
        socket.end();
      }
      const chunks = [];
      for await (const chunk of socket) chunks.push(chunk);
      rates[way].push(data.length / 1e6 / ((performance.now() - begin) / 1000));
      const { user, system } = process.cpuUsage(cpu);
      perCpu[way].push(data.length / (user + system));
      if (way === 'push') wrong += String(Buffer.concat(chunks)) === 'equal' ? 0 : 1;
      else {
        for (const chunk of chunks) hash.update(chunk);
        wrong += hash.digest('hex') === sum ? 0 : 1;
      }
    }
  }
  const inside = stack.connect(80, '10.0.0.2');
  await once(inside, 'connect');
  inside.setNoDelay(true);
  inside.write('E');
  const trips = { stream: await roundTrips(bare), inside: await roundTrips(inside) };
  const show = (list) => {
    const sorted = [...list].sort((a, b) => a - b);
    const half = list.length >> 1;
    const mean = (some) => (some.reduce((a, b) => a + b, 0) / some.length).toFixed(0);
    return `median ${sorted[half].toFixed(0)} MB/s, least ${sorted[0].toFixed(0)}, first half ${mean(list.slice(0, half))}, second ${mean(list.slice(half))}`;
  };
  console.log(`mtu ${mtu}, ${plain ? 'TCP' : 'TLS'}, ${count} x ${mib} MiB each way; sums that differ: ${wrong}`);
  console.log(`  the stream's own, pulled alike: ${show(rates.bare)}`);
  console.log(`  pull  ${show(rates.pull)}; per second of both ends' CPU ${show(perCpu.pull)}`);
  console.log(`  push  ${show(rates.push)}; per second of both ends' CPU ${show(perCpu.push)}`);
  console.log(
    `  round trip, median: the stream's own ${trips.stream.toFixed(0)} us, through the stack ${trips.inside.toFixed(0)} us`,
  );
  console.log(
    `  dropped for want of room: ${link.counters.txQueueFull}; sent again: ${stack.host.tcp.counters.RetransSegs ?? '?'}`,
  );
  await stack.close(0);
  await worker.terminate();
  bare.destroy();
}

/** The same octets through the stream alone. */
function pull(socket, length) {
  return new Promise((done) => {
    let left = length;
    socket.on('data', function count(octets) {
      left -= octets.length;
      if (left > 0) return;
      socket.off('data', count);
      done();
    });
    socket.write('P');
  });
}

async function roundTrips(socket) {
  const times = [];
  for (let i = 0; i < 500; i++) {
    const begin = performance.now();
    socket.write('x');
    await once(socket, 'data');
    times.push((performance.now() - begin) * 1000);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}
