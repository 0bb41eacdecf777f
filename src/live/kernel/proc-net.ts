import { readFileSync } from 'node:fs';
import type { State } from '../../tcp/terms/state.ts';

/** A TCP socket of the kernel's, as /proc/net/tcp has it (IPv4; net/ipv4/tcp_ipv4.c, tcp4_seq_show). */
export interface KernelSocket {
  readonly local: string;
  readonly localPort: number;
  readonly remote: string;
  readonly remotePort: number;
  readonly state: State;
  /** Milliseconds until its timer fires; 0: none runs. */
  readonly timer: number;
}

/** include/net/tcp_states.h; 12 is a handshake under way, which is shown as 3. */
export const KERNEL_STATES: Readonly<Record<number, State>> = {
  1: 'ESTABLISHED',
  2: 'SYN_SENT',
  3: 'SYN_RECEIVED',
  4: 'FIN_WAIT_1',
  5: 'FIN_WAIT_2',
  6: 'TIME_WAIT',
  7: 'CLOSED',
  8: 'CLOSE_WAIT',
  9: 'LAST_ACK',
  10: 'LISTEN',
  11: 'CLOSING',
  12: 'SYN_RECEIVED',
};

/** Its timers are in USER_HZ ticks. */
const TICK_MS = 10;

/** All TCP sockets of this network namespace. @param text for tests: the file's content */
export function kernelSockets(text = readFileSync('/proc/self/net/tcp', 'latin1')): KernelSocket[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, remote, state, , timer] = line.trim().split(/\s+/);
      if (local === undefined || remote === undefined || state === undefined) return [];
      const [localAddress, localPort] = endOf(local);
      const [remoteAddress, remotePort] = endOf(remote);
      const [active = '0', left = '0'] = (timer ?? '').split(':');
      return {
        ...{ local: localAddress, localPort, remote: remoteAddress, remotePort },
        state: KERNEL_STATES[Number.parseInt(state, 16)] ?? 'CLOSED',
        timer: active === '00' ? 0 : Number.parseInt(left, 16) * TICK_MS,
      };
    });
}

/** `0100007F:0050`: the address as the machine has it in memory, little-endian here, and the port. */
function endOf(text: string): [address: string, port: number] {
  const [address = '', port = ''] = text.split(':');
  const octets = (address.match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16)).reverse();
  return [octets.join('.'), Number.parseInt(port, 16)];
}
