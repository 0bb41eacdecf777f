import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel('a port that comes back while we are in TIME_WAIT', () => {
  it.each([
    ['timestamps', 1],
    ['sequence numbers', 0],
  ])('is welcome by its %s, and an old duplicate of its last life is not', async (_by, timestamps) => {
    const result = await inScenario(
      async ({ stack, net, sh, address, listen, collect, until, ourTimeWaits, sleep }, timestamps) => {
        await sh(`echo ${timestamps} > /proc/sys/net/ipv4/tcp_timestamps`);
        const heard: string[] = [];
        const server = stack.createServer((socket) => {
          heard.push('');
          socket.on('data', (data) => {
            heard[heard.length - 1] += String(data);
            if (String(data).includes('\n')) socket.end();
          });
        });
        const port = await listen(server, 0);

        // The data segment of the first life, as it came from the device.
        const { host } = stack;
        type Packet = Parameters<typeof host.receive>[0];
        const receive = host.receive.bind(host);
        let old: Packet | null = null;
        host.receive = (packet, now) => {
          if (old === null && packet.end - packet.start > 60) {
            const bytes = packet.slab.bytes.slice(packet.start, packet.end);
            const Copy = packet.constructor as new () => Packet;
            const SlabCopy = packet.slab.constructor as new (bytes: Uint8Array) => Packet['slab'];
            old = Object.assign(new Copy(), {
              slab: new SlabCopy(bytes),
              start: 0,
              end: bytes.length,
              checksumTrusted: true,
            });
          }
          receive(packet, now);
        };
        const causes: string[] = [];
        host.observe((event) => {
          if (event.type === 'timeWait' && event.action === 'leave') causes.push(event.cause.source);
        });

        const from = { port, host: address, localPort: 45_000 };
        const first = net.connect(from);
        first.write('the first life, and the last of it\n');
        await collect(first);
        await until('we wait', () => ourTimeWaits().length === 1);
        await sleep(20);
        const second = net.connect(from);
        await new Promise((resolve, reject) => second.once('connect', resolve).once('error', reject));
        const ended = collect(second);
        second.write('the second ');
        await until('it is heard', () => heard[1] === 'the second ');
        const before = host.tcp.counters.PAWSEstab + host.tcp.drops.get('OutsideWindow');
        receive(old!, host.tcp.now);
        const rejected = host.tcp.counters.PAWSEstab + host.tcp.drops.get('OutsideWindow') - before;
        second.write('life\n');
        const { error } = await ended;
        return { heard, causes, rejected, error, recycled: host.tcp.counters.TWRecycled };
      },
      [timestamps],
    );
    expect(result).toEqual({
      heard: ['the first life, and the last of it\n', 'the second life\n'],
      causes: ['RFC 9293, 3.10.7.4; RFC 6191'],
      rejected: 1,
      error: null,
      recycled: 0,
    });
  });

  it('and we come back to the kernel from the same port (its TIME_WAIT, our ISN)', async () => {
    const result = await inScenario(async ({ stack, net, kernelAddress, listen, collect, until, kernels, ours }) => {
      const port = await listen(
        net.createServer((socket) => socket.resume().end('bye')),
        0,
      );
      const said: string[] = [];
      for (let i = 0; i < 3; i++) {
        const socket = stack.connect({ port, host: kernelAddress, localPort: 46_000 });
        const { data, error } = await collect(socket);
        said.push(error ?? String(data));
        const waits = `${port} 46000 TIME-WAIT`;
        await until('only the kernel remembers', async () => ours().length === 0 && (await kernels()).join() === waits);
      }
      return said;
    }, []);
    expect(result).toEqual(['bye', 'bye', 'bye']);
  });

  it('tcp_tw_reuse=1 lets us open again from our only port (our TIME_WAIT)', async () => {
    const result = await inScenario(
      async ({ stack, net, kernelAddress, listen, collect, ourTimeWaits, until }) => {
        const port = await listen(
          net.createServer((socket) => socket.resume()),
          0,
        );
        const said: string[] = [];
        for (let i = 0; i < 3; i++) {
          const socket = stack.connect(port, kernelAddress);
          const ended = collect(socket);
          socket.end('x');
          said.push((await ended).error ?? 'closed');
          if (said[i] === 'closed') await until('we wait', () => ourTimeWaits().length === 1);
          // As if the minute were over that it takes otherwise.
          else stack.host.sysctls.tcp_tw_reuse_delay = 0;
        }
        return { said, recycled: stack.host.tcp.counters.TWRecycled };
      },
      [],
      { stack: { sysctls: { tcp_tw_reuse: 1, tcp_tw_reuse_delay: 60_000, ip_local_port_range: [5000, 5000] } } },
    );
    expect(result).toEqual({ said: ['closed', 'EADDRNOTAVAIL', 'closed'], recycled: 1 });
  });
});
