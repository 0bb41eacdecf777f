import { closed, type Log, pair, pattern, pause } from '../support/record.ts';
import type { Behaviour } from './behaviours.ts';

/** Runs `body` with uncaught exceptions noted, instead of ending the process. */
async function withExceptionsNoted(log: Log, body: () => Promise<void>): Promise<void> {
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => log.add('uncaught', error.message));
  try {
    await body();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
}

/** node:net forgets the argument of 'close' where there never was a connection. */
const withoutClose = (log: Log): string[] => log.entries.map((entry) => entry.replace(/ close .*/, ' close'));

/** Faults of the application: what net does about them, so that they cost no more than themselves. */
export const faults: Record<string, Behaviour> = {
  'a data handler that throws gets what comes next': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    let received = 0;
    let failures = 3;
    far.on('data', (bytes) => {
      received += bytes.length;
      if (failures-- > 0) throw new Error('handler failed');
    });
    far.on('end', () => log.add('end'));
    await withExceptionsNoted(log, async () => {
      for (let i = 0; i < 3; i++) {
        near.write('some');
        await pause(5);
      }
      near.end(pattern(1_000_000));
      await closed(near, far);
    });
    listener.close();
    log.add(received);
  },
  'a data handler that throws with more behind it': async (nets, log) => {
    const { near, far, listener } = await pair(nets, { server: { pauseOnConnect: true } });
    near.end(pattern(300_000));
    await pause(20);
    let received = 0;
    let failed = false;
    far.on('data', (bytes) => {
      received += bytes.length;
      if (failed) return;
      failed = true;
      throw new Error('handler failed');
    });
    await withExceptionsNoted(log, async () => {
      far.resume();
      await closed(near, far);
    });
    listener.close();
    log.add(received);
  },
  'an onread callback that throws': async (nets, log) => {
    let received = 0;
    const onread = {
      buffer: Buffer.alloc(1000),
      callback(count: number): boolean {
        received += count;
        if (received === count) throw new Error('callback failed');
        return true;
      },
    };
    const { near, far, listener } = await pair(nets, { client: { onread } });
    await withExceptionsNoted(log, async () => {
      far.end(pattern(50_000));
      await closed(near, far);
    });
    listener.close();
    log.add(received);
  },
  'writes whose callback is null, as node:http has them': async (nets, log) => {
    const { near, far, listener } = await pair(nets);
    far.resume();
    near.resume();
    await withExceptionsNoted(log, async () => {
      near.write(pattern(5000), null as never);
      near.write('text', 'utf8', null as never);
      near.write(pattern(100_000), undefined, null as never);
      near.end(pattern(5000), null as never, null as never);
      await closed(near, far);
    });
    listener.close();
    log.add(far.bytesRead);
  },
  'an onread callback that pauses and throws': async (nets, log) => {
    let received = 0;
    const onread = {
      buffer: Buffer.alloc(10),
      callback(count: number): boolean {
        received += count;
        near.pause();
        if (received === count) throw new Error('callback failed');
        return true;
      },
    };
    const { near, far, listener } = await pair(nets, { client: { onread } });
    await withExceptionsNoted(log, async () => {
      far.end(pattern(20));
      while (received < 10) await pause(1);
      await pause(20);
      log.add(received);
      near.resume();
      while (received < 20) await pause(1);
      near.resume();
      await closed(near, far);
    });
    listener.close();
    log.add(received);
  },
  'connect with a signal that is aborted already': async (nets, log) => {
    const near = nets.client.connect({ port: 9, host: nets.address, signal: AbortSignal.abort() });
    log.watch('near', near);
    await closed(near);
    near.destroy();
    return withoutClose(log);
  },
  'connect with a signal that aborts later': async (nets, log) => {
    const controller = new AbortController();
    const { far, listener, near } = await pair(nets, { client: { signal: controller.signal } });
    log.watch('near', near);
    far.on('error', () => {}).resume();
    controller.abort();
    await closed(near, far);
    listener.close();
  },
  'a signal that is none': async (nets, log) => {
    try {
      nets.client.connect({ port: 9, host: nets.address, signal: 'no' as never });
    } catch (error) {
      log.add((error as { code: string }).code);
    }
  },
  'write on a socket that never connected': async (nets, log) => {
    const near = log.watch('near', new nets.client.Socket());
    near.write('x', log.callback('write'));
    await pause(10);
    log.add(near.destroyed);
    return withoutClose(log);
  },
  'end with data on a socket that never connected': async (nets, log) => {
    const near = log.watch('near', new nets.client.Socket());
    near.end('x', log.callback('end'));
    await pause(10);
    log.add(near.destroyed, near.writableFinished);
    return withoutClose(log);
  },
};
