import type { Address } from '../wire/address.ts';
import {
  ICMP_PARAMETER_PROBLEM,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  UNREACHABLE_ADMIN,
  UNREACHABLE_FRAGMENTATION,
  UNREACHABLE_NET,
  UNREACHABLE_PORT,
  UNREACHABLE_PROTOCOL,
} from '../wire/icmp.ts';
import { type Seq, seqGeq, seqLt } from '../wire/seq.ts';
import { causes } from './causes.ts';
import { fail } from './ending.ts';
import { TcpError } from './errors.ts';
import type { Tcp } from './tcp.ts';

/** What TCP needs of an ICMP error: the kind, and which segment of ours it quotes. */
export interface QuotedError {
  type: number;
  code: number;
  local: Address;
  localPort: number;
  remote: Address;
  remotePort: number;
  seq: Seq;
}

/**
 * An ICMP error about a segment of ours (RFC 9293, section 3.9.2.2; RFC 5927).
 *
 * The quoted sequence number must be in flight, or anybody could forge it (RFC 5927, section 4.1). A soft error is kept
 * for the day the connection fails (MUST-56: never abort for it); a hard one ends an attempt to connect (SHLD-26), while
 * an established connection treats it as soft (RFC 5461 and RFC 5927, section 6.1; as Linux without IP_RECVERR).
 */
export function icmpErrorArrives(tcp: Tcp, error: QuotedError): boolean {
  const c = tcp.connections.find(error.remote, error.remotePort, error.local, error.localPort);
  if (c === null) return false;
  if (!(seqGeq(error.seq, c.snd.una) && seqLt(error.seq, c.snd.nxt))) return false;
  const reason = errorFor(error);
  if (reason === null) return true;
  if (c.state === 'SYN_SENT' && error.type === ICMP_UNREACHABLE) fail(c, reason, causes.icmpHard, false);
  else c.softError = reason;
  return true;
}

/** The user's error for an ICMP type and code, or null for one to be ignored (icmp_err_convert in net/ipv4/icmp.c). */
function errorFor(error: QuotedError): TcpError | null {
  if (error.type === ICMP_TIME_EXCEEDED) return new TcpError('EHOSTUNREACH', 'Time to live exceeded on the way');
  if (error.type === ICMP_PARAMETER_PROBLEM) return new TcpError('EHOSTUNREACH', 'A router could not read our packet');
  if (error.type !== ICMP_UNREACHABLE) return null; // source quench: MUST-55, silently discarded
  switch (error.code) {
    case UNREACHABLE_FRAGMENTATION:
      return null;
    case UNREACHABLE_PORT:
      return new TcpError('ECONNREFUSED', 'Connection refused (ICMP port unreachable)');
    case UNREACHABLE_PROTOCOL:
      return new TcpError('ECONNREFUSED', 'Connection refused (ICMP protocol unreachable)');
    case UNREACHABLE_NET:
      return new TcpError('ENETUNREACH', 'Network is unreachable');
    case UNREACHABLE_ADMIN:
      return new TcpError('EHOSTUNREACH', 'Administratively prohibited');
    default:
      return new TcpError('EHOSTUNREACH', 'No route to host');
  }
}
