import type { Web } from '../../../src/net/web/web.ts';
import { kernelWeb } from '../../applications/kernel-web.mjs';
import { cableNets, nodeNets, type TwoNets } from '../support/two-nets.ts';

/** A server's and a client's Node modules, over one network. */
export interface TwoWebs extends TwoNets {
  readonly at: Web;
  readonly from: Web;
}

/** The oracle: Node's own modules, on the kernel's TCP. */
export const nodeWebs = (): TwoWebs => ({ ...nodeNets(), at: kernelWeb, from: kernelWeb });

export function cableWebs(): TwoWebs {
  const nets = cableNets();
  return { ...nets, at: nets.serverStack, from: nets.clientStack };
}
