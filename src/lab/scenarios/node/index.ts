import type { Load } from '../../story/scenario.ts';

export const node: Readonly<Record<string, Load>> = {
  'etimedout-vs-econnrefused-vs-ehostunreach': () => import('./etimedout-vs-econnrefused-vs-ehostunreach.ts'),
  'keep-alive-race': () => import('./keep-alive-race.ts'),
  'socket-hang-up': () => import('./socket-hang-up.ts'),
  'tcp-keepalive-vs-http-keep-alive': () => import('./tcp-keepalive-vs-http-keep-alive.ts'),
  'agent-ports': () => import('./agent-ports.ts'),
  backpressure: () => import('./backpressure.ts'),
};
