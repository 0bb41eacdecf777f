import type { Host } from '../../host/host.ts';
import type { Address } from '../../wire/address.ts';
import { SNIPPET_CONSTANTS } from '../terms/constants.ts';

/** The states of the kernel's that are called otherwise than those of RFC 9293 (include/net/tcp_states.h). */
const KERNELS: Readonly<Record<string, string>> = {
  ...{ SYN_RECEIVED: 'SYN_RECV', FIN_WAIT_1: 'FIN_WAIT1', FIN_WAIT_2: 'FIN_WAIT2', CLOSED: 'CLOSE' },
};

/**
 * /proc/net/tcp and /proc/net/tcp6: of each listener and connection its addresses, its state, and how much is queued
 * (Documentation/networking/proc_net_tcp.rst). What stands behind that is of the kernel's own insides, and is left out.
 */
export function procNetTcp(host: Host, family: 4 | 6): string[] {
  const lines = ['  sl  local_address rem_address   st tx_queue rx_queue'];
  const add = (local: string, remote: string, state: string, sent: number, received: number): void => {
    const number = String(lines.length - 1).padStart(4);
    const code = SNIPPET_CONSTANTS[`TCP_${KERNELS[state] ?? state}`] ?? 0;
    lines.push(`${number}: ${local} ${remote} ${hex(code, 2)} ${hex(sent, 8)}:${hex(received, 8)}`);
  };
  const any = hex(0, family === 4 ? 8 : 32);
  for (const { local, port, acceptQueueLength } of host.tcp.allListeners()) {
    // One on all addresses is where the host's own are.
    const listens = local.isUnspecified ? host.addresses[0]! : local;
    if (listens.family !== family) continue;
    const where = local.isUnspecified ? any : words(local);
    add(`${where}:${hex(port, 4)}`, `${any}:0000`, 'LISTEN', 0, acceptQueueLength);
  }
  for (const c of host.connections()) {
    if (c.local.family !== family) continue;
    const [local, remote] = [`${words(c.local)}:${hex(c.localPort, 4)}`, `${words(c.remote)}:${hex(c.remotePort, 4)}`];
    add(local, remote, c.state, c.sendQueueLength, c.readableLength);
  }
  return lines;
}

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');

/** Words of four octets as a little-endian machine shows them. */
function words({ family, w0, w1, w2, w3 }: Address): string {
  const swapped = (word: number): string =>
    hex(word >>> 0, 8)
      .match(/../g)!
      .reverse()
      .join('');
  return (family === 4 ? [w3] : [w0, w1, w2, w3]).map(swapped).join('');
}
