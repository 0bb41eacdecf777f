import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

const SIZES = [1, 2 ** 20, 2 ** 28];

describeKernel.each([true, false], 'curl')('curl, offload %s', (offload) => {
  const options = { stack: { offload }, timeoutMs: 300_000 };

  it.each(SIZES)('gets %i octets', { timeout: 320_000 }, async (size) => {
    const result = await inScenario(
      async ({ sh, address, patternHash }, size) => ({
        received: await sh(`curl -sS http://${address}/bytes/${size} | sha256sum | cut -d' ' -f1`),
        sent: patternHash(size),
      }),
      [size],
      options,
    );
    expect(result.received).toBe(result.sent);
  });

  it.each(SIZES)('posts %i octets', { timeout: 320_000 }, async (size) => {
    const result = await inScenario(
      async ({ sh, address, file }, size) => {
        const path = file('body');
        await sh(`head -c ${size} /dev/urandom > ${path}`);
        return {
          sent: await sh(`sha256sum < ${path} | cut -d' ' -f1`),
          received: JSON.parse(await sh(`curl -sS -T ${path} http://${address}/sink?json`)),
        };
      },
      [size],
      options,
    );
    expect(result.received).toEqual({ bytes: size, sha256: result.sent });
  });
});
