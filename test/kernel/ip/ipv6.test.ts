import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel.with('curl', 'ping')('IPv6', () => {
  it.each([true, false])('ping, and curl both ways, offload %s', async (offload) => {
    const result = await inScenario(
      async ({ sh, file, patternHash }) => {
        // No other host can have its address, so the kernel may use it at once.
        const tentative = (await sh('ip -6 addr show tun0 scope global')).includes('tentative');
        const body = file('body');
        await sh(`head -c 5000001 /dev/urandom > ${body}`);
        return {
          tentative,
          ping: await sh('ping -6 -q -c 2 -i 0.2 -W 5 fd00::2'),
          received: await sh(`curl -sS -g 'http://[fd00::2]/bytes/5000001' | sha256sum | cut -d' ' -f1`),
          expected: patternHash(5_000_001),
          posted: JSON.parse(await sh(`curl -sS -g -T ${body} 'http://[fd00::2]/sink?json'`)).sha256,
          file: await sh(`sha256sum < ${body} | cut -d' ' -f1`),
          refused: await sh(`curl -sS -g 'http://[fd00::2]:4711/' 2>/dev/null || echo $?`),
        };
      },
      [],
      { stack: { offload, kernelAddress6: 'fd00::1', address6: 'fd00::2' } },
    );
    expect(result.tentative).toBe(false);
    expect(result.ping).toContain('2 packets transmitted, 2 received, 0% packet loss');
    expect(result.received).toBe(result.expected);
    expect(result.posted).toBe(result.file);
    expect(result.refused).toBe('7');
  });
});
