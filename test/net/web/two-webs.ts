import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import * as tls from 'node:tls';
import { fetchAgent } from '../../../src/net/web/dispatcher.ts';
import type { Web } from '../../../src/net/web/web.ts';
import { cableNets, nodeNets, type TwoNets } from '../support/two-nets.ts';

/** A server's and a client's Node modules, over one network. */
export interface TwoWebs extends TwoNets {
  readonly at: Web;
  readonly from: Web;
}

/** The oracle: Node's own modules, on the kernel's TCP. */
const nodeWeb = {
  ...{ http, https, tls, http2, fetch },
  agent: (options: object) => new http.Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000, ...options }),
  httpsAgent: (options: object) => new https.Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000, ...options }),
  dispatcher: (options: object) => new (fetchAgent())(options),
} as unknown as Web;

export const nodeWebs = (): TwoWebs => ({ ...nodeNets(), at: nodeWeb, from: nodeWeb });

export function cableWebs(): TwoWebs {
  const nets = cableNets();
  return { ...nets, at: nets.serverStack, from: nets.clientStack };
}
