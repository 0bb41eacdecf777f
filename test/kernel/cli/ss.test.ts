import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { besideUp } from './beside-up.ts';

/** The words with a value of a tcp_info line, by name and in their order. */
const namesOf = (text: string): string[] =>
  [...text.matchAll(/ (?:(\w+):\S+|(send|delivery_rate|pacing_rate) \d+bps)/g)].map((match) => match[1] ?? match[2]!);

describeKernel.with('ss', 'curl')('`tcpglass ss` beside `up`', () => {
  it('shows the other ends of the kernel’s connections, and the TIME_WAIT that is ours', async () => {
    const { stdout, stderr } = await besideUp(`
      curl -s telnet://10.9.0.2:13 >/dev/null; until_so shows TIME-WAIT $T ss -Hta
      curl -s -N 'http://10.9.0.2/slow?interval=60000' >$D/drips & until_so test -s $D/drips
      ss -Htn dst 10.9.0.2 | sed 's/^/kernel /'
      $T ss -Htn dst 10.9.0.1 | sed 's/^/ours /'
      $T ss -o state time-wait
      $T ss -Htien dst 10.9.0.1 | sed 's/^/ours-info/'; ss -Htien dst 10.9.0.2 | sed 's/^/kernel-info/'
      $T ss -s; $T ss -ta --json state listening | head -c 60; echo; kill $!`);
    expect(stderr).toBe('');
    const line = (word: string): string => stdout.split('\n').find((text) => text.startsWith(word))!;
    const [, kernelState, , , kernelLocal, kernelPeer] = line('kernel ').split(/ +/);
    const [, state, , , local, peer] = line('ours ').split(/ +/);
    expect([state, local, peer]).toEqual([kernelState, kernelPeer, kernelLocal]);
    expect(stdout).toMatch(
      /^Recv-Q Send-Q +Local Address:Port +Peer Address:Port +Process\n0 +0 +10\.9\.0\.2:13 +10\.9\.0\.1:\d+ +timer:\(timewait,[1-5]?\dsec,0\)$/m,
    );
    expect(stdout).toMatch(/^TCP: {3}8 \(estab 1, closed 1, orphaned 0, timewait 1\)$/m);
    expect(stdout).toContain('{"version":1,"sockets":[{"id":1,"state":"LISTEN"');
    // What both say of a connection they say under the same names, in the same order.
    const [ours, kernels] = ['ours-info\t', 'kernel-info\t'].map((word) => namesOf(line(word))) as [string[], string[]];
    const common = ours.filter((name) => kernels.includes(name));
    expect(common.length).toBeGreaterThan(15);
    expect(common).toEqual(kernels.filter((name) => common.includes(name)));
    // (How long it was busy is told from the first millisecond on.)
    expect(['busy', 'cubic', 'rcv_wnd']).toEqual(
      expect.arrayContaining(ours.filter((name) => !kernels.includes(name))),
    );
  });

  it('says what is wrong in one line, and by its exit code', async () => {
    const { stdout, stderr } = await besideUp(`
      $T ss state bogus; echo $?
      $T ss --bogus; echo $?
      $T ss --control /nowhere.sock; echo $?`);
    expect(stdout).toBe('2\n2\n1\n');
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^tcpglass: Cannot read the filter: "bogus" is no state; there are: .*see `tcpglass ss --help`/,
      ),
      expect.stringMatching(/^tcpglass: unknown option '--bogus'/),
      'tcpglass: No stack listens at /nowhere.sock',
    ]);
  });

  it('--watch goes on, plain where it is piped, until its reader or Ctrl-C ends it', async () => {
    const { stdout, stderr } = await besideUp(`
      $T ss -Hl --watch 0.1 | head -n 14 | sort | uniq -c
      $T ss -l --watch 0.1 > $D/out & W=$!
      until_so shows '^[2-9]' grep -c State $D/out; kill -INT $W; wait $W; echo "exit code $?"`);
    expect(stderr).toBe('');
    expect(stdout).not.toContain('\x1b');
    expect(stdout).toMatch(/^ +2 *\n/);
    expect(stdout).toMatch(/exit code 130\n$/);
  });
});
