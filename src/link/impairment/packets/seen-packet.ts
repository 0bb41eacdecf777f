import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, parseIpv4 } from '../../../wire/ipv4.ts';
import { findUpperHeader, parseIpv6 } from '../../../wire/ipv6.ts';
import { Packet } from '../../../wire/packet.ts';
import { ACK, FIN, RST, Segment, SYN } from '../../../wire/segment.ts';
import type { Slab } from '../../../wire/slab.ts';
import { parseTcp } from '../../../wire/tcp.ts';

const PROTOCOL_ICMPV6 = 58;

/** What a middlebox can read in a packet. One is used for many: it is borrowed until the next `read`. */
export class SeenPacket {
  readonly packet = new Packet();
  /** Filled where `type` is `TCP`. */
  readonly segment = new Segment();
  /** `other`: another protocol, a fragment, or what no receiver would take for a packet. */
  type: 'TCP' | 'UDP' | 'ICMP' | 'other' = 'other';
  srcPort = 0;
  dstPort = 0;

  /** Reads a packet that has the slab to itself. */
  read(slab: Slab): void {
    const { packet } = this;
    packet.slab = slab;
    packet.start = 0;
    packet.end = slab.bytes.length;
    packet.gsoSize = 0;
    packet.checksumTrusted = true; // whether it is right is the receiver's affair
    packet.sum = -1;
    this.srcPort = this.dstPort = 0;
    this.type = this.#readIp() ? this.#readTransport() : 'other';
  }

  get bytes(): Uint8Array {
    return this.packet.slab.bytes;
  }

  #readIp(): boolean {
    const { packet } = this;
    const version = this.bytes.length > 0 ? this.bytes[0]! >> 4 : 0;
    if (version === 4) return parseIpv4(packet) === null;
    if (version !== 6 || parseIpv6(packet) !== null) return false;
    const upper = findUpperHeader(this.bytes, packet.protocol, packet.transportStart, packet.transportEnd);
    if (upper === null) return false;
    packet.protocol = upper.protocol;
    packet.transportStart = upper.at;
    return true;
  }

  #readTransport(): SeenPacket['type'] {
    const { packet, segment, bytes } = this;
    const at = packet.transportStart;
    switch (packet.protocol) {
      case PROTOCOL_TCP:
        if (parseTcp(packet, segment) !== null) return 'other';
        this.srcPort = segment.srcPort;
        this.dstPort = segment.dstPort;
        return 'TCP';
      case PROTOCOL_UDP:
        if (packet.transportEnd - at < 8) return 'other';
        this.srcPort = (bytes[at]! << 8) | bytes[at + 1]!;
        this.dstPort = (bytes[at + 2]! << 8) | bytes[at + 3]!;
        return 'UDP';
      case PROTOCOL_ICMP:
      case PROTOCOL_ICMPV6:
        return 'ICMP';
      default:
        return 'other';
    }
  }

  has(flags: number): boolean {
    return this.type === 'TCP' && (this.segment.flags & flags) === flags;
  }

  /** An ACK that carries nothing else. */
  get isPureAck(): boolean {
    return this.has(ACK) && this.segment.length === 0 && (this.segment.flags & (SYN | FIN | RST)) === 0;
  }
}
