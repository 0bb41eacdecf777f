// npm run bench:endurance: is it right when it is fast, full, slow or crowded? Our stack on a TUN device in a network
// namespace of its own, through its public API; the peers are Node on the kernel's TCP, in a process of their own.
//
//   npm run bench:endurance                    3 GB each way, and everything else (about a minute)
//   npm run bench:endurance -- 100             100 GB each way
//   npm run bench:endurance -- 1 slow many     parts: transfer, slow, fair, many, churn
//   BENCH_SECONDS=600 npm run ... -- 1 churn   connections that come and go for ten minutes instead of ten seconds
//   BENCH_TXQUEUELEN=5000 npm run ...          another length of the kernel's queue towards us than its default, 500
//
// It runs on `dist` (npm run build), as root. Nothing here passes or fails but sums that differ; what to reach stands
// beside what was measured.
import { fork, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openStack } from '../../dist/net/stack.js';
import { BLOCK_LENGTH, patternAt } from '../../dist/services/terms/pattern.js';

const HOST = '10.9.0.2';
const MIB = 2 ** 20;
const self = fileURLToPath(import.meta.url);
const role = process.env.ENDURANCE_ROLE;

// ---- What both sides do with a socket

/** Writes `octets` of the pattern as fast as they are taken; resolves to their SHA-256 when all are. */
async function writePattern(socket, octets) {
  const hash = createHash('sha256');
  for (let at = 0; at < octets; ) {
    const piece = patternAt(at, Math.min(BLOCK_LENGTH, octets - at));
    hash.update(piece);
    at += piece.length;
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  socket.end();
  return hash.digest('hex');
}

async function hashOf(socket) {
  const hash = createHash('sha256');
  let octets = 0;
  for await (const chunk of socket) {
    hash.update(chunk);
    octets += chunk.length;
  }
  return { octets, sha256: hash.digest('hex') };
}

/** Writes for ever; `socket.bytesWritten` tells how much was taken. */
function pour(socket) {
  const block = patternAt(0, 65_536);
  const fill = () => {
    while (socket.writable && socket.write(block));
  };
  socket.on('error', () => {}).on('drain', fill);
  fill();
}

/** Reads a fixed number of octets a second, from a stream that is asked for no more. */
async function readSlowly(socket, perSecond, seconds) {
  const from = performance.now();
  let octets = 0;
  socket.pause();
  while (performance.now() - from < seconds * 1000) {
    const due = ((performance.now() - from) / 1000) * perSecond;
    while (octets < due) {
      const chunk = socket.read(Math.min(16_384, socket.readableLength || 16_384)) ?? socket.read();
      if (chunk === null) break;
      octets += chunk.length;
    }
    await sleep(5);
  }
  return octets;
}

// ---- The kernel's side

const connect = async (port) => {
  const socket = net.connect({ port, host: HOST, allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
};

const open = [];
const peerCalls = {
  async send(port, octets) {
    return writePattern(await connect(port), octets);
  },
  async receive(port) {
    return hashOf(await connect(port));
  },
  async pour(port, count) {
    for (let i = 0; i < count; i++) {
      const socket = await connect(port);
      open.push(socket);
      pour(socket);
    }
  },
  async drink(port, count) {
    for (let i = 0; i < count; i++) {
      const socket = await connect(port);
      open.push(socket);
      socket.on('error', () => {}).resume();
    }
  },
  async drinkSlowly(port, perSecond, seconds) {
    const socket = await connect(port);
    open.push(socket);
    return readSlowly(socket, perSecond, seconds);
  },
  /** What those opened by `pour` and `drink` have written, as far as the kernel took it. */
  written: async () => open.map((socket) => socket.bytesWritten - socket.writableLength),
  async converse(port, count) {
    let answered = 0;
    for (let begun = 0; begun < count; begun += 50) {
      const some = Array.from({ length: Math.min(50, count - begun) }, async () => {
        const socket = await connect(port);
        open.push(socket);
        socket.write(Buffer.alloc(64));
        for (let left = 64; left > 0; left -= (await once(socket, 'data'))[0].length);
        answered++;
      });
      await Promise.all(some);
    }
    return answered;
  },
  /** Connections that say one octet, hear it again and end, so many at a time; resolves to how many there were. */
  async churn(port, atOnce, seconds) {
    const until = performance.now() + seconds * 1000;
    let count = 0;
    const inTurn = async () => {
      while (performance.now() < until) {
        const socket = await connect(port);
        socket.write('x');
        await once(socket, 'data');
        socket.end();
        socket.resume();
        await once(socket, 'close');
        count++;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, inTurn));
    return count;
  },
  async drop() {
    for (const socket of open.splice(0)) socket.destroy();
  },
};

function bePeer() {
  process.on('message', async ({ id, call, args }) => {
    try {
      process.send({ id, result: await peerCalls[call](...args) });
    } catch (error) {
      process.send({ id, error: `${call}: ${error.message}` });
    }
  });
  process.on('disconnect', () => process.exit());
}

function startPeer() {
  const child = fork(self, { env: { ...process.env, ENDURANCE_ROLE: 'peer' }, execArgv: [] });
  const waiting = new Map();
  let last = 0;
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  });
  const ask = (call, ...args) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      child.send({ id: last, call, args });
    });
  return { ask, end: () => child.disconnect() };
}

