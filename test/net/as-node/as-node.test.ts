import { describe, expect, test } from 'vitest';
import { cableWorld, fakeWorld, nodeWorld, type World } from '../support/networks.ts';
import { Log } from '../support/record.ts';
import { type Behaviour, connecting, ending } from './behaviours.ts';
import { contexts } from './contexts.ts';
import { faults } from './faults.ts';
import { overHttp } from './http.ts';
import { overTls } from './over-tls.ts';
import { streaming } from './streaming.ts';

async function run(behaviour: Behaviour, world: World): Promise<unknown> {
  const log = new Log(world);
  try {
    return (await behaviour(world, log)) ?? log.entries;
  } finally {
    await world.close();
  }
}

const worlds = {
  'hosts without a TCP': fakeWorld,
  'two hosts on a cable': () => cableWorld(),
  'two hosts on a cable that takes super-segments': () => cableWorld({ offload: true }),
};

// node:net on loopback says what is right: same events, same order, same errors.
for (const [name, open] of Object.entries(worlds)) {
  for (const [title, behaviours] of Object.entries({
    connecting,
    ending,
    streaming,
    faults,
    contexts,
    http: overHttp,
    tls: overTls,
  })) {
    describe(`${title}, on ${name}`, () => {
      for (const [behaviour, body] of Object.entries(behaviours)) {
        test(behaviour, async () => expect(await run(body, open())).toEqual(await run(body, nodeWorld())));
      }
    });
  }
}
