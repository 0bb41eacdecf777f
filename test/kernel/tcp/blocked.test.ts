import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel('a handler that blocks the event loop', () => {
  it('for longer than an RTO, with ACKs in the device meanwhile, has nothing sent again', async () => {
    const result = await inScenario(async ({ sh, stack, address, sleep }) => {
      const blocking = new Int32Array(new SharedArrayBuffer(4));
      const size = 200_000_000;
      const received = sh(`curl -sS http://${address}/bytes/${size} | wc -c`);
      const { counters, sysctls } = stack.host.tcp;
      // A tail loss probe asks after a few milliseconds, and on a machine with other work the kernel may answer later than that.
      sysctls.tcp_early_retrans = 0;
      for (let i = 0; i < 3; i++) {
        // From within the turn of the loop in which data were sent: the retransmission timer runs by then.
        const before = counters.OutSegs;
        while (counters.OutSegs === before) await new Promise((resolve) => setImmediate(resolve));
        Atomics.wait(blocking, 0, 0, 500);
        await sleep(10);
      }
      return { complete: Number(await received) === size, again: counters.RetransSegs, timeouts: counters.TCPTimeouts };
    }, []);
    expect(result).toEqual({ complete: true, again: 0, timeouts: 0 });
  });
});
