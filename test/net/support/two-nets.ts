import * as nodeNet from 'node:net';
import { Cable, type CableOptions } from '../../../src/link/cable.ts';
import { Driver } from '../../../src/net/driver/driver.ts';
import { createNet, type Net } from '../../../src/net/net.ts';
import { createStack, type Stack } from '../../../src/net/stack.ts';
import { FakeNetwork } from './fake-host.ts';

/** A server's and a client's net API, and the address that the client reaches the server under. */
export interface TwoNets {
  readonly name: string;
  readonly server: Net;
  readonly client: Net;
  readonly address: string;
  close(): Promise<void>;
}

/** The oracle: node:net on loopback. At an address where nothing else listens, so that a port that was freed stays free. */
export function nodeNets(): TwoNets {
  const net = nodeNet as unknown as Net;
  return { name: 'node:net', server: net, client: net, address: '127.0.0.3', close: async () => {} };
}

/** src/net on hosts without a TCP. */
export function fakeNets(): TwoNets {
  const network = new FakeNetwork();
  const a = network.host('10.0.0.1');
  const b = network.host('10.0.0.2');
  const server = new Driver(a.host, a.link);
  const client = new Driver(b.host, b.link);
  const close = async (): Promise<void> => {
    await Promise.all([server.close(), client.close()]);
  };
  return { name: 'fake', server: createNet(server), client: createNet(client), address: '10.0.0.1', close };
}

/** Two real hosts, joined by a cable. */
export function cableNets(
  options: CableOptions = {},
): TwoNets & { cable: Cable; serverStack: Stack; clientStack: Stack } {
  const cable = new Cable(options);
  const serverStack = createStack(cable.a, { addresses: ['10.0.0.1/24'] });
  const clientStack = createStack(cable.b, { addresses: ['10.0.0.2/24'] });
  const close = async (): Promise<void> => {
    await Promise.all([serverStack.close(), clientStack.close()]);
  };
  return {
    name: 'cable',
    server: serverStack,
    client: clientStack,
    address: '10.0.0.1',
    close,
    cable,
    serverStack,
    clientStack,
  };
}

/** One host, with itself: as the oracle, both sides at the same addresses. */
export function loopbackNets(): TwoNets {
  const stack = createStack(new Cable().a, { addresses: ['10.0.0.1/24', 'fd00::1/64'] });
  return { name: 'loopback', server: stack, client: stack, address: '127.0.0.3', close: () => stack.close() };
}
