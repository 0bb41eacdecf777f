import type { IcmpKind } from '../../wire/icmp/icmp.ts';
import { seqGeq, seqLt } from '../../wire/seq.ts';
import { abandonHandshake, fail } from '../closing/end.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellIcmp } from '../tcb/tell.ts';
import { causes } from '../terms/causes.ts';
import { TcpError } from '../terms/errors.ts';
import type { QuotedError } from '../terms/network.ts';
import { adaptToPath } from './packet-too-big.ts';

/**
 * An ICMP error about a segment of ours (RFC 9293, section 3.9.2.2; RFC 5927).
 *
 * The quoted sequence number must be one of ours, or any host could forge it (RFC 5927, section 4.1). Most errors are soft:
 * the user is told (SHLD-25), we keep trying (MUST-56), and if we try in vain to the end, that is the reason the user gets.
 * A hard one ends an attempt to connect (SHLD-26). "Prohibited", of which RFC 9293 and RFC 1122, section 4.2.3.9, say nothing, is
 * hard: it is no passing trouble of routing but a filter's decision, and the answer that it means to give (RFC 1812, section
 * 5.2.7.1; `--reject-with icmp-admin-prohibited` of firewalls). To wait minutes for another answer helps no user (RFC 5461,
 * section 3). A connection that has been established takes it as soft, too: its path has
 * worked, and an error forged by a host that sees or guesses a sequence number must not end it (RFC 5927, section 5.2).
 *
 * @returns whether there is a connection that it is about
 */
export function icmpErrorArrives(tcp: TcpContext, error: QuotedError): boolean {
  const c = tcp.connections.find(error.remote, error.remotePort, error.local, error.localPort);
  if (c === null) return false;
  if (!isOurs(c, error)) {
    tcp.counters.OutOfWindowIcmps++;
    return false;
  }
  tellIcmp(c, error);
  switch (error.kind) {
    case 'too big':
      tcp.network.noteTooBig(c.remote, error.mtu, error.quotedLength);
      adaptToPath(c);
      return true;
    case 'port unreachable':
    case 'protocol unreachable':
    case 'prohibited':
      hardError(c, error.kind);
      return true;
    case 'net unreachable':
    case 'host unreachable':
    case 'source route failed':
    case 'time exceeded':
    case 'parameter problem':
      softError(c, error.kind);
      return true;
    default:
      error.kind satisfies never;
      return true;
  }
}

/**
 * Is the quoted octet in flight (RFC 5927, section 4.1: SND.UNA =< SEG.SEQ < SND.NXT)? A bare ACK has none, and SND.NXT for its
 * number, so that is taken too, as in Linux (tcp_v4_err): one number more for a forger to guess. With SACK an ACK can even be
 * too big, for the narrowest of links. While connecting nothing has that number.
 */
function isOurs(c: Tcb, { seq }: QuotedError): boolean {
  if (seq === c.snd.nxt) return !isConnecting(c);
  // The SYN-ACK of a pending Fast Open is out, too (tcp_v4_err).
  const oldest = c.isFastOpenPending ? c.snd.iss : c.snd.una;
  return seqGeq(seq, oldest) && seqLt(seq, c.snd.nxt);
}

/** A Fast Open that its user has accepted is as good as established: it sends and receives. */
const isConnecting = (c: Tcb): boolean =>
  c.state === 'SYN_SENT' || (c.state === 'SYN_RECEIVED' && !(c.isFastOpenPending && c.listener === null));

/** With Fast Open it waits in the accept queue: its user has not got it, but gets the data of the SYN, and the error. */
const isOffered = (c: Tcb): boolean => c.isFastOpenPending && c.listener !== null;

function hardError(c: Tcb, kind: IcmpKind): void {
  if (!isConnecting(c)) softError(c, kind);
  else if (c.listener !== null && !isOffered(c)) abandonHandshake(c, causes.icmpHard);
  else fail(c, userError(kind), causes.icmpHard, false);
}

function softError(c: Tcb, kind: IcmpKind): void {
  // Soft errors must not end a connection (MUST-56). This is none yet that a user knows of: its SYN may be forged, and the host that it
  // names can't be reached; one that is real will send its SYN again (tcp_v4_err).
  if (isOffered(c)) {
    fail(c, userError(kind), causes.icmpHard, false);
    return;
  }
  c.softError = userError(kind);
  if (c.user?.onSoftError === undefined) return; // SHLD-20: a user that doesn't want to hear of it leaves the callback out
  c.untoldSoftError = c.softError;
  c.tcp.activate(c);
}

/** The error for the user, with the code that Linux has for it (icmp_err_convert in net/ipv4/icmp.c). */
function userError(kind: IcmpKind): TcpError {
  switch (kind) {
    case 'net unreachable':
      return new TcpError('ENETUNREACH', 'Network is unreachable (ICMP)');
    case 'host unreachable':
      return new TcpError('EHOSTUNREACH', 'No route to host (ICMP host unreachable)');
    case 'prohibited':
      return new TcpError('EHOSTUNREACH', 'Administratively prohibited (ICMP)');
    case 'source route failed':
      return new TcpError('EHOSTUNREACH', 'The source route leads nowhere (ICMP)');
    case 'port unreachable':
      return new TcpError('ECONNREFUSED', 'Connection refused (ICMP port unreachable)');
    case 'protocol unreachable':
      return new TcpError('ENOPROTOOPT', 'The host speaks no TCP (ICMP protocol unreachable)');
    case 'time exceeded':
      return new TcpError('EHOSTUNREACH', 'Time to live exceeded on the way (ICMP)');
    case 'parameter problem':
      return new TcpError('EPROTO', 'A host or router could not read our packet (ICMP parameter problem)');
    case 'too big':
      return new TcpError('EMSGSIZE', 'Message too long (ICMP)');
    default:
      return kind satisfies never;
  }
}
