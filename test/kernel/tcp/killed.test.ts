import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel("the kernel's client is killed", () => {
  it('with nothing unread: a FIN, as if it had closed', async () => {
    const result = await inScenario(async ({ stack, address, startNode, listen, ours, until, kernels }) => {
      const seen: string[] = [];
      const server = stack.createServer((socket) => {
        socket.resume();
        for (const event of ['end', 'close']) socket.on(event, () => void seen.push(event));
        socket.on('error', (error: NodeJS.ErrnoException) => void seen.push(String(error.code)));
        client.kill('SIGKILL');
      });
      await listen(server, 2000);
      const client = startNode(`require('net').connect(2000, '${address}')`);
      await until('the socket is closed', () => seen.includes('close'));
      await until('the connection is closed', () => ours().length === 0);
      return { seen, kernels: await kernels() };
    }, []);
    expect(result.seen).toEqual(['end', 'close']);
    expect(result.kernels).toEqual([expect.stringMatching(/^\d+ 2000 TIME-WAIT$/)]);
  });

  it('with unread data: a RST, and ECONNRESET here', async () => {
    const result = await inScenario(async ({ stack, address, startNode, listen, ours, until, kernels }) => {
      const seen: string[] = [];
      const server = stack.createServer(async (socket) => {
        for (const event of ['end', 'close']) socket.on(event, () => void seen.push(event));
        socket.on('error', (error: NodeJS.ErrnoException) => void seen.push(String(error.code)));
        socket.write('x'.repeat(1000));
        await until('the kernel has them', () => socket.info().tcpi_bytes_acked === 1000);
        client.kill('SIGKILL');
      });
      await listen(server, 2000);
      const client = startNode(`require('net').connect(2000, '${address}').pause(); setInterval(() => {}, 1e6);`);
      await until('the socket is closed', () => seen.includes('close'));
      return { seen, ours: ours(), kernels: await kernels() };
    }, []);
    expect(result).toEqual({ seen: ['ECONNRESET', 'close'], ours: [], kernels: [] });
  });

  it('in the middle of a download: nothing is left of it', async () => {
    const result = await inScenario(async ({ stack, address, start, ours, until, kernels }) => {
      const client = start(
        'curl',
        '-sS',
        '--limit-rate',
        '1M',
        '-o',
        '/dev/null',
        `http://${address}/bytes/1000000000`,
      );
      // Faster than curl reads it: the kernel has some that is unread.
      await until('data has come', () => [...stack.host.connections()].some((c) => c.info().tcpi_bytes_acked > 1e6));
      client.kill('SIGKILL');
      await until('the connection is gone', () => ours().length === 0);
      return kernels();
    }, []);
    expect(result).toEqual([]);
  });
});
