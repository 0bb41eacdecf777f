import { expect, it } from 'vitest';
import { Lab } from '../../../src/lab/story/lab.ts';
import type { PassingSegment } from '../../../src/lab/world/attacker.ts';
import { World } from '../../../src/lab/world/world.ts';

function lab(): Lab {
  return new Lab(new World(1), { path: [], sysctls: {}, sysctlsOf: new Map(), kernel: {} });
}

it('shows an attacker on the path each segment as it stands on the wire, with which he can go on', async () => {
  const here = lab();
  const { client, server } = here;
  const mallory = here.attacker();
  const seen: PassingSegment[] = [];
  mallory.onPath((segment) => {
    seen.push(segment);
    if (segment.data !== 'hello' || mallory.sent > 0) return;
    mallory.send({ ...segment, flags: 'P.', seq: segment.seq + segment.length, data: ' world' });
  });
  let got = 0;
  server.run(async () => {
    const socket = await server.listen(80).accept();
    got = await socket.readOctets(11);
  });
  client.run(async () => {
    const socket = await client.connect(server, 80).connected;
    await socket.write('hello');
  });
  here.world.limit = 2_000_000;
  await here.world.run();
  expect(seen.slice(0, 4).map(({ flags, data }) => [flags, data])).toEqual([
    ['S', ''],
    ['S.', ''],
    ['.', ''],
    ['P.', 'hello'],
  ]);
  expect(seen[1]!.ack).toBe((seen[0]!.seq + 1) % 2 ** 32);
  expect(seen[0]!.timestamps).toHaveLength(2);
  expect(got).toBe(11);
  expect(mallory.sent).toBe(1);
});

it('has a router answer for a host that is not there, and tells where packets end that no host is for', async () => {
  const here = lab();
  const { client } = here;
  here.server;
  here.world.router.refuse('10.9.0.9', 'prohibited', 6);
  const codes: string[] = [];
  const times: number[] = [];
  for (const to of ['10.9.0.9', '10.9.0.8']) {
    client.run(async () => {
      await client.connect(to, 80).connected.catch(({ code }) => {
        codes.push(code);
        times.push(here.now);
      });
    });
  }
  await here.world.run();
  expect(codes).toEqual(['EHOSTUNREACH', 'ETIMEDOUT']);
  expect(times[0]).toBe(6);
  const drops = here.world.journal
    .log()
    .flatMap((entry) => (entry.type === 'impairment' && entry.action === 'dropped' ? entry.rule : []));
  expect([...new Set(drops)]).toEqual(['router 10.9.0.254 answers with ICMP', 'no host has this address']);
});

it('leaves out of the log what is about some addresses, timeouts and drops too', async () => {
  const here = lab();
  const { server } = here;
  const mallory = here.attacker();
  server.listen(80, { backlog: 0 });
  server.host.sysctls.tcp_syncookies = 0;
  for (let i = 1; i < 9; i++)
    mallory.send({ from: [`203.0.113.${i}`, 4000], to: ['10.9.0.2', 80], flags: 'S', seq: 1 });
  here.leaveOut((address) => address.startsWith('203.0.113.'));
  await here.world.run();
  const { tcp } = server.host;
  expect(tcp.counters.TCPReqQFullDrop).toBe(7);
  const kinds = here.world.journal.log().map(({ type }) => type);
  expect([...new Set(kinds)].sort()).toEqual(['call', 'log']);
});
