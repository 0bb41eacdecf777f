import type { Address } from '../../wire/address.ts';
import { ECN_MASK } from '../../wire/packet.ts';
import { Segment } from '../../wire/segment.ts';
import type { Seq } from '../../wire/seq.ts';
import { sealTcp } from '../../wire/tcp.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellDeparture } from '../tcb/tell.ts';
import type { Cause } from '../terms/causes.ts';

/** The one segment object that is filled for everything that leaves. */
export const out = new Segment();

/** Begins `out` anew: no options, no urgent data, no octets, no ECT; the window is the caller's to fill in. */
export function beginHeader(
  src: Address,
  srcPort: number,
  dst: Address,
  dstPort: number,
  flags: number,
  seq: Seq,
  ack: Seq,
): void {
  out.clearOptions();
  out.src = src;
  out.dst = dst;
  out.srcPort = srcPort;
  out.dstPort = dstPort;
  out.seq = seq;
  out.ack = ack;
  out.flags = flags;
  out.urg = 0;
  out.length = 0;
  out.gsoSize = 0;
  out.tos = 0;
}

/** Sends `out`, which `tcp.frame` holds already but for its checksum, and tells why. */
export function emit(tcp: TcpContext, c: Tcb | null, count: number, cause: Cause): void {
  const { frame, network, counters } = tcp;
  // A partial checksum saves the sum over payload; over a bare header it saves nothing, and costs the far side a call.
  sealTcp(frame, out, network.checksumOffload && frame.payloadLength > 0);
  // The two bits of ECN are TCP's (RFC 3168, section 5): what is above them is the user's.
  if (c !== null) out.tos |= c.settings.tos & ~ECN_MASK;
  out.ttl = (c === null ? null : c.settings.ttl) ?? network.defaultTtl(out.dst);
  counters.OutSegs += count;
  if (tcp.events.wants !== 0) tellDeparture(tcp, out, c, cause);
  network.send(frame, out.src, out.dst, out.tos, out.ttl, c === null ? null : c.ipOptions);
}
