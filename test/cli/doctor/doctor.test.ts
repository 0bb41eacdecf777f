import { describe, expect, test } from 'vitest';
import { inShell, isRoot, possible } from '../support/private-network.ts';
import { finish, MAIN, type Result, start } from '../support/run.ts';

interface Said {
  up: boolean;
  shell: boolean;
  checks: { name: string; ok: boolean; detail: string; fix?: string }[];
}

/** `doctor --json` in a mount namespace of its own, after a script that changes what /dev has. */
function doctorAfter(script: string): Promise<Result> {
  const setUp = `${script} && exec "$0" "$1" doctor --json`;
  return finish(start(['unshare', '--mount', '--net', 'sh', '-c', setUp, process.execPath, MAIN]));
}

const lookAt = ({ stdout }: Result, name: string) => {
  const said = JSON.parse(stdout) as Said;
  return { ...said, check: said.checks.find((check) => check.name === name) };
};

describe.skipIf(!possible || !isRoot)('doctor, when /dev/net/tun', () => {
  const NODE = '/dev/net/tun';

  test('opens', async () => {
    const result = await doctorAfter('true');
    expect(result.code).toBe(0);
    const { up, shell, check, checks } = lookAt(result, NODE);
    expect({ up, shell, check }).toEqual({ up: true, shell: true, check: { name: NODE, ok: true, detail: 'opens' } });
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['addon', 'TUN device', 'offload']));
  });

  test.each([
    ['is missing', 'mount -t tmpfs none /dev/net', /no such file/, /modprobe tun.*--device \/dev\/net\/tun/],
    ['has no driver behind it', 'NODE c 10 254', /the kernel has no TUN driver/, /modprobe tun/],
    ['lies where devices may not be', 'NODEV c 10 200', /doesn't let this user open it/, /chmod 666/],
  ])('%s: neither way works, and it says what to do', async (_, script, detail, fix) => {
    const [how, ...node] = script.split(' ');
    const options = how === 'NODEV' ? '-o nodev' : '';
    const result = await doctorAfter(
      how === 'mount' ? script : `mount -t tmpfs ${options} none /dev/net && mknod -m 666 ${NODE} ${node.join(' ')}`,
    );
    const { up, shell, check, checks } = lookAt(result, NODE);
    expect(result.code).toBe(1);
    expect({ up, shell, ok: check!.ok }).toEqual({ up: false, shell: false, ok: false });
    expect(check!.detail).toMatch(detail);
    expect(check!.fix).toMatch(fix);
    // No device is tried then, and nothing else is at fault.
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual([NODE]);
    expect(checks.map(({ name }) => name)).not.toContain('TUN device');
  });
});

describe.skipIf(!possible)('doctor, when the device is there', () => {
  test('looks at its queue', async () => {
    const { stdout, stderr } = await inShell(`
      $T doctor
      ip tuntap add tun7 mode tun; $T doctor --device tun7; $T doctor --device tun8; ip link del tun7`);
    expect(stderr).toBe('');
    const [ours, short, none] = stdout.split(/(?<=`tcpglass shell` .*\n)/);
    expect(ours).toMatch(/✓ queue of tun0 +room for 10000 packets\n/);
    expect(short).toMatch(/✗ queue of tun7 +room for 500 packets: .*\n +fix: sudo ip link set tun7 txqueuelen 10000\n/);
    expect(short).toContain('`tcpglass up` works here.');
    expect(none).not.toContain('queue of');
  });
});
