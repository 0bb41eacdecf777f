import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControlClient } from '../../../src/control/client.ts';
import { serveControl } from '../../../src/control/serve.ts';
import { ControlError } from '../../../src/control/terms/protocol.ts';
import { ownDirectory } from '../../support/processes.ts';
import { RawClient, serve, tables, turn, until } from '../support/world.ts';

function* numbers(count: number): IterableIterator<{ n: number }> {
  for (let n = 0; n < count; n++) yield { n };
}

describe('a control socket', () => {
  it('is for its user alone, says hello, answers calls, and is gone when it is closed', async () => {
    const server = await serve({ double: ({ n }) => ({ n: (n as number) * 2 }) });
    expect(lstatSync(server.path).mode & 0o777).toBe(0o600);
    const client = await ControlClient.connect(server.path);
    expect(client.hello).toEqual(server.tables.hello);
    expect(await Promise.all([client.call('double', { n: 4 }), client.call('double', { n: 5 })])).toEqual([
      { n: 8 },
      { n: 10 },
    ]);
    const late = client.call('double', { n: 1 });
    server.close();
    await expect(late).rejects.toMatchObject({ code: 'closed' });
    expect(existsSync(server.path)).toBe(false);
  });

  it('sends a list in pieces, and turns of the event loop between them', async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    let done = false;
    const server = await serve({ numbers: ({ count }) => numbers(count as number) });
    const client = await ControlClient.connect(server.path);
    count();
    const items = await client.list<{ n: number }>('numbers', { count: 10_000 });
    done = true;
    expect(items).toEqual([...numbers(10_000)]);
    expect(turns).toBeGreaterThan(10_000 / 64 - 1);
    expect(await client.list('numbers', { count: 0 })).toEqual([]);
    client.close();
  });

  it('makes no answers that no one reads, and packets come between two of them', async () => {
    let answered = 0;
    const server = await serve({
      long() {
        answered++;
        return 'x'.repeat(50_000);
      },
    });
    const client = new RawClient(server.path);
    await until(() => client.text !== '');
    client.socket.pause();
    for (let id = 1; id <= 100; id++) client.say({ id, call: 'long' });
    let before = -1;
    while (answered === 0 || answered !== before) {
      before = answered;
      await turn();
      expect(answered - before).toBeLessThanOrEqual(1);
      await turn(50);
    }
    // What waits in the server, and what the kernel's buffers hold.
    expect(answered).toBeLessThan(30);
    client.socket.resume();
    await until(() => client.text.length > 100 * 50_000);
    expect(client.messages.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  it('lets a client that has closed its direction read the answer in its own time', async () => {
    const server = await serve({ long: () => 'x'.repeat(1_000_000) });
    const client = new RawClient(server.path);
    await until(() => client.text !== '');
    client.socket.pause();
    client.say({ id: 1, call: 'long' });
    client.socket.end();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    client.socket.resume();
    await client.closed;
    expect(client.messages.length).toBe(1);
  });

  it('sends no null of a list, which stands for work that brought nothing', async () => {
    const server = await serve({
      *sparse() {
        for (let n = 0; n < 1000; n++) yield n % 300 === 0 ? n : null;
      },
    });
    const client = await ControlClient.connect(server.path);
    expect(await client.list('sparse')).toEqual([0, 300, 600, 900]);
    client.close();
  });

  it('makes no more of a list than its reader takes, and lets go of it when the reader is gone', async () => {
    let made = 0;
    let returned = false;
    function* endless(): IterableIterator<string> {
      try {
        for (;;) {
          made++;
          yield 'x'.repeat(1000);
        }
      } finally {
        returned = true;
      }
    }
    const server = await serve({ endless });
    const client = new RawClient(server.path);
    await until(() => client.text !== '');
    client.socket.pause();
    client.say({ id: 1, call: 'endless' });
    let before = -1;
    while (made === 0 || made !== before) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // What the two sockets of the kernel hold, and ours; not what could be made in that time.
    expect(made * 1000).toBeLessThan(4_000_000);
    client.socket.destroy();
    await until(() => returned);
    await until(() => server.clients === 0);
  });

  it('tells what is wrong with a request, and goes on', async () => {
    const server = await serve({
      picky: () => {
        throw new ControlError('badParameters', 'Not that');
      },
      broken: () => {
        throw new TypeError('a fault of ours');
      },
      *late() {
        yield 1;
        throw new ControlError('notFound', 'It has gone meanwhile');
      },
    });
    const client = await ControlClient.connect(server.path);
    await expect(client.call('nothing')).rejects.toMatchObject({
      code: 'unknownCall',
      message: 'There is no call "nothing" here; there are: picky, broken, late, subscribe, unsubscribe',
    });
    await expect(client.call('picky')).rejects.toMatchObject({ code: 'badParameters', message: 'Not that' });
    await expect(client.call('broken')).rejects.toMatchObject({ code: 'failed', message: 'a fault of ours' });
    await expect(client.list('late')).rejects.toMatchObject({ code: 'notFound' });
    await expect(client.call('subscribe', { stream: 'none' })).rejects.toMatchObject({ code: 'badParameters' });
    await expect(client.call('unsubscribe', { subscription: 7 })).rejects.toMatchObject({ code: 'notFound' });
    expect(server.clients).toBe(1);
    client.close();
  });

  it.each([
    ['no JSON', '{"id":1,'],
    ['no object', '[1]'],
    ['no id', '{"call":"x"}'],
    ['no call', '{"id":1}'],
    ['an endless line', 'x'.repeat(70_000)],
  ])('answers %s with one error and closes', async (_, line) => {
    const server = await serve();
    const client = new RawClient(server.path);
    client.say(line);
    client.say({ id: 2, call: 'never' });
    await client.closed;
    expect(client.messages).toHaveLength(1);
    expect(client.messages[0]).toMatchObject({ id: null, error: { code: 'badRequest' } });
    await until(() => server.clients === 0);
  });

  it('survives whatever comes in, in whatever pieces', async () => {
    const server = await serve({ one: () => 1 });
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ id: fc.jsonValue(), call: fc.oneof(fc.string(), fc.constant('one'), fc.constant('subscribe')) })
        .map((v) => JSON.stringify(v)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 5 }),
        fc.array(fc.nat(40), { maxLength: 6 }),
        async (lines, cuts) => {
          const client = new RawClient(server.path);
          let text = `${lines.join('\n')}\n`;
          for (const cut of cuts) {
            client.socket.write(text.slice(0, cut));
            text = text.slice(cut);
            await turn();
          }
          client.socket.end(text);
          await client.closed;
          expect(client.messages.length).toBeLessThanOrEqual(lines.length + lines.join().split('\n').length);
        },
      ),
      { numRuns: 100 },
    );
    const client = await ControlClient.connect(server.path);
    expect(await client.call('one')).toBe(1);
    client.close();
    await until(() => server.clients === 0);
  });

  it('answers who closes his direction behind the last request', async () => {
    const server = await serve({ numbers: () => numbers(200) });
    const client = new RawClient(server.path);
    client.socket.end('{"id":1,"call":"numbers"}\n{"id":2,"call":"numbers"}\n');
    await client.closed;
    expect(client.messages.at(-1)).toEqual({ id: 2, result: { count: 200 } });
  });

  it('takes 64 clients at a time, and a thousand that come and go leave nothing', async () => {
    const server = await serve({ one: () => 1 });
    for (let i = 0; i < 1000; i += 50) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => ControlClient.connect(server.path)));
      for (const [n, client] of clients.entries()) {
        if (n % 2 === 0) expect(await client.call('one')).toBe(1);
        client.close();
      }
      await until(() => server.clients === 0);
    }
    const idle = await Promise.all(Array.from({ length: 64 }, () => ControlClient.connect(server.path)));
    await expect(ControlClient.connect(server.path)).rejects.toMatchObject({ code: 'busy' });
    expect(await idle[63]!.call('one')).toBe(1);
    for (const client of idle) client.close();
    await until(() => server.clients === 0);
  });
});

