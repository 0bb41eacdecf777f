import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel.with('ping')('ping', () => {
  it.each([0, 56, 1472])('is answered, with %i octets', async (size) => {
    const said = await inScenario(
      ({ sh, address }, size) => sh(`ping -q -c 5 -i 0.2 -W 5 -s ${size} ${address}`),
      [size],
    );
    expect(said).toContain('5 packets transmitted, 5 received, 0% packet loss');
  });

  it.each([
    ['10.9.0.2', 1473],
    ['10.9.0.2', 8000],
    ['10.9.0.2', 65_507],
    ['fd00:9::2', 1453],
    ['fd00:9::2', 8000],
    ['fd00:9::2', 65_507],
  ])('to %s is answered, with %i octets in fragments both ways', async (address, size) => {
    const { said, counters } = await inScenario(
      async ({ sh, stack }, address, size) => ({
        said: await sh(`ping -q -c 5 -i 0.2 -W 5 -s ${size} ${address}`),
        counters: stack.host.ip.counters,
      }),
      [address, size],
      { stack: { kernelAddress6: 'fd00:9::1', address6: 'fd00:9::2' } },
    );
    expect(said).toContain('5 packets transmitted, 5 received, 0% packet loss');
    const v6 = address.includes(':');
    expect(v6 ? counters.Ip6ReasmOKs : counters.ReasmOKs).toBe(5);
    expect(v6 ? counters.Ip6FragOKs : counters.FragOKs).toBe(5);
    expect(v6 ? counters.Ip6ReasmFails : counters.ReasmFails).toBe(0);
  });

  it('is answered with offload off', async () => {
    const said = await inScenario(({ sh, address }) => sh(`ping -q -c 2 -i 0.2 -W 5 ${address}`), [], {
      stack: { offload: false },
    });
    expect(said).toContain('2 packets transmitted, 2 received, 0% packet loss');
  });
});
