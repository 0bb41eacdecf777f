import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel('a port without a listener', () => {
  it("of ours: the kernel's client is refused at once", async () => {
    const result = await inScenario(async ({ net, address, collect, ours, kernels }) => {
      const { error } = await collect(net.connect(4711, address));
      return { error, ours: ours(), kernels: await kernels() };
    }, []);
    expect(result).toEqual({ error: 'ECONNREFUSED', ours: [], kernels: [] });
  });

  it("of the kernel's: our client is refused at once, with Node's fields", async () => {
    const result = await inScenario(async ({ stack, kernelAddress, ours }) => {
      const error = await new Promise<NodeJS.ErrnoException>((resolve) =>
        stack.connect(4711, kernelAddress).once('error', resolve),
      );
      return { ...error, message: error.message, ours: ours() };
    }, []);
    expect(result).toMatchObject({
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: '10.9.0.1',
      port: 4711,
      message: 'connect ECONNREFUSED 10.9.0.1:4711',
      ours: [],
    });
  });

  it('for UDP: port unreachable', async () => {
    const said = await inScenario(async ({ startNode, address }) => {
      const child = startNode(`
        const socket = require('dgram').createSocket('udp4');
        socket.connect(53, '${address}', () => socket.send('?'));
        socket.on('error', ({ code }) => { console.log(code); process.exit(); });`);
      return new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data).trim())));
    }, []);
    expect(said).toBe('ECONNREFUSED');
  });
});
