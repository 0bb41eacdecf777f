import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel('half-close', () => {
  it('by the kernel: our side goes on sending in CLOSE_WAIT', async () => {
    const result = await inScenario(async ({ net, stack, address, ours, kernels, until, collect, listen }) => {
      let read = '';
      const server = stack.createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('data', (data) => (read += data));
        socket.on('end', async () => {
          await until('the kernel has our ACK', async () => (await kernels()).some((l) => l.endsWith('FIN-WAIT-2')));
          states.push(...ours(), ...(await kernels()));
          socket.write(Buffer.alloc(300_000, 'x'));
          socket.end('last words');
        });
      });
      await listen(server, 2000);
      const states: string[] = [];
      const socket = net.connect({ port: 2000, host: address, allowHalfOpen: true });
      const received = collect(socket);
      socket.end('first words');
      const { data, error } = await received;
      await until('ours is closed', () => ours().length === 0);
      return { read, error, states, length: data.length, tail: String(data.subarray(-10)) };
    }, []);
    expect(result).toMatchObject({ read: 'first words', error: null, length: 300_010, tail: 'last words' });
    expect(result.states).toEqual([
      expect.stringMatching(/^2000 \d+ CLOSE_WAIT$/),
      expect.stringMatching(/^\d+ 2000 FIN-WAIT-2$/),
    ]);
  });

  it('by us: the kernel goes on sending in its CLOSE-WAIT, and we are in FIN_WAIT_2', async () => {
    const result = await inScenario(async ({ net, stack, kernelAddress, ours, kernels, until, collect, listen }) => {
      let read = '';
      const states: string[] = [];
      const server = net.createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('data', (data) => (read += data));
        socket.on('end', async () => {
          await until('we have its ACK', () => ours().some((line) => line.endsWith('FIN_WAIT_2')));
          states.push(...ours(), ...(await kernels()));
          socket.write(Buffer.alloc(300_000, 'x'));
          socket.end('last words');
        });
      });
      await listen(server, 2000);
      const socket = stack.connect({ port: 2000, host: kernelAddress, allowHalfOpen: true });
      const received = collect(socket);
      socket.end('first words');
      const { data, error } = await received;
      return { read, error, states, length: data.length, tail: String(data.subarray(-10)), kernels: await kernels() };
    }, []);
    expect(result).toMatchObject({ read: 'first words', error: null, length: 300_010, tail: 'last words' });
    expect(result.states).toEqual([
      expect.stringMatching(/^\d+ 2000 FIN_WAIT_2$/),
      expect.stringMatching(/^2000 \d+ CLOSE-WAIT$/),
    ]);
    // We closed first: nothing of TIME-WAIT is the kernel's.
    expect(result.kernels.filter((line) => line.endsWith('TIME-WAIT'))).toEqual([]);
  });
});
