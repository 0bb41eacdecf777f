import { type Family, ICMP, ICMPV6, ip, type Sent, summed, V6 } from './ip-machine.ts';
import { checksum, u16 } from './octets.ts';

/** Writes an IPv4 header's checksum anew. */
export function seal(bytes: Uint8Array): Uint8Array {
  const length = (bytes[0]! & 15) * 4;
  bytes[10] = bytes[11] = 0;
  const sum = checksum(bytes.subarray(0, length));
  bytes[10] = sum >> 8;
  bytes[11] = sum & 255;
  return bytes;
}

function concat(...parts: ArrayLike<number>[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** One fragment of `packet`: the octets [from, to) behind its IP header (and `kept` octets of IPv6 extension headers). */
export function fragment(
  packet: Uint8Array,
  from: number,
  to: number,
  { id = 77, more = undefined as boolean | undefined, kept = 0 } = {},
): Uint8Array {
  const v6 = packet[0]! >> 4 === 6;
  const headerLength = v6 ? 40 + kept : (packet[0]! & 15) * 4;
  const data = packet.subarray(headerLength);
  const last = !(more ?? to < data.length);
  if (!v6) {
    const bytes = concat(packet.subarray(0, headerLength), data.subarray(from, to));
    bytes.set([...u16(bytes.length), ...u16(id), ...u16((from >> 3) | (last ? 0 : 0x2000))], 2);
    return seal(bytes);
  }
  const nextAt = kept === 0 ? 6 : 40;
  const header = [packet[nextAt]!, 0, ...u16(from | (last ? 0 : 1)), 0, 0, ...u16(id)];
  const bytes = concat(packet.subarray(0, headerLength), header, data.subarray(from, to));
  bytes[nextAt] = 44;
  bytes.set(u16(bytes.length - 40), 4);
  return bytes;
}

/** `packet` cut at these places. */
export function cut(
  packet: Uint8Array,
  places: readonly number[],
  options: { id?: number; kept?: number } = {},
): Uint8Array[] {
  const headerLength = packet[0]! >> 4 === 6 ? 40 + (options.kept ?? 0) : (packet[0]! & 15) * 4;
  const edges = [0, ...places, packet.length - headerLength];
  return edges.slice(1).map((to, i) => fragment(packet, edges[i]!, to, options));
}

/** An echo request with as many octets of data. */
export function echo(family: Family, length: number, options: readonly number[] = [], src = family.peer): Uint8Array {
  const { ours: dst } = family;
  const data = Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
  const v6 = family === V6;
  const protocol = v6 ? ICMPV6 : ICMP;
  const payload = summed(src, dst, protocol, 2, [v6 ? 128 : 8, 0, 0, 0, 0x12, 0x34, 0, 1, ...data]);
  return ip({ src, dst, protocol, payload, options });
}

/** The message that answers `echo`. */
export function echoReply(family: Family, length: number): Uint8Array {
  const { ours: src, peer: dst } = family;
  const v6 = family === V6;
  const asked = echo(family, length).subarray(v6 ? 40 : 20);
  return summed(src, dst, v6 ? ICMPV6 : ICMP, 2, [v6 ? 129 : 0, 0, 0, 0, ...asked.subarray(4)]);
}

export interface ReadFragment {
  id: number;
  offset: number;
  more: boolean;
  data: Uint8Array;
}

/** A fragment that was sent. */
export function readFragment({ version, bytes, payload, id }: Sent): ReadFragment {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (version === 4) {
    const word = view.getUint16(6);
    return { id, offset: (word & 0x1fff) * 8, more: (word & 0x2000) !== 0, data: payload };
  }
  if (bytes[6] !== 44) return { id: 0, offset: 0, more: false, data: payload };
  const word = view.getUint16(42);
  return { id: view.getUint32(44), offset: word & 0xfff8, more: (word & 1) !== 0, data: payload.subarray(8) };
}

/** Puts together what was sent, and fails if it isn't exactly one datagram. */
export function joined(sent: readonly Sent[]): Uint8Array {
  const parts = sent.map(readFragment).sort((a, b) => a.offset - b.offset);
  let at = 0;
  for (const [i, { id, offset, more }] of parts.entries()) {
    if (offset !== at || id !== parts[0]!.id || more !== i < parts.length - 1)
      throw new Error(`Fragment ${i} is wrong`);
    at += parts[i]!.data.length;
  }
  const whole = new Uint8Array(at);
  for (const { offset, data } of parts) whole.set(data, offset);
  return whole;
}