// ---- Our side

const line = (what, measured, toReach = '') => console.log(`${what.padEnd(62)} ${measured.padStart(22)}   ${toReach}`);
const mib = (bytes) => `${(bytes / MIB).toFixed(1)} MiB`;
const cpu = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;

function memory() {
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The next connection to `port`, and the server, which is closed. */
async function accept(stack, port, count = 1) {
  const sockets = [];
  const server = stack.createServer({ allowHalfOpen: true });
  await new Promise((resolve) => {
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      if (sockets.push(socket) === count) resolve();
    });
    server.listen(port);
  });
  server.close();
  return sockets;
}

async function transfer(stack, peer, gigabytes) {
  const octets = Math.round(gigabytes * 1e9);
  for (const way of ['received', 'sent']) {
    const accepted = accept(stack, 1001);
    await sleep(20);
    const far = way === 'received' ? peer.ask('send', 1001, octets) : peer.ask('receive', 1001);
    const [socket] = await accepted;
    const [begin, spent, before] = [performance.now(), cpu(), memory()];
    let ours;
    let theirs;
    if (way === 'received') {
      ({ sha256: ours } = await hashOf(socket));
      socket.end();
      theirs = await far;
    } else {
      socket.resume();
      ours = await writePattern(socket, octets);
      ({ sha256: theirs } = await far);
    }
    const took = (performance.now() - begin) / 1000;
    const same = ours === theirs ? 'equal' : 'DIFFERENT';
    if (same !== 'equal') process.exitCode = 1;
    line(`${gigabytes} GB ${way}: SHA-256 of both sides`, same, 'equal');
    const each = `${((cpu() - spent) / gigabytes).toFixed(2)} s/GB`;
    line('  rate, and our CPU time, both with SHA-256', `${((octets * 8) / took / 1e9).toFixed(1)} Gbit/s, ${each}`);
    line('  memory grew by', mib(memory() - before), 'flat');
  }
}

/** Both ways, at 1 MB/s: the other side may only be ahead by what the buffers hold. */
async function slow(stack, peer) {
  const [rate, seconds] = [1e6, 8];
  for (const way of ['we read', 'the kernel’s side reads']) {
    const accepted = accept(stack, 1002);
    await sleep(20);
    const weRead = way === 'we read';
    const far = weRead ? peer.ask('pour', 1002, 1) : peer.ask('drinkSlowly', 1002, rate, seconds);
    const [socket] = await accepted;
    const reading = weRead ? readSlowly(socket, rate, seconds) : pour(socket);
    await sleep(2000);
    const early = memory();
    await sleep((seconds - 3) * 1000);
    const late = memory();
    const { tcpi_rcv_space, tcpi_snd_cwnd } = socket.info();
    const read = weRead ? await reading : await far;
    const written = weRead ? (await peer.ask('written'))[0] : socket.bytesWritten - socket.writableLength;
    line(`1 MB/s, ${way}: got`, `${(read / seconds / 1e6).toFixed(2)} MB/s`, '1.00');
    line('  the sender is ahead by', mib(written - read), 'the buffers, no more');
    line('  our memory after 2 s, and 5 s later', `${mib(early)}, ${mib(late)}`, 'flat');
    line('  tcpi_rcv_space, tcpi_snd_cwnd', `${tcpi_rcv_space}, ${tcpi_snd_cwnd}`);
    await peer.ask('drop');
    socket.destroy();
    await sleep(100);
  }
}

/** 32 flows each way at once, and how evenly each 32 share. */
async function fair(stack, peer) {
  const [count, seconds] = [32, 8];
  const acceptedIn = accept(stack, 1003, count);
  const acceptedOut = accept(stack, 1004, count);
  await sleep(20);
  // Those who send to us in a process of their own, or its event loop would share out their turns, not we.
  const pourer = startPeer();
  const far = Promise.all([pourer.ask('pour', 1003, count), peer.ask('drink', 1004, count)]);
  const [inward, outward] = await Promise.all([acceptedIn, acceptedOut]);
  await far;
  for (const socket of inward) socket.resume();
  for (const socket of outward) pour(socket.resume());
  const read = () => inward.map((socket) => socket.bytesRead);
  const acked = () => outward.map((socket) => socket._connection.bytesAcked);
  await sleep(1000);
  const before = [read(), acked()];
  await sleep(seconds * 1000);
  const shares = [read(), acked()].map((now, way) => now.map((octets, i) => octets - before[way][i]));
  for (const [way, flows] of [
    ['received', shares[0]],
    ['sent', shares[1]],
  ]) {
    const sum = flows.reduce((a, b) => a + b);
    const mean = sum / count;
    const jain = sum ** 2 / (count * flows.reduce((a, b) => a + b * b, 0));
    const worst = Math.max(...flows.map((octets) => Math.abs(octets - mean))) / mean;
    line(`64 flows, of which ${count} ${way}: Jain’s index`, jain.toFixed(4), '1: all the same');
    line('  farthest from the mean', `${(worst * 100).toFixed(1)} percent`, 'at most 20');
    line('  together', `${((sum * 8) / seconds / 1e9).toFixed(1)} Gbit/s`);
  }
  await peer.ask('drop');
  pourer.end();
  for (const socket of [...inward, ...outward]) socket.destroy();
  await sleep(200);
}

