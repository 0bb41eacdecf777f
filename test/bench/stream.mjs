// npm run bench:stream: a stack over a byte stream (packetStreamLink), with another at the stream's far end: MB/s of TCP through TCP through
// TLS on this machine's loopback, and round trips of one byte, beside those of the stream alone, which carries the same chunks in turn with it.
//
//   npm run bench:stream                       MTUs of 1,500 and 16,000; 20 x 10 MiB each way; the far end in a thread of its own
//   npm run bench:stream -- --far here         both ends in one thread (or: process)
//   npm run bench:stream -- --over tcp         in place of TLS (or: unix)
//   npm run bench:stream -- --mtu 9000 --count 5 --mib 40
//
// Nothing here passes or fails. What comes is compared with what was sent, octet by octet (a sum of it, SHA-256, takes as long as TLS). Where other work loads the machine, look at what a second of CPU carries.
import { fork } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createStack, packetStreamLink } from '../../dist/index.js';

const KEY = Buffer.alloc(16, 7);
const PSK = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2', checkServerIdentity: () => undefined };
const PIECE = 64 * 1024;
/** The first of them run through code that isn't compiled yet. */
const TRIPS = 5000;
const [PULL, PUSH, ECHO] = Buffer.from('PSE');

/** Octets that both ends know, as random as a cipher's. */
const octets = (mib) => createCipheriv('aes-128-ctr', KEY, KEY).update(Buffer.alloc(mib * 1024 * 1024));

/** A function that gets each chunk of what comes. It says '=' when all of `data` has come, 'X' if it was anything else; null: not all is there. */
function comparer(data) {
  let at = 0;
  let isSame = true;
  return (chunk) => {
    isSame &&= data.compare(chunk, 0, chunk.length, at, at + chunk.length) === 0;
    at += chunk.length;
    if (at < data.length) return null;
    return isSame && at === data.length ? '=' : 'X';
  };
}

async function send(socket, data) {
  for (let at = 0; at < data.length; at += PIECE) {
    if (!socket.write(data.subarray(at, at + PIECE))) await once(socket, 'drain');
  }
}

// ---- The far end ----------------------------------------------------------------------------------------------------

/** Of the streams that come to it the first is used as it is, and the second one has a stack on it, which serves the same. */
function farEnd({ mtu, mib, over }, tell) {
  const data = octets(mib);
  let streams = 0;
  const onStream = (stream) => {
    stream.on('error', () => {});
    if (over !== 'unix') stream.setNoDelay(true);
    if (streams++ === 0) serve(stream, data);
    else {
      const stack = createStack(packetStreamLink(stream, { mtu }), { addresses: ['10.0.0.2/24'] });
      const server = stack.createServer({ noDelay: true }, (socket) => serve(socket, data)).listen(80);
      server.on('error', () => {}); // the near end closes the stream
    }
  };
  const server =
    over === 'tls' ? tls.createServer({ ...PSK, pskCallback: () => KEY }, onStream) : net.createServer(onStream);
  if (over === 'unix')
    server.listen(join(tmpdir(), `tcpglass-bench-${process.pid}-${Date.now()}`), () => tell(server.address()));
  else server.listen(0, '127.0.0.1', () => tell(server.address().port));
}

/** Pull: octets go. Push: they come, and then goes a byte that says whether they are the right ones. Echo: what comes goes back. */
function serve(socket, data) {
  let command = 0;
  let take = null;
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('data', (chunk) => {
    if (command === ECHO) socket.write(chunk);
    else if (command === PUSH) {
      const answer = take(chunk);
      if (answer === null) return;
      command = 0;
      socket.write(answer);
    } else if (chunk[0] === PULL) send(socket, data);
    else {
      command = chunk[0];
      take = comparer(data);
      if (command === PUSH || command === ECHO) socket.write('?');
    }
  });
}

// ---- The near end ---------------------------------------------------------------------------------------------------

async function open(at, over) {
  const where = over === 'unix' ? { path: at } : { host: '127.0.0.1', port: at };
  const socket =
    over === 'tls'
      ? tls.connect({ ...where, ...PSK, pskCallback: () => ({ psk: KEY, identity: 'bench' }) })
      : net.connect(where);
  await once(socket, over === 'tls' ? 'secureConnect' : 'connect');
  if (over !== 'unix') socket.setNoDelay(true);
  return socket;
}

/** @returns a function that ends it, and where it listens */
async function startFarEnd(far, options) {
  if (far === 'here') return [await new Promise((done) => farEnd(options, done)), () => {}];
  if (far === 'process') {
    const child = fork(fileURLToPath(import.meta.url), ['far', JSON.stringify(options)]);
    return [(await once(child, 'message'))[0], () => child.kill()];
  }
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  return [(await once(worker, 'message'))[0], () => worker.terminate()];
}

