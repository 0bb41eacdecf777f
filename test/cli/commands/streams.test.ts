import { once } from 'node:events';
import net from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { converse } from '../../../src/cli/commands/connect.ts';
import { publish } from '../../../src/cli/stack/publish.ts';
import { dial, readAll } from '../../services/helpers.ts';

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A server on loopback; resolves to its port. */
async function serve(onConnection: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, onConnection).listen(0, '127.0.0.1');
  open.push(server);
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

async function relayTo(port: number): Promise<number> {
  const published = await publish({ bind: '127.0.0.1', hostPort: 0, port }, '127.0.0.1');
  open.push(published);
  return published.hostPort;
}

describe('a published port', () => {
  test('passes on a FIN and still carries the answer', async () => {
    const port = await serve(async (socket) => socket.end(`${(await readAll(socket)).length} octets`));
    const socket = await dial(await relayTo(port));
    socket.end(Buffer.alloc(1_000_000));
    expect((await readAll(socket)).toString()).toBe('1000000 octets');
  });

  test('passes on a FIN from the other side and still carries what we send', async () => {
    let received = 0;
    const ended = new Promise<void>((resolve) => {
      void serve((socket) => {
        socket.end('over');
        socket.on('data', (chunk) => (received += chunk.length)).on('end', resolve);
      }).then(async (port) => {
        const socket = await dial(await relayTo(port));
        expect((await readAll(socket)).toString()).toBe('over');
        socket.end(Buffer.alloc(100_000));
      });
    });
    await ended;
    expect(received).toBe(100_000);
  });

  test('passes on a reset, either way', async () => {
    const resetting = await dial(
      await relayTo(await serve((socket) => socket.once('data', () => socket.resetAndDestroy()))),
    );
    resetting.write('x');
    expect((await once(resetting, 'error').catch((error) => [error]))[0]).toMatchObject({ code: 'ECONNRESET' });

    let client: net.Socket;
    const seen = new Promise((resolve) => {
      void serve((socket) => {
        socket.on('error', resolve).on('data', () => client.resetAndDestroy());
      }).then(async (port) => {
        client = await dial(await relayTo(port));
        client.write('x');
      });
    });
    expect(await seen).toMatchObject({ code: 'ECONNRESET' });
  });

  test('resets the client when no listener is inside', async () => {
    // The port of a client: no other process can have it in the meantime.
    const client = await dial(await serve((socket) => socket.resume()));
    open.push({ close: () => client.destroy() });
    const socket = await dial(await relayTo(client.localPort!));
    expect((await once(socket, 'error').catch((error) => [error]))[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  test('that is taken is one sentence', async () => {
    const port = await serve(() => {});
    await expect(publish({ bind: '127.0.0.1', hostPort: port, port: 80 }, '127.0.0.1')).rejects.toThrow(
      `Cannot publish 127.0.0.1:${port}: the address is already in use`,
    );
  });
});

describe('connect', () => {
  test('half-closes at the end of input and goes on receiving', async () => {
    const port = await serve(async (socket) => socket.end(`got ${await readAll(socket)}`));
    const input = new PassThrough();
    const output = new PassThrough();
    input.end('hello');
    await converse(await dial(port), input, output);
    expect(String(output.read())).toBe('got hello');
    expect(output.writableEnded).toBe(false);
  });

  test('goes on sending after the other side has closed its direction', async () => {
    let received: Promise<Buffer> | undefined;
    const port = await serve((socket) => {
      received = readAll(socket);
      socket.end('bye');
    });
    const input = new PassThrough();
    const socket = await dial(port);
    const over = converse(socket, input, new PassThrough());
    await once(socket, 'end');
    input.end('still here');
    await over;
    expect(String(await received)).toBe('still here');
  });

  test.each([
    ['a terminal', Object.assign(new PassThrough(), { isTTY: true })],
    ['no input', null],
  ])('%s: the end comes with the other side’s', async (_, input) => {
    const port = await serve((socket) => socket.resume().end('bye'));
    const output = new PassThrough();
    await converse(await dial(port), input, output);
    expect(String(output.read())).toBe('bye');
  });

  test('a reset is a failure', async () => {
    const port = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const input = new PassThrough();
    input.write('x');
    await expect(converse(await dial(port), input, new PassThrough())).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
