import { DropCounts } from '../../basics/drop-counts.ts';
import type { Random } from '../../time/random.ts';
import type { Micros, TimerWheel } from '../../time/wheel.ts';
import type { Address } from '../../wire/address.ts';
import { Frame } from '../../wire/frame.ts';
import type { Packet } from '../../wire/packet.ts';
import { IpCounters } from '../terms/counters.ts';
import type { IpDrop } from '../terms/drops.ts';
import type { IcmpError } from '../terms/icmp-error.ts';
import type { IpSysctls } from '../terms/sysctls.ts';
import { Addresses, type InterfaceAddress } from './addresses.ts';
import { IcmpLimit } from './icmp-limit.ts';
import { Identification } from './identification.ts';
import { Loopback } from './loopback.ts';
import { PathMtuCache } from './path-mtu-cache.ts';

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

/** The layers that get what came for us. */
export interface UpperLayers {
  tcp(packet: Packet): void;
  /** @returns whether it is about something that is on its way */
  icmpError(error: IcmpError): boolean;
}

/** What all of the Internet layer shares: its addresses, settings, counters and caches, the clock, and the link. */
export class IpContext {
  /** The link's. When it changes, `pathMtuChanged` of the layer above tells the connections. */
  mtu: number;
  readonly checksumOffload: boolean;
  readonly gsoMaxSize: number;
  readonly sysctls: IpSysctls;
  readonly counters = new IpCounters();
  readonly drops = new DropCounts<IpDrop>();
  readonly addresses: Addresses;
  readonly pathMtus: PathMtuCache;
  readonly icmpLimit = new IcmpLimit();
  readonly identification: Identification;
  /** Fragments leave one after the other: they are all built in this. */
  readonly fragment = new Frame();
  readonly loopback = new Loopback();
  /** The packet at work came by the loopback, and not from the link. */
  isLooped = false;
  upper: UpperLayers | null = null;
  onDrop: ((reason: IpDrop, packet: Packet) => void) | null = null;
  now: Micros = 0;
  /** The link's way out. */
  private readonly toLink: (frame: Frame) => void;

  constructor(options: IpOptions) {
    this.addresses = new Addresses(options.addresses);
    this.mtu = options.mtu;
    this.checksumOffload = options.checksumOffload;
    this.gsoMaxSize = options.gsoMaxSize;
    this.sysctls = options.sysctls;
    this.toLink = options.output;
    this.identification = new Identification(options.random);
    this.pathMtus = new PathMtuCache(options.random.next());
  }

  drop(reason: IpDrop, packet: Packet): void {
    this.drops.add(reason);
    this.onDrop?.(reason, packet);
  }

  /** Hands a packet to the link, or back to ourselves. */
  output(frame: Frame, dst: Address): void {
    if (this.addresses.isThisHost(dst)) this.loopback.send(frame);
    else this.toLink(frame);
  }

  /** Is this the destination of a packet that is for us? What comes from the link for 127.0.0.0/8 or ::1 is not. */
  isForUs(dst: Address): boolean {
    return this.isLooped || this.addresses.isLocal(dst);
  }

  /** Can no packet have this source? */
  isMartian(src: Address): boolean {
    return !this.isLooped && this.addresses.isMartian(src);
  }

  /** The longest packet that is known to reach `dst`, in bytes. */
  mtuTo(dst: Address): number {
    const learned = this.pathMtus.find(dst);
    return learned === null ? this.mtu : Math.min(learned.mtu, this.mtu);
  }
}
