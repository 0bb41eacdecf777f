import type { Random } from '../time/random.ts';
import type { Micros, TimerWheel } from '../time/wheel.ts';
import type { Address } from '../wire/address.ts';
import { DropCounts } from '../wire/drop-counts.ts';
import { Frame } from '../wire/frame.ts';
import { IPV4_HEADER, IPV4_MAX_LENGTH, PROTOCOL_TCP, writeIpv4 } from '../wire/ipv4.ts';
import { Ipv4Options } from '../wire/ipv4-options.ts';
import {
  FRAGMENT_HEADER,
  IPV6_HEADER,
  IPV6_MAX_PAYLOAD,
  IPV6_MIN_MTU,
  PROTOCOL_FRAGMENT,
  writeFragmentHeader,
  writeIpv6,
} from '../wire/ipv6.ts';
import type { Packet } from '../wire/packet.ts';
import { Addresses, type InterfaceAddress } from './context/addresses.ts';
import { IcmpLimit } from './context/icmp-limit.ts';
import { Identification } from './context/identification.ts';
import { PathMtuCache, plateauBelow } from './context/path-mtu-cache.ts';
import { Ipv4Fragments } from './fragments/ipv4-fragments.ts';
import { Ipv6Fragments } from './fragments/ipv6-fragments.ts';
import { Icmp } from './icmp/icmp.ts';
import { Icmpv6 } from './icmp/icmpv6.ts';
import { receiveIpv4 } from './input/ipv4-input.ts';
import { receiveIpv6 } from './input/ipv6-input.ts';
import { cutIntoFragments } from './output/fragment-output.ts';
import { IpCounters } from './terms/counters.ts';
import type { IpDrop } from './terms/drops.ts';
import type { IcmpError } from './terms/icmp-error.ts';
import type { IpSysctls } from './terms/sysctls.ts';

export type { InterfaceAddress } from './context/addresses.ts';
export type { IcmpError } from './terms/icmp-error.ts';

export interface IpOptions {
  addresses: InterfaceAddress[];
  mtu: number;
  checksumOffload: boolean;
  gsoMaxSize: number;
  sysctls: IpSysctls;
  random: Random;
  wheel: TimerWheel;
  /** Takes what leaves: the link. */
  output: (frame: Frame) => void;
}

/** Who gets what came for us. */
export interface UpperLayers {
  tcp(packet: Packet): void;
  /** @returns whether it is about something that is on its way */
  icmpError(error: IcmpError): boolean;
}

/** What every host takes: 576 and 1280 octets less fixed headers (RFC 9293, section 3.7.1, MUST-15). */
const DEFAULT_MSS_IPV4 = 536;
const DEFAULT_MSS_IPV6 = IPV6_MIN_MTU - 60;

/**
 * The Internet layer of a host with one link (RFC 1122, section 3; RFC 8504): addresses, output, path MTUs. The way in is
 * in `ipv4-input.ts` and `ipv6-input.ts`.
 */
export class Ip {
  /** The link's. When it changes, `pathMtuChanged` of the layer above tells the connections. */
  mtu: number;
  readonly checksumOffload: boolean;
  readonly gsoMaxSize: number;
  readonly sysctls: IpSysctls;
  readonly counters = new IpCounters();
  readonly drops = new DropCounts<IpDrop>();
  readonly known: Addresses;
  readonly pathMtus: PathMtuCache;
  readonly icmp: Icmp;
  readonly icmpv6: Icmpv6;
  readonly icmpLimit = new IcmpLimit();
  readonly fragments4: Ipv4Fragments;
  readonly fragments6: Ipv6Fragments;
  upper: UpperLayers | null = null;
  onDrop: ((reason: IpDrop, packet: Packet) => void) | null = null;
  now: Micros = 0;
  private readonly output: (frame: Frame) => void;
  private readonly identification: Identification;
  private readonly fragment = new Frame();

