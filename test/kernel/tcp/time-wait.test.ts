import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

/** RFC 9293, section 3.6: the end that closes first waits 2MSL. Read from both ends. */
describeKernel('TIME_WAIT', () => {
  it("is the kernel's when its client closes first", async () => {
    const result = await inScenario(async ({ net, address, ours, ourTimeWaits, kernels, until }) => {
      const socket = net.connect(7, address);
      await new Promise((resolve) => socket.once('connect', resolve));
      const port = socket.localPort;
      socket.end();
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
      await until('ours is closed', () => ours().length === 0);
      return { port, kernels: await kernels(), ourTimeWaits: ourTimeWaits() };
    }, []);
    expect(result.kernels).toEqual([`${result.port} 7 TIME-WAIT`]);
    expect(result.ourTimeWaits).toEqual([]);
  });

  it('is ours when our server closes first', async () => {
    const result = await inScenario(async ({ net, address, ours, ourTimeWaits, kernels, until, collect }) => {
      const socket = net.connect(13, address);
      await new Promise((resolve) => socket.once('connect', resolve));
      const port = socket.localPort;
      await collect(socket);
      await until('it is there', () => ourTimeWaits().length === 1);
      return { port, ours: ours(), ourTimeWaits: ourTimeWaits(), kernels: await kernels() };
    }, []);
    expect(result).toMatchObject({ ours: [], ourTimeWaits: [`13 ${result.port}`], kernels: [] });
  });

  it('is ours when our client closes first, and over after 2MSL', async () => {
    const result = await inScenario(
      async ({ stack, net, kernelAddress, collect, ourTimeWaits, listen, until }) => {
        const port = await listen(
          net.createServer((socket) => socket.resume().on('error', () => {})),
          0,
        );
        const socket = stack.connect(port, kernelAddress);
        await new Promise((resolve) => socket.once('connect', resolve));
        const closed = collect(socket);
        const localPort = socket.localPort;
        socket.end();
        await closed;
        const before = ourTimeWaits();
        await until('2MSL are over', () => ourTimeWaits().length === 0);
        return { before, expected: [`${localPort} ${port}`] };
      },
      [],
      { stack: { sysctls: { tcp_timewait_len: 700 } } },
    );
    expect(result.before).toEqual(result.expected);
  });

  it('lets the kernel come back from the same port before it is over', async () => {
    const result = await inScenario(async ({ net, address, collect, ourTimeWaits, until }) => {
      const answers: string[] = [];
      for (let i = 0; i < 3; i++) {
        const { data, error } = await collect(net.connect({ port: 13, host: address, localPort: 45_000 }));
        answers.push(error ?? String(data).slice(-5));
        await until('it is there', () => ourTimeWaits().length === 1);
      }
      return answers;
    }, []);
    expect(result).toEqual(['GMT\r\n', 'GMT\r\n', 'GMT\r\n']);
  });
});
