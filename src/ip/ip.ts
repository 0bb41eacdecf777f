import type { Random } from '../time/random.ts';
import type { Micros } from '../time/wheel.ts';
import type { Address } from '../wire/address.ts';
import { DropCounts } from '../wire/drop-counts.ts';
import { Frame } from '../wire/frame.ts';
import { UNREACHABLE_PORT, UNREACHABLE_PROTOCOL } from '../wire/icmp.ts';
import { IPV4_HEADER, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, parseIpv4, writeIpv4 } from '../wire/ipv4.ts';
import type { Packet } from '../wire/packet.ts';
import { IpCounters } from './counters.ts';
import type { IpDrop } from './drops.ts';
import { Icmp, type IcmpError } from './icmp.ts';
import type { IpSysctls } from './sysctls.ts';

/** An address of ours, and how many leading bits of it are the network's. */
export interface InterfaceAddress {
  address: Address;
  prefix: number;
}

export interface IpOptions {
  addresses: InterfaceAddress[];
  mtu: number;
  checksumOffload: boolean;
  gsoMaxSize: number;
  sysctls: IpSysctls;
  random: Random;
  /** Takes what leaves: the link. */
  output: (frame: Frame) => void;
}

/** Who gets what came for us. */
export interface UpperLayers {
  tcp(packet: Packet): void;
  icmpError(error: IcmpError): void;
}

/** The Internet layer of a host with one link (RFC 1122, section 3): addresses, input, output. */
export class Ip {
  readonly addresses: InterfaceAddress[];
  readonly mtu: number;
  readonly checksumOffload: boolean;
  readonly gsoMaxSize: number;
  readonly sysctls: IpSysctls;
  readonly counters = new IpCounters();
  readonly drops = new DropCounts<IpDrop>();
  upper: UpperLayers | null = null;
  onDrop: ((reason: IpDrop, packet: Packet) => void) | null = null;
  now: Micros = 0;
  private readonly icmp: Icmp;
  private readonly output: (frame: Frame) => void;
  /** Identification of the next packet that may be fragmented (RFC 6864, section 4.3: unique within its lifetime). */
  private nextId: number;
  /** ICMP's answers leave in a frame of their own: TCP's may be half built. */
  private readonly frame = new Frame();

  constructor(options: IpOptions) {
    this.addresses = options.addresses;
    this.mtu = options.mtu;
    this.checksumOffload = options.checksumOffload;
    this.gsoMaxSize = options.gsoMaxSize;
    this.sysctls = options.sysctls;
    this.output = options.output;
    this.nextId = options.random.next() & 0xffff;
    this.icmp = new Icmp(this, this.frame);
  }

  // ---- The way in

  receive(packet: Packet): void {
    const { counters } = this;
    counters.InReceives++;
    const problem = this.check(packet);
    if (problem !== null) {
      this.drop(problem, packet);
      return;
    }
    counters.InDelivers++;
    switch (packet.protocol) {
      case PROTOCOL_TCP:
        this.upper?.tcp(packet);
        return;
      case PROTOCOL_ICMP:
        this.icmp.receive(packet);
        return;
      case PROTOCOL_UDP:
        // No UDP here: every port is unreachable (RFC 1122, section 4.1.3.1).
        counters.UdpNoPorts++;
        this.icmp.unreachable(packet, UNREACHABLE_PORT);
        return;
      default:
        counters.InUnknownProtos++;
        this.drop('IpUnknownProtocol', packet);
        this.icmp.unreachable(packet, UNREACHABLE_PROTOCOL);
    }
  }

  /** Is it an IP packet, whole, and for us? */
  private check(packet: Packet): IpDrop | null {
    const { counters } = this;
    if (packet.end <= packet.start) return 'IpTruncated';
    const version = packet.slab.bytes[packet.start]! >> 4;
    if (version !== 4) return version === 6 ? 'Ipv6NotYet' : 'IpVersion';
    const problem = parseIpv4(packet);
    if (problem !== null) {
      if (problem === 'IpFragment') counters.ReasmFails++;
      else counters.InHdrErrors++;
      return problem;
    }
    if (!this.isLocal(packet.dst)) {
      counters.InAddrErrors++;
      return 'IpNotOurs';
    }
    if (this.isMartian(packet.src)) {
      counters.InAddrErrors++;
      return 'IpMartianSource';
    }
    return packet.ttl === 0 ? 'IpTtlZero' : null;
  }

  /** No host has such an address (RFC 1122, section 3.2.1.3), and nobody but us has ours. */
  private isMartian(src: Address): boolean {
    const first = src.w3 >>> 24;
    return first === 0 || first === 127 || first >= 224 || this.isLocal(src) || this.isBroadcast(src);
  }

  /** The last address of one of our networks. */
  isBroadcast(address: Address): boolean {
    if (address.w3 === -1) return true;
    for (const own of this.addresses) {
      const hostBits = 32 - own.prefix;
      if (hostBits < 2 || own.address.family !== 4) continue;
      const mask = hostBits === 32 ? -1 : (1 << hostBits) - 1;
      if (((own.address.w3 ^ address.w3) & ~mask) === 0 && (address.w3 & mask) === mask) return true;
    }
    return false;
  }

  drop(reason: IpDrop, packet: Packet): void {
    this.drops.add(reason);
    this.onDrop?.(reason, packet);
  }

  // ---- The way out (the Network that TCP sees)

  /** TCP's packets are never fragmented: DF, and no identification (RFC 6864, section 4.1: atomic). */
  send(frame: Frame, src: Address, dst: Address, tos: number, ttl: number): void {
    this.transmit(frame, src, dst, PROTOCOL_TCP, tos, ttl, 0);
  }

  /** A packet that a router may fragment: with an identification, without DF. */
  sendFragmentable(frame: Frame, src: Address, dst: Address, protocol: number): void {
    this.nextId = (this.nextId + 1) & 0xffff || 1;
    this.transmit(frame, src, dst, protocol, 0, this.sysctls.ip_default_ttl, this.nextId);
  }

  private transmit(
    frame: Frame,
    src: Address,
    dst: Address,
    protocol: number,
    tos: number,
    ttl: number,
    id: number,
  ): void {
    this.counters.OutRequests++;
    writeIpv4(frame, src, dst, protocol, tos, ttl, id);
    this.output(frame);
  }

  /** One link, and everything is beyond it. */
  sourceFor(dst: Address): Address | null {
    const family = dst.family;
    for (const own of this.addresses) if (own.address.family === family) return own.address;
    return null;
  }

  isLocal(address: Address): boolean {
    const { addresses } = this;
    for (let i = 0; i < addresses.length; i++) if (addresses[i]!.address.equals(address)) return true;
    return false;
  }

  get defaultTtl(): number {
    return this.sysctls.ip_default_ttl;
  }

  /** Nothing to choose from with one link; what is remembered of the path is not worth keeping. */
  noteTrouble(_dst: Address): void {
    this.counters.NegativeAdvice++;
  }

  mtuTo(_dst: Address): number {
    return this.mtu;
  }

  headerLength(dst: Address): number {
    return dst.family === 4 ? IPV4_HEADER : 40;
  }
}
