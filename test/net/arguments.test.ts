import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Sysctls } from '../../src/host/host.ts';
import { Cable } from '../../src/link/cable.ts';
import { createStack, openStack, type StackOptions } from '../../src/net/stack.ts';

const ADDRESSES = { addresses: ['10.0.0.1/24'] };
const OPTIONS = { device: 'tun0', kernelAddress: '10.9.0.1', address: '10.9.0.2' };

test.each([
  [undefined, 'options.device must be a string'],
  [{}, 'options.device must be a string'],
  [{ device: 'tun0' }, 'options.kernelAddress must be a string'],
  [{ ...OPTIONS, kernelAddress: 'x' }, "options.kernelAddress must be an IPv4 address. Received 'x'"],
  [{ ...OPTIONS, address6: '10.9.0.2' }, 'options.address6 must be an IPv6 address'],
  [{ ...OPTIONS, sysctls: { tcp_fin_timeot: 1 } }, 'Did you mean tcp_fin_timeout?'],
])('openStack(%j) names the option, before any device is made', async (options, message) => {
  await expect(openStack(options as StackOptions)).rejects.toThrow(message);
});

test.each([
  [{ tcp_timewait_len: 'a' }, 'tcp_timewait_len takes a whole number'],
  [{ tcp_rmem: 5 }, 'tcp_rmem takes 3 whole numbers'],
  [{ tcp_syn_retries: -4 }, 'tcp_syn_retries takes a whole number'],
  [{ nope: 1 }, 'Unknown sysctl nope'],
])('createStack refuses the knobs %j', (sysctls, message) => {
  const settings = { ...ADDRESSES, sysctls: sysctls as Partial<Sysctls> };
  expect(() => createStack(new Cable().a, settings)).toThrow(message);
});

test('a knob that is undefined has its default', async () => {
  const sysctls = { tcp_timewait_len: undefined } as unknown as Partial<Sysctls>;
  const stack = createStack(new Cable().a, { ...ADDRESSES, sysctls });
  expect(stack.host.sysctls.tcp_timewait_len).toBe(60_000);
  await stack.close();
});

test('the age of a socket counts to now, however long nothing came', async () => {
  const stack = createStack(new Cable().a, ADDRESSES);
  await once(stack.createServer().listen(80), 'listening');
  const [before] = [...stack.inspect.sockets()];
  await sleep(50);
  const [after] = [...stack.inspect.sockets()];
  expect(after!.age - before!.age).toBeGreaterThanOrEqual(45_000);
  await stack.close();
});
