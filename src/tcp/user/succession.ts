import { mayTakeOver } from '../opening/take-over.ts';
import type { TcpContext } from '../tcb/context.ts';

/** When the peer may begin a new connection in the place of one that waits, and by which rule. */
export type PeerSuccession =
  /** It must send its FIN first: FIN_WAIT_2. */
  | 'not before its FIN'
  /** Its SYN finds no listener at our port. */
  | 'no listener'
  /** Its SYN has a timestamp beyond the last one of the old connection (RFC 6191, section 2). */
  | 'newer timestamp'
  /** Its SYN has a sequence number beyond all that the old connection received (RFC 9293, section 3.10.7.4, MAY-2). */
  | 'higher sequence number';

/** Whether a connection that we open may have the place (tcp_twsk_unique in net/ipv4/tcp_ipv4.c). */
export type OwnSuccession =
  /** The old connection had no timestamps, so what is left of it on the way could not be told from what is new. */
  | 'no'
  /** If it insists on this port. */
  | 'this port'
  /** And a port of the host's choice may be this one: `tcp_tw_reuse` lets it, and `tcp_tw_reuse_delay` is over. */
  | 'any port';

/** Who may take the place of a connection in TIME_WAIT now. */
export interface Succession {
  peer: PeerSuccession;
  own: OwnSuccession;
}

/** What `arriving/time-wait.ts` would say to a SYN, and `opening/take-over.ts` to an active OPEN, with things as they are now. */
export function successionOf(tcp: TcpContext, index: number): Succession {
  const { remote, local, localPort, hasTimestamps, state } = tcp.timeWait.read(index, tcp.now);
  let peer: PeerSuccession = hasTimestamps ? 'newer timestamp' : 'higher sequence number';
  if (tcp.listeners.find(local, localPort) === null) peer = 'no listener';
  if (state === 'FIN_WAIT_2') peer = 'not before its FIN';
  let own: OwnSuccession = mayTakeOver(tcp, index, remote, true) ? 'this port' : 'no';
  if (mayTakeOver(tcp, index, remote, false)) own = 'any port';
  return { peer, own };
}
