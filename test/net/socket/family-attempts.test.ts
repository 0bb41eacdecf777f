import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Socket } from '../../../src/net/socket/socket.ts';
import { type BadNetwork, badNetwork } from '../../../src/testing/bad-network.ts';

const NAME = { port: 80, host: 'some.name', autoSelectFamily: true };

/** A look-up that finds these. */
const finding =
  (...addresses: string[]) =>
  (_name: string, _options: object, done: (...args: unknown[]) => void): void => {
    const found = addresses.map((address) => ({ address, family: 4 }));
    process.nextTick(done, null, found);
  };

/** What an attempt to connect goes through, and when, in milliseconds of the network's time. */
function followed(net: BadNetwork, socket: Socket): string[] {
  const told: string[] = [];
  const note = (...words: unknown[]): void => void told.push([Math.round(net.now), ...words].join(' '));
  for (const event of ['connectionAttempt', 'connectionAttemptTimeout', 'connectionAttemptFailed'])
    socket.on(event, (ip: string, port: number, family: number, error?: NodeJS.ErrnoException) =>
      note(event, ip, port, family, ...(error ? [error.code] : [])),
    );
  socket.on('connect', () => note('connect', socket.remoteAddress));
  socket.on('error', (error: NodeJS.ErrnoException & { errors?: Error[] }) =>
    note(
      error.name,
      error.code,
      error.errors?.map(({ message }) => message),
    ),
  );
  return told;
}

const NOWHERE = ['10.0.0.97', '10.0.0.98'];

test('an address that does not answer is given up for the next after autoSelectFamilyAttemptTimeout', async () => {
  await using net = await badNetwork({ rules: ['delay 5ms'], time: 'virtual', seed: 1 });
  net.server.createServer().listen(80);
  const lookup = finding(...NOWHERE, net.address) as never;
  const socket = net.connect({ ...NAME, lookup, autoSelectFamilyAttemptTimeout: 300 });
  const told = followed(net, socket);
  await once(socket, 'connect');
  expect(told).toEqual([
    '0 connectionAttempt 10.0.0.97 80 4',
    '300 connectionAttemptTimeout 10.0.0.97 80 4',
    '300 connectionAttempt 10.0.0.98 80 4',
    '600 connectionAttemptTimeout 10.0.0.98 80 4',
    '600 connectionAttempt 10.0.0.2 80 4',
    '610 connect 10.0.0.2',
  ]);
  expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([...NOWHERE, net.address].map((ip) => `${ip}:80`));
});

test('less than 10 milliseconds are 10, as node:net has it', async () => {
  await using net = await badNetwork({ time: 'virtual', seed: 1 });
  net.server.createServer().listen(80);
  const lookup = finding(NOWHERE[0]!, net.address) as never;
  const socket = net.connect({ ...NAME, lookup, autoSelectFamilyAttemptTimeout: 1 });
  const told = followed(net, socket);
  await once(socket, 'connect');
  expect(told[1]).toBe('10 connectionAttemptTimeout 10.0.0.97 80 4');
});

test('the last address has all the time that TCP has; the error is of all of them', async () => {
  await using net = await badNetwork({ rules: ['drop SYN'], time: 'virtual', seed: 1 });
  const lookup = finding(NOWHERE[0]!, net.address) as never;
  const socket = net.connect({ ...NAME, lookup, autoSelectFamilyAttemptTimeout: 250 });
  const told = followed(net, socket);
  await new Promise((done) => socket.once('close', done));
  expect(told.slice(0, 3)).toEqual([
    '0 connectionAttempt 10.0.0.97 80 4',
    '250 connectionAttemptTimeout 10.0.0.97 80 4',
    '250 connectionAttempt 10.0.0.2 80 4',
  ]);
  const [failed, error] = told.slice(3);
  // tcp_syn_retries: 6, so 127 s (RFC 6298, section 5: 1, 2, 4, ... 64 s).
  expect(failed).toMatch(/^127250 connectionAttemptFailed 10.0.0.2 80 4 ETIMEDOUT$/);
  expect(error).toMatch(/AggregateError ETIMEDOUT connect ETIMEDOUT 10.0.0.97:80,connect ETIMEDOUT 10.0.0.2:80$/);
});

test('a refusal is not waited for', async () => {
  await using net = await badNetwork({ rules: ['delay 5ms'], time: 'virtual', seed: 1 });
  const lookup = finding(net.address, NOWHERE[0]!) as never;
  const socket = net.connect({ ...NAME, lookup, autoSelectFamilyAttemptTimeout: 300 });
  const told = followed(net, socket);
  await once(socket, 'connectionAttemptFailed');
  socket.destroy();
  expect(told).toEqual([
    '0 connectionAttempt 10.0.0.2 80 4',
    '10 connectionAttemptFailed 10.0.0.2 80 4 ECONNREFUSED',
    '10 connectionAttempt 10.0.0.97 80 4',
  ]);
});