describe('a stream', () => {
  it('brings entries until the subscriber leaves it', async () => {
    const pushes: ((entry: object) => boolean)[] = [];
    let stopped = 0;
    const server = await serve(
      {},
      {
        log: (parameters, push) => {
          expect(parameters).toEqual({ stream: 'log', port: 80 });
          pushes.push(push);
          push({ first: true });
          return () => stopped++;
        },
      },
    );
    const client = await ControlClient.connect(server.path);
    const seen: object[] = [];
    for await (const entry of client.subscribe<{ n: number }>('log', { port: 80 })) {
      seen.push(entry);
      if (seen.length === 1) for (let n = 0; n < 3; n++) pushes[0]!({ n });
      if (seen.length === 4) break;
    }
    expect(seen).toEqual([{ first: true }, { n: 0 }, { n: 1 }, { n: 2 }]);
    await until(() => stopped === 1);
    expect(pushes[0]!({ n: 4 })).toBe(false);
    client.close();
  });

  it('counts what a slow reader loses, tells it, and holds no more than that', async () => {
    let push: (entry: object) => boolean = () => false;
    const server = await serve(
      {},
      {
        log: (_, pushEntry) => {
          push = pushEntry;
          return () => {};
        },
      },
    );
    const client = new RawClient(server.path);
    client.say({ id: 1, call: 'subscribe', stream: 'log' });
    await client.until(1);
    client.socket.pause();
    await turn(2);
    const pad = 'x'.repeat(1000);
    let taken = 0;
    for (let n = 0; n < 20_000; n++) {
      if (push({ n, pad })) taken++;
      if (n % 50 === 0) await turn();
    }
    expect(taken).toBeLessThan(3000);
    client.socket.resume();
    await until(() => client.messages.some((message) => 'gap' in ((message.entry as object) ?? {})));
    expect(push({ n: 20_000 })).toBe(true);
    await until(() => client.text.includes('"n":20000'));
    const entries = client.messages.slice(1).map((message) => message.entry as { n?: number; gap?: number });
    let next = 0;
    for (const { n, gap } of entries) {
      if (gap !== undefined) next += gap;
      else expect(n).toBe(next++);
    }
    expect(next).toBe(20_001);
  });

  it('ends for a client that is gone', async () => {
    let stopped = 0;
    const server = await serve({}, { log: () => () => stopped++ });
    const client = new RawClient(server.path);
    for (let id = 0; id < 17; id++) client.say({ id, call: 'subscribe', stream: 'log' });
    expect((await client.until(17)).at(-1)).toMatchObject({ id: 16, error: { code: 'busy' } });
    client.socket.destroy();
    await until(() => stopped === 16);
  });

  it('that is left, or not read on, while much of it is on its way keeps no answer back', async () => {
    let push: (entry: object) => boolean = () => false;
    const server = await serve(
      { one: () => 1 },
      {
        log: (_, pushEntry) => {
          push = pushEntry;
          return () => {};
        },
      },
    );
    const client = await ControlClient.connect(server.path);
    const entries = client.subscribe('log');
    const first = entries.next();
    await until(() => push({ n: 0 }));
    await first;
    for (let n = 1; n < 20_000; n++) push({ n });
    await turn(20);
    expect(await client.call('one')).toBe(1); // the loop over the entries may ask something, too
    for (let n = 0; n < 20_000; n++) push({ n });
    await turn(20);
    await entries.return(undefined);
    expect(await client.call('one')).toBe(1);
    client.close();
  });

  it('is read as fast as its entries are taken, and no entry is held beyond that', async () => {
    let push: (entry: object) => boolean = () => false;
    const server = await serve(
      {},
      {
        log: (_, pushEntry) => {
          push = pushEntry;
          return () => {};
        },
      },
    );
    const client = await ControlClient.connect(server.path);
    const entries = client.subscribe<{ n: number }>('log');
    const first = entries.next();
    await until(() => push({ n: -1 }));
    await first;
    let refused = 0;
    for (let n = 0; n < 20_000; n++) {
      if (!push({ n, pad: 'x'.repeat(1000) })) refused++;
      if (n % 50 === 0) await turn();
    }
    expect(refused).toBeGreaterThan(10_000);
    let next = 0;
    while (next < 20_000) {
      const { value } = (await entries.next()) as { value: { n: number; gap?: number } };
      if (value.gap !== undefined) next += value.gap;
      else expect(value.n).toBe(next++);
    }
    client.close();
  });
});

