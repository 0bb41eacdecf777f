import { expect, it } from 'vitest';
import { Lab } from '../../../src/lab/story/lab.ts';
import { World } from '../../../src/lab/world/world.ts';

it('the RST of a socket that is closed with data unread leaves when it is closed, not with what happens next', async () => {
  const lab = new Lab(new World(1), { path: [], sysctls: {}, sysctlsOf: new Map(), kernel: {} });
  const { client, server } = lab;
  let code = '';
  let at = 0;
  server.run(async () => {
    await server.listen(80).accept();
    await server.wait(100);
    server.exitProcess();
  });
  client.run(async () => {
    const socket = await client.connect(server, 80).connected;
    await socket.write('hello');
    const error = await socket.ended();
    code = error?.code ?? '';
    at = lab.now;
  });
  await lab.world.run();
  // Accepted at 30 ms, closed at 130 ms, and 10 ms on the path.
  expect([code, at]).toEqual(['ECONNRESET', 140]);
});
