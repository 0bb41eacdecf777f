import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { chargenRing } from '../../src/services/chargen.ts';
import { type ServiceName, startServices } from '../../src/services/index.ts';
import { patternAt } from '../../src/services/terms/pattern.ts';
import { dial, readAll, start } from './helpers.ts';

const running: { close(): void }[] = [];
const serve = async (name: ServiceName): Promise<number> => {
  const service = await start(name);
  running.push(service);
  return service.port;
};
afterEach(() => {
  for (const service of running.splice(0)) service.close();
});

describe('echo', () => {
  test('sends back everything, also what came before the FIN', async () => {
    const socket = await dial(await serve('echo'));
    const sent = Buffer.from(patternAt(0, 200_000));
    socket.end(sent);
    expect((await readAll(socket)).equals(sent)).toBe(true);
  });

  test('goes on after a client that resets', async () => {
    const port = await serve('echo');
    const rude = await dial(port);
    rude.write('x');
    rude.resetAndDestroy();
    await sleep(20);
    const socket = await dial(port);
    socket.end('still there');
    expect((await readAll(socket)).toString()).toBe('still there');
  });
});

test('discard reads everything, answers nothing, closes when the peer does', async () => {
  const socket = await dial(await serve('discard'));
  for (let i = 0; i < 50; i++) if (!socket.write(patternAt(i, 65_536))) await once(socket, 'drain');
  socket.end();
  expect((await readAll(socket)).length).toBe(0);
});

test('daytime is one line with the time, then FIN', async () => {
  const began = Date.now();
  const socket = await dial(await serve('daytime'));
  const text = (await readAll(socket)).toString();
  expect(text).toMatch(/^[A-Z][a-z]{2}, .* GMT\r\n$/);
  expect(Date.parse(text)).toBeGreaterThan(began - 1000); // it has whole seconds
  expect(Date.parse(text)).toBeLessThanOrEqual(Date.now());
  socket.end();
});

describe('chargen', () => {
  test('is RFC 864: 72 printable characters and CRLF, each line one further on', async () => {
    const socket = await dial(await serve('chargen'));
    const want = 1_000_000;
    let got = Buffer.alloc(0);
    for await (const chunk of socket) {
      got = Buffer.concat([got, chunk as Buffer]);
      if (got.length >= want) break;
    }
    const lines = got.toString('latin1').split('\r\n').slice(0, 13_000);
    const alphabet = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
    const endless = alphabet.repeat(3);
    lines.forEach((line, i) => {
      expect(line).toBe(endless.slice(i % 95, (i % 95) + 72));
    });
    socket.destroy();
  });

  test('waits for a reader that stops', async () => {
    const socket = await dial(await serve('chargen'));
    await once(socket, 'readable');
    await sleep(200);
    const before = process.memoryUsage().external;
    await sleep(200);
    expect(process.memoryUsage().external - before).toBeLessThan(8 << 20);
    socket.destroy();
  });

  test("the ring's last line leads to its first", () => {
    const ring = chargenRing().toString('latin1');
    expect(ring.length).toBe(95 * 74);
    expect(ring.startsWith(' !"#$%&')).toBe(true);
    expect(ring.endsWith('ef\r\n')).toBe(true);
  });
});

describe('startServices', () => {
  test('leaves nothing listening when one cannot start', async () => {
    // Where no other test listens, so that the port stays free.
    const host = '127.0.0.4';
    const taken = net.createServer().listen(0, host);
    await once(taken, 'listening');
    const takenPort = (taken.address() as net.AddressInfo).port;
    const free = net.createServer().listen(0, host);
    await once(free, 'listening');
    const freePort = (free.address() as net.AddressInfo).port;
    await new Promise((resolve) => free.close(resolve));
    const wanted = new Map<ServiceName, number>([
      ['echo', freePort],
      ['discard', takenPort],
    ]);
    await expect(startServices(net, wanted, { host })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(once(net.connect(freePort, host), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    taken.close();
  });

  test('close drops the connections that are open', async () => {
    const service = await start('echo');
    const socket = await dial(service.port);
    socket.write('x');
    await once(socket, 'data');
    service.close();
    await Promise.race([once(socket, 'end'), once(socket, 'error')]);
    socket.destroy();
  });
});
