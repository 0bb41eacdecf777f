import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Cable } from '../../src/link/cable.ts';
import { packetStreamLink } from '../../src/link/stream/packet-stream-link.ts';
import type { Link } from '../../src/link/terms/link.ts';
import { createStack, type HostSettings, type Stack } from '../../src/net/stack.ts';
import { badNetwork } from '../../src/testing/bad-network.ts';
import { kernelAvailable, UNSHARE } from '../kernel/available.ts';
import { cert, key } from '../net/as-node/certificate.ts';

const APPLICATIONS = ['express', 'fastify', 'got', 'ioredis', 'nodes-own', 'ssh2', 'undici', 'ws'];

interface World {
  server: Stack;
  client: Stack;
  /** The server's. */
  address: string;
}

function world([a, b]: [Link, Link], settings: Partial<HostSettings> = {}): World {
  const server = createStack(a, { addresses: ['10.0.0.1/24'], ...settings });
  return { server, client: createStack(b, { addresses: ['10.0.0.2/24'] }), address: '10.0.0.1' };
}

/** A connection of Node's own TLS over loopback, to carry packets. */
async function tunnel(): Promise<[Duplex, Duplex]> {
  const listener = tls.createServer({ key, cert }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const near = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  const [far] = (await once(listener, 'secureConnection')) as [tls.TLSSocket];
  listener.close();
  return [near, far];
}

function cable(): [Link, Link] {
  const { a, b } = new Cable();
  return [a, b];
}

/** In time of its own: what is lost costs no time. */
async function virtual(): Promise<World> {
  return badNetwork({ time: 'virtual', rules: ['delay 20ms', 'loss 2%', 'duplicate 1%'], seed: 1 });
}

const WORLDS: Record<string, () => Promise<World>> = {
  'a cable': async () => world(cable()),
  'a cable that loses and reorders': async () =>
    world(cable(), { impair: 'delay 1ms; loss 1%; reorder 2%', impairSeed: 7 }),
  'a bad network in virtual time': virtual,
  'a TLS stream': async () => {
    const [near, far] = await tunnel();
    return world([packetStreamLink(near), packetStreamLink(far)]);
  },
};

// Not one of them has a line that is for tcpglass, but where its sockets come from.
describe.skipIf(!existsSync(new URL('node_modules', import.meta.url)))('applications', () => {
  for (const application of APPLICATIONS) {
    describe(application, () => {
      for (const [over, open] of Object.entries(WORLDS)) {
        test(`over ${over}`, async () => {
          const { server, client, address } = await open();
          try {
            const { default: run } = await import(`./programs/${application}.mjs`);
            await run({ server, client, address, cert, key });
          } finally {
            await Promise.all([server.close(0), client.close(0)]);
          }
        });
      }
    });
  }
  test.skipIf(!kernelAvailable().ok)('all of them, over a TUN device, with the kernel', async () => {
    const script = fileURLToPath(new URL('./over-tun.mjs', import.meta.url));
    const [command, ...args] = [...UNSHARE, process.execPath, script, JSON.stringify([APPLICATIONS, { cert, key }])];
    const { stdout } = await promisify(execFile)(command!, args, { timeout: 110_000 });
    expect(stdout.trim().split('\n')).toEqual(APPLICATIONS);
  });
});
