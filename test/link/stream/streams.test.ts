import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packetStreamLink } from '../../../src/link/stream/packet-stream-link.ts';
import { createStack } from '../../../src/net/stack.ts';
import { cert, key } from '../../net/as-node/certificate.ts';
import { pattern } from '../fake-device.ts';
import { overTls, readAll, stacks, sum, transfer } from '../support/stream-stacks.ts';

let sockets = 0;

/** A socket of the file system; on Windows, a named pipe. */
async function overUnix(): Promise<[net.Socket, net.Socket]> {
  const name = `tcpglass-test-${process.pid}-${sockets++}`;
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name);
  const server = net.createServer().listen(path);
  await once(server, 'listening');
  const near = net.connect(path);
  const [far] = (await once(server, 'connection')) as [net.Socket];
  server.close();
  return [near, far];
}

async function overTlsOverUnix(): Promise<[Duplex, Duplex]> {
  const [near, far] = await overUnix();
  const server = tls.createServer({ key, cert });
  server.emit('connection', far);
  const client = tls.connect({ socket: near, rejectUnauthorized: false });
  const [accepted] = (await once(server, 'secureConnection')) as [Duplex];
  return [client, accepted];
}

/** A stack of another program, behind its standard input and output. It echoes on port 7. */
const FAR_END = `
  import { Duplex } from 'node:stream';
  import { createStack, packetStreamLink } from './dist/index.js';
  const stack = createStack(packetStreamLink(Duplex.from({ readable: process.stdin, writable: process.stdout })), {
    addresses: ['10.0.0.2/24'],
  });
  stack.createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket)).listen(7, () =>
    process.stderr.write('ready'));`;

function child(): ChildProcess {
  const one = spawn(process.execPath, ['--input-type=module', '--eval', FAR_END], { stdio: 'pipe' });
  onTestFinished(() => void one.kill());
  return one;
}

describe('a stack over', () => {
  it.each([
    ['TLS', overTls, { mtu: 16_000 }],
    ['TLS, in packets of 1,500', overTls, {}],
    ['a socket of the file system', overUnix, { framing: 'length32be' }],
    ['TLS on such a one', overTlsOverUnix, { mtu: 65_535 }],
  ] as const)('%s: pushes and pulls, one after the other, with equal sums', async (_, open, options) => {
    const [near, far] = stacks(await open(), options);
    for (let i = 0; i < 5; i++) {
      const data = pattern(2_000_000, i);
      expect(await transfer([near, far], data)).toBe(sum(data));
      expect(await transfer([far, near], data, '10.0.0.1')).toBe(sum(data));
    }
    expect([near.link.counters.txQueueFull, far.link.counters.txQueueFull]).toEqual([0, 0]);
  });

  it("a child's standard input and output, and its end is the end of all sockets", async () => {
    const program = child();
    await once(program.stderr!, 'data');
    const stream = Duplex.from({ readable: program.stdout!, writable: program.stdin! });
    const stack = createStack(packetStreamLink(stream), { addresses: ['10.0.0.1/24'] });
    onTestFinished(() => stack.close(0));
    const data = pattern(1_000_000);
    const socket = stack.connect(7, '10.0.0.2');
    socket.end(data);
    expect(sum(await readAll(socket))).toBe(sum(data));
    const another = stack.connect(7, '10.0.0.2');
    await once(another, 'connect');
    program.kill('SIGKILL');
    expect((await once(another, 'error'))[0]).toMatchObject({ code: 'ENETDOWN' });
  });
});
