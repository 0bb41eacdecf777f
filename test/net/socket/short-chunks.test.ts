import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Socket } from '../../../src/net/socket/socket.ts';
import { closed, pair, pattern } from '../support/record.ts';
import { cableNets, fakeNets, type TwoNets } from '../support/two-nets.ts';

// A peer that sends single octets: what waits in the streams is bounded by count, and still comes out whole.

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Sends octets so that each arrives by itself. */
async function drip(socket: Socket, to: Socket, bytes: Buffer, atEach: () => void = () => {}): Promise<void> {
  const before = to.bytesRead;
  for (let i = 0; i < bytes.length; i++) {
    socket.write(bytes.subarray(i, i + 1));
    while (to.bytesRead <= before + i) await turn();
    atEach();
  }
}

interface States {
  _readableState: { buffer: unknown[]; bufferIndex: number };
  _writableState: { bufferedRequestCount: number };
}
const unread = (socket: Socket): number => {
  const { buffer, bufferIndex } = (socket as unknown as States)._readableState;
  return buffer.length - bufferIndex;
};
const unwritten = (socket: Socket): number => (socket as unknown as States)._writableState.bufferedRequestCount;

/** More than any send buffer (`tcp_wmem`) and the window of a peer that does not read take. */
const TOO_MUCH = 5_000_000;
/** A stream's `highWaterMark` that is not reached. */
const ROOMY = 1 << 23;

let nets: TwoNets;
beforeEach(() => {
  nets = fakeNets();
});
afterEach(() => nets.close());

describe('octets that wait to be read', () => {
  test('lie in few chunks', async () => {
    const { near, far } = await pair(nets, { server: { pauseOnConnect: true } });
    const sent = pattern(3000);
    let most = 0;
    far.on('readable', () => {});
    await drip(near, far, sent, () => {
      most = Math.max(most, unread(far));
    });
    near.end();
    await turn();
    await turn();
    expect([far.readableLength, most]).toEqual([3000, 18]);
    expect(far.read()).toEqual(sent);
    await once(far, 'end');
  });

  test('as text lie in few strings', async () => {
    const { near, far } = await pair(nets);
    far.setEncoding('utf8');
    far.pause();
    const sent = 'zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich. '.repeat(10);
    await drip(near, far, Buffer.from(sent));
    expect(unread(far)).toBeLessThan(20);
    near.end();
    let received = '';
    for await (const text of far) {
      expect(text).toBeTypeOf('string');
      received += text;
    }
    expect(received).toBe(sent);
  });

  test('are given to a reader that waits for many of them', async () => {
    const { near, far } = await pair(nets);
    const sent = pattern(2500);
    const pieces: Buffer[] = [];
    far.on('readable', () => {
      for (let piece = far.read(1000); piece !== null; piece = far.read(1000)) pieces.push(piece);
    });
    let most = 0;
    await drip(near, far, sent, () => {
      most = Math.max(most, unread(far));
    });
    near.end();
    await closed(far);
    expect(pieces.map((piece) => piece.length)).toEqual([1000, 1000, 500]);
    expect(Buffer.concat(pieces)).toEqual(sent);
    expect(most).toBeLessThan(20);
  });

  test('long chunks are left as they are', async () => {
    const { near, far } = await pair(nets, { server: { highWaterMark: ROOMY, pauseOnConnect: true } });
    far.on('readable', () => {});
    for (let i = 0; i < 50; i++) {
      near.write(pattern(1200, i));
      await turn();
    }
    await turn();
    expect(unread(far)).toBe(50);
  });
});

describe('octets that wait to be written', () => {
  test('are few writes: then `write` says stop, and drain comes when all went down, as one', async () => {
    const { near, far } = await pair(nets, { client: { highWaterMark: ROOMY }, server: { pauseOnConnect: true } });
    near.write(pattern(TOO_MUCH));
    let writes = 0;
    while (near.write('x')) writes++;
    expect([writes, unwritten(near), near.writableNeedDrain]).toEqual([32, 33, true]);
    const send = vi.spyOn(near._connection!, 'send');
    far.resume();
    await once(near, 'drain');
    expect([near.writableLength, near.writableNeedDrain, send.mock.calls.length]).toEqual([0, false, 1]);
    near.end();
    await closed(near);
    expect(far.bytesRead).toBe(TOO_MUCH + 33);
  });

  test('are as many as the application likes while it holds them back itself', async () => {
    const { near, far } = await pair(nets);
    far.resume();
    near.cork();
    for (let i = 0; i < 1000; i++) expect(near.write('x')).toBe(true);
    near.uncork();
    expect(near.writableNeedDrain).toBe(false);
    near.end();
    await closed(far);
    expect(far.bytesRead).toBe(1000);
  });

  test('before there is a connection, too', async () => {
    const listener = nets.server.createServer((socket) => socket.resume());
    listener.listen(0, nets.address);
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    const near = nets.client.connect(port, nets.address);
    let writes = 1;
    while (near.write('x')) writes++;
    expect(writes).toBeLessThan(40);
    await once(near, 'drain');
    expect(near.bytesWritten).toBe(writes);
    near.destroy();
    listener.close();
  });
});

