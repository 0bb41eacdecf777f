import { expect, it } from 'vitest';
import { Lab } from '../../../src/lab/story/lab.ts';
import { World } from '../../../src/lab/world/world.ts';

it.each<[string, (lab: Lab) => void]>([
  [
    'an application that waits for no time, over and over',
    ({ client }) => {
      client.run(async () => {
        for (;;) await client.wait(0);
      });
    },
  ],
  [
    'one that waits for hardly any',
    ({ client }) => {
      client.run(async () => {
        for (;;) await client.wait(1e-7);
      });
    },
  ],
  [
    'a thing that is done again at the same time',
    (lab) => {
      const again = (): void => lab.at(lab.now, again);
      again();
    },
  ],
])('a scenario that never ends is an error: %s', async (_, play) => {
  const lab = new Lab(new World(1), { path: [], sysctls: {}, sysctlsOf: new Map(), kernel: {} });
  lab.world.mostSteps = 1000;
  play(lab);
  await expect(lab.world.run()).rejects.toThrow(
    /^The scenario never ends: after [\d.e-]+ s of its time it has taken 1000 steps$/,
  );
});
