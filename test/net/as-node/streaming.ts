import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { closed, pair, pattern, pause } from '../support/record.ts';
import type { Behaviour } from './behaviours.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const streaming: Record<string, Behaviour> = {
  'write callbacks come in order, small and large mixed': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    log.watch('near', near);
    far.resume();
    const sizes = [10, 100_000, 5, 4096, 4097, 0, 1, 300_000, 2];
    for (const [i, size] of sizes.entries()) near.write(pattern(size, i), log.callback(`write ${i}`));
    near.write('text', log.callback('text'));
    near.write('texte', 'latin1', log.callback('latin1'));
    near.end(log.callback('end'));
    await closed(near);
    listener.close();
    // An `end` callback's argument is null or undefined, depending on Node's version.
    log.add(far.bytesRead, near.bytesWritten);
  },
  'a large chunk may be reused when its callback comes': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    const hash = createHash('sha256');
    far.on('data', (bytes) => hash.update(bytes));
    const chunk = Buffer.alloc(100_000);
    for (let i = 0; i < 50; i++) {
      chunk.fill(i);
      await new Promise((done) => near.write(chunk, done));
    }
    near.end();
    await closed(near, far);
    listener.close();
    log.add(hash.digest('hex'));
  },
  'a buffer given to end may be reused on finish': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    const chunks: Buffer[] = [];
    far.on('data', (bytes) => chunks.push(bytes));
    const chunk = pattern(400_000);
    near.once('finish', () => chunk.fill(0));
    near.end(chunk);
    await closed(near, far);
    listener.close();
    log.add(sha256(Buffer.concat(chunks)));
  },
  'corked writes that went out have gone well, though the socket is destroyed at once': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    far.resume();
    near.cork();
    for (let i = 0; i < 3; i++) near.write(pattern(10_000, i), log.callback(`write ${i}`));
    near.uncork();
    near.destroy();
    await closed(near, far);
    listener.close();
    log.add(far.bytesRead);
  },
  'a buffer may be reused after destroy has closed the socket': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    const chunk = pattern(20_000);
    const chunks: Buffer[] = [];
    far.on('data', (bytes) => chunks.push(bytes));
    near.write(chunk, log.callback('write'));
    near.destroy();
    await closed(near);
    chunk.fill(0);
    await closed(far);
    listener.close();
    log.add(sha256(Buffer.concat(chunks)));
  },
  'back-pressure stops the writer, drain wakes it': async (nets, log) => {
    const { near, far, listener } = await pair(nets, { server: { pauseOnConnect: true } });
    let drains = 0;
    near.on('drain', () => drains++);
    const chunk = pattern(64 * 1024);
    let written = 0;
    while (written < 64 * 1024 * 1024) {
      written += chunk.length;
      if (!near.write(chunk) && !(await Promise.race([once(near, 'drain'), pause(200)]))) break;
    }
    log.add('stopped', written < 64 * 1024 * 1024, near.writableNeedDrain, far.bytesRead < written);
    drains = 0;
    let received = 0;
    far.on('data', (bytes) => (received += bytes.length));
    far.resume();
    await once(near, 'drain');
    log.add('drained', drains, near.writableLength);
    near.end();
    await closed(near, far);
    listener.close();
    log.add(received === written, near.bytesWritten === written);
  },
  'pause and resume within data handlers': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    const chunks: Buffer[] = [];
    far.on('data', (bytes: Buffer) => {
      chunks.push(bytes);
      far.pause();
      setImmediate(() => far.resume());
    });
    const bytes = pattern(2_000_000);
    near.end(bytes);
    await closed(near, far);
    listener.close();
    log.add(sha256(Buffer.concat(chunks)));
  },
  'readable.read() with a length': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    const bytes = pattern(500_001);
    near.end(bytes);
    const chunks: Buffer[] = [];
    far.on('readable', () => {
      for (let chunk = far.read(1000); chunk !== null; chunk = far.read(1000)) chunks.push(chunk);
    });
    await once(far, 'end');
    listener.close();
    log.add(chunks.length, chunks[0]?.length, chunks.at(-1)?.length, sha256(Buffer.concat(chunks)));
  },
  'async iteration': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    const bytes = pattern(1_000_000);
    near.end(bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of far) {
      if (chunks.push(chunk) % 3 === 0) await pause(1);
    }
    log.add(sha256(Buffer.concat(chunks)), far.destroyed);
    listener.close();
  },
  'async iteration, left early': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    near.on('error', () => {});
    near.write('first');
    for await (const chunk of far) {
      log.add(String(chunk));
      break;
    }
    log.add(far.destroyed);
    await closed(near);
    listener.close();
  },
  'setEncoding over characters cut in two': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    far.setEncoding('utf8');
    let text = '';
    far.on('data', (part: string) => (text += part));
    const bytes = Buffer.from('grüße 世界 🌍 '.repeat(2000));
    for (let i = 0; i < bytes.length; i += 777) near.write(bytes.subarray(i, i + 777));
    near.end();
    await closed(near, far);
    listener.close();
    log.add(text === bytes.toString());
  },
  'pipe to itself echoes': async (nets, log) => {
    const { near, far, listener } = await pair(nets, { server: { allowHalfOpen: true } });
    log.watch('far', far, { data: false });
    far.pipe(far);
    const bytes = pattern(5_000_000);
    const chunks: Buffer[] = [];
    near.on('data', (chunk) => chunks.push(chunk));
    near.end(bytes);
    await closed(near, far);
    listener.close();
    log.add(sha256(Buffer.concat(chunks)), near.bytesRead, far.bytesRead, far.bytesWritten);
  },
  'pipeline through both directions': async (nets, log) => {
    const { near, far, listener } = await pair(nets, { server: { allowHalfOpen: true } });
    const echo = pipeline(far, new PassThrough(), far);
    const bytes = pattern(3_000_000);
    const source = Readable.from(
      (function* () {
        for (let i = 0; i < bytes.length; i += 33_333) yield bytes.subarray(i, i + 33_333);
      })(),
    );
    const hash = createHash('sha256');
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        hash.update(chunk);
        setImmediate(done);
      },
    });
    await Promise.all([pipeline(source, near), pipeline(near, sink), echo]);
    listener.close();
    log.add(hash.digest('hex'), near.destroyed, far.destroyed);
  },
  'pipeline fails when the peer resets': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(1000));
      },
    });
    setTimeout(() => far.resetAndDestroy(), 20);
    const error = await pipeline(endless, near).catch((thrown) => thrown);
    // A kernel's socket may notice it reading or writing, whichever it does first.
    log.add(['ECONNRESET', 'EPIPE'].includes(error.code), endless.destroyed, near.destroyed);
    listener.close();
  },
  'data and then the end, awaited one behind the other': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    near.end('all at once');
    const [bytes] = await once(far, 'data');
    log.add(String(bytes), far.readableEnded);
    await once(far, 'end');
    near.resume();
    await closed(near);
    listener.close();
  },
  'data that is put back before the end': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    near.end('all at once');
    const [bytes] = await once(far, 'data');
    far.pause();
    far.unshift(bytes);
    let text = '';
    for await (const chunk of far) text += chunk;
    log.add(text);
    near.resume();
    await closed(near);
    listener.close();
  },
  'a discarded stream still ends': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    log.watch('far', far, { data: false });
    far.resume();
    near.write(pattern(1_000_000));
    near.end('x');
    await closed(near, far);
    listener.close();
    log.add(far.bytesRead);
  },
  'cork and uncork': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    const chunks: Buffer[] = [];
    far.on('data', (chunk) => chunks.push(chunk));
    near.cork();
    for (let i = 0; i < 100; i++) near.write(`line ${i} `, log.callback(`line ${i}`));
    near.write(pattern(10_000), log.callback('bytes'));
    near.write('68656c6c6f', 'hex');
    near.write('long '.repeat(5000), log.callback('long'));
    log.add(near.bytesWritten);
    near.uncork();
    near.end();
    await closed(near, far);
    listener.close();
    log.add(sha256(Buffer.concat(chunks)));
  },
  "onread into one's own buffer": async (nets, log) => {
    const buffer = Buffer.alloc(1000);
    const hash = createHash('sha256');
    let stops = 0;
    const onread = {
      buffer,
      callback(count: number, target: Uint8Array): boolean {
        hash.update(target.subarray(0, count));
        if (++stops % 10 > 0) return true;
        setImmediate(() => near.resume());
        return false;
      },
    };
    const { near, far, listener } = await pair(nets, { client: { onread } });
    log.watch('near', near, { data: false });
    far.end(pattern(100_000));
    await closed(near);
    listener.close();
    log.add(hash.digest('hex'), near.bytesRead);
  },
  'bad chunks are refused': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    for (const chunk of [null, undefined, 5, {}]) {
      try {
        near.write(chunk as never);
      } catch (error) {
        log.add((error as { code: string }).code);
      }
    }
    try {
      near.write('x', 'no-such-encoding' as never);
    } catch (error) {
      log.add((error as { code: string }).code);
    }
    near.on('error', () => {});
    near.end(new Uint8Array(5000), log.callback('ended'));
    far.resume();
    await closed(near, far);
    listener.close();
    log.add(far.bytesRead);
  },
};
