import { expect, it } from 'vitest';
import { describeKernel } from './namespace.ts';
import { inWorld } from './world.ts';

const IPV6 = { kernelAddress6: 'fd00:9::1', address6: 'fd00:9::2' };
const OURS = 'fd00:9::2';
const KERNELS = 'fd00:9::1';
const OFFLOADS = [true, false];

describeKernel('IPv6 beside the kernel', () => {
  it.each([0, 56, 1452])('ping -6 is answered, with %i octets', async (size) => {
    const said = await inWorld(
      ({ sh }, size, ours) => sh(`ping -6 -q -c 3 -i 0.2 -W 5 -s ${size} ${ours}`),
      [size, OURS],
      {
        stack: IPV6,
      },
    );
    expect(said).toContain('3 packets transmitted, 3 received, 0% packet loss');
  });

  it.each(OFFLOADS)('curl gets every octet, offload %s', async (offload) => {
    const result = await inWorld(
      async ({ sh, patternHash }, ours) => ({
        got: await sh(`curl -sg --max-time 30 'http://[${ours}]/bytes/5000000' | sha256sum`),
        hash: patternHash(5_000_000),
      }),
      [OURS],
      { stack: { ...IPV6, offload } },
    );
    expect(result.got).toContain(result.hash);
  });

  it.each(OFFLOADS)('the kernel takes and gives back what we send, offload %s', async (offload) => {
    const result = await inWorld(
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

  it('a port where nobody listens refuses, both ways; UDP is told at once', async () => {
    const result = await inWorld(
      async ({ stack, sh, collect }, ours, kernels) => ({
        theirs: (await collect(stack.connect(7999, kernels))).error,
        ours: await sh(`curl -sg --max-time 5 'http://[${ours}]:7999/' || echo $?`),
        udp: await sh(`echo x | nc -u -w 1 ${ours} 7999; nstat -asz Icmp6InDestUnreachs | tail -1`),
      }),
      [OURS, KERNELS],
      { stack: IPV6 },
    );
    expect(result.theirs).toBe('ECONNREFUSED');
    expect(result.ours).toBe('7');
    expect(result.udp).toMatch(/Icmp6InDestUnreachs +[1-9]/);
  });

  it("the kernel's talk to neighbours is dropped by name", async () => {
    const drops = await inWorld(
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

describeKernel('path MTU discovery through a forwarding kernel', () => {
  it.each([
    ['IPv4', true],
    ['IPv4', false],
    ['IPv6', true],
    ['IPv6', false],
  ])('over %s, offload %s', async (family, offload) => {
    const result = await inWorld(
      async ({ openStack, sh, collect, hash, stack: near }, family, offload) => {
        const far = await openStack({
          ...{ device: 'tun1', kernelAddress: '10.8.0.1', address: '10.8.0.2', offload },
          ...{ kernelAddress6: 'fd00:8::1', address6: 'fd00:8::2' },
        });
        await sh(`
          echo 1 > /proc/sys/net/ipv4/ip_forward
          echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
          ip route add 10.8.0.2/32 dev tun1 mtu lock 1300
          ip -6 route add fd00:8::2/128 dev tun1 mtu lock 1300
        `);
        const sent = new Uint8Array(3_000_000).map((_, i) => (i * 31) ^ (i >> 8));
        const [remote, port] = [family === 'IPv4' ? '10.8.0.2' : 'fd00:8::2', 7000];
        const received = new Promise<{ data: Uint8Array; error: string | null }>((resolve) => {
          far.createServer((socket) => resolve(collect(socket.end() as never))).listen(port);
        });
        const socket = near.connect(port, remote);
        socket.on('error', () => {});
        socket.end(sent);
        const { data, error } = await received;
        const { ip } = near.host;
        const mtu = ip.mtuTo(far.host.ip.addresses[family === 'IPv4' ? 0 : 1]!.address);
        await far.close();
        return { same: hash(data) === hash(sent), error, mtu };
      },
      [family, offload] as const,
      { stack: { ...IPV6, offload } },
    );
    expect(result).toMatchObject({ same: true, error: null, mtu: 1300 });
  });
});