async function main() {
  const { values } = parseArgs({
    options: {
      mtu: { type: 'string', multiple: true, default: ['1500', '16000'] },
      count: { type: 'string', default: '20' },
      mib: { type: 'string', default: '10' },
      far: { type: 'string', default: 'thread' },
      over: { type: 'string', default: 'tls' },
    },
  });
  for (const mtu of values.mtu) {
    await measure({ mtu: Number(mtu), mib: Number(values.mib), over: values.over }, Number(values.count), values.far);
  }
  process.exit(0);
}

async function measure(options, count, far) {
  const { mtu, mib, over } = options;
  const data = octets(mib);
  const [at, stop] = await startFarEnd(far, options);
  const bare = await open(at, over);
  const link = packetStreamLink(await open(at, over), { mtu });
  const stack = createStack(link, { addresses: ['10.0.0.1/24'] });
  const runs = {};
  for (const name of ['bare pull', 'stack pull', 'bare push', 'stack push']) runs[name] = { rate: [], perCpu: [] };
  let wrong = 0;
  for (let i = 0; i < count; i++) {
    for (const [name, { rate, perCpu }] of Object.entries(runs)) {
      const socket = name.startsWith('bare') ? bare : stack.connect(80, '10.0.0.2');
      if (socket !== bare) await once(socket, 'connect');
      const begin = performance.now();
      const cpu = process.cpuUsage();
      if (!(await (name.endsWith('pull') ? pull(socket, data) : push(socket, data)))) wrong++;
      rate.push(data.length / 1000 / (performance.now() - begin));
      const { user, system } = process.cpuUsage(cpu);
      perCpu.push(data.length / (user + system));
      if (socket !== bare) socket.end();
    }
  }
  const inside = stack.connect(80, '10.0.0.2').setNoDelay(true);
  await once(inside, 'connect');
  const trips = [await roundTrips(bare), await roundTrips(inside)];
  console.log(
    `mtu ${mtu}, ${over}, the far end: ${far}; ${count} x ${mib} MiB each way; transfers that differ: ${wrong}`,
  );
  for (const way of ['pull', 'push']) {
    const [alone, through] = [runs[`bare ${way}`], runs[`stack ${way}`]];
    console.log(`  ${way}, the stream alone    ${show(alone, far)}`);
    console.log(
      `  ${way}, through the stack   ${show(through, far)}: ${(median(through.rate) / median(alone.rate)).toFixed(2)} of it`,
    );
  }
  console.log(
    `  round trip, median and p99: the stream alone ${showTrips(trips[0])}, through the stack ${showTrips(trips[1])}`,
  );
  const { txQueueFull, rxPackets, rxSuperSegments } = link.counters;
  console.log(
    `  dropped for want of room: ${txQueueFull}; sent again: ${stack.host.tcp.counters.RetransSegs}; packets ${rxPackets}, runs joined ${rxSuperSegments}`,
  );
  await stack.close(0);
  bare.destroy();
  await stop();
}

function pull(socket, data) {
  const take = comparer(data);
  return new Promise((done) => {
    socket.on('data', function compare(chunk) {
      const answer = take(chunk);
      if (answer === null) return;
      socket.off('data', compare);
      done(answer === '=');
    });
    socket.write(Buffer.from([PULL]));
  });
}

async function push(socket, data) {
  socket.write(Buffer.from([PUSH]));
  await once(socket, 'data');
  const answer = once(socket, 'data');
  await send(socket, data);
  return String((await answer)[0]) === '=';
}

async function roundTrips(socket) {
  const times = [];
  socket.write(Buffer.from([ECHO]));
  await once(socket, 'data');
  for (let i = 0; i < TRIPS; i++) {
    const begin = performance.now();
    socket.write('x');
    await once(socket, 'data');
    times.push((performance.now() - begin) * 1000);
  }
  times.sort((a, b) => a - b);
  return { half: times[times.length >> 1], most: times[Math.floor(0.99 * times.length)] };
}

const showTrips = ({ half, most }) => `${half.toFixed(0)} and ${most.toFixed(0)} us`;
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** Its rates; those of CPU count both ends', where they are in one process. */
function show({ rate, perCpu }, far) {
  const mean = (some) => (some.reduce((a, b) => a + b, 0) / some.length).toFixed(0);
  const half = rate.length >> 1;
  const wall = `median ${median(rate).toFixed(0)} MB/s, least ${Math.min(...rate).toFixed(0)}, first half ${mean(rate.slice(0, half))}, second ${mean(rate.slice(half))}`;
  return far === 'process' ? wall : `${wall}, ${median(perCpu).toFixed(0)} per second of CPU`;
}

if (!isMainThread) farEnd(workerData, (at) => parentPort.postMessage(at));
else if (process.argv[2] === 'far') farEnd(JSON.parse(process.argv[3]), (at) => process.send(at));
else await main();
