import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asUser, isRoot } from '../../cli/support/private-network.ts';
import { MAIN } from '../../cli/support/run.ts';
import { ownDirectory, WAITING } from '../../support/processes.ts';
import { describeKernel, inNamespace } from '../namespace.ts';

/** Prints what the socket in $1 says first, or the error. */
const HELLO = `node_hello() { $NODE -e '
  const socket = require("net").connect(process.argv[1]).setEncoding("utf8");
  socket.on("data", (text) => { process.stdout.write(text); socket.destroy(); });
  socket.on("error", (error) => console.log(error.code));' "$1"; }; `;

function script(text: string): { run: string[]; directory: string } {
  const directory = ownDirectory();
  const prelude = `NODE='${process.execPath}'; T="$NODE ${MAIN}"; D='${directory}'; export XDG_RUNTIME_DIR="$D"; `;
  return { run: ['sh', '-c', prelude + HELLO + WAITING + text], directory };
}

describeKernel('the control socket of `up`', () => {
  it('is this user’s alone, and goes with the stack', async () => {
    const { run, directory } = script(`
      $T up -q & UP=$!; until_up tun0
      stat -c %a $D/tcpglass $D/tcpglass/tun0.sock
      node_hello $D/tcpglass/tun0.sock
      kill -INT $UP; wait $UP; echo "exit code $?"; ls $D/tcpglass`);
    const { stdout, stderr } = await inNamespace(run);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^700\n600\n\{"hello":\{"tcpglass":"[^"]+","protocol":1,.*"device":"tun0","addresses":\["10\.9\.0\.2"\]\}\}\nexit code 0\n$/,
    );
    expect(readdirSync(join(directory, 'tcpglass'))).toEqual([]);
  });

  it('is where --control says; none is none; a stack that can’t have the one it wants does not start', async () => {
    const { run, directory } = script(`
      touch $D/file; $T up -q --control $D/file; echo "exit code $?"
      $T up -q --control $D/own.sock & UP=$!; until_so test -S $D/own.sock
      $T up -q --device tun1 --kernel-address 10.8.0.1 --address 10.8.0.2 --control $D/own.sock; echo "exit code $?"
      kill -TERM $UP; wait $UP
      $T up --json --control none >$D/said & UP=$!; until_so test -s $D/said; kill -TERM $UP; wait $UP; cat $D/said; rm $D/said`);
    const { stdout, stderr } = await inNamespace(run);
    expect(stderr).toBe(
      `tcpglass: Cannot open the control socket: ${directory}/file is there already, and no socket\n` +
        `tcpglass: Cannot open the control socket: A process listens at ${directory}/own.sock already\n`,
    );
    expect(stdout).toMatch(/^exit code 1\nexit code 1\n\{.*"control":null,.*\}\n$/);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it('comes last: where it is, all that was asked for is there', async () => {
    const { run, directory } = script(`
      touch $D/file; $T up -q --control $D/file --publish 8080:80 --publish 8080:80; echo "exit code $?"`);
    const { stdout, stderr } = await inNamespace(run);
    // What fails first came first.
    expect(stderr).toBe('tcpglass: Cannot publish 127.0.0.1:8080: the address is already in use\n');
    expect(stdout).toBe('exit code 1\n');
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it.skipIf(process.getuid?.() !== 0)('refuses another user who can reach it', async () => {
    const { run } = script(`
      chmod 755 $D; $T up -q --control $D/open.sock & UP=$!; until_so test -S $D/open.sock
      NODE="setpriv --reuid 65534 --regid 65534 --clear-groups $NODE"
      node_hello $D/open.sock; chmod 666 $D/open.sock; node_hello $D/open.sock
      kill -TERM $UP; wait $UP`);
    const { stdout, stderr } = await inNamespace(run);
    expect(stderr).toBe('');
    expect(stdout).toBe(
      'EACCES\n{"id":null,"error":{"code":"refused","message":"This stack belongs to another user"}}\n',
    );
  });

  it('is there inside of `shell`, which says where in TCPGLASS_CONTROL', async () => {
    const { run, directory } = script(
      `$T shell -- sh -c 'echo $TCPGLASS_CONTROL; [ -S $TCPGLASS_CONTROL ] && echo there'`,
    );
    const { stdout, stderr } = await inNamespace(run);
    expect(stderr).toBe('');
    const path = join(directory, 'tcpglass', 'tun0.sock');
    expect(stdout).toBe(`${path}\nthere\n`);
    expect(existsSync(path)).toBe(false);
  });

  it.skipIf(!isRoot)('of an ordinary user’s `shell` is found from inside, and from another terminal', async () => {
    const { stdout, stderr } = await asUser(
      '666',
      `export TMPDIR=$(mktemp -d); unset XDG_RUNTIME_DIR
       $T shell -q -- sh -c '$0 ss -s | head -n1; touch $TMPDIR/up; until [ -e $TMPDIR/done ]; do sleep 0.05; done' "$T" &
       until [ -e $TMPDIR/up ]; do sleep 0.05; done
       stat -c '%a %U' $TMPDIR/tcpglass-65534; ls $TMPDIR/tcpglass-65534; $T ss -s | head -n1
       touch $TMPDIR/done; wait; ls $TMPDIR/tcpglass-65534; $T ss; echo "exit code $?"; rm -r $TMPDIR`,
    );
    expect(stdout).toBe('Total: 6\n700 nobody\ntun0.sock\nTotal: 6\nexit code 1\n');
    expect(stderr).toMatch(/^tcpglass: No stack is running for this user: [^\n]*`sudo`\n$/);
  });

  it.skipIf(!isRoot)('goes where something can be written, as in a container with a read-only root', async () => {
    // A root of its own: this one, read-only, with a directory that was made before, and a /run and a /dev/shm of its own,
    // where no other test's stack listens.
    const inside = `${WAITING}cd /; $T up -q & UP=$!; until_so test -S /dev/shm/tcpglass-0/tun0.sock
      $T ss -s | head -n 1; kill -TERM $UP; wait $UP; ls /dev/shm/tcpglass-0`;
    const { run } = script(`
      export T; unset XDG_RUNTIME_DIR TMPDIR
      mount --bind / /mnt && mount -o remount,bind,ro /mnt && mount --rbind /dev /mnt/dev && mount -t proc proc /mnt/proc &&
      mount -t tmpfs none /mnt/run && mkdir -m 700 /mnt/run/tcpglass && mount -o remount,ro /mnt/run &&
      mount -t tmpfs none /mnt/dev/shm && exec chroot /mnt sh -c '${inside}'`);
    const { stdout, stderr } = await inNamespace(['unshare', '--mount', ...run]);
    expect(stderr).toBe('');
    expect(stdout).toBe('Total: 6\n');
  });
});
