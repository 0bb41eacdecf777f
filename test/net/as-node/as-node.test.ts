import { describe, expect, test } from 'vitest';
import { Log } from '../support/record.ts';
import { cableNets, fakeNets, loopbackNets, nodeNets, type TwoNets } from '../support/two-nets.ts';
import { type Behaviour, connecting, ending } from './behaviours.ts';
import { contexts } from './contexts.ts';
import { families } from './families.ts';
import { faults } from './faults.ts';
import { overHttp } from './http.ts';
import { overTls } from './over-tls.ts';
import { refusals } from './refusals.ts';
import { serving } from './serving.ts';
import { shapes } from './shapes.ts';
import { streaming } from './streaming.ts';

async function run(behaviour: Behaviour, nets: TwoNets): Promise<unknown> {
  const log = new Log(nets);
  try {
    return (await behaviour(nets, log)) ?? log.entries;
  } finally {
    await nets.close();
  }
}

const allNets = {
  'hosts without a TCP': fakeNets,
  'two hosts on a cable': () => cableNets(),
  'two hosts on a cable that takes super-segments': () => cableNets({ offload: true }),
  'one host, by its loopback': loopbackNets,
};

// node:net on loopback says what is right: same events, same order, same errors.
for (const [name, open] of Object.entries(allNets)) {
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
        test(behaviour, async () => expect(await run(body, open())).toEqual(await run(body, nodeNets())));
      }
    });
  }
}

// What depends on addresses, which are the oracle's own on the loopback only.
for (const [title, behaviours] of Object.entries({ families, refusals, serving, shapes })) {
  describe(`${title}, by the loopback`, () => {
    for (const [behaviour, body] of Object.entries(behaviours)) {
      test(behaviour, async () => expect(await run(body, loopbackNets())).toEqual(await run(body, nodeNets())));
    }
  });
}
