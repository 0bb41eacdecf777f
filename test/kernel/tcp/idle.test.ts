import { expect, it } from 'vitest';
import { describeKernel, LONGEST_MS } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

const IDLE_MS = 60_000;

/** vitest.config.ts has this file start first: it sleeps while the others work. */
describeKernel('a connection that was idle for 60 s', () => {
  it('carries data both ways', { timeout: IDLE_MS + LONGEST_MS + 20_000 }, async () => {
    const result = await inScenario(
      async ({ net, address, sleep, ours }, idle) => {
        const socket = net.connect(7, address);
        const echo = (text: string): Promise<string> => {
          socket.write(text);
          return new Promise((resolve) => socket.once('data', (data) => resolve(String(data))));
        };
        const answers = [await echo('before')];
        await sleep(idle);
        return { answers: [...answers, await echo('after'), await echo('once more')], ours: ours() };
      },
      [IDLE_MS],
      { timeoutMs: IDLE_MS + LONGEST_MS },
    );
    expect(result.answers).toEqual(['before', 'after', 'once more']);
    expect(result.ours).toEqual([expect.stringMatching(/^7 \d+ ESTABLISHED$/)]);
  });
});
