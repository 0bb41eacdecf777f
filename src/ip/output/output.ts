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
  ip.output(frame);
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
  const { counters, fragment, identification } = ip;
  const ttl = ip.sysctls.ip_default_ttl;
  counters.OutRequests++;
  const id = identification.ipv4(src, dst, protocol, 1);
  const headerLength = IPV4_HEADER + (options?.length ?? 0);
  const length = headerLength + lengthBehindIp(frame);
  const mtu = ip.mtuTo(dst);
  if (length <= mtu) {
    writeIpv4(frame, src, dst, protocol, tos, ttl, id, options);
    ip.output(frame);
    return;
  }
  const cut =
    length <= IPV4_MAX_LENGTH &&
    cutIntoFragments(frame, fragment, mtu - headerLength, 0, (offset, more) => {
      // Some options are in the first fragment only (RFC 791, section 3.1).
      const carried = offset === 0 ? options : (options?.copied ?? null);
      writeIpv4(fragment, src, dst, protocol, tos, ttl, id, carried, offset, more);
      counters.FragCreates++;
      ip.output(fragment);
    });
  if (cut) counters.FragOKs++;
  else counters.FragFails++;
}

function sendDatagramIpv6(
  ip: IpContext,
  frame: Frame,
  src: Address,
  dst: Address,
  protocol: number,
  tos: number,
): void {
  const { counters, fragment } = ip;
  const { hop_limit } = ip.sysctls;
  const length = lengthBehindIp(frame);
  const mtu = ip.mtuTo(dst);
  if (IPV6_HEADER + length <= mtu) {
    sendIpv6(ip, frame, src, dst, protocol, tos, hop_limit);
    return;
  }
  counters.Ip6OutRequests++;
  const id = ip.identification.ipv6();
  const cut =
    length <= IPV6_MAX_PAYLOAD &&
    cutIntoFragments(frame, fragment, mtu - IPV6_HEADER - FRAGMENT_HEADER, FRAGMENT_HEADER, (offset, more) => {
      writeFragmentHeader(fragment, protocol, offset, more, id);
      writeIpv6(fragment, src, dst, PROTOCOL_FRAGMENT, tos, hop_limit);
      counters.Ip6FragCreates++;
      ip.output(fragment);
    });
  if (cut) counters.Ip6FragOKs++;
  else counters.Ip6FragFails++;
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
  ip.output(frame);
}

const lengthBehindIp = (frame: Frame): number => frame.headerEnd - frame.transportStart + frame.payloadLength;
