import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

const IPV6 = { kernelAddress6: 'fd00:9::1', address6: 'fd00:9::2' };
const OURS = 'fd00:9::2';
const KERNELS = 'fd00:9::1';
const OFFLOADS = [true, false];

describeKernel.with('bash', 'curl')('IPv6 with the kernel as peer', () => {
  it.each(OFFLOADS)('the kernel takes and gives back what we send, offload %s', async (offload) => {
    const result = await inScenario(
      async ({ stack, net, collect, hash, sh }, kernels) => {
        const server = net.createServer((socket) => socket.pipe(socket));
        await new Promise<void>((done) => server.listen(0, kernels, done));
        const { port } = server.address() as { port: number };
        const sent = Buffer.from(await sh('head -c 300000 /dev/urandom | base64 -w 0'), 'latin1');
        const socket = stack.connect(port, kernels);
        socket.end(sent);
        const { data, error } = await collect(socket);
        server.close();
        return { same: hash(data) === hash(sent), error, supers: stack.link.counters.txSuperSegments };
      },
      [KERNELS],
      { stack: { ...IPV6, offload } },
    );
    expect(result).toMatchObject({ same: true, error: null });
    expect(result.supers > 0).toBe(offload);
  });

  it('a port without a listener refuses, both ways; UDP is told at once', async () => {
    const result = await inScenario(
      async ({ stack, sh, collect }, ours, kernels) => ({
        theirs: (await collect(stack.connect(7999, kernels))).error,
        ours: await sh(`curl -sg 'http://[${ours}]:7999/' || echo $?`),
        // bash is told of the "port unreachable" by its next write to the socket behind it.
        udp: await sh(`bash -c 'exec 3>/dev/udp/${ours}/7999; while echo x >&3; do sleep 0.05; done' 2>&1`),
      }),
      [OURS, KERNELS],
      { stack: IPV6 },
    );
    expect(result.theirs).toBe('ECONNREFUSED');
    expect(result.ours).toBe('7');
    expect(result.udp).toMatch(/Connection refused/);
  });

  it("the kernel's talk to neighbours is dropped by name", async () => {
    const drops = await inScenario(
      async ({ stack, until }) => {
        await until('the kernel has asked for routers', () => stack.host.ip.drops.entries().length > 0);
        return stack.host.ip.drops.entries().map(([reason]) => reason);
      },
      [],
      { stack: IPV6 },
    );
    const known = ['Icmp6RouterDiscovery', 'Icmp6MulticastListener', 'Icmp6NeighborDiscovery'];
    expect(drops.every((reason) => known.includes(reason))).toBe(true);
  });
});
