import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel('an event loop that looks for packets before it sleeps', () => {
  it('answers as one that sleeps, and sleeps when nothing comes', async () => {
    const result = await inScenario(
      async ({ net, address, sleep }) => {
        const socket = net.connect({ port: 7, host: address, noDelay: true });
        let answers = 0;
        const echoes = (count: number): Promise<void> =>
          new Promise((resolve) => {
            let left = count;
            socket.on('data', () => {
              answers++;
              if (--left > 0) socket.write('x');
              else resolve();
            });
            socket.write('x');
          });
        await echoes(2000);
        const [before, since] = [process.cpuUsage(), performance.now()];
        await sleep(1000);
        const { user, system } = process.cpuUsage(before);
        return { answers, share: (user + system) / 1000 / (performance.now() - since) };
      },
      [],
      { stack: { busyPoll: 1000 } },
    );
    expect(result.answers).toBe(2000);
    // Always looking, it would be near 1.
    expect(result.share).toBeLessThan(0.5);
  });

  it('stops looking when no packet comes, whatever else wakes the loop, and when the stack is closed', async () => {
    const result = await inScenario(
      async ({ net, address, sleep, stack }) => {
        const socket = net.connect({ port: 7, host: address, noDelay: true });
        let left = 500;
        await new Promise<void>((resolve) => {
          socket.on('data', () => (--left > 0 ? socket.write('x') : resolve()));
          socket.write('x');
        });
        socket.destroy();
        await sleep(100);
        const timer = setInterval(() => {}, 2);
        const share = async () => {
          const [before, since] = [process.cpuUsage(), performance.now()];
          await sleep(600);
          const { user, system } = process.cpuUsage(before);
          return (user + system) / 1000 / (performance.now() - since);
        };
        const open = await share();
        await stack.close();
        const closed = await share();
        clearInterval(timer);
        return [open, closed];
      },
      [],
      { stack: { busyPoll: 1000 } },
    );
    // Looking before each of those timers, it would be near a half.
    for (const share of result) expect(share).toBeLessThan(0.3);
  });

  it('lets timers and the sockets of the kernel have their turn under traffic', async () => {
    const result = await inScenario(
      async ({ net, address, kernelAddress, sleep, listen }) => {
        // Ours is kept busy without end, in the same process as the kernel's own echo and a timer.
        const busy = net.connect({ port: 7, host: address, noDelay: true });
        busy.on('data', () => busy.write('x'));
        busy.write('x');
        const server = net.createServer((peer) => peer.pipe(peer));
        const port = await listen(server, 0);
        const own = net.connect(port, kernelAddress);
        const answer = new Promise((resolve) => own.once('data', (data) => resolve(String(data))));
        own.write('kernel');
        const ticks = new Promise((resolve) => {
          let left = 20;
          const timer = setInterval(() => {
            if (--left > 0) return;
            clearInterval(timer);
            resolve('ticked');
          }, 5);
        });
        const late = sleep(50_000).then(() => 'late');
        const results = [await Promise.race([answer, late]), await Promise.race([ticks, late])];
        busy.destroy();
        own.destroy();
        server.close();
        return results;
      },
      [],
      { stack: { busyPoll: 1000 } },
    );
    expect(result).toEqual(['kernel', 'ticked']);
  });

  it('takes only what makes sense', async () => {
    const result = await inScenario(async ({ openStack }) => {
      const place = { device: 'tg1', kernelAddress: '10.8.0.1', address: '10.8.0.2' };
      const refusals = [];
      for (const busyPoll of [-1, 1001, 0.5, Number.NaN])
        refusals.push(await openStack({ ...place, busyPoll }).catch(({ name }) => name));
      const stack = await openStack({ ...place, busyPoll: 0 });
      await stack.close();
      return refusals;
    }, []);
    expect(result).toEqual(['RangeError', 'RangeError', 'RangeError', 'RangeError']);
  });
});
