import { expect, it } from 'vitest';
import { describeKernel } from './namespace.ts';
import { inWorld } from './world.ts';

describeKernel.with('ping')('ping', () => {
  it.each([0, 56, 1472])('is answered, with %i octets', async (size) => {
    const said = await inWorld(({ sh, address }, size) => sh(`ping -q -c 5 -i 0.2 -W 5 -s ${size} ${address}`), [size]);
    expect(said).toContain('5 packets transmitted, 5 received, 0% packet loss');
  });

  it('is answered with offload off', async () => {
    const said = await inWorld(({ sh, address }) => sh(`ping -q -c 2 -i 0.2 -W 5 ${address}`), [], {
      stack: { offload: false },
    });
    expect(said).toContain('2 packets transmitted, 2 received, 0% packet loss');
  });
});
