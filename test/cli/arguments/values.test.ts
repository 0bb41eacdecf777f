import { describe, expect, test } from 'vitest';
import { parseDevice, parsePublication } from '../../../src/cli/arguments/parse.ts';
import { parseServices } from '../../../src/cli/arguments/services.ts';
import { checkDevice } from '../../../src/cli/doctor/diagnose.ts';
import { namespaceFix } from '../../../src/cli/doctor/namespaces.ts';
import { checkTunNode } from '../../../src/cli/doctor/tun-node.ts';
import { hasCapability } from '../../../src/cli/process/capabilities.ts';
import { exitCodeOf, unshareArguments } from '../../../src/cli/process/inside.ts';
import { oneLine, reasonOf } from '../../../src/cli/terminal/errors.ts';
import { parseArguments } from '../support/settings-of.ts';

describe('device flags', () => {
  test('the defaults are the documented network', () => {
    expect(parseArguments([])).toEqual({
      history: 16,
      device: 'tun0',
      kernelAddress: '10.9.0.1',
      address: '10.9.0.2',
      prefix: 24,
      mtu: 1500,
      offload: true,
      driver: 'native',
      sysctls: {},
    });
  });

  test('--msl becomes tcp_timewait_len, which is 2MSL in milliseconds', () => {
    expect(parseArguments(['--msl', '0.5']).sysctls).toEqual({ tcp_timewait_len: 1000 });
  });

  test('--sysctl: knobs under their Linux names, several of them', () => {
    const args = ['--sysctl', 'net.ipv4.tcp_syn_retries=2', '--sysctl', 'somaxconn=9', '--msl', '1'];
    expect(parseArguments(args).sysctls).toEqual({ tcp_syn_retries: 2, somaxconn: 9, tcp_timewait_len: 2000 });
  });

  test('--impair: one text, also of several', () => {
    const args = ['--impair', 'delay 5ms', '--impair', 'drop FIN 1 out', '--impair-seed', '4294967295'];
    expect(parseArguments(args)).toMatchObject({ impair: 'delay 5ms; drop FIN 1 out', impairSeed: 4_294_967_295 });
  });

  test('a point-to-point prefix has neither network nor broadcast address', () => {
    const settings = parseArguments(['--prefix', '31', '--kernel-address', '10.0.0.0', '--address', '10.0.0.1']);
    expect([settings.kernelAddress, settings.address]).toEqual(['10.0.0.0', '10.0.0.1']);
  });

  test.each([
    ['127.0.0.2', '127.0.0.3', 'loopback'],
    ['224.0.0.1', '224.0.0.2', 'multicast'],
    ['250.0.0.1', '250.0.0.2', 'reserved'],
    ['0.0.0.1', '0.0.0.2', 'this network'],
    ['10.9.0.0', '10.9.0.2', 'of the network itself'],
  ])('%s and %s are no hosts', (kernel, ours, words) => {
    expect(() => parseArguments(['--kernel-address', kernel, '--address', ours])).toThrow(words);
  });

  test('commands with a device of their own take a network that no device here has', () => {
    const { kernelAddress, address } = parseArguments([], 'free');
    expect(kernelAddress).toMatch(/^10\.9\.[1-9]\d*\.1$/);
    expect(address).toBe(kernelAddress.replace(/1$/, '2'));
    expect(parseArguments(['--kernel-address', '10.1.2.3'], 'free')).toMatchObject({ address: '10.1.2.2' });
  });
});

test('device names are those that the kernel takes', () => {
  for (const good of ['tun0', 'tun%d', 'a', 'x'.repeat(15)]) expect(parseDevice(good)).toBe(good);
  for (const bad of ['', '.', '..', 'a/b', 'a b', 'a:0', 'tun%s', '%d%d', 'x'.repeat(16), 'é'.repeat(8)]) {
    expect(() => parseDevice(bad)).toThrow();
  }
});

test('publications: host port and port, bound to 127.0.0.1 unless told otherwise', () => {
  expect(parsePublication('8080:80')).toEqual([{ bind: '127.0.0.1', hostPort: 8080, port: 80 }]);
  expect(parsePublication('0.0.0.0:1:2', parsePublication('[::]:3:4'))).toEqual([
    { bind: '::', hostPort: 3, port: 4 },
    { bind: '0.0.0.0', hostPort: 1, port: 2 },
  ]);
});

test('services: names, other ports, all, none', () => {
  expect([...parseServices('http=8080, echo')]).toEqual([
    ['http', 8080],
    ['echo', 7],
  ]);
  expect(parseServices('all').size).toBe(6);
  expect(parseServices('none').size).toBe(0);
});

describe('what the system grants', () => {
  test('capabilities are read from CapEff', () => {
    expect(hasCapability(12, 'CapPrm:\tffffffffffffffff\nCapEff:\t0000000000001000\n')).toBe(true);
    expect(hasCapability(12, 'CapEff:\t0000000000000fff\n')).toBe(false);
    expect(hasCapability(40, 'CapEff:\t000001ffffffffff\n')).toBe(true);
    expect(hasCapability(12, '')).toBe(false);
  });

  test('a user namespace only where it takes one', () => {
    expect(unshareArguments(true)).toEqual(['--net']);
    expect(unshareArguments(false)).toEqual(['--user', '--map-root-user', '--net']);
  });

  test.each([
    [{ 'kernel/unprivileged_userns_clone': '0' }, 'kernel.unprivileged_userns_clone=1'],
    [{ 'kernel/apparmor_restrict_unprivileged_userns': '1' }, 'kernel.apparmor_restrict_unprivileged_userns=0'],
    [{ 'user/max_user_namespaces': '0' }, 'user.max_user_namespaces='],
    [{ 'user/max_user_namespaces': '9', 'user/max_net_namespaces': '0' }, 'user.max_net_namespaces='],
    [{ 'user/max_user_namespaces': '9' }, 'seccomp'],
    [{}, 'CONFIG_USER_NS'],
  ])('the closed lock is named: %j', (sysctls: Record<string, string>, words) => {
    expect(namespaceFix((path) => sysctls[path] ?? null)).toContain(words);
  });

  test('/dev/net/tun: what is wrong, and what to do', () => {
    expect(checkTunNode('/nonexistent')).toMatchObject({ ok: false, detail: 'there is no such file' });
    expect(checkTunNode('/dev/null')).toMatchObject({ ok: true });
    expect(checkTunNode('/proc/self')).toMatchObject({ ok: false, fix: expect.any(String) });
  });

  test("the device probe's steps become two checks", () => {
    const made = { name: 'create a device', ok: true, detail: 'granted' };
    expect(checkDevice([made, { name: 'offload', ok: true, detail: 'TSO4' }])).toEqual([
      { name: 'TUN device', ok: true, detail: 'made one, removed it again' },
      { name: 'offload', ok: true, detail: 'TSO4' },
    ]);
    expect(checkDevice([{ ...made, ok: false, detail: 'no' }])).toEqual([
      { name: 'TUN device', ok: false, detail: 'no' },
    ]);
  });
});

test('exit codes of processes are counted as shells do', () => {
  expect([exitCodeOf(3, null), exitCodeOf(null, 'SIGTERM'), exitCodeOf(null, 'SIGINT')]).toEqual([3, 143, 130]);
});

test('every error fits in a line', () => {
  expect(oneLine(new Error('first\n  second\n'))).toBe('first second');
  expect(oneLine(new AggregateError([new Error('inner')], ''))).toBe('inner');
  expect(oneLine(new TypeError())).toBe('TypeError');
  expect(oneLine('text')).toBe('text');
  expect(reasonOf(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))).toContain('refused');
});
