import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

const SIZE = 3_000_000;

describeKernel('ECN with the kernel (RFC 3168)', () => {
  it('is agreed on whichever side asks; marks of the path are told both ways', async () => {
    const result = await inScenario(
      async ({ sh, stack, address, kernelAddress, net, sleep }, size) => {
        const { counters: tcp } = stack.host.tcp;
        const { counters: ip } = stack.host.ip;
        const nstat = async (name: string): Promise<number> =>
          Number((await sh(`nstat -asz ${name} | awk '$1 == "${name}" { print $2 }'`)).trim());
        // The kernel asks, and we grant: we send, and packets of ours are marked on their way.
        await sh('sysctl -qw net.ipv4.tcp_ecn=1');
        stack.impair('mark DATA every 20 out');
        const got = Number(await sh(`curl -sS http://${address}/bytes/${size} | wc -c`));
        const told = tcp.TCPDeliveredCE;
        const marked = await nstat('IpExtInCEPkts');
        // Now we ask, and the kernel grants and sends: its packets are marked.
        stack.impair('mark DATA every 20 in');
        stack.host.sysctls.tcp_ecn = 1;
        await sh('sysctl -qw net.ipv4.tcp_ecn=2');
        const server = net.createServer((socket) => {
          socket.write(Buffer.alloc(size, 7));
          server.close();
        });
        await new Promise<void>((resolve) => server.listen(8080, () => resolve()));
        const socket = stack.connect({ host: kernelAddress, port: 8080 });
        let received = 0;
        await new Promise<void>((resolve, reject) => {
          socket.on('error', reject);
          socket.on('data', (chunk: Uint8Array) => {
            received += chunk.length;
            if (received >= size) resolve();
          });
        });
        const seen = await sh("ss -tine 'sport = :8080'");
        const kernelDelivered = await nstat('TcpExtTCPDeliveredCE');
        const ours = [...stack.host.tcp.connections].map((c) => c.info().tcpi_options & 24);
        socket.destroy();
        await sleep(10);
        return { got, told, marked, received, seen, kernelDelivered, ours, inCe: ip.InCEPkts };
      },
      [SIZE],
    );
    expect(result.got).toBe(SIZE);
    expect(result.marked).toBeGreaterThan(0);
    expect(result.told).toBeGreaterThan(0);
    expect(result.received).toBe(SIZE);
    expect(result.inCe).toBeGreaterThan(0);
    expect(result.kernelDelivered).toBeGreaterThan(0);
    expect(result.seen).toMatch(/ ecn /);
    expect(result.ours).toContain(24);
  });
});
