import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel('closing, with the kernel as the other side', () => {
  it('at the same time: CLOSING at both ends (RFC 9293, figure 13)', async () => {
    const result = await inScenario(async ({ stack, net, address, listen, ours, kernels, until, ourTimeWaits }) => {
      const port = await listen(
        stack.createServer({ allowHalfOpen: true }, (socket) => socket.resume()),
        0,
      );
      const client = net.connect({ port, host: address, allowHalfOpen: true });
      await new Promise((resolve) => client.once('connect', resolve));
      const local = client.localPort;
      client.resume();
      await until('ours is established', () => ours().some((line) => line.endsWith('ESTABLISHED')));
      const [c] = [...stack.host.connections()];

      // What we send is held back, so that the two FINs cross.
      const { link } = stack;
      type Frame = Parameters<typeof link.send>[0];
      const send = link.send.bind(link);
      const held: Frame[] = [];
      link.send = (frame) => {
        const Copy = frame.constructor as new () => Frame;
        const copy = Object.assign(new Copy(), { ...frame });
        Object.assign(copy, { header: frame.header.slice(), slices: [], sliceCount: 0, payloadLength: 0 });
        Object.assign(copy, { view: new DataView(copy.header.buffer) });
        held.push(copy);
      };
      c!.shutdown();
      await until('our FIN is out', () => held.length > 0);
      client.end();
      await until('we are in CLOSING', () => c!.state === 'CLOSING');
      const first = ours();
      send(held.shift()!);
      link.flush();
      await until('the kernel is in CLOSING', async () => (await kernels())[0]?.endsWith('CLOSING') === true);
      const second = await kernels();
      link.send = send;
      for (const frame of held) send(frame);
      link.flush();
      await until('both wait', async () => ourTimeWaits().length === 1 && (await kernels())[0]!.endsWith('TIME-WAIT'));
      return { port, local, first, second };
    }, []);
    expect(result.first).toEqual([`${result.port} ${result.local} CLOSING`]);
    expect(result.second).toEqual([`${result.local} ${result.port} CLOSING`]);
  });

  it('first, towards a kernel that keeps its half open: FIN_WAIT_2 ends after tcp_fin_timeout', async () => {
    const result = await inScenario(
      async ({ stack, net, address, listen, ours, kernels, until, collect }) => {
        const port = await listen(
          stack.createServer((socket) => socket.resume().destroySoon()),
          0,
        );
        const client = net.connect({ port, host: address, allowHalfOpen: true });
        const ended = collect(client);
        const waiting = () => [...stack.host.tcp.timeWait.entries(stack.host.tcp.now)].map((entry) => entry.state);
        await until('it waits for a FIN', () => waiting().length === 1);
        const before = { waiting: waiting(), ours: ours(), kernels: await kernels() };
        await until('it has waited enough', () => waiting().length === 0);
        const local = client.localPort;
        client.write('Are you there?');
        await until('the kernel is told', async () => (await kernels()).length === 0);
        client.write('It seems not.'); // only now does Node look
        return { port, local, before, error: (await ended).error, after: await kernels() };
      },
      [],
      { stack: { sysctls: { tcp_fin_timeout: 2 } } },
    );
    expect(result.before).toEqual({
      waiting: ['FIN_WAIT_2'],
      ours: [],
      kernels: [`${result.local} ${result.port} CLOSE-WAIT`],
    });
    expect(result.error).toBe('EPIPE'); // as the kernel has it where a FIN came before the RST
    expect(result.after).toEqual([]);
  });

  it('with SO_LINGER zero on our side: the kernel gets a RST, and neither side waits', async () => {
    const result = await inScenario(
      async ({ stack, net, address, listen, collect, kernels, ours, ourTimeWaits, until }) => {
        const port = await listen(stack.createServer(), 0);
        const client = net.connect({ port, host: address });
        const ended = collect(client);
        await until('ours is established', () => ours().some((line) => line.endsWith('ESTABLISHED')));
        const [c] = [...stack.host.connections()];
        c!.ownOptions().linger = 0;
        c!.close();
        const { error } = await ended;
        const { TCPAbortOnData } = stack.host.tcp.counters;
        return { error, TCPAbortOnData, left: [...ours(), ...ourTimeWaits(), ...(await kernels())] };
      },
      [],
    );
    expect(result).toEqual({ error: 'ECONNRESET', TCPAbortOnData: 1, left: [] });
  });

  it("with SO_LINGER zero on the kernel's side: we get a RST, and neither side waits", async () => {
    const result = await inScenario(async ({ stack, net, address, listen, collect, kernels, ours, ourTimeWaits }) => {
      const client = new net.Socket();
      const ended = new Promise<Awaited<ReturnType<typeof collect>>>((resolve) => {
        const server = stack.createServer((socket) => {
          resolve(collect(socket));
          socket.once('data', () => client.resetAndDestroy());
        });
        void listen(server, 0).then((port) => client.connect(port, address).write('x'));
      });
      const { error } = await ended;
      return { error, left: [...ours(), ...ourTimeWaits(), ...(await kernels())] };
    }, []);
    expect(result).toEqual({ error: 'ECONNRESET', left: [] });
  });
});
