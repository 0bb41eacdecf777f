import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Cable } from '../../../src/link/cable.ts';
import type { ImpairmentEvent } from '../../../src/link/impairment/events.ts';
import { ImpairmentSyntaxError } from '../../../src/link/impairment/language/scan.ts';
import type { HostSettings, Stack } from '../../../src/net/stack.ts';
import { createStack } from '../../../src/net/stack.ts';

const open: Stack[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((stack) => stack.close(0)));
});

/** Two stacks on a cable; the server echoes at port 7. The path is the client's. */
function pair(settings: Partial<HostSettings> = {}): { server: Stack; client: Stack } {
  const cable = new Cable({ offload: true });
  const server = createStack(cable.a, { addresses: ['10.0.0.1/24'] });
  const client = createStack(cable.b, { addresses: ['10.0.0.2/24'], ...settings });
  open.push(server, client);
  server.createServer((socket) => socket.pipe(socket)).listen(7);
  return { server, client };
}

/** Sends octets to the echo, and returns what comes back. */
async function echo(client: Stack, data: Buffer): Promise<Buffer> {
  const socket = client.connect(7, '10.0.0.1');
  socket.end(data);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const DATA = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => i % 251));

describe('a stack whose path misbehaves', () => {
  it('still carries everything', async () => {
    const impair = 'delay 2ms jitter 1ms, loss 2%, duplicate 3%, reorder 5%, corrupt 2%, truncate 1%; rate 100mbit';
    const { client } = pair({ impair, impairSeed: 5 });
    const { impairment } = client;
    expect(impairment).toMatchObject({ seed: 5 });
    const counters = [impairment.counters('out')!, impairment.counters('in')!];
    // How many packets there are is up to the machine's speed: until each fault has happened in each direction.
    const happened = (): boolean =>
      counters.every(
        ({ delayed, drops, duplicated, reordered, corrupted, truncated }) =>
          Math.min(delayed, drops.get('Loss'), duplicated, reordered, corrupted, truncated) > 0,
      );
    let rounds = 0;
    for (; !happened(); rounds++) expect((await echo(client, DATA)).equals(DATA)).toBe(true);
    for (const { packets } of counters) expect(packets).toBeGreaterThan((rounds * DATA.length) / 1460);
  });

  it('waits as long as the path takes', async () => {
    const { client } = pair({ impair: 'delay 40ms' });
    const from = performance.now();
    await once(client.connect(7, '10.0.0.1'), 'connect');
    expect(performance.now() - from).toBeGreaterThanOrEqual(80);
  });

  it('resets a connection at the octet that it is told to', async () => {
    const { client } = pair({ impair: 'rst after 10000 bytes in' });
    const socket = client.connect(7, '10.0.0.1');
    let received = 0;
    socket.on('data', (chunk: Buffer) => (received += chunk.length));
    socket.write(DATA);
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(received).toBeLessThanOrEqual(10_000);
    expect(received).toBeGreaterThan(10_000 - 1460);
  });

  it('tells observers, and no longer when they have left', async () => {
    const { client } = pair({ impair: 'hold SYN 20ms out; duplicate SYN-ACK in' });
    const told: string[] = [];
    const tell = ({ action, direction, by }: ImpairmentEvent): number => told.push(`${action} ${direction} by ${by}`);
    const stop = client.impairment.observe(tell);
    await once(client.connect(7, '10.0.0.1'), 'connect');
    expect(told).toEqual(['held out by hold SYN 20ms out', 'duplicated in by duplicate SYN-ACK in']);
    stop();
    await echo(client, Buffer.from('x'));
    expect(told).toHaveLength(2);
  });
});

describe('impair() while a stack runs', () => {
  it('puts a path in, changes it and takes it out, and nothing of it stays', async () => {
    const { client } = pair();
    expect(client.impairment).toMatchObject({ text: null });
    expect(client.impairment.counters('out')).toBe(null);
    expect((await echo(client, DATA)).equals(DATA)).toBe(true);

    client.impair('OUT: delay 1ms');
    expect(client.impairment.text).toBe('out: delay 1ms');
    expect((await echo(client, DATA)).equals(DATA)).toBe(true);
    client.impair('duplicate DATA 1');
    expect((await echo(client, DATA)).equals(DATA)).toBe(true);
    expect(client.impairment.counters('out')).toMatchObject({ duplicated: 1 });

    client.impair(null);
    expect(client.impairment.text).toBe(null);
    expect((await echo(client, DATA)).equals(DATA)).toBe(true);
    expect(client.impairment.counters('out')).toBe(null);
  });

  it('and taken away lets what was held go on at once', async () => {
    const { client } = pair({ impair: 'hold SYN 60s out' });
    const connected = once(client.connect(7, '10.0.0.1'), 'connect');
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.impair(null);
    await connected;
    expect(client.impairment.counters('out')).toBe(null);
  });

  it('is the path of before where the text is wrong', () => {
    const { client } = pair({ impair: 'delay 1ms' });
    expect(() => client.impair('dely 1ms')).toThrow(ImpairmentSyntaxError);
    expect(() => client.impair(undefined as never)).toThrow(/must be a string, or null/);
    expect(client.impairment.text).toBe('delay 1ms');
  });

  it('from within an application that is being told of data', async () => {
    const { client } = pair({ impair: 'in: delay 20ms' });
    const socket = client.connect(7, '10.0.0.1');
    socket.write('1');
    await once(socket, 'data');
    socket.write('2');
    await new Promise<void>((resolve) =>
      socket.once('data', () => {
        client.impair(null);
        resolve();
      }),
    );
    socket.end('3');
    expect(String(await once(socket, 'data'))).toBe('3');
  });
});

describe('options', () => {
  it('that are wrong are refused before anything is done', () => {
    const cable = new Cable();
    const make = (settings: object) => () => createStack(cable.a, { addresses: [], ...settings });
    expect(make({ impair: 'delay' })).toThrow(ImpairmentSyntaxError);
    expect(make({ impair: 5 })).toThrow(/settings.impair must be a string/);
    expect(make({ impairSeed: 0.5 })).toThrow(/settings.impairSeed must be a whole number/);
    expect(make({ impairSeed: 2 ** 32 })).toThrow(/settings.impairSeed/);
  });
});
