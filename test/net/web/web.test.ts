import { describe, expect, test } from 'vitest';
import { Log } from '../support/record.ts';
import { clients } from './clients.ts';
import { newer } from './newer.ts';
import { secure } from './secure.ts';
import { servers } from './servers.ts';
import { sessions } from './sessions.ts';

import type { WebBehaviour } from './talk.ts';
import { tlsSockets } from './tls-sockets.ts';
import { cableWebs, nodeWebs, type TwoWebs } from './two-webs.ts';

async function run(behaviour: WebBehaviour, webs: TwoWebs): Promise<unknown> {
  const log = new Log(webs);
  try {
    return (await behaviour(webs, log)) ?? log.entries;
  } finally {
    await webs.close();
  }
}

// Node's modules on the kernel's loopback say what is right.
for (const [title, behaviours] of Object.entries({ servers, clients, secure, newer, sessions, tlsSockets })) {
  describe(title, () => {
    for (const [name, behaviour] of Object.entries(behaviours)) {
      test(name, async () => expect(await run(behaviour, cableWebs())).toEqual(await run(behaviour, nodeWebs())));
    }
  });
}
