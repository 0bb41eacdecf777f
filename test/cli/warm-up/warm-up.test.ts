import { describe, expect, test } from 'vitest';
import type { StackSettings } from '../../../src/cli/arguments/device-options.ts';
import { serveInMemory, type WarmUpEnd, warmUp } from '../../../src/cli/warm-up/warm-up.ts';
import { Cable } from '../../../src/link/cable.ts';
import { createStack } from '../../../src/net/stack.ts';
import type { ServiceName } from '../../../src/services/index.ts';

const SETTINGS: StackSettings = {
  device: 'tun7',
  address: '10.7.0.2',
  kernelAddress: '10.7.0.1',
  prefix: 24,
  mtu: 1500,
  offload: true,
  driver: 'native',
  sysctls: {},
  history: 16,
};
const SERVICES = new Map<ServiceName, number>([
  ['echo', 7],
  ['http', 8080],
]);
const never = new AbortController().signal;
const untilDone = (connections: number): WarmUpEnd => ({
  connections,
  until: performance.now() + 60_000,
  signal: never,
});

/** What keeps the process alive. */
const resources = (): string[] =>
  process
    .getActiveResourcesInfo()
    .filter((name) => !/^(Immediate|PipeWrap)$/.test(name))
    .sort();

describe('connections in memory', () => {
  test.each([
    { offload: true, family: 'with offload' },
    { offload: false, family: 'without' },
  ])('are served as those of the kernel are, $family', async ({ offload }) => {
    const { inspect, link } = await serveInMemory({ ...SETTINGS, offload }, SERVICES, { ...untilDone(40) });
    const counters = inspect.counters().counters;
    expect(counters).toMatchObject({ TcpPassiveOpens: 40, TcpInErrs: 0, TcpRetransSegs: 0 });
    expect(counters).toMatchObject({ TcpAttemptFails: 0, TcpEstabResets: 0, TcpExtTCPTimeouts: 0 });
    // Of those whose last ACK is under way when the stack ends: of the eight that are open at once.
    expect(counters.TcpOutRsts).toBeLessThanOrEqual(8);
    // Of each: SYN-ACK, what answers requests (1, or 8), FIN.
    expect(counters.TcpOutSegs).toBeGreaterThanOrEqual(20 * (2 + 1) + 20 * (2 + 8));
    expect(link.counters).toMatchObject({ rxDroppedBadVnetHeader: 0, txRefused: 0 });
  });

  test('end at their time, if none is ever made', async () => {
    const until = performance.now() + 30;
    const { inspect } = await serveInMemory(SETTINGS, SERVICES, { connections: 0, until, signal: never });
    expect(inspect.counters().counters.TcpPassiveOpens).toBe(0);
    expect(performance.now()).toBeGreaterThanOrEqual(until - 1);
  });

  test('end when they are told to', async () => {
    const ending = new AbortController();
    setImmediate(() => ending.abort());
    const { inspect } = await serveInMemory(SETTINGS, SERVICES, { ...untilDone(1e9), signal: ending.signal });
    expect(inspect.counters().counters.TcpPassiveOpens).toBeLessThan(1e6);
  });
});

describe('warm-up', () => {
  test('leaves nothing that goes on, and a stack that comes after it begins from nothing', async () => {
    // The modules that are needed once, and the test runner's own timers.
    await serveInMemory(SETTINGS, SERVICES, untilDone(1));
    const before = resources();
    const listeners = process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const classes = await warmUp(SETTINGS, SERVICES, never);
    await new Promise((resolve) => setImmediate(resolve));
    expect(resources().length).toBeLessThanOrEqual(before.length);
    expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(listeners);

    const cable = new Cable();
    const stack = createStack(cable.a, { addresses: ['10.7.0.2/24'], history: 16 }, classes);
    const peer = createStack(cable.b, { addresses: ['10.7.0.1/24'] });
    expect(
      Object.entries(stack.inspect.counters().counters).filter(
        ([name, n]) => /^Tcp(In|Out|Passive|Ext)/.test(name) && n !== 0,
      ),
    ).toEqual([]);
    expect([...stack.inspect.sockets()]).toEqual([]);
    expect([...stack.inspect.timeWait()]).toEqual([]);

    // Its sockets and servers are of the constructors that it was given, and its own.
    const server = stack.createServer((socket) => {
      expect(socket).toBeInstanceOf(stack.Socket);
      expect(socket.constructor).toBe(stack.Socket);
      socket.end(socket.localAddress);
    });
    server.listen(7);
    const chunks: Buffer[] = [];
    for await (const chunk of peer.connect(7, '10.7.0.2')) chunks.push(chunk as Buffer);
    expect(String(Buffer.concat(chunks))).toBe('10.7.0.2');
    expect(new stack.Socket()).toBeInstanceOf(classes!.exported.Socket);
    expect(stack.inspect.counters().counters.TcpPassiveOpens).toBe(1);
    await stack.close(0);
    await peer.close(0);
  });

  test('is not for what it can do nothing about', async () => {
    expect(await warmUp(SETTINGS, new Map(), never)).toBeNull();
    expect(await warmUp({ ...SETTINGS, driver: 'tuntap2' }, SERVICES, never)).toBeNull();
    expect(await warmUp(SETTINGS, SERVICES, AbortSignal.abort())).toBeNull();
  });
});
