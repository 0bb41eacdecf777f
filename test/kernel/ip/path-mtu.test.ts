import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

const IPV6 = { kernelAddress6: 'fd00:9::1', address6: 'fd00:9::2' };

describeKernel('path MTU discovery through a forwarding kernel', () => {
  it.each([
    ['IPv4', true],
    ['IPv4', false],
    ['IPv6', true],
    ['IPv6', false],
  ])('over %s, offload %s', async (family, offload) => {
    const result = await inScenario(
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
        const mtu = ip.mtuTo(far.host.ip.addresses.own[family === 'IPv4' ? 0 : 1]!.address);
        await far.close();
        return { same: hash(data) === hash(sent), error, mtu };
      },
      [family, offload] as const,
      { stack: { ...IPV6, offload } },
    );
    expect(result).toMatchObject({ same: true, error: null, mtu: 1300 });
  });
});
