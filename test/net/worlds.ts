import * as nodeNet from 'node:net';
import { Driver } from '../../src/net/driver.ts';
import { createNet, type Net } from '../../src/net/net.ts';
import { FakeNetwork } from './fake-host.ts';

/** A server's and a client's net API, and the address that the client reaches the server under. */
export interface World {
  readonly name: string;
  readonly server: Net;
  readonly client: Net;
  readonly address: string;
  close(): void;
}

/** The oracle: node:net on loopback. */
export function nodeWorld(): World {
  const net = nodeNet as unknown as Net;
  return { name: 'node:net', server: net, client: net, address: '127.0.0.1', close: () => {} };
}

/** src/net on hosts without a TCP. */
export function fakeWorld(): World {
  const network = new FakeNetwork();
  const a = network.host('10.0.0.1');
  const b = network.host('10.0.0.2');
  const server = new Driver(a.host, a.link);
  const client = new Driver(b.host, b.link);
  const close = (): void => {
    server.close();
    client.close();
  };
  return { name: 'fake', server: createNet(server), client: createNet(client), address: '10.0.0.1', close };
}
