import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CREATE_STREAMS,
  DISPLAY_RESULTS,
  EXCHANGE_RESULTS,
  framed,
  IERECVPARAMS,
  IEUNIMP,
  IPERF_DONE,
  PARAM_EXCHANGE,
  readParameters,
  streamId,
  TEST_END,
  TEST_RUNNING,
  TEST_START,
} from '../../src/services/iperf3/protocol.ts';
import { dial, start } from './helpers.ts';

const running: { close(): void }[] = [];
afterEach(() => {
  for (const service of running.splice(0)) service.close();
});

async function serve(): Promise<number> {
  const service = await start('iperf3');
  running.push(service);
  return service.port;
}

const cookieOf = (name: string): Buffer => Buffer.from(`${name.padEnd(36, 'x')}\0`, 'latin1');

/** The server is done with it: a FIN, or a RST where it has not read all. */
const over = (socket: Socket): Promise<unknown> => Promise.race([once(socket.resume(), 'end'), once(socket, 'close')]);

/** As iperf3's client talks. */
class Client {
  readonly port: number;
  readonly cookie: Buffer;
  control!: Socket;
  #input = Buffer.alloc(0);
  #more: (() => void) | null = null;

  constructor(port: number, name = 'client') {
    this.port = port;
    this.cookie = cookieOf(name);
  }

  async open(): Promise<this> {
    this.control = await dial(this.port);
    const got = (chunk?: Buffer): void => {
      if (chunk) this.#input = Buffer.concat([this.#input, chunk]);
      this.#more?.();
    };
    this.control.on('data', got).on('close', () => got());
    this.control.on('error', () => {});
    this.control.write(this.cookie);
    return this;
  }

  async take(length: number): Promise<Buffer> {
    while (this.#input.length < length) {
      if (this.control.destroyed || this.control.readableEnded) throw new Error('the server has ended it');
      await new Promise<void>((done) => {
        this.#more = done;
        this.control.once('end', done);
      });
    }
    const taken = this.#input.subarray(0, length);
    this.#input = this.#input.subarray(length);
    return taken;
  }

  async expect(...states: number[]): Promise<void> {
    for (const state of states) expect((await this.take(1))[0]).toBe(state);
  }

  async json(): Promise<{ streams: { id: number; bytes: number }[] }> {
    const length = (await this.take(4)).readUInt32BE();
    return JSON.parse(String(await this.take(length)));
  }

  async stream(): Promise<Socket> {
    const socket = await dial(this.port);
    socket.on('error', () => {});
    socket.write(this.cookie);
    return socket;
  }
}

const PARAMETERS = { tcp: true, omit: 0, time: 10, parallel: 1, len: 1000, client_version: '3.12' };

describe('iperf3', () => {
  it('counts what the client sends, on all streams, whose data may come with the cookie', async () => {
    const client = await new Client(await serve()).open();
    await client.expect(PARAM_EXCHANGE);
    client.control.write(framed({ ...PARAMETERS, parallel: 3 }));
    await client.expect(CREATE_STREAMS);
    const streams: Socket[] = [];
    for (let i = 0; i < 3; i++) {
      const socket = await client.stream();
      socket.write(Buffer.alloc(1000 * (i + 1)));
      streams.push(socket);
      await new Promise((done) => setTimeout(done, 20)); // they are told apart by their order
    }
    await client.expect(TEST_START, TEST_RUNNING);
    await new Promise((done) => setTimeout(done, 100));
    client.control.write(Uint8Array.of(TEST_END));
    await client.expect(EXCHANGE_RESULTS);
    client.control.write(framed({ streams: [] }));
    const results = await client.json();
    expect(results.streams.map(({ id, bytes }) => [id, bytes])).toEqual([
      [1, 1000],
      [3, 2000],
      [4, 3000],
    ]);
    await client.expect(DISPLAY_RESULTS);
    client.control.write(Uint8Array.of(IPERF_DONE));
    await once(client.control, 'end');
    expect(streams.length).toBe(3);
  });

  it('sends, for -R, until it is told to stop', async () => {
    const client = await new Client(await serve()).open();
    await client.expect(PARAM_EXCHANGE);
    client.control.write(framed({ ...PARAMETERS, reverse: true }));
    await client.expect(CREATE_STREAMS);
    const socket = await client.stream();
    let got = 0;
    socket.on('data', (data) => (got += data.length));
    while (got < 5_000_000) await once(socket, 'data');
    client.control.write(Uint8Array.of(TEST_END));
    await client.expect(TEST_START, TEST_RUNNING, EXCHANGE_RESULTS);
    client.control.write(framed({ streams: [] }));
    expect((await client.json()).streams[0]!.bytes).toBeGreaterThanOrEqual(5_000_000);
  });

  it.each([
    ['UDP', framed({ ...PARAMETERS, tcp: undefined, udp: true }), IEUNIMP],
    ['129 streams', framed({ ...PARAMETERS, parallel: 129 }), IERECVPARAMS],
    ['no streams', framed({ ...PARAMETERS, parallel: 0 }), IERECVPARAMS],
    ['no JSON', Buffer.from('\0\0\0\x04{{{{'), IERECVPARAMS],
    ['null', framed(null), IERECVPARAMS],
    ['more JSON than there may be', Buffer.from('7fffffff', 'hex'), IERECVPARAMS],
  ])('refuses %s, with its code', async (_, parameters, code) => {
    const client = await new Client(await serve()).open();
    await client.expect(PARAM_EXCHANGE);
    client.control.write(parameters);
    const said = await client.take(9);
    expect([said[0], said.readInt32BE(1)]).toEqual([0xfe, code]);
  });

  it('takes 32 tests at once and refuses the next, until one ends', async () => {
    const port = await serve();
    const clients: Client[] = [];
    for (let i = 0; i < 32; i++) {
      const client = await new Client(port, `client ${i}`).open();
      await client.expect(PARAM_EXCHANGE);
      clients.push(client);
    }
    const another = await new Client(port, 'another').open();
    await another.expect(0xff);
    clients[0]!.control.destroy();
    await new Promise((done) => setTimeout(done, 50));
    await (await new Client(port, 'another one').open()).expect(PARAM_EXCHANGE);
  });

  it('a stream too many, and streams of a test that has ended, are closed', async () => {
    const client = await new Client(await serve()).open();
    await client.expect(PARAM_EXCHANGE);
    const early = await client.stream();
    await over(early);
    client.control.write(framed(PARAMETERS));
    await client.expect(CREATE_STREAMS);
    const first = await client.stream();
    await client.expect(TEST_START, TEST_RUNNING);
    await over(await client.stream());
    client.control.destroy();
    await over(first);
  });

  it('reads parameters as they may come', () => {
    expect(readParameters('{"tcp":true}')).toMatchObject({
      streams: 1,
      clientSends: true,
      serverSends: false,
      omit: 0,
    });
    expect(readParameters('{"tcp":true,"reverse":true}')).toMatchObject({ clientSends: false, serverSends: true });
    expect(readParameters('{"tcp":true,"bidirectional":1}')).toMatchObject({ clientSends: true, serverSends: true });
    expect(readParameters('{"tcp":true,"len":1e9,"omit":-1,"bandwidth":"x"}')).toMatchObject({
      blockLength: 1 << 20,
      omit: 0,
      bandwidth: 0,
    });
    expect([0, 1, 2, 3].map(streamId)).toEqual([1, 3, 4, 5]);
  });
});
