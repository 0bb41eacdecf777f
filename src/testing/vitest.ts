/**
 * tcpglass/testing/vitest: `badNetwork` that closes itself when its test is over and prints the ladder when it fails; and matchers.
 *
 * @module
 */
import { expect, onTestFailed, onTestFinished } from 'vitest';
import { type BadNetwork, type BadNetworkOptions, badNetwork as create } from './bad-network.ts';
import { matchers, type NetworkMatchers } from './matchers.ts';

export * from './index.ts';

expect.extend(matchers);

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: vitest's own declaration, which this one joins, has it
  interface Matchers<T = any> extends NetworkMatchers<T> {}
}

/** As `badNetwork` of tcpglass/testing, for the test that is running. */
export async function badNetwork(options?: BadNetworkOptions): Promise<BadNetwork> {
  const net = await create(options);
  onTestFailed(({ task }) => {
    const [error] = task.result?.errors ?? [];
    // A matcher's message has it already.
    if (!error?.message.includes('The network, after')) console.error(net.report());
  });
  onTestFinished(() => net.close());
  return net;
}
