import type { Address } from '../../wire/address.ts';
import type { Frame } from '../../wire/frame.ts';
import { IPV4_HEADER, IPV4_MAX_LENGTH, PROTOCOL_TCP, writeIpv4 } from '../../wire/ipv4.ts';
import type { Ipv4Options } from '../../wire/ipv4-options.ts';
import {
  FRAGMENT_HEADER,
  IPV6_HEADER,
  IPV6_MAX_PAYLOAD,
  PROTOCOL_FRAGMENT,
  writeFragmentHeader,
  writeIpv6,
} from '../../wire/ipv6.ts';
import type { IpContext } from '../context/context.ts';
import { cutIntoFragments } from './fragment-output.ts';

/** TCP's packets are not to be fragmented: DF, and no identification (RFC 6864, section 4.1: atomic). */
export function sendSegment(
  ip: IpContext,
  frame: Frame,
  src: Address,
  dst: Address,
  tos: number,
  ttl: number,
  options: Ipv4Options | null,
): void {
  if (dst.family === 6) {
    sendIpv6(ip, frame, src, dst, PROTOCOL_TCP, tos, ttl);
    return;
  }
  const atomic = ip.sysctls.ip_no_pmtu_disc === 0 && !ip.pathMtus.isFragmented(dst);
  // The link that cuts a super-segment counts on from the identification.
  const count = frame.gsoSize > 0 ? Math.ceil(frame.payloadLength / frame.gsoSize) : 1;
  const id = atomic ? 0 : ip.identification.ipv4(src, dst, PROTOCOL_TCP, count);
  ip.counters.OutRequests++;
  writeIpv4(frame, src, dst, PROTOCOL_TCP, tos, ttl, id, options);
  ip.output(frame, dst);
}

/** A datagram that may be fragmented: by us, where the path's MTU is known, and in IPv4 by routers (no DF). */
export function sendDatagram(
  ip: IpContext,
  frame: Frame,
  src: Address,
  dst: Address,
  protocol: number,
  tos: number,
  options: Ipv4Options | null,
): void {
  if (dst.family === 6) sendDatagramIpv6(ip, frame, src, dst, protocol, tos);
  else sendDatagramIpv4(ip, frame, src, dst, protocol, tos, options);
}

function sendDatagramIpv4(
  ip: IpContext,
  frame: Frame,
  src: Address,
  dst: Address,
  protocol: number,
  tos: number,
  options: Ipv4Options | null,
): void {
  const { identification } = ip;
  const ttl = ip.sysctls.ip_default_ttl;
  ip.counters.OutRequests++;
  const id = identification.ipv4(src, dst, protocol, 1);
  const headerLength = IPV4_HEADER + (options?.length ?? 0);
  const length = headerLength + lengthBehindIp(frame);
  const mtu = ip.mtuTo(dst);
  if (length <= mtu) {
    writeIpv4(frame, src, dst, protocol, tos, ttl, id, options);
    ip.output(frame, dst);
    return;
  }
  const room = length <= IPV4_MAX_LENGTH ? mtu - headerLength : 0;
  sendFragments(ip, frame, dst, room, 0, FRAGMENTS_IPV4, (fragment, offset, more) => {
    // Some options are in the first fragment only (RFC 791, section 3.1).
    const carried = offset === 0 ? options : (options?.copied ?? null);
    writeIpv4(fragment, src, dst, protocol, tos, ttl, id, carried, offset, more);
  });
}

function sendDatagramIpv6(
  ip: IpContext,
  frame: Frame,
  src: Address,
  dst: Address,
  protocol: number,
  tos: number,
): void {
  const { hop_limit } = ip.sysctls;
  const length = lengthBehindIp(frame);
  const mtu = ip.mtuTo(dst);
  if (IPV6_HEADER + length <= mtu) {
    sendIpv6(ip, frame, src, dst, protocol, tos, hop_limit);
    return;
  }
  ip.counters.Ip6OutRequests++;
  const id = ip.identification.ipv6();
  const room = length <= IPV6_MAX_PAYLOAD ? mtu - IPV6_HEADER - FRAGMENT_HEADER : 0;
  sendFragments(ip, frame, dst, room, FRAGMENT_HEADER, FRAGMENTS_IPV6, (fragment, offset, more) => {
    writeFragmentHeader(fragment, protocol, offset, more, id);
    writeIpv6(fragment, src, dst, PROTOCOL_FRAGMENT, tos, hop_limit);
  });
}

/** RFC 4293's counters of fragmenting, under the names that they have in each family. */
const FRAGMENTS_IPV4 = { created: 'FragCreates', cut: 'FragOKs', failed: 'FragFails' } as const;
const FRAGMENTS_IPV6 = { created: 'Ip6FragCreates', cut: 'Ip6FragOKs', failed: 'Ip6FragFails' } as const;

/** Sends `frame` in fragments; `write` puts the headers in front of each. `room`, `extra`: see `cutIntoFragments`. */
function sendFragments(
  ip: IpContext,
  frame: Frame,
  dst: Address,
  room: number,
  extra: number,
  names: typeof FRAGMENTS_IPV4 | typeof FRAGMENTS_IPV6,
  write: (fragment: Frame, offset: number, more: boolean) => void,
): void {
  const { counters, fragment } = ip;
  const cut = cutIntoFragments(frame, fragment, room, extra, (offset, more) => {
    write(fragment, offset, more);
    counters[names.created]++;
    ip.output(fragment, dst);
  });
  counters[cut ? names.cut : names.failed]++;
}

function sendIpv6(
  ip: IpContext,
  frame: Frame,
  src: Address,
  dst: Address,
  protocol: number,
  tos: number,
  hopLimit: number,
): void {
  ip.counters.Ip6OutRequests++;
  writeIpv6(frame, src, dst, protocol, tos, hopLimit);
  ip.output(frame, dst);
}

const lengthBehindIp = (frame: Frame): number => frame.headerEnd - frame.transportStart + frame.payloadLength;
