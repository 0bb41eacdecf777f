import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { inShell, possible, UP, WAIT } from '../support/private-network.ts';

/** What the threads of process $UP have; a line that all of them share is said once. */
const RIGHTS = "grep -hE '^(Cap|NoNewPrivs)' /proc/$UP/task/*/status | tr '\\t' ' ' | sort -u";

/** A process that gives up its capabilities in some situation, and says `done`, or the code of the error. */
const GIVE_UP = `${process.execPath} ${fileURLToPath(new URL('./give-up.mjs', import.meta.url))}`;

const NONE = ['CapAmb', 'CapBnd', 'CapEff', 'CapInh', 'CapPrm'].map((set) => `${set}: 0000000000000000`);

describe.skipIf(!possible)('capabilities', () => {
  test('`up` keeps none, in no thread, and still serves, publishes and removes its device', async () => {
    const { stdout, stderr } = await inShell(`
      ${UP} -q --publish 80:80 & UP=$!; ${WAIT}
      until ! grep -hE '^CapEff' /proc/$UP/task/*/status | grep -qv 0000000000000000; do sleep 0.05; done
      ls /proc/$UP/task | wc -l
      ${RIGHTS}
      curl -sS http://127.0.0.1/hello; echo
      kill -TERM $UP; wait $UP; echo "exit code $?"; grep -c tun7 /proc/net/dev`);
    expect(stderr).toBe('');
    const [threads, ...said] = stdout.trim().split('\n');
    expect(Number(threads)).toBeGreaterThan(5);
    expect(said).toEqual([...NONE, 'NoNewPrivs: 1', 'Hello, world!', 'exit code 0', '0']);
  });

  test('a port below 1024 is bound, and a taken one refused, before they are gone', async () => {
    const { stdout, stderr } = await inShell(`${UP} -q --publish 80:80 --publish 80:80; echo "exit code $?"`);
    expect(stdout).toBe('exit code 1\n');
    expect(stderr).toMatch(/Cannot publish 127\.0\.0\.1:80: the address is already in use/);
  });

  test('`connect` keeps none either', async () => {
    const { stdout } = await inShell(`
      ${process.execPath} -e 'net.createServer((socket) => socket.resume()).listen(9000)' & SERVER=$!
      until grep -q ':2328 ' /proc/net/tcp /proc/net/tcp6; do sleep 0.05; done
      DIR=$(mktemp -d); mkfifo $DIR/in; exec 3<>$DIR/in
      $T connect --device tun8 --kernel-address 10.8.0.1 --address 10.8.0.2 -v kernel 9000 <$DIR/in 2>$DIR/said & UP=$!
      until_so grep -q Connected $DIR/said
      ${RIGHTS}
      kill $UP $SERVER; wait; rm -r $DIR`);
    expect(stdout.trim().split('\n')).toEqual([...NONE, 'NoNewPrivs: 1']);
  });

  test.each([0, 1])('where they cannot be looked at, for want of files (%i left), that is an error', async (files) => {
    const { stdout } = await inShell(`ulimit -n 64; ${GIVE_UP} 'with room for so many open files' ${files}`);
    expect(stdout).toBe('EMFILE\n');
  });

  test('several workers can do it at once, and leave the signal to the C library', async () => {
    const { stdout } = await inShell(`${GIVE_UP} 'in workers, and then setuid'`);
    expect(stdout).toBe('done\n'.repeat(9));
  });
});
