import type { Host } from '../../host/host.ts';
import { namedCounters } from '../../host/named-counters.ts';

export interface CountersSnapshot {
  /** Under the names that nstat(8) has: `TcpInSegs`, `TcpExtTCPTimeouts`. All of them, zeros too. */
  counters: Record<string, number>;
  /** Packets that were thrown away, by reason (`TcpDrop`, `IpDrop`); reasons that never came up are left out. */
  drops: { tcp: Record<string, number>; ip: Record<string, number> };
}

export function countersOf(host: Host): CountersSnapshot {
  return {
    counters: Object.fromEntries(namedCounters(host)),
    drops: { tcp: Object.fromEntries(host.tcp.drops.entries()), ip: Object.fromEntries(host.ip.drops.entries()) },
  };
}
