import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

/** What tcpdump says of a packet that isn't what it should be. */
const WRONG = /\b(incorrect|bad|malformed|truncated|invalid|missing)\b|\[\|/i;

/** Its buffer has a slot of the snapshot's length for each packet: 8,000 of them here. */
const TCPDUMP = 'tcpdump -n -U --immediate-mode -s 2000 -B 16384 -Z root'.split(' ');

/** tcpdump's lines, one a packet (their continuations are indented), without what it makes of HTTP. */
const packets = (text: string): string[] =>
  text
    .replace(/\n(?!\d\d:\d\d:\d\d\.\d+ IP)/g, ' ')
    .split('\n')
    .map((line) => line.replace(/: HTTP.*/, ''));

/** As uid 0, tcpdump calls setgroups, and nothing persuades it not to; a user namespace made without privilege forbids it. */
const isRoot = process.getuid?.() === 0;

describeKernel.with(
  'curl',
  'ping',
  'tcpdump',
)('tcpdump finds nothing wrong', () => {
  it.skipIf(!isRoot)('in a session without offload', async () => {
    const text = await inScenario(
      async ({ start, sh, address, file, until }, tcpdump) => {
        const pcap = file('session.pcap');
        const capture = start(...tcpdump, '-i', 'tun0', '-w', pcap);
        let said = '';
        capture.stderr.on('data', (text) => (said += text));
        await until('tcpdump listens', () => said.includes('listening on'));
        await sh(`ping -q -c 2 -i 0.2 -s 1001 ${address}`);
        await sh(`curl -sS http://${address}/ http://${address}/bytes/3000001 -o /dev/null -o /dev/null`);
        await sh(`head -c 3000001 /dev/urandom | curl -sS -T - http://${address}/sink`);
        await sh(`! curl -sS http://${address}:4711/`);
        await sh(`curl -sS telnet://${address}:13 </dev/null`);
        await sh('ping -q -c 1 -s 1002 10.9.0.2'); // behind everything
        const seen = async () => sh(`tcpdump -n -r ${pcap} icmp 2>&1 || true`);
        await until('tcpdump has it', async () => (await seen()).split('length 1010').length === 3);
        capture.kill('SIGINT');
        await new Promise((resolve) => capture.once('close', resolve));
        return sh(`tcpdump -n -vv -r ${pcap} 2>/dev/null`);
      },
      [TCPDUMP],
      { stack: { offload: false } },
    );
    const lines = packets(text);
    const tcp = lines.filter((line) => line.includes('proto TCP'));
    expect(tcp.length).toBeGreaterThan(3000);
    expect(lines.filter((line) => WRONG.test(line))).toEqual([]);
    expect(tcp.filter((line) => !/cksum 0x[0-9a-f]{4} \(correct\)/.test(line))).toEqual([]);
    expect(lines.filter((line) => line.includes('ICMP echo')).length).toBe(6);
  });

  /**
   * With offload, a checksum on tun0 is only the sum of the pseudo-header (the rest is the device's business), so tcpdump
   * can't judge it there. Here the kernel routes what the offloading stack sends to a second stack on a device without:
   * on the way there it cuts the super-segments and finishes the checksums from what we left it, and tcpdump reads that.
   */
  it.skipIf(!isRoot)('in what the kernel makes of super-segments and partial checksums', async () => {
    const result = await inScenario(
      async ({ stack, start, sh, openStack, http, file, until, hash, patternHash }, tcpdump) => {
        await sh('echo 1 > /proc/sys/net/ipv4/ip_forward');
        const beyond = await openStack({
          device: 'tun1',
          kernelAddress: '10.10.0.1',
          address: '10.10.0.2',
          offload: false,
          sysctls: { tcp_rmem: [4096, 131_072, 262_144] },
        });
        const pcap = file('routed.pcap');
        const capture = start(...tcpdump, '-i', 'tun1', '-w', pcap);
        let said = '';
        capture.stderr.on('data', (text) => (said += text));
        await until('tcpdump listens', () => said.includes('listening on'));
        let superSegments = 0;
        stack.host.observe((event) => {
          if (event.type === 'segment' && event.direction === 'out' && event.segment.count > 1) superSegments++;
        });
        const agent = new http.Agent();
        agent.createConnection = beyond.createConnection as typeof agent.createConnection;
        const body = await new Promise<Buffer>((resolve, reject) => {
          const request = http.get('http://10.9.0.2/bytes/3000001', { agent }, (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk) => chunks.push(chunk));
            response.on('end', () => resolve(Buffer.concat(chunks)));
          });
          request.on('error', reject);
        });
        await sh('ping -q -c 1 -s 1002 10.10.0.2'); // behind everything
        const seen = async () => sh(`tcpdump -n -r ${pcap} icmp 2>&1 || true`);
        await until('tcpdump has it', async () => (await seen()).split('length 1010').length === 3);
        capture.kill('SIGINT');
        await new Promise((resolve) => capture.once('close', resolve));
        await beyond.close();
        const text = await sh(`tcpdump -n -vv -r ${pcap} src 10.9.0.2 2>/dev/null`);
        return { superSegments, same: hash(body) === patternHash(3_000_001), text };
      },
      [TCPDUMP],
    );
    expect(result.same).toBe(true);
    expect(result.superSegments).toBeGreaterThan(10);
    const lines = packets(result.text);
    const tcp = lines.filter((line) => line.includes('proto TCP'));
    expect(tcp.length).toBeGreaterThan(2000);
    expect(lines.filter((line) => WRONG.test(line))).toEqual([]);
    expect(tcp.filter((line) => !/cksum 0x[0-9a-f]{4} \(correct\)/.test(line))).toEqual([]);
  });
});