describe('an echo service whose clients send single octets and read nothing', () => {
  test('has few chunks on either side of the pipe, and echoes all in the end', async () => {
    await nets.close();
    nets = cableNets();
    const { near, far } = await pair(nets, { client: { noDelay: true }, server: { highWaterMark: ROOMY } });
    far.pipe(far);
    near.pause();
    // Fills the way back; all of the way forth is for single octets.
    const first = pattern(TOO_MUCH, 7);
    far.write(first);
    while (far.info()!.tcpi_snd_wnd > 0) await turn();
    let mostUnread = 0;
    let mostUnwritten = 0;
    const look = (): void => {
      mostUnread = Math.max(mostUnread, unread(far));
      mostUnwritten = Math.max(mostUnwritten, unwritten(far));
    };
    const sent = pattern(600, 9);
    await drip(near, far, sent, look);
    expect([mostUnread > 5, mostUnread <= 20, mostUnwritten]).toEqual([true, true, 33]);
    const received: Buffer[] = [];
    near.on('data', (bytes) => received.push(bytes));
    near.end();
    near.resume();
    await closed(near);
    expect(Buffer.concat(received).equals(Buffer.concat([first, sent]))).toBe(true);
  });
});

// ---- Whatever the reader does, it gets what was sent ----------------------------------------------------------------

/** What happens before the reader takes the rest. */
type Step =
  /** So many octets come, each number of them by itself. */
  | { do: 'receive'; lengths: number[] }
  /** The reader calls `read(length)` and puts the last octets of what it got back. */
  | { do: 'read'; length: number | undefined; putBack: number }
  | { do: 'pause' | 'resume' };

const lengths = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 60, size: 'max' });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('receive' as const), lengths }),
  fc.record({
    do: fc.constant('read' as const),
    length: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
    putBack: fc.nat(5),
  }),
  fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const) }),
);

type Take = (bytes: Buffer) => void;

/** Does the steps, and returns what was sent. */
async function readInSteps(near: Socket, far: Socket, steps: Step[], take: Take): Promise<Buffer> {
  const sent: Buffer[] = [];
  far.pause();
  far.on('data', take);
  for (const step of steps) {
    if (step.do === 'receive') {
      for (const length of step.lengths) {
        const bytes = pattern(length, sent.length);
        sent.push(bytes);
        near.write(bytes);
        await turn();
      }
    } else if (step.do === 'read') {
      readSome(far, step, take);
    } else {
      far[step.do]();
    }
    await turn();
  }
  far.pause();
  far.off('data', take);
  return Buffer.concat(sent);
}

function readSome(far: Socket, { length, putBack }: { length: number | undefined; putBack: number }, take: Take): void {
  // `read` emits 'data', too.
  far.off('data', take);
  const bytes: Buffer | null = far.read(length);
  far.on('data', take);
  if (bytes === null) return;
  const kept = Math.max(0, bytes.length - putBack);
  take(bytes.subarray(0, kept));
  if (kept < bytes.length) far.unshift(bytes.subarray(kept));
}

const restBy: Record<string, (far: Socket, take: Take) => Promise<unknown>> = {
  data: (far, take) => once(far.on('data', take).resume(), 'end'),
  pipe: (far, take) => once(far.pipe(new PassThrough()).on('data', take), 'end'),
  iteration: async (far, take) => {
    for await (const bytes of far) take(bytes);
  },
  read: (far, take) => {
    far.on('readable', () => {
      let bytes: Buffer | null;
      while ((bytes = far.read(37) ?? far.read()) !== null) take(bytes);
    });
    return once(far, 'end');
  },
};

test.each(Object.entries(restBy))('a reader in steps, at last by %s, gets what was sent', async (_, takeRest) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20, size: 'max' }), async (steps) => {
      const { near, far, listener } = await pair(nets);
      const received: Buffer[] = [];
      const take: Take = (bytes) => void received.push(bytes);
      const sent = await readInSteps(near, far, steps, take);
      const end = takeRest(far, take);
      near.end('the rest');
      await end;
      expect(Buffer.concat(received).equals(Buffer.concat([sent, Buffer.from('the rest')]))).toBe(true);
      far.destroy();
      listener.close();
    }),
    { numRuns: 50 },
  );
});
