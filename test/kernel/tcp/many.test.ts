import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel('many connections', () => {
  it('1,000, one after another', async () => {
    const result = await inScenario(async ({ net, address, ours, ourTimeWaits, until, kernels }) => {
      let answered = 0;
      for (let i = 0; i < 1000; i++) {
        const socket = net.connect(7, address);
        socket.write(String(i));
        const echo = await new Promise((resolve) => socket.once('data', (data) => resolve(String(data))));
        if (echo === String(i)) answered++;
        socket.end();
        await new Promise((resolve) => socket.once('close', resolve));
      }
      await until('the last one is closed', () => ours().length === 0);
      const timeWaits = (await kernels()).filter((line) => line.endsWith('TIME-WAIT')).length;
      return { answered, timeWaits, ourTimeWaits: ourTimeWaits().length };
    }, []);
    expect(result).toEqual({ answered: 1000, timeWaits: 1000, ourTimeWaits: 0 });
  });

  it('200 at once, each with data of its own', async () => {
    const result = await inScenario(async ({ net, address, stack, ours, until, collect }) => {
      let most = 0;
      const one = async (n: number): Promise<boolean> => {
        const socket = net.connect({ port: 7, host: address, allowHalfOpen: true });
        const received = collect(socket);
        const sent = new Uint8Array(20_000 + n).fill(n);
        await new Promise((resolve) => socket.once('connect', resolve));
        most = Math.max(most, [...stack.host.connections()].length);
        socket.end(sent);
        const { data, error } = await received;
        return error === null && data.equals(sent);
      };
      const right = await Promise.all(Array.from({ length: 200 }, (_, n) => one(n)));
      await until('the last one is closed', () => ours().length === 0);
      return { right: right.filter(Boolean).length, most };
    }, []);
    expect(result.right).toBe(200);
    expect(result.most).toBeGreaterThan(100);
  });

  it('1,500 in one burst: the device has room for all of their packets', async () => {
    const result = await inScenario(async ({ startNode, sh, address }) => {
      const client = startNode(`
        const net = require('node:net');
        const one = () => new Promise((resolve) => {
          const socket = net.connect(7, '${address}', () => socket.end('x'));
          let heard = '';
          socket.on('data', (data) => (heard += data));
          socket.on('error', () => {});
          socket.on('close', () => resolve(heard === 'x'));
        });
        const all = Promise.all(Array.from({ length: 1500 }, one));
        all.then((results) => console.log(results.filter(Boolean).length));
      `);
      const echoed = await new Promise((resolve) => client.stdout.once('data', (text) => resolve(Number(text))));
      // Receive: octets, packets, errors, dropped, 4 more; transmit: the same.
      const fields = (await sh('grep tun0: /proc/net/dev')).split(/\s+/);
      return { echoed, dropped: Number(fields[12]) };
    }, []);
    expect(result).toEqual({ echoed: 1500, dropped: 0 });
  });
});
