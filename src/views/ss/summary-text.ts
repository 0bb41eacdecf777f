import type { SummarySnapshot } from '../../observe/inspect/summary.ts';
import { ALL_STATES, STATE_NAMES } from '../filter/states.ts';

/** What `ss -s` says of TCP, and how many sockets each state has. */
export function summaryText({ states, orphans, ipv4, ipv6 }: SummarySnapshot): string {
  const total = Object.values(states).reduce((sum, count) => sum + count, 0);
  const timeWait = states.TIME_WAIT ?? 0;
  const counts = ALL_STATES.filter((state) => states[state] !== undefined);
  const cell = (text: string | number): string => String(text).padEnd(10);
  return [
    `Total: ${total}`,
    `TCP:   ${total} (estab ${states.ESTABLISHED ?? 0}, closed ${timeWait}, orphaned ${orphans}, timewait ${timeWait})`,
    `       ${counts.map((state) => `${STATE_NAMES[state].toLowerCase()} ${states[state]}`).join(', ') || 'no sockets'}`,
    '',
    `${cell('Transport')}${cell('Total')}${cell('IP')}IPv6`,
    `${cell('TCP')}${cell(ipv4 + ipv6)}${cell(ipv4)}${ipv6}`,
  ].join('\n');
}
