import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { cert, key } from '../../net/as-node/certificate.ts';
import { pattern } from '../fake-device.ts';
import { choppyPair } from '../support/choppy-pair.ts';
import { readAll, stacks, sum } from '../support/stream-stacks.ts';

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator: Knuth's, of 64 bits). */
function numbers(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number(state >> 11n) / 2 ** 53;
  };
}

async function tlsOver([near, far]: [Duplex, Duplex]): Promise<[Duplex, Duplex]> {
  const server = tls.createServer({ key, cert });
  server.emit('connection', far);
  const client = tls.connect({ socket: near, rejectUnauthorized: false });
  const [accepted] = (await once(server, 'secureConnection')) as [Duplex];
  return [client, accepted];
}

/** Elsewhere with TCPGLASS_SEED, as property tests (test/support/seed.ts). */
const FIRST = Number(process.env.TCPGLASS_SEED ?? 1);

const CASES = [1500, 16_000, 9000].flatMap((mtu, i) =>
  (['ip', 'length32be'] as const).flatMap((framing) =>
    [false, true].map((isTls) => ({ seed: FIRST + i, framing, isTls, mtu })),
  ),
);

describe('over a stream that keeps what it gets, and cuts and joins it at random', () => {
  it.each(CASES)('octets come as they were sent, both ways at once: %o', async ({ seed, framing, isTls, mtu }) => {
    const random = numbers(seed);
    const pair = choppyPair(random);
    const [near, far] = stacks(isTls ? await tlsOver(pair) : pair, { mtu, framing });
    far.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(7);
    const one = async (index: number): Promise<void> => {
      const data = pattern(400_000 + Math.floor(random() * 400_000), index);
      const socket = near.connect(7, '10.0.0.2');
      const got: Buffer[] = [];
      // What was handed up stays as it was, however long it is kept.
      const sums: string[] = [];
      socket.on('data', (chunk: Buffer) => {
        got.push(chunk);
        sums.push(sum(chunk));
        if (random() > 0.1) return;
        socket.pause();
        setImmediate(() => socket.resume());
      });
      const end = readAll(socket);
      for (let at = 0; at < data.length; ) {
        const to = Math.min(data.length, at + Math.ceil(random() * 100_000));
        if (!socket.write(data.subarray(at, to))) await once(socket, 'drain');
        at = to;
      }
      socket.end();
      await end;
      expect(got.map(sum)).toEqual(sums);
      expect(sum(Buffer.concat(got))).toBe(sum(data));
    };
    await Promise.all([0, 1, 2].map(one));
    for (const { inspect } of [near, far]) expect(inspect.counters().counters.TcpInCsumErrors).toBe(0);
  });
});