  constructor(options: IpOptions) {
    this.known = new Addresses(options.addresses);
    this.mtu = options.mtu;
    this.checksumOffload = options.checksumOffload;
    this.gsoMaxSize = options.gsoMaxSize;
    this.sysctls = options.sysctls;
    this.output = options.output;
    this.identification = new Identification(options.random);
    this.pathMtus = new PathMtuCache(options.random.next());
    // ICMP's answers leave in a frame of their own: TCP's may be half built.
    const frame = new Frame();
    this.icmp = new Icmp(this, frame);
    this.icmpv6 = new Icmpv6(this, frame);
    this.fragments4 = new Ipv4Fragments(this, options.wheel, options.random);
    this.fragments6 = new Ipv6Fragments(this, options.wheel, options.random);
  }

  // ---- The way in

  receive(packet: Packet): void {
    const version = packet.end > packet.start ? packet.slab.bytes[packet.start]! >> 4 : 0;
    if (version === 4) receiveIpv4(this, packet);
    else if (version === 6) receiveIpv6(this, packet);
    else this.drop('IpVersion', packet);
  }

  drop(reason: IpDrop, packet: Packet): void {
    this.drops.add(reason);
    this.onDrop?.(reason, packet);
  }

  // ---- The way out (the Network that TCP sees)

  /** TCP's packets are not to be fragmented: DF, and no identification (RFC 6864, section 4.1: atomic). */
  send(frame: Frame, src: Address, dst: Address, tos: number, ttl: number, options: Ipv4Options | null): void {
    if (dst.family === 6) {
      this.sendIpv6(frame, src, dst, PROTOCOL_TCP, tos, ttl);
      return;
    }
    const atomic = this.sysctls.ip_no_pmtu_disc === 0 && !this.pathMtus.isFragmented(dst);
    // Whoever cuts a super-segment counts on from the identification.
    const count = frame.gsoSize > 0 ? Math.ceil(frame.payloadLength / frame.gsoSize) : 1;
    const id = atomic ? 0 : this.identification.ipv4(src, dst, PROTOCOL_TCP, count);
    this.counters.OutRequests++;
    writeIpv4(frame, src, dst, PROTOCOL_TCP, tos, ttl, id, options);
    this.output(frame);
  }

  /** A datagram that may be fragmented: by us, where the path's MTU is known, and in IPv4 by routers (no DF). */
  sendDatagram(
    frame: Frame,
    src: Address,
    dst: Address,
    protocol: number,
    tos: number,
    options: Ipv4Options | null,
  ): void {
    if (dst.family === 6) this.sendDatagramIpv6(frame, src, dst, protocol, tos);
    else this.sendDatagramIpv4(frame, src, dst, protocol, tos, options);
  }

  private sendDatagramIpv4(
    frame: Frame,
    src: Address,
    dst: Address,
    protocol: number,
    tos: number,
    options: Ipv4Options | null,
  ): void {
    const { counters, fragment, identification } = this;
    const ttl = this.sysctls.ip_default_ttl;
    counters.OutRequests++;
    const id = identification.ipv4(src, dst, protocol, 1);
    const headerLength = IPV4_HEADER + (options?.length ?? 0);
    const length = headerLength + lengthBehindIp(frame);
    const mtu = this.mtuTo(dst);
    if (length <= mtu) {
      writeIpv4(frame, src, dst, protocol, tos, ttl, id, options);
      this.output(frame);
      return;
    }
    const cut =
      length <= IPV4_MAX_LENGTH &&
      cutIntoFragments(frame, fragment, mtu - headerLength, 0, (offset, more) => {
        // Some options are in the first fragment only (RFC 791, section 3.1).
        const carried = offset === 0 ? options : (options?.copied ?? null);
        writeIpv4(fragment, src, dst, protocol, tos, ttl, id, carried, offset, more);
        counters.FragCreates++;
        this.output(fragment);
      });
    if (cut) counters.FragOKs++;
    else counters.FragFails++;
  }

  private sendDatagramIpv6(frame: Frame, src: Address, dst: Address, protocol: number, tos: number): void {
    const { counters, fragment } = this;
    const { hop_limit } = this.sysctls;
    const length = lengthBehindIp(frame);
    const mtu = this.mtuTo(dst);
    if (IPV6_HEADER + length <= mtu) {
      this.sendIpv6(frame, src, dst, protocol, tos, hop_limit);
      return;
    }
    counters.Ip6OutRequests++;
    const id = this.identification.ipv6();
    const cut =
      length <= IPV6_MAX_PAYLOAD &&
      cutIntoFragments(frame, fragment, mtu - IPV6_HEADER - FRAGMENT_HEADER, FRAGMENT_HEADER, (offset, more) => {
        writeFragmentHeader(fragment, protocol, offset, more, id);
        writeIpv6(fragment, src, dst, PROTOCOL_FRAGMENT, tos, hop_limit);
        counters.Ip6FragCreates++;
        this.output(fragment);
      });
    if (cut) counters.Ip6FragOKs++;
    else counters.Ip6FragFails++;
  }

