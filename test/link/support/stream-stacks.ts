import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import tls, { type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import {
  type PacketStreamLink,
  type PacketStreamOptions,
  packetStreamLink,
} from '../../../src/link/stream/packet-stream-link.ts';
import { createStack, type Stack } from '../../../src/net/stack.ts';
import { cert, key } from '../../net/as-node/certificate.ts';

/** A stack at each end of a stream. */
export type Ends = [Stack<PacketStreamLink>, Stack<PacketStreamLink>];

/** They are closed when the test has finished. */
export function stacks([a, b]: [Duplex, Duplex], options: PacketStreamOptions = {}, others = options): Ends {
  const made: Ends = [
    createStack(packetStreamLink(a, options), { addresses: ['10.0.0.1/24', 'fd00::1/64'] }),
    createStack(packetStreamLink(b, others), { addresses: ['10.0.0.2/24', 'fd00::2/64'] }),
  ];
  onTestFinished(async () => void (await Promise.all(made.map((stack) => stack.close(0)))));
  return made;
}

/** A connection of Node's own TLS, over the loopback. */
export async function overTls(): Promise<[TLSSocket, TLSSocket]> {
  const server = tls.createServer({ key, cert }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = tls.connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });
  const [accepted] = (await once(server, 'secureConnection')) as [TLSSocket];
  server.close();
  return [client, accepted];
}

/** What tells whether octets are the same. */
export const sum = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** (`for await` would destroy it at its end, and there would be no answer.) */
export function readAll(from: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  from.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((done, failed) => {
    from.on('end', () => done(Buffer.concat(chunks)));
    from.on('error', failed);
  });
}

/** Sends octets from one end to the other. @returns the `sum` of what came there, by way of the other direction */
export async function transfer([near, far]: Ends, data: Uint8Array, host = '10.0.0.2'): Promise<string> {
  const server = far.createServer(
    { allowHalfOpen: true },
    (socket) => void readAll(socket).then((got) => socket.end(sum(got))),
  );
  server.listen(80);
  const socket = near.connect(80, host);
  socket.end(data);
  const answer = await readAll(socket);
  server.close();
  return String(answer);
}
