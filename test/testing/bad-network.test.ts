import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Socket } from '../../src/net/socket/socket.ts';
import { type BadNetworkOptions, badNetwork as create, RulesError } from '../../src/testing/index.ts';
import { badNetwork } from '../../src/testing/vitest.ts';

const virtual = (...rules: string[]): BadNetworkOptions => ({ seed: 1, time: 'virtual', rules });

async function readAll(socket: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return String(Buffer.concat(chunks));
}

describe('badNetwork', () => {
  it.each(['real', 'virtual'] as const)('joins a client and a server, in %s time', async (time) => {
    const net = await badNetwork({ time });
    net.server.createServer((socket) => socket.end(`You are ${socket.remoteAddress}`)).listen(80);
    expect(await readAll(net.connect(80))).toBe('You are 10.0.0.1');
    expect(await readAll(net.connect({ port: 80 }))).toBe('You are 10.0.0.1');
    expect(await readAll(net.connect(80, '10.0.0.2'))).toBe('You are 10.0.0.1');
    expect(net).not.toHaveRetransmitted();
    expect(net).toHaveSent('SYN', { from: 'client', times: 3 });
    expect(net).not.toHaveSent('SYN', { from: 'server' });
    await net.close();
    await net.close();
  });

  it('a SYN that is lost for ever takes 127 s, and no time', async () => {
    const net = await badNetwork(virtual('drop SYN'));
    const began = performance.now();
    const [error] = await once(net.connect(80), 'error');
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect' });
    expect(net.now / 1000).toBeCloseTo(127, 0);
    expect(performance.now() - began).toBeLessThan(net.now / 2);
    expect(net).toHaveSent('SYN', { times: 7 });
    expect(net).toHaveRetransmitted({ from: 'client', times: 6 });
    expect(net).toHaveLost('SYN', { times: 7 });
  });

  it('the rules of IMPAIR.md, each in its own string', async () => {
    const net = await badNetwork(virtual('drop 1st SYN', 'rst after 1024 bytes out', 'delay 200ms'));
    net.server.createServer((socket) => socket.resume().on('error', () => {})).listen(80);
    const socket = net.connect(80);
    await once(socket, 'connect');
    expect(net.now).toBeCloseTo(1400, -1);
    socket.write(Buffer.alloc(2000));
    expect(await once(socket, 'error')).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(net).toHaveLost('SYN', { times: 1 });
  });

  it('wait, setTimeout of a socket, and keep-alives are in its time', async () => {
    const net = await badNetwork(virtual());
    net.server.createServer(() => {}).listen(80);
    const socket = net.connect(80).setTimeout(60_000);
    await once(socket, 'timeout');
    expect(net.now).toBeCloseTo(60_000, -2);
    await net.wait(3_600_000);
    expect(net.now).toBeCloseTo(3_660_000, -2);
  });

  it('time stands still while the process waits for a file or a name', async () => {
    const net = await badNetwork(virtual());
    const late = net.wait(1000).then(() => 'late');
    expect(await Promise.race([late, readFile('package.json').then(() => 'file')])).toBe('file');
    expect(await Promise.race([late, lookup('localhost').then(() => 'name')])).toBe('name');
    expect(await late).toBe('late');
  });

  it('what is unplugged loses everything, and goes on where it was', async () => {
    const net = await badNetwork(virtual('delay 10ms'));
    const got: string[] = [];
    net.server.createServer((socket) => socket.on('data', (data) => got.push(String(data)))).listen(80);
    const socket = net.connect(80);
    await once(socket, 'connect');
    net.unplug();
    socket.write('one');
    await net.wait(5000);
    expect(got).toEqual([]);
    net.plug();
    await net.wait(10_000);
    expect(got).toEqual(['one']);
    expect(net).toHaveRetransmitted({ from: 'client' });
  });

  it('a server that crashes knows nothing afterwards, and says so', async () => {
    const net = await badNetwork(virtual('delay 10ms'));
    const accepted: Socket[] = [];
    const before = net.server;
    const server = net.server.createServer((socket) => accepted.push(socket)).listen(80);
    const socket = net.connect(80);
    await once(socket, 'connect');
    await net.wait(100);
    net.crash('server');
    expect(net.server).not.toBe(before);
    await net.wait(5000);
    expect(accepted[0]!.destroyed).toBe(true);
    expect(server.listening).toBe(false);
    expect(net).not.toHaveSent('FIN');
    expect(net).not.toHaveSent('RST');
    const failed = once(socket, 'error');
    socket.write('still there?');
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(net).toHaveSent('RST', { from: 'server', times: 1 });
    expect(await once(net.connect(80), 'error')).toMatchObject([{ code: 'ECONNREFUSED' }]);
    net.server.createServer((again) => again.end('back')).listen(80);
    expect(await readAll(net.connect(80))).toBe('back');
  });

  it('a client that crashes leaves its server with half a connection', async () => {
    const net = await badNetwork(virtual('delay 10ms'));
    const errors: unknown[] = [];
    let served: Socket | undefined;
    net.server
      .createServer((socket) => {
        served = socket.on('error', (error) => errors.push(error));
      })
      .listen(80);
    await once(net.connect(80), 'connect');
    await net.wait(100);
    net.crash('client');
    await net.wait(100_000);
    expect(served!.readyState).toBe('open');
    served!.write('hello?');
    await net.wait(1000);
    expect(errors).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('other rules at any time', async () => {
    const net = await badNetwork(virtual('drop SYN'));
    net.server.createServer((socket) => socket.end('there')).listen(80);
    const socket = net.connect(80);
    await net.wait(10_000);
    net.rules();
    expect(await readAll(socket)).toBe('there');
    expect(() => net.rules('dorp SYN')).toThrow(RulesError);
  });

  it('the same seed, the same run', async () => {
    const run = async (seed: number): Promise<string> => {
      const net = await create({ seed, time: 'virtual', rules: ['delay 20ms jitter 15ms', 'loss 8% burst'] });
      // Not node:http: with how many writes that says something depends on its timers, which are real.
      net.server.createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket)).listen(80);
      for (const size of [10, 100_000]) {
        const socket = net.connect(80).end('x'.repeat(size));
        expect(await readAll(socket)).toHaveLength(size);
      }
      const ladder = net.ladder({ verbose: true });
      await net.close();
      return ladder;
    };
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(first).toContain('again');
  });

  it('says what is wrong with each rule, and with the other options', async () => {
    const rules = ['drop 1st SNY', 'delay 200ms', 'delay 3', 'loss 5%', 'delay 1s', 7 as unknown as string];
    const error = (await create({ rules }).catch((reason: unknown) => reason)) as RulesError;
    expect(error).toBeInstanceOf(RulesError);
    expect(error.bad.map(({ index }) => index)).toEqual([0, 2, 4, 5]);
    expect(error.message).toMatch(
      /^Cannot understand 4 rules of the network:\n {2}rules\[0\] "drop 1st SNY": "SNY": expected/,
    );
    expect(error.message).toContain('rules[4] "delay 1s": beside the rules before it, "delay" is given twice');
    expect(error.message).toContain('rules[5] 7: a rule is a string, and this is a number');
    await expect(create({ seed: -1 })).rejects.toThrow('seed must be a whole number from 0 to 4294967295, not -1');
    await expect(create({ time: 'fast' as 'real' })).rejects.toThrow("time must be 'real' or 'virtual', not fast");
    await expect(create({ mtu: 10 })).rejects.toThrow('link.mtu must be a whole number from 68 to 65535. Received 10');
    const wrong = (options: unknown) => expect(create(options as BadNetworkOptions)).rejects;
    await wrong({ rules: 'drop SYN' }).toThrow("rules must be an array, such as ['drop SYN'], not 'drop SYN'");
    await wrong({ rule: ['drop SYN'] }).toThrow('Unknown option "rule": did you mean "rules"?');
    await wrong({ impair: 'drop SYN' }).toThrow('Unknown option "impair": there are rules, seed,');
    await wrong(['drop SYN']).toThrow(
      "The options must be an object, such as { rules: ['drop SYN'] }, not [ 'drop SYN' ]",
    );
  });

  it('fetch, agents and dispatchers of the client, as in the README', async () => {
    const net = await badNetwork(virtual('drop 1st SYN', 'delay 200ms', 'rst after 64 KiB in'));
    net.server.http
      .createServer((request, response) => response.end(request.url === '/long' ? Buffer.alloc(1e6) : 'short'))
      .listen(80);
    expect(await (await net.fetch(`${net.url}/short`)).text()).toBe('short');
    expect(await (await fetch(net.url, { dispatcher: net.dispatcher() } as RequestInit)).text()).toBe('short');
    const [response] = (await once(http.get(net.url, { agent: net.agent() }), 'response')) as [http.IncomingMessage];
    expect(await readAll(response)).toBe('short');
    const long = await net.fetch(`${net.url}/long`);
    await expect(long.arrayBuffer()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  it('draws a reset behind what arrived before it, and says of a folded row what is in it', async () => {
    const net = await badNetwork(virtual('delay 20ms', 'rst after 64KiB in'));
    net.server.createServer((socket) => socket.on('error', () => {}).end(Buffer.alloc(200_000))).listen(80);
    const socket = net.connect(80);
    socket.resume();
    await expect(once(socket, 'end')).rejects.toThrow('ECONNRESET');
    const rows = net.ladder().split('\n');
    const reset = rows.findIndex((row) => row.includes('CLOSED │◄── RST'));
    expect(rows[reset - 1]).toMatch(/◄── ACK seq 63713:65161 .* 20 ms ──···│$/);
    expect(rows[reset - 2]).toMatch(/│ +··· \d+ arrivals at once ··· +│$/);
  });

  it('reports what happened, and how to have it again', async () => {
    const net = await badNetwork(virtual('drop 1st SYN'));
    net.server.createServer((socket) => socket.end()).listen(80);
    await readAll(net.connect(80));
    const report = net.report();
    expect(report).toContain(`again: badNetwork({ seed: 1, time: 'virtual', rules: ["drop 1st SYN"] })`);
    expect(report).toMatch(/dropped on the way: drop 1st SYN|dropped on the way: drop SYN 1/);
    expect(report).toContain('SYN_RECEIVED');
    expect(() => expect(net).toHaveSent('RST')).toThrow(
      /expected a host to have sent RST; it was 0 times[\s\S]*again: bad/,
    );
    expect(() => expect(net).not.toHaveRetransmitted()).toThrow('expected a host not to have sent something again');
    expect(() => expect(net).toHaveSent('PSH' as 'SYN')).toThrow('no kind of segments "PSH": SYN, SYN-ACK,');
    expect(() => expect(7).toHaveSent('SYN')).toThrow('no network');
  });
});

describe('with fake timers', () => {
  afterEach(() => void vi.useRealTimers());

  it('time goes on as the test says', async () => {
    vi.useFakeTimers();
    const net = await create({ seed: 1, rules: ['drop SYN'] });
    onTestFinished(() => net.close());
    const errors: unknown[] = [];
    net.connect(80).on('error', (error) => errors.push(error));
    await vi.advanceTimersByTimeAsync(126_000);
    expect([errors, net.sent('SYN')]).toEqual([[], 7]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(errors).toMatchObject([{ code: 'ETIMEDOUT' }]);
    expect(net.now).toBeCloseTo(128_000, -2);
  });

  it('an exchange, with the delay of its path and a time-out of the program', async () => {
    vi.useFakeTimers();
    const net = await create({ seed: 1, rules: ['delay 100ms'] });
    onTestFinished(() => net.close());
    net.server.createServer((socket) => setTimeout(() => socket.end('late'), 5000)).listen(80);
    const answer = readAll(net.connect(80));
    await vi.advanceTimersByTimeAsync(5_350);
    expect(net.sent('DATA')).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await answer).toBe('late');
  });
});
