import { expect, it } from 'vitest';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel.with('curl')('a path that misbehaves, between curl and our stack', () => {
  it('loses the first SYN: the kernel sends it again after 1 s', async () => {
    const result = await inScenario(
      async ({ sh, address, stack }) => {
        const told: string[] = [];
        stack.impairment.observe(({ action, by }) => told.push(`${action} by ${by}`));
        const seconds = await sh(`curl -s -o /dev/null -w '%{time_connect}' http://${address}/hello`);
        return { seconds: Number(seconds), told };
      },
      [],
      { stack: { impair: 'drop SYN 1 in' } },
    );
    expect(result.told).toEqual(['dropped by drop SYN 1 in']);
    expect(result.seconds).toBeGreaterThanOrEqual(1);
  });

  it('is as slow as asked for, in both directions', async () => {
    const result = await inScenario(
      async ({ sh, address }) => Number(await sh(`curl -s -o /dev/null -w '%{time_connect}' http://${address}/hello`)),
      [],
      { stack: { impair: 'delay 100ms' } },
    );
    expect(result).toBeGreaterThanOrEqual(0.2);
  });

  it('with all faults at once carries every octet, super-segments of both sides included', async () => {
    const length = 300_000;
    const result = await inScenario(
      async ({ sh, address, file, hash, patternHash, stack }, size) => {
        const path = file('upload');
        await sh(`head -c ${size} /dev/zero > ${path}`);
        const [downHash, upHash] = [patternHash(size), hash(new Uint8Array(size))];
        const counters = [stack.impairment.counters('out')!, stack.impairment.counters('in')!];
        // How many packets there are, and so what becomes of them, is up to both ends and the machine: until all has happened.
        const happened = (): boolean =>
          counters.every(
            ({ drops, corrupted, duplicated, reordered, truncated }) =>
              Math.min(drops.get('Loss'), corrupted, duplicated, reordered, truncated) > 0,
          );
        let [rounds, down, up] = [0, 0, 0];
        for (; !happened(); rounds++) {
          if ((await sh(`curl -s http://${address}/bytes/${size} | sha256sum`)).startsWith(downHash)) down++;
          if ((await sh(`curl -s -X POST -T ${path} http://${address}/sink`)).includes(upHash)) up++;
        }
        return { rounds, down, up, packets: Math.min(...counters.map(({ packets }) => packets)) };
      },
      [length],
      {
        stack: {
          impair: 'delay 3ms jitter 1ms, loss 1%, corrupt 1%, duplicate 2%, reorder 2%, truncate 1%; rate 50mbit',
          impairSeed: 3,
        },
      },
    );
    expect(result).toMatchObject({ down: result.rounds, up: result.rounds });
    expect(result.packets).toBeGreaterThan((result.rounds * length) / 1448);
  });

  it('resets after so many octets: curl is told so, with nothing missing before', async () => {
    const result = await inScenario(
      async ({ sh, address }) =>
        sh(`curl -s -o /dev/null -w '%{size_download}' http://${address}/bytes/1000000; echo " $?"`),
      [],
      { stack: { impair: 'rst after 64KiB out' } },
    );
    const [size, code] = result.trim().split(' ').map(Number);
    expect(code).toBe(56);
    expect(size).toBeGreaterThan(60_000);
    expect(size).toBeLessThanOrEqual(65_536);
  });

  it('is put in and taken out while a stack runs', async () => {
    const result = await inScenario(async ({ sh, address, stack }) => {
      const codes: number[] = [];
      const get = async (options = ''): Promise<void> => {
        codes.push(Number(await sh(`curl -s ${options} -o /dev/null http://${address}/hello; echo $?`)));
      };
      await get();
      stack.impair('drop any in');
      await get('-m 1');
      stack.impair(null);
      await get();
      return codes;
    }, []);
    expect(result).toEqual([0, 28, 0]);
  });
});
