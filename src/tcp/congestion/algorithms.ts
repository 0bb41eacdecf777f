import type { tcpSysctls } from '../terms/sysctls.ts';
import type { CongestionControl } from '../variables/congestion-control.ts';
import { bbr } from './bbr.ts';
import { cubic } from './cubic.ts';
import { newReno } from './newreno.ts';

/** All that there are, under the names that `tcp_congestion_control` takes. */
const algorithms: Record<(typeof tcpSysctls)['tcp_congestion_control']['among'][number], CongestionControl> = {
  reno: newReno,
  cubic,
  bbr,
};

/** What a host begins with (Linux: `tcp_available_congestion_control`); more may be added to its own. */
export const builtInAlgorithms = (): Map<string, CongestionControl> => new Map(Object.entries(algorithms));