describe('the place of a control socket', () => {
  it('is taken over from a dead process, not from a live one', async () => {
    const directory = ownDirectory();
    const path = join(directory, 'tun0.sock');
    const script = `require('net').createServer().listen('${path}', () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(existsSync(path)).toBe(true);
    const first = await serveControl(tables(), { directory });
    expect(first.path).toBe(path);
    const second = await serveControl(tables(), { directory });
    expect(second.path).toBe(join(directory, `tun0-${process.pid}.sock`));
    await expect(serveControl(tables(), { path })).rejects.toThrow(`A process listens at ${path} already`);
    for (const server of [first, second]) server.close();
    expect(existsSync(path)).toBe(false);
  });

  it('is another one for each of two stacks that begin at the same time', async () => {
    const directory = ownDirectory();
    const servers = await Promise.all([serveControl(tables(), { directory }), serveControl(tables(), { directory })]);
    const paths = servers.map(({ path }) => path).sort();
    expect(paths).toEqual([join(directory, `tun0-${process.pid}.sock`), join(directory, 'tun0.sock')]);
    for (const server of servers) server.close();
  });

  it('is never a file of another kind, nor too long a path', async () => {
    const path = join(ownDirectory(), 'precious');
    writeFileSync(path, 'data');
    await expect(serveControl(tables(), { path })).rejects.toThrow('is there already, and no socket');
    await expect(serveControl(tables(), { path: `/tmp/${'x'.repeat(120)}` })).rejects.toThrow('1 to 107 bytes');
    expect(lstatSync(path).isFile()).toBe(true);
  });
});
