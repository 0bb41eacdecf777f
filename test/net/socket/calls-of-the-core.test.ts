import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Driver } from '../../../src/net/driver/driver.ts';
import { createNet, type Net } from '../../../src/net/net.ts';
import type { Socket } from '../../../src/net/socket/socket.ts';
import type { TcpConnection } from '../../../src/tcp/terms/user.ts';
import { type FakeHost, type FakeLink, FakeNetwork } from '../support/fake-host.ts';
import { closed, listening, pair, pattern, pause } from '../support/record.ts';
import type { TwoNets } from '../support/two-nets.ts';

// What the stream asks of the connection, and when: where copies are made, what closes the window, when a flush comes.

interface Side {
  host: FakeHost;
  link: FakeLink;
  driver: Driver;
  net: Net;
}

let a: Side;
let b: Side;
let nets: TwoNets;

beforeEach(() => {
  const network = new FakeNetwork();
  const side = (ip: string): Side => {
    const { host, link } = network.host(ip);
    const driver = new Driver(host, link);
    return { host, link, driver, net: createNet(driver) };
  };
  a = side('10.0.0.1');
  b = side('10.0.0.2');
  const close = async (): Promise<void> => void (await Promise.all([a.driver.close(), b.driver.close()]));
  nets = { name: 'fake', server: a.net, client: b.net, address: '10.0.0.1', close };
});

afterEach(() => nets.close());

const connectionOf = (socket: Socket): TcpConnection => socket._connection!;

/** Octets that one read of the connection gives at most, here. */
const LONGEST_PIECE = 65_483;

describe('writing', () => {
  test("a long chunk is sent from the application's memory, a short one from the pool", async () => {
    const { near, far } = await pair(nets);
    far.resume();
    const send = vi.spyOn(connectionOf(near), 'send');
    const long = pattern(4097);
    const short = pattern(4096);
    near.write(long);
    near.write(short);
    expect(send.mock.calls[0]![0]).toBe(long);
    const [bytes, from, to] = send.mock.calls[1]!;
    expect(bytes).not.toBe(short);
    expect(Buffer.from(bytes.subarray(from, to))).toEqual(short);
  });

  test('neighbouring short writes are one piece', async () => {
    const { near, far } = await pair(nets);
    const received = once(far, 'data');
    const send = vi.spyOn(connectionOf(near), 'send');
    near.cork();
    near.write('HTTP/1.1 200 OK\r\n\r\n', 'latin1');
    near.write(Buffer.from('body '));
    near.write('ünd tail');
    near.uncork();
    expect(send).toHaveBeenCalledTimes(1);
    expect(String((await received)[0])).toBe('HTTP/1.1 200 OK\r\n\r\nbody ünd tail');
  });

  test('the callback of a short write comes at once, that of a long one with the acknowledgement', async () => {
    const { near, far } = await pair(nets);
    far.pause();
    const calls: string[] = [];
    near.write('short', () => calls.push('short'));
    await new Promise(process.nextTick);
    expect(calls).toEqual(['short']);
    const connection = connectionOf(near);
    near.write(pattern(10_000), () => calls.push(`long ${connection.bytesAcked >= 10_005}`));
    near.write('behind it', () => calls.push('behind it'));
    await new Promise(process.nextTick);
    expect(calls).toEqual(['short']);
    await vi.waitFor(() => expect(calls).toEqual(['short', 'long true', 'behind it']));
  });

  test('the stream goes on while long chunks wait for acknowledgements', async () => {
    const { near } = await pair(nets);
    const send = vi.spyOn(connectionOf(near), 'send');
    for (let i = 0; i < 3; i++) near.write(pattern(20_000), () => {});
    expect(send).toHaveBeenCalledTimes(3);
    expect(near.writableLength).toBe(0);
  });

  test('a full send buffer stops the stream', async () => {
    const { near, far } = await pair(nets);
    far.pause();
    near.write(pattern(600_000));
    near.write(pattern(300_000));
    const send = vi.spyOn(connectionOf(near), 'send');
    await pause(5);
    expect(send).not.toHaveBeenCalled();
    expect(near.writableLength).toBe(900_000);
    const drained = once(near, 'drain');
    far.resume();
    await drained;
    expect(send).toHaveBeenCalledTimes(1);
  });

  test('destroy detaches what is still referenced, and only that', async () => {
    const first = await pair(nets);
    const detach = vi.spyOn(connectionOf(first.near), 'detachSendQueue');
    first.near.write(pattern(10_000));
    first.near.destroy();
    expect(detach).toHaveBeenCalledTimes(1);
    const second = await pair(nets);
    const detachShort = vi.spyOn(connectionOf(second.near), 'detachSendQueue');
    second.near.write('short');
    second.near.destroy();
    expect(detachShort).not.toHaveBeenCalled();
  });

  test("finish comes when the last long chunk is acknowledged, without the peer's FIN", async () => {
    const { near, far } = await pair(nets, { server: { allowHalfOpen: true } });
    far.resume();
    const connection = connectionOf(near);
    near.end(pattern(200_000));
    await once(near, 'finish');
    expect(connection.bytesAcked).toBe(200_000);
    expect(near.readableEnded).toBe(false);
    far.end();
    await closed(near);
  });
});