  private sendIpv6(frame: Frame, src: Address, dst: Address, protocol: number, tos: number, hopLimit: number): void {
    this.counters.Ip6OutRequests++;
    writeIpv6(frame, src, dst, protocol, tos, hopLimit);
    this.output(frame);
  }

  get addresses(): InterfaceAddress[] {
    return this.known.own;
  }

  sourceFor(dst: Address): Address | null {
    return this.known.sourceFor(dst);
  }

  isLocal(address: Address): boolean {
    return this.known.isLocal(address);
  }

  isHost(address: Address): boolean {
    return this.known.isHost(address);
  }

  defaultTtl(dst: Address): number {
    return dst.family === 4 ? this.sysctls.ip_default_ttl : this.sysctls.hop_limit;
  }

  headerLength(dst: Address): number {
    return dst.family === 4 ? IPV4_HEADER : IPV6_HEADER;
  }

  defaultMss(dst: Address): number {
    return dst.family === 4 ? DEFAULT_MSS_IPV4 : DEFAULT_MSS_IPV6;
  }

  prepareOptions(dst: Address, options: Uint8Array): Ipv4Options | null {
    return dst.family === 4 ? Ipv4Options.prepare(options) : null;
  }

  /** Nothing to choose from with one link; what is remembered of the path is not worth keeping. */
  noteTrouble(_dst: Address): void {
    this.counters.NegativeAdvice++;
  }

  // ---- Path MTU (RFC 1191, RFC 8201)

  mtuTo(dst: Address): number {
    const learned = this.pathMtus.find(dst);
    return learned === null ? this.mtu : Math.min(learned.mtu, this.mtu);
  }

  /** The link carries longer packets than before, or only shorter ones, in bytes. */
  changeMtu(mtu: number): void {
    this.mtu = mtu;
    this.pathMtus.version++;
  }

  /** Changes whenever `mtuTo` may have. */
  get pathsVersion(): number {
    return this.pathMtus.version;
  }

  noteTooBig(dst: Address, told: number, quotedLength: number): void {
    const current = this.mtuTo(dst);
    const mtu = dst.family === 4 ? this.believableMtu(told, Math.min(current, quotedLength || current)) : told;
    // Never wider by such a message; and no IPv6 path is narrower than 1280: who says so is ignored (RFC 8201, section 4).
    if (mtu === null || mtu >= current || (dst.family === 6 && mtu < IPV6_MIN_MTU)) return;
    const { pathMtus, sysctls } = this;
    const believed = pathMtus.believable(dst, mtu);
    const fragmented = dst.family === 4 && believed < sysctls.min_pmtu;
    const usable = fragmented
      ? Math.min(sysctls.min_pmtu, current)
      : Math.max(believed, dst.family === 6 ? IPV6_MIN_MTU : 0);
    // Nothing is gained: it is fragmented already, and cut no shorter.
    if (usable >= current && fragmented === pathMtus.isFragmented(dst)) return;
    pathMtus.set(dst, usable, fragmented, this.now + sysctls.mtu_expires * 1e6);
  }

  /** What an IPv4 router's "fragmentation needed" means under `ip_no_pmtu_disc`; null: nothing. */
  private believableMtu(told: number, length: number): number | null {
    switch (this.sysctls.ip_no_pmtu_disc) {
      case 1:
        return 0;
      case 2:
        return null;
      default:
        return told === 0 ? plateauBelow(length) : told;
    }
  }

  /** Forgets path MTUs that were learned too long ago. Called once per batch. */
  expirePathMtus(now: Micros): void {
    if (now >= this.pathMtus.nextExpiry) this.pathMtus.expire(now);
  }
}

const lengthBehindIp = (frame: Frame): number => frame.headerEnd - frame.transportStart + frame.payloadLength;
