import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { packetStreamLink } from '../../../src/link/stream/packet-stream-link.ts';
import { Splitter } from '../../../src/link/stream/splitter.ts';
import { Slab } from '../../../src/wire/slab.ts';
import { flatten } from '../../support/octets.ts';
import { pattern, tcpFrame } from '../fake-device.ts';
import { duplexPair } from '../support/duplex-pair.ts';
import { overTls, readAll, stacks, sum, transfer } from '../support/stream-stacks.ts';

/** A socket of the system, whose far end reads. */
async function connected(): Promise<Duplex> {
  const server = net.createServer((socket) => socket.resume().on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  server.close();
  return socket;
}

/** An end of a stream in memory, whose far end is read. */
function read([near, far]: [Duplex, Duplex]): Duplex {
  far.resume();
  return near;
}

/** Of what a stream gives to its reader; read it when the stream is through. */
function longestPacket(stream: Duplex): () => number {
  let longest = 0;
  const splitter = new Splitter('ip', 65_535, (_, start, end) => {
    longest = Math.max(longest, end - start);
    return true;
  });
  stream.on('data', (chunk: Uint8Array) => expect(splitter.push(new Slab(chunk))).toBeNull());
  return () => longest;
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** One of segments in a row. */
const segment = (index: number): Uint8Array =>
  flatten(tcpFrame({ partial: false, payload: [pattern(1000, index)], seq: 1 + 1000 * index }));

describe('packetStreamLink', () => {
  it.each([
    { mtu: 1500, framing: 'ip' },
    { mtu: 16_000, framing: 'ip' },
    { mtu: 65_535, framing: 'length32be' },
    { mtu: 1280, framing: 'length32be' },
  ] as const)('carries TCP over a stream in memory, over both families: %o', async (options) => {
    const ends = stacks(duplexPair(), options);
    const data = pattern(3_000_000);
    expect(await transfer(ends, data)).toBe(sum(data));
    expect(await transfer(ends, data, 'fd00::2')).toBe(sum(data));
    const [a, b] = ends.map(({ link }) => link.counters);
    expect([a!.txQueueFull, b!.txQueueFull]).toEqual([0, 0]);
    expect([a!.rxPackets, b!.rxPackets]).toEqual([b!.txPackets, a!.txPackets]);
  });

  it('carries TCP over TLS, many connections at once, with equal sums', async () => {
    const [near, far] = stacks(await overTls(), { mtu: 16_000 });
    const data = pattern(1_000_000);
    far.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(7);
    const one = async (): Promise<string> => {
      const socket = near.connect(7, '10.0.0.2');
      socket.end(data);
      return sum(await readAll(socket));
    };
    expect(new Set(await Promise.all(Array.from({ length: 20 }, one)))).toEqual(new Set([sum(data)]));
    expect(near.link.counters.txQueueFull + far.link.counters.txQueueFull).toBe(0);
  });

  it('waits while the stream takes no more: little is queued, and nothing is dropped', async () => {
    const [a, b] = duplexPair();
    const [near, far] = stacks([a, b], { mtu: 1500 });
    const server = far
      .createServer({ allowHalfOpen: true }, (socket) => void readAll(socket).then((got) => socket.end(sum(got))))
      .listen(80);
    const data = pattern(4_000_000);
    const socket = near.connect(80, '10.0.0.2');
    await once(socket, 'connect');
    b.pause();
    socket.end(data);
    for (let i = 0; i < 50; i++) await new Promise((done) => setImmediate(done));
    // A piece of 128 KiB and a super-segment behind it, of megabytes that the windows would allow.
    expect(near.link.queuedBytes).toBeLessThan(256 * 1024);
    b.resume();
    expect(String(await readAll(socket))).toBe(sum(data));
    expect(near.link.counters.txQueueFull).toBe(0);
    server.close();
  });

  it('drops what a stream that never goes on leaves no room for', () => {
    const stuck = new Duplex({ read() {}, write() {} });
    const link = packetStreamLink(stuck, { mtu: 1500, queueBytes: 100_000 });
    for (let i = 0; i < 1000; i++) {
      link.send(tcpFrame({ payload: [pattern(1000)] }));
      link.flush();
    }
    expect(link.queuedBytes).toBeLessThanOrEqual(100_000);
    expect(link.counters.txQueueFull).toBeGreaterThan(800);
    expect(packetStreamLink(stuck).room()).toBe(128 * 1024);
    expect(link.room()).toBe(12_500 - link.queuedBytes);
  });

  it.each([
    { mtu: 1500, queueBytes: 6000 },
    { mtu: 1500, queueBytes: 100_000 },
    { mtu: 576, queueBytes: 20_000, mss: 88 },
    { mtu: 68, queueBytes: 20_000 },
    { mtu: 65_535, queueBytes: 262_156, framing: 'length32be' },
  ] as const)('has room for what it promised room for, however short its queue is: %o', async (options) => {
    const ends = stacks(duplexPair(), options);
    let most = 0;
    for (const { link } of ends) {
      const { flush } = link;
      link.flush = () => {
        most = Math.max(most, link.queuedBytes);
        flush.call(link);
      };
    }
    const data = pattern(200_000);
    expect(await transfer(ends, data)).toBe(sum(data));
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(options.queueBytes);
    expect(ends.map(({ link }) => link.counters.txQueueFull)).toEqual([0, 0]);
  });

  it('is closed although the far end never reads', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const stuck = new Duplex({ read() {}, write() {} });
      const link = packetStreamLink(stuck);
      link.attach({ receive() {}, batchEnd() {}, linkDown() {} });
      link.send(tcpFrame());
      link.close();
      await turn();
      expect(stuck.destroyed).toBe(false);
      vi.runAllTimers();
      expect(stuck.destroyed).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    ['the far side ends it', (_: Duplex, b: Duplex) => void b.end(), 'The far side ended the stream.'],
    [
      'the far side ends it within a packet',
      (_: Duplex, b: Duplex) => void b.end(Uint8Array.of(0x45, 0, 0)),
      'The far side ended the stream within a packet.',
    ],
    ['it fails without an error', (a: Duplex) => void a.emit('error', undefined), 'The stream failed: undefined'],
    ['it fails', (a: Duplex) => void a.destroy(new Error('cut')), 'The stream failed: cut'],
    ['it is destroyed', (a: Duplex) => void a.destroy(), 'The stream was closed.'],
    [
      'garbage comes',
      (_: Duplex, b: Duplex) => void b.write('GET / HTTP/1.1'),
      "What came is no packet (PacketTooLong): a packet says that it is longer than this end's MTU.",
    ],
  ])('%s: all sockets fail at once, with ENETDOWN and the reason', async (_, happens, reason) => {
    const [a, b] = duplexPair();
    const [near, far] = stacks([a, b]);
    far.createServer((socket) => socket.on('error', () => {})).listen(80);
    const sockets = [near.connect(80, '10.0.0.2'), near.connect(80, '10.0.0.2')];
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const errors = Promise.all(sockets.map((socket) => once(socket, 'error')));
    happens(a, b);
    for (const [error] of await errors) {
      expect(error).toMatchObject({ code: 'ENETDOWN', message: `read ENETDOWN: ${reason}` });
    }
    expect(a.destroyed).toBe(true);
    expect(await once(near.connect(80, '10.0.0.2'), 'error')).toMatchObject([{ code: 'ENETDOWN' }]);
  });

  it('a stream that is over already, or gives text, ends the link at once', async () => {
    const over = new PassThrough();
    over.destroy();
    const text = new PassThrough({ encoding: 'utf8' });
    for (const [stream, reason] of [
      [over, 'closed'],
      [text, 'encoding'],
    ] as const) {
      const down: string[] = [];
      packetStreamLink(stream).attach({ receive() {}, batchEnd() {}, linkDown: (why) => down.push(why) });
      if (!stream.destroyed) stream.write('E');
      await new Promise((done) => setImmediate(done));
      expect(down).toEqual([expect.stringContaining(reason)]);
    }
  });

  it('clamps the MSS of SYNs in both directions, and their checksums are right', async () => {
    const [a, b] = duplexPair();
    const longest = [longestPacket(a), longestPacket(b)];
    const [near, far] = stacks([a, b], { mtu: 16_000, mss: 1220 }, { mtu: 16_000 });
    far.createServer((socket) => socket.end(pattern(100_000))).listen(80);
    for (const host of ['10.0.0.2', 'fd00::2']) {
      const socket = near.connect(80, host);
      socket.end(pattern(50_000));
      expect((await readAll(socket)).length).toBe(100_000);
      expect(socket.info().tcpi_snd_mss).toBeLessThanOrEqual(1220);
    }
    for (const packet of longest) {
      expect(packet()).toBeLessThanOrEqual(1220 + 40 + 20);
      expect(packet()).toBeGreaterThan(1100);
    }
    expect(near.inspect.counters().counters.TcpInCsumErrors).toBe(0);
    expect(far.inspect.counters().counters.TcpInCsumErrors).toBe(0);
  });

  it.each([
    ['a stream that may hand its bytes on gets memory of its own', () => read(duplexPair()), false],
    ["a system's socket is done with what it has written, which is written over", () => connected(), true],
  ] as const)('%s', async (_, make, isReused) => {
    const stream = await make();
    const written: Uint8Array[] = [];
    const { write } = stream;
    stream.write = ((bytes: Uint8Array, done: () => void) => {
      written.push(bytes);
      return write.call(stream, bytes, done as unknown as BufferEncoding);
    }) as typeof write;
    const link = packetStreamLink(stream, { mtu: 65_535 });
    link.attach({ receive() {}, batchEnd() {}, linkDown: () => {} });
    for (let i = 0; i < 8; i++) {
      link.send(tcpFrame({ payload: [pattern(60_000)] }));
      link.flush();
      do await new Promise((done) => setImmediate(done));
      while (stream.writableLength > 0);
    }
    expect(written).toHaveLength(8);
    expect(new Set(written.map(({ buffer }) => buffer)).size).toBe(isReused ? 1 : 4);
    stream.destroy();
  });

  it("has a socket send at once: what is written is a batch, and Nagle's algorithm would keep its end back", () => {
    const asked: unknown[] = [];
    const stream = Object.assign(new PassThrough(), { setNoDelay: (noDelay: boolean) => asked.push(noDelay) });
    packetStreamLink(stream).attach({ receive() {}, batchEnd() {}, linkDown: () => {} });
    expect(asked).toEqual([true]);
  });

  it.each([
    [{ mtu: 1500 }, 15_000],
    [{ mtu: 1500, framing: 'length32be' }, 15_040],
    [{ mtu: 16_000 }, 16_000],
    [{ mtu: 16_384 }, 16_384],
    [{ mtu: 16_384, framing: 'length32be' }, null],
  ] as const)('has records of TLS hold whole packets, where they fit: %o', (options, length) => {
    const asked: unknown[] = [];
    const make = () => Object.assign(new PassThrough(), { setMaxSendFragment: (size: number) => asked.push(size) });
    packetStreamLink(make(), options).attach({ receive() {}, batchEnd() {}, linkDown: () => {} });
    // One that is over has no records.
    packetStreamLink(make().destroy(), options).attach({ receive() {}, batchEnd() {}, linkDown: () => {} });
    expect(asked).toEqual(length === null ? [] : [length]);
  });

  it('is told of a TLS socket that was destroyed before', async () => {
    const [near] = await overTls();
    near.destroy();
    const reason = new Promise((linkDown) => packetStreamLink(near).attach({ receive() {}, batchEnd() {}, linkDown }));
    expect(await reason).toBe('The stream was closed.');
  });

  it('leaves a chunk as it came where it has another reader, too', async () => {
    const [near, far] = await overTls();
    const lengths: number[] = [];
    let memory = 0;
    packetStreamLink(near).attach({
      receive({ slab, start, end }) {
        lengths.push(end - start);
        memory = slab.bytes.length;
      },
      batchEnd() {},
      linkDown() {},
    });
    const run = Buffer.concat([0, 1, 2, 3].map(segment));
    far.write(run);
    while (lengths.length === 0) await turn();
    // Moved together in the chunk itself.
    expect([lengths, memory]).toEqual([[4040], run.length]);
    const came = once(near, 'data');
    far.write(run);
    const [chunk] = (await came) as [Buffer];
    while (lengths.length === 1) await turn();
    expect(lengths).toEqual([4040, 4040]);
    expect(memory).toBeGreaterThan(run.length);
    expect(sum(chunk)).toBe(sum(run));
  });

  it('answers that come from within a write wait until the batch ends, whose memory they would be put into', async () => {
    const answer = Buffer.concat([1, 2, 3].map(segment));
    const stream = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        this.push(answer);
        done();
      },
    });
    const link = packetStreamLink(stream);
    const lent: (() => Uint8Array)[] = [];
    const got: number[] = [];
    link.attach({
      receive: ({ slab, start, end }) => void lent.push(() => slab.bytes.slice(start + 40, end)),
      batchEnd() {
        const isFirst = got.length === 0;
        for (const payload of lent.splice(0)) got.push(...payload());
        if (!isFirst) return;
        link.send(tcpFrame());
        link.flush();
      },
      linkDown() {},
    });
    await turn();
    stream.push(segment(0));
    await turn();
    // It comes before the answer is looked at, and behind it.
    stream.push(Buffer.concat([4, 5].map(segment)));
    for (let i = 0; i < 3; i++) await turn();
    expect(sum(Uint8Array.from(got))).toBe(sum(Buffer.concat([0, 1, 2, 3, 4, 5].map((i) => pattern(1000, i)))));
  });

  it.each([
    ['its end', (stream: Duplex) => void stream.push(null)],
    ['an error', (stream: Duplex) => void stream.destroy(new Error('cut'))],
  ])('what came right before %s is handed up first', async (_, happens) => {
    const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const log: string[] = [];
    packetStreamLink(stream).attach({
      receive: ({ start, end }) => void log.push(`receive ${end - start}`),
      batchEnd: () => void log.push('batchEnd'),
      linkDown: () => void log.push('linkDown'),
    });
    await turn();
    stream.push(segment(0));
    happens(stream);
    for (let i = 0; i < 3; i++) await turn();
    expect(log).toEqual(['receive 1040', 'batchEnd', 'linkDown']);
  });

  it('what is queued leaves before it closes', async () => {
    const [a, b] = duplexPair();
    const link = packetStreamLink(a);
    link.attach({ receive() {}, batchEnd() {}, linkDown: () => {} });
    link.send(tcpFrame({ payload: [pattern(1000)] }));
    link.close();
    link.close();
    link.send(tcpFrame());
    expect((await readAll(b)).length).toBe(1040);
    expect(link.counters.txClosed).toBe(1);
  });

  it.each([
    [{ mtu: 67 }, 'mtu must be a whole number from 68 to 65535, not 67'],
    [{ mss: 10 }, 'mss must be'],
    [{ queueBytes: -1 }, 'queueBytes must be'],
    [{ queueBytes: 5999 }, 'queueBytes must be a whole number from 6000 to 9007199254740991, not 5999'],
    [{ mtu: 1280, framing: 'length32be' as const, queueBytes: 5120 }, 'queueBytes must be a whole number from 5136 to'],
    [{ framing: 'slip' as 'ip' }, `framing must be 'ip' or 'length32be', not "slip"`],
  ])('refuses %o', (options, message) => {
    expect(() => packetStreamLink(new PassThrough(), options)).toThrow(message);
  });
});
