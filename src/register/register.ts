/**
 * tcpglass/register: `node --import tcpglass/register app.js` runs a program whose TCP is this stack, without a changed line.
 * native-notes/register.md says what is covered and what isn't.
 *
 * @module
 */
import cluster from 'node:cluster';
import { isMainThread } from 'node:worker_threads';
import { openStack } from '../net/stack.ts';
import { type BadNetwork, badNetwork } from '../testing/bad-network.ts';
import { type Config, readConfig } from './config.ts';
import { replaceModules } from './modules.ts';

// A worker has modules of its own, and there is one device.
if (isMainThread) await begin(readConfig(process.env));

async function begin(config: Config): Promise<void> {
  if (cluster.isWorker) {
    process.emitWarning(
      'A worker of a cluster has a stack of its own: its servers are not reached by the primary, nor at its port',
      {
        code: 'TCPGLASS_CLUSTER',
      },
    );
  }
  if (config.device === 'cable') await onCable(config);
  else await onDevice(config);
}

async function onDevice({ time: _time, ladder: _ladder, ...options }: Config): Promise<void> {
  const stack = await openStack(options);
  stack.unref(); // as with the kernel's TCP it is sockets and servers that keep a program alive
  replaceModules({ client: stack, server: stack });
  // The kernel goes on with what a process has left to be sent; here the process has to.
  process.once('beforeExit', () => void stack.close());
}

async function onCable({ impair, impairSeed, mtu, time, ladder }: Config): Promise<void> {
  const net: BadNetwork = await badNetwork({
    rules: impair === undefined ? [] : [impair],
    seed: impairSeed,
    mtu,
    time,
  });
  replaceModules({ client: net.client, server: net.server, self: net.address });
  if (ladder) process.once('exit', () => process.stderr.write(`${net.report()}\n`));
}
