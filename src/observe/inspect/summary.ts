import type { Host } from '../../host/host.ts';
import type { State } from '../../tcp/terms/state.ts';

export interface SummarySnapshot {
  /** Sockets by state; states that none is in are left out. */
  states: Partial<Record<State, number>>;
  /** Connections whose users have closed them, without those in the TIME_WAIT table. */
  orphans: number;
  /** Of all sockets but listeners, those over IPv4 and IPv6; entries of the TIME_WAIT table are not among them. */
  ipv4: number;
  ipv6: number;
}

export function summaryOf({ tcp }: Host): SummarySnapshot {
  const states: Partial<Record<State, number>> = {};
  const add = (state: State, count = 1): void => {
    if (count > 0) states[state] = (states[state] ?? 0) + count;
  };
  const families = { 4: 0, 6: 0 };
  for (const _ of tcp.listeners) add('LISTEN');
  for (const c of tcp.connections) {
    add(c.state);
    families[c.remote.family]++;
  }
  add('FIN_WAIT_2', tcp.timeWait.finWait2Count);
  add('TIME_WAIT', tcp.timeWait.count - tcp.timeWait.finWait2Count);
  return { states, orphans: tcp.orphans, ipv4: families[4], ipv6: families[6] };
}
