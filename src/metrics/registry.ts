import { counterHelp } from '../host/counter-help.ts';
import type { Inspection } from '../observe/inspect/inspection.ts';
import type { State } from '../tcp/terms/state.ts';

/** What Prometheus fetches. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

const PREFIX = 'tcpglass_';
const STATES: readonly State[] = [
  ...(['LISTEN', 'SYN_SENT', 'SYN_RECEIVED', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2'] as const),
  ...(['CLOSE_WAIT', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'] as const),
];

/**
 * The state of a host as Prometheus has it, gathered anew whenever it is asked for. The library is loaded here, at its first
 * use: who wants no metrics doesn't pay for it.
 */
export async function metricsOf(inspect: Inspection): Promise<Metrics> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  // Gathered once for all that is in one answer.
  let { counters, drops } = inspect.counters();
  let { states, orphans } = inspect.summary();
  new Gauge({
    name: `${PREFIX}sockets`,
    help: 'Sockets by state',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of STATES) this.set({ state }, states[state] ?? 0);
    },
  });
  new Gauge({
    name: `${PREFIX}orphans`,
    help: 'Connections whose users have closed them, without those in the TIME_WAIT table',
    registers,
    collect() {
      this.set(orphans);
    },
  });
  new Counter({
    name: `${PREFIX}drops_total`,
    help: 'Packets that were thrown away, by layer and reason',
    labelNames: ['layer', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const [layer, reasons] of Object.entries(drops)) {
        for (const [reason, count] of Object.entries(reasons)) this.inc({ layer, reason }, count);
      }
    },
  });
  for (const name of Object.keys(counters)) {
    new Counter({
      name: `${PREFIX}${name}_total`,
      help: counterHelp(name),
      registers,
      collect() {
        this.reset();
        this.inc(counters[name] ?? 0);
      },
    });
  }
  return {
    contentType: registry.contentType,
    text() {
      ({ counters, drops } = inspect.counters());
      ({ states, orphans } = inspect.summary());
      return registry.metrics();
    },
  };
}
