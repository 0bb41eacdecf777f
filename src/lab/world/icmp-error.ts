import type { Address } from '../../wire/address.ts';
import { Frame } from '../../wire/frame.ts';
import { writeIcmpError } from '../../wire/icmp/icmp.ts';
import { PROTOCOL_ICMP, parseIpv4, writeIpv4 } from '../../wire/ipv4.ts';
import { Packet } from '../../wire/packet.ts';
import { Slab } from '../../wire/slab.ts';

const TTL = 64;
/** An identification: an error isn't atomic (RFC 6864), so that routers on its way may fragment it. */
const IDENTIFICATION = 1;

/**
 * What a router answers to a packet that it doesn't pass on: an ICMP error (RFC 792), addressed to the packet's sender and quoting the packet.
 * @param from the router
 * @param type, code e.g. ICMP_UNREACHABLE and 1: host unreachable
 * @param word the message's second word: the next link's MTU of `fragmentation needed` (RFC 1191, section 4)
 * @returns null: the packet is none of IPv4 that could be read
 */
export function icmpErrorAbout(
  octets: Uint8Array,
  from: Address,
  type: number,
  code: number,
  word = 0,
): Uint8Array | null {
  const packet = new Packet();
  packet.slab = new Slab(octets);
  packet.end = octets.length;
  if (octets.length === 0 || octets[0]! >> 4 !== 4 || parseIpv4(packet) !== null) return null;
  const frame = new Frame();
  writeIcmpError(frame, packet, type, code, word);
  writeIpv4(frame, from, packet.src, PROTOCOL_ICMP, 0, TTL, IDENTIFICATION);
  return frame.joined();
}
