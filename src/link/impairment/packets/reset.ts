import { Frame } from '../../../wire/frame.ts';
import { PROTOCOL_TCP, writeIpv4 } from '../../../wire/ipv4.ts';
import { writeIpv6 } from '../../../wire/ipv6.ts';
import { ACK, FIN, RST, Segment, SYN } from '../../../wire/segment.ts';
import { sealTcp, writeTcp } from '../../../wire/tcp.ts';
import type { SeenPacket } from './seen-packet.ts';

const frame = new Frame();
const reset = new Segment();

/**
 * The RST that takes the place of a segment on its way, as if the sender had sent it: its sequence number is what the receiver
 * expects, so that it is believed (RFC 9293, section 3.5.3). Null: for a SYN, which a listener would not let go for that.
 */
export function resetForReceiver({ segment, packet }: SeenPacket): Uint8Array | null {
  if ((segment.flags & (SYN | ACK)) === SYN) return null;
  reset.src = segment.src;
  reset.dst = segment.dst;
  reset.srcPort = segment.srcPort;
  reset.dstPort = segment.dstPort;
  reset.seq = segment.seq;
  reset.ack = segment.flags & ACK ? segment.ack : 0;
  reset.flags = RST | (segment.flags & ACK);
  return build(packet.ttl);
}

/** The RST that answers a segment as a host without the connection would (RFC 9293, section 3.10.7.1). */
export function resetForSender({ segment, packet }: SeenPacket): Uint8Array {
  reset.src = segment.dst;
  reset.dst = segment.src;
  reset.srcPort = segment.dstPort;
  reset.dstPort = segment.srcPort;
  const hasAck = (segment.flags & ACK) !== 0;
  const controls = (segment.flags & SYN ? 1 : 0) + (segment.flags & FIN ? 1 : 0);
  reset.seq = hasAck ? segment.ack : 0;
  reset.ack = hasAck ? 0 : (segment.seq + segment.length + controls) | 0;
  reset.flags = hasAck ? RST : RST | ACK;
  return build(packet.ttl);
}

function build(ttl: number): Uint8Array {
  writeTcp(frame, reset);
  sealTcp(frame, reset, false);
  if (reset.src.family === 4) writeIpv4(frame, reset.src, reset.dst, PROTOCOL_TCP, 0, ttl, 0);
  else writeIpv6(frame, reset.src, reset.dst, PROTOCOL_TCP, 0, ttl);
  return frame.header.slice(frame.ipStart, frame.headerEnd);
}
