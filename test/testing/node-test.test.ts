import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { DIST } from '../kernel/namespace.ts';

it('works with the fake timers of node:test, which leave performance alone', async () => {
  const program = `
    import { once } from 'node:events';
    import { mock } from 'node:test';
    import { badNetwork } from '${DIST}/testing/index.js';
    const { setTimeout: real } = globalThis;
    const net = await badNetwork({ rules: ['delay 200ms'], seed: 1 });
    net.server.createServer((socket) => socket.end('hello')).listen(80);
    const before = net.now;
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    const began = net.now;
    const connected = once(net.connect(80), 'connect').then(() => true);
    const turn = () => Promise.race([connected, new Promise((done) => real(done, 5, false))]);
    let ticks = 0;
    while (!(await turn()) && ticks < 20) { mock.timers.tick(50); ticks++; }
    const took = net.now - began;
    mock.timers.reset();
    console.log(JSON.stringify({ leap: began - before < 60_000, back: net.now < began, took }));
    await net.close();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 100_000,
  });
  expect(JSON.parse(stdout)).toEqual({ leap: true, back: false, took: expect.any(Number) });
  const { took } = JSON.parse(stdout) as { took: number };
  expect(took).toBeGreaterThanOrEqual(400); // the SYN there, its answer back: 200 ms each
  expect(took).toBeLessThan(1000);
});