async function many(stack, peer) {
  const count = 10_000;
  const server = stack.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(7);
  await sleep(20);
  await peer.ask('converse', 7, 200); // code and pools that the first connections bring with them
  await peer.ask('drop');
  await sleep(500);
  const before = memory();
  const rss = process.memoryUsage().rss;
  const spent = cpu();
  const answered = await peer.ask('converse', 7, count);
  const used = cpu() - spent;
  const each = (memory() - before) / count;
  line('10,000 echo connections: answered', String(answered), '10,000');
  line('  bytes each, all in (heap and external)', each.toFixed(0), 'at most 8192');
  line('  resident set grew by, each', ((process.memoryUsage().rss - rss) / count).toFixed(0));
  line('  our CPU time to open one and answer it', `${((used / count) * 1e6).toFixed(0)} us`);
  await peer.ask('drop');
  server.close();
}

/** Short connections, 32 at once: does anything stay of them, and how long do collections stop the host? */
async function churn(stack, peer) {
  const seconds = Number(process.env.BENCH_SECONDS ?? 10);
  const server = stack.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(7);
  await sleep(20);
  // The kernel's end closes first and has the TIME_WAITs: in this namespace it may take their ports again after a second (RFC 6191).
  for (const [knob, value] of [
    ['tcp_tw_reuse', '1'],
    ['ip_local_port_range', '1024 65535'],
  ])
    writeFileSync(`/proc/sys/net/ipv4/${knob}`, value);
  await peer.ask('churn', 7, 32, Math.min(seconds, 10)); // code and pools that the first connections bring with them
  await sleep(500);
  const before = memory();
  await sleep(100); // or these collections would be among those that are counted
  const longest = { scavenge: 0, markCompact: 0 };
  const observer = new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries()) {
      const kind = detail.kind === constants.NODE_PERFORMANCE_GC_MINOR ? 'scavenge' : 'markCompact';
      longest[kind] = Math.max(longest[kind], duration);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const spent = cpu();
  const count = await peer.ask('churn', 7, 32, seconds);
  const used = cpu() - spent;
  await sleep(500);
  observer.disconnect();
  const [scavenge, markCompact] = [longest.scavenge, longest.markCompact].map((ms) => `${ms.toFixed(1)} ms`);
  line(`${seconds} s of short connections, 32 at once`, `${count}, ${(count / seconds).toFixed(0)} a second`);
  line('  memory grew by', mib(memory() - before), 'flat');
  line('  longest scavenge, and collection of everything', `${scavenge}, ${markCompact}`, 'at most 10 ms');
  line('  our CPU time, each', `${((used / count) * 1e6).toFixed(0)} us`);
  server.close();
}

async function beHost([size, ...parts]) {
  const wanted = (part) => parts.length === 0 || parts.includes(part);
  const stack = await openStack({ device: 'tun0', kernelAddress: '10.9.0.1', address: HOST });
  const { BENCH_TXQUEUELEN } = process.env;
  if (BENCH_TXQUEUELEN) spawnSync('ip', ['link', 'set', stack.link.name, 'txqueuelen', BENCH_TXQUEUELEN]);
  const peer = startPeer();
  try {
    if (wanted('transfer')) await transfer(stack, peer, size);
    if (wanted('slow')) await slow(stack, peer);
    if (wanted('fair')) await fair(stack, peer);
    if (wanted('many')) await many(stack, peer);
    if (wanted('churn')) await churn(stack, peer);
  } finally {
    peer.end();
    await stack.close();
  }
}

/** In a network namespace of its own, which ends with it. */
function enterNamespace() {
  if (process.getuid?.() !== 0 || spawnSync('sh', ['-c', 'command -v unshare ip']).status !== 0) {
    console.error(
      'Cannot run the bench: it makes a network namespace and a TUN device. Run it as root, with unshare and ip',
    );
    process.exit(1);
  }
  const [first = '3', ...rest] = process.argv.slice(2);
  const args = Number(first) > 0 ? [first, ...rest] : ['3', first, ...rest];
  const command = ['--net', '--', process.execPath, '--expose-gc', self, ...args];
  const child = spawn('unshare', command, { stdio: 'inherit', env: { ...process.env, ENDURANCE_ROLE: 'host' } });
  child.on('exit', (code) => process.exit(code ?? 1));
}

if (role === 'peer') bePeer();
else if (role === 'host') {
  await beHost([Number(process.argv[2]), ...process.argv.slice(3)]);
  process.exit();
} else enterNamespace();
