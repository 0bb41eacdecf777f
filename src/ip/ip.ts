import type { Micros } from '../time/wheel.ts';
import type { Address } from '../wire/address.ts';
import { Frame } from '../wire/frame.ts';
import { IPV4_HEADER } from '../wire/ipv4.ts';
import { Ipv4Options } from '../wire/ipv4-options.ts';
import { IPV6_HEADER, IPV6_MIN_MTU } from '../wire/ipv6.ts';
import type { Packet } from '../wire/packet.ts';
import { isLoopback } from './context/addresses.ts';
import { IpContext, type IpOptions } from './context/context.ts';
import { noteTooBig } from './context/path-mtu.ts';
import { Ipv4Fragments } from './fragments/ipv4-fragments.ts';
import { Ipv6Fragments } from './fragments/ipv6-fragments.ts';
import { Icmp } from './icmp/icmp.ts';
import { Icmpv6 } from './icmp/icmpv6.ts';
import { Ipv4Input } from './input/ipv4-input.ts';
import { Ipv6Input } from './input/ipv6-input.ts';
import { sendSegment } from './output/output.ts';

export type { InterfaceAddress } from './context/addresses.ts';
export type { IcmpError } from './terms/icmp-error.ts';

/** What every host takes: 576 and 1280 octets less fixed headers (RFC 9293, section 3.7.1, MUST-15). */
const DEFAULT_MSS_IPV4 = 536;
const DEFAULT_MSS_IPV6 = IPV6_MIN_MTU - 60;

/**
 * The Internet layer of a host with one link (RFC 1122, section 3; RFC 8504): what the link and TCP see of it. The way in is in
 * `input/`, the way out in `output/`.
 */
export class Ip extends IpContext {
  readonly fragments4: Ipv4Fragments;
  readonly fragments6: Ipv6Fragments;
  private readonly ipv4: Ipv4Input;
  private readonly ipv6: Ipv6Input;

  constructor(options: IpOptions) {
    super(options);
    // ICMP's answers leave in a frame of their own: TCP's may be half built.
    const frame = new Frame();
    const icmp = new Icmp(this, frame);
    const icmpv6 = new Icmpv6(this, frame);
    this.fragments4 = new Ipv4Fragments(this, icmp, options.wheel, options.random);
    this.fragments6 = new Ipv6Fragments(this, icmpv6, options.wheel, options.random);
    this.ipv4 = new Ipv4Input(this, icmp, this.fragments4);
    this.ipv6 = new Ipv6Input(this, icmpv6, this.fragments6);
  }

  // ---- The way in

  receive(packet: Packet): void {
    const version = packet.end > packet.start ? packet.slab.bytes[packet.start]! >> 4 : 0;
    if (version === 4) this.ipv4.receive(packet);
    else if (version === 6) this.ipv6.receive(packet);
    else this.drop('IpVersion', packet);
  }

  /** What we have sent to ourselves. */
  receiveLooped(): void {
    this.isLooped = true;
    try {
      this.loopback.takeAll((packet) => this.receive(packet));
    } finally {
      this.isLooped = false;
    }
  }

  // ---- The way out (the Network that TCP sees)

  send(frame: Frame, src: Address, dst: Address, tos: number, ttl: number, options: Ipv4Options | null): void {
    sendSegment(this, frame, src, dst, tos, ttl, options);
  }

  sourceFor(dst: Address): Address | null {
    return this.addresses.sourceFor(dst);
  }

  isLocal(address: Address): boolean {
    return this.addresses.isThisHost(address);
  }

  isLoopback(address: Address): boolean {
    return isLoopback(address);
  }

  isHost(address: Address): boolean {
    return this.addresses.isHost(address);
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
    noteTooBig(this, dst, told, quotedLength);
  }

  /** Forgets path MTUs that were learned too long ago. Called once per batch. */
  expirePathMtus(now: Micros): void {
    if (now >= this.pathMtus.nextExpiry) this.pathMtus.expire(now);
  }
}
