// What a scenario gets (scenario.ts declares it), made inside of its namespace. Plain JavaScript on `dist`.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { endianness, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStack } from '../../dist/net/stack.js';
import { SERVICES, startServices } from '../../dist/services/index.js';
import { patternAt } from '../../dist/services/terms/pattern.js';

/** For what never comes; no slow machine needs it. */
const LONGEST_WAIT_MS = 60_000;

export const PLACE = { device: 'tun0', kernelAddress: '10.9.0.1', address: '10.9.0.2' };

/** Runs a scenario, prints what it returns, and leaves nothing behind. */
export async function run(scenario, options, args) {
  const stack = await openStack({ ...PLACE, ...options });
  const services = await startServices(
    stack,
    new Map(Object.entries(SERVICES).map(([name, { port }]) => [name, port])),
  );
  const { surroundings, end } = surround(stack);
  try {
    const result = await scenario(surroundings, ...args);
    await new Promise((resolve) => process.stdout.write(JSON.stringify(result ?? null), resolve));
  } finally {
    end();
    services.close();
    await stack.close();
  }
  process.exit();
}

/** The kernel's states by their numbers (net/tcp_states.h), with the names that ss gives them. */
const STATES =
  '- ESTAB SYN-SENT SYN-RECV FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSE CLOSE-WAIT LAST-ACK LISTEN CLOSING NEW-SYN-RECV'.split(
    ' ',
  );

/** Words in the machine's byte order; the last of ::ffff:10.9.0.2 is the IPv4 address. */
function addressOf(end) {
  const bytes = Buffer.from(end.split(':')[0].slice(-8), 'hex');
  return (endianness() === 'LE' ? bytes.reverse() : bytes).join('.');
}

const portOf = (end) => Number.parseInt(end.split(':')[1], 16);

/** Functions that need no `this`, so that a scenario can take apart what it gets. */
function surround(stack) {
  const children = [];
  let folder = null;

  function start(...argv) {
    const child = spawn(argv[0], argv.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {});
    children.push(child);
    return child;
  }

  /** The stack lives in this process: waiting for a command must not block it. */
  async function sh(script) {
    const child = start('sh', '-c', script);
    child.stdin.end();
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const code = await new Promise((resolve) => child.on('close', resolve));
    if (code !== 0) throw new Error(`${script}\nended with ${code}: ${stdout}${stderr}`);
    return stdout.trim();
  }

  function patternHash(length) {
    const hash = createHash('sha256');
    for (let at = 0; at < length; ) {
      const piece = patternAt(at, length - at);
      hash.update(piece);
      at += piece.length;
    }
    return hash.digest('hex');
  }

  /** /proc/net/tcp rather than ss: it is there wherever the kernel is. */
  function kernels() {
    const files = ['tcp', 'tcp6'].filter((name) => existsSync(`/proc/net/${name}`));
    const rows = files.flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').trim().split('\n').slice(1));
    const facts = rows.map((row) => row.trim().split(/\s+/));
    return facts
      .filter(([, , remote]) => addressOf(remote) === PLACE.address)
      .map(([, local, remote, state]) => `${portOf(local)} ${portOf(remote)} ${STATES[Number.parseInt(state, 16)]}`);
  }

  const surroundings = {
    ...PLACE,
    stack,
    net,
    http,
    sleep,
    openStack,
    start,
    startNode: (script) => start(process.execPath, '-e', script),
    sh,
    async until(what, isTrue) {
      const since = performance.now();
      while (performance.now() - since < LONGEST_WAIT_MS) {
        if (await isTrue()) return;
        await sleep(10);
      }
      throw new Error(`Waited ${LONGEST_WAIT_MS / 1000} s in vain until ${what}`);
    },
    file(name) {
      folder ??= mkdtempSync(join(tmpdir(), 'tcpglass-'));
      return join(folder, name);
    },
    patternHash,
    hash: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    ours: () => [...stack.host.connections()].map((c) => `${c.localPort} ${c.remotePort} ${c.state}`),
    kernels,
    ourTimeWaits() {
      const { timeWait, now } = stack.host.tcp;
      const entries = [...timeWait.entries(now)].filter((e) => e.state === 'TIME_WAIT');
      return entries.map((e) => `${e.localPort} ${e.remotePort}`);
    },
    collect: (socket) =>
      new Promise((resolve) => {
        const chunks = [];
        let error = null;
        socket.on('data', (chunk) => chunks.push(chunk));
        socket.on('error', ({ code }) => (error = code));
        socket.on('close', () => resolve({ data: Buffer.concat(chunks), error }));
      }),
    listen: (server, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, () => resolve(server.address().port));
      }),
  };
  const end = () => {
    for (const child of children) child.kill('SIGKILL');
    if (folder) rmSync(folder, { recursive: true });
  };
  return { surroundings, end };
}