test('end on a socket that never connected has nothing to wait for (as with node:net since Node 22)', async () => {
  const socket = new b.net.Socket();
  await new Promise<void>((done) => socket.end(done));
  expect(socket.writableFinished).toBe(true);
});

describe('reading', () => {
  test('what a paused socket does not take stays in the connection and closes the window', async () => {
    const { near, far } = await pair(nets);
    far.pause();
    near.write(pattern(500_000));
    await vi.waitFor(() => expect(connectionOf(far).readableLength).toBeGreaterThan(0));
    // The stream's buffer ends with the piece that fills it, and its size is a matter of Node's release.
    const pieces = Math.ceil(far.readableHighWaterMark / LONGEST_PIECE);
    expect(far.readableLength).toBeLessThanOrEqual(pieces * LONGEST_PIECE);
    expect(connectionOf(near).bytesAcked).toBeLessThan(200_000);
  });

  test('what no test can see is dropped inside', async () => {
    const { near, far } = await pair(nets);
    far.resume();
    const read = vi.spyOn(connectionOf(far), 'read');
    near.write(pattern(500_000));
    await vi.waitFor(() => expect(far.bytesRead).toBe(500_000));
    expect(read).not.toHaveBeenCalled();
    far.on('data', () => {});
    near.write('seen');
    await once(far, 'data');
    expect(read).toHaveBeenCalled();
    expect(far.bytesRead).toBe(500_004);
  });

  test.for([
    [
      'a data listener',
      (socket: Socket, see: (text: string) => void) => socket.on('data', (bytes) => see(String(bytes))),
    ],
    [
      'a readable listener',
      (socket: Socket, see: (text: string) => void) =>
        socket.on('readable', () => {
          for (let bytes = socket.read(); bytes !== null; bytes = socket.read()) see(String(bytes));
        }),
    ],
    [
      'an iterator',
      async (socket: Socket, see: (text: string) => void) => {
        try {
          for await (const bytes of socket) see(String(bytes));
        } catch {
          // The end of the test.
        }
      },
    ],
    ['an encoding', (socket: Socket, see: (text: string) => void) => socket.setEncoding('utf8').on('data', see)],
  ] as const)('%s sees all', async ([, attach]) => {
    const { near, far } = await pair(nets);
    let seen = '';
    attach(far, (text) => (seen += text));
    for (let i = 0; i < 10; i++) {
      near.write(`part ${i},`);
      await pause(1);
    }
    await vi.waitFor(() => expect(seen).toBe(Array.from({ length: 10 }, (_, i) => `part ${i},`).join('')));
  });
});

describe('batches', () => {
  test('data is emitted inside deliver, and the answer leaves with the flush of the same batch', async () => {
    const { near, far } = await pair(nets);
    const order: string[] = [];
    const { deliver, flush } = a.host;
    a.host.deliver = () => {
      order.push('deliver');
      deliver.call(a.host);
      order.push('delivered');
    };
    a.host.flush = () => {
      order.push('flush');
      return flush.call(a.host);
    };
    far.on('data', () => {
      order.push('data');
      far.cork();
      far.write('answer');
      process.nextTick(() => {
        order.push('uncork');
        far.uncork();
      });
    });
    near.write('question');
    await once(near, 'data');
    expect(order.slice(0, 5)).toEqual(['deliver', 'data', 'delivered', 'uncork', 'deliver']);
    expect(order.filter((entry) => entry === 'flush').length).toBeLessThanOrEqual(2);
  });

  test('a host that has more to send than one turn takes is asked again, in a later one, until it has not', async () => {
    const { near } = await pair(nets);
    await pause(5);
    const flush = vi.spyOn(b.host, 'flush').mockReturnValueOnce(true).mockReturnValueOnce(true);
    near.write('x');
    await new Promise(process.nextTick);
    await new Promise(process.nextTick);
    expect(flush).toHaveBeenCalledTimes(1);
    await pause(20);
    expect(flush.mock.calls.length).toBeGreaterThanOrEqual(3);
  });

  test("a fault of the host is the process's, as an exception", async () => {
    await pair(nets);
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error, origin) => thrown.push([error, origin]));
    try {
      vi.spyOn(a.host, 'flush').mockImplementationOnce(() => {
        throw new Error('a fault');
      });
      a.host.onPending?.();
      await pause(5);
      expect(thrown).toEqual([[new Error('a fault'), 'uncaughtException']]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  test('many writes outside of a batch are one flush', async () => {
    const { near } = await pair(nets);
    await pause(5);
    const flush = vi.spyOn(b.host, 'flush');
    for (let i = 0; i < 10; i++) near.write('x');
    expect(flush).not.toHaveBeenCalled();
    await new Promise(process.nextTick);
    await new Promise(process.nextTick);
    expect(flush).toHaveBeenCalledTimes(1);
  });

  test("an exception of one handler is the process's, and does not keep the others from their data", async () => {
    const first = await pair(nets);
    const second = await pair(nets);
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      first.far.on('data', () => {
        throw new Error('handler failed');
      });
      const other = once(second.far, 'data');
      first.near.write('x');
      second.near.write('y');
      await other;
      await pause(1);
      expect(thrown).toEqual([new Error('handler failed')]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});

describe('the end of the link', () => {
  test('sockets and servers fail, with the reason', async () => {
    const { near, far, listener } = await pair(nets);
    const errors = Promise.all([once(far, 'error'), once(listener, 'error')]);
    near.on('error', () => {});
    a.driver.linkDown('tun0 was deleted');
    const [[socketError], [serverError]] = await errors;
    expect(socketError).toMatchObject({
      code: 'ENETDOWN',
      syscall: 'read',
      message: 'read ENETDOWN: tun0 was deleted',
    });
    expect(serverError).toMatchObject({ code: 'ENETDOWN', syscall: 'listen' });
    expect(serverError.message).toContain('tun0 was deleted');
    const [late] = await once(a.net.connect(9, '10.0.0.2'), 'error');
    expect(late).toMatchObject({ code: 'ENETDOWN', syscall: 'connect' });
    const [later] = await once(a.net.createServer().listen(80), 'error');
    expect(later).toMatchObject({ code: 'ENETDOWN', syscall: 'listen' });
  });

  test('close is quiet, and closes the link', async () => {
    const { far, listener } = await pair(nets);
    const ends = Promise.all([closed(far), once(listener, 'close')]);
    await a.driver.close();
    await ends;
    expect(a.link.closed).toBe(true);
    expect(listener.listening).toBe(false);
  });
});

describe('keeping the process alive', () => {
  test('open sockets and servers count, unref takes them out', async () => {
    const { near, far, listener } = await pair(nets);
    const held = vi.fn<(on: boolean) => void>();
    Object.assign(a.link, { ref: () => held(true), unref: () => held(false) });
    a.driver.processHold.keepAlive(false);
    expect(held).toHaveBeenLastCalledWith(true);
    far.unref();
    far.unref();
    listener.unref();
    expect(held).toHaveBeenLastCalledWith(false);
    far.ref();
    expect(held).toHaveBeenLastCalledWith(true);
    far.destroy();
    expect(held).toHaveBeenLastCalledWith(false);
    near.destroy();
    await listening(nets, a.net.createServer());
    expect(held).toHaveBeenLastCalledWith(true);
  });
});
