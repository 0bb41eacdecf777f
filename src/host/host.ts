import { type InterfaceAddress, Ip } from '../ip/ip.ts';
import { ipSysctls } from '../ip/terms/sysctls.ts';
import type { TcpObserver } from '../tcp/tcb/events.ts';
import { Tcp } from '../tcp/tcp.ts';
import { tcpSysctls } from '../tcp/terms/sysctls.ts';
import type { Connection } from '../tcp/user/connection.ts';
import { knobDefaults } from '../time/knobs.ts';
import type { Random } from '../time/random.ts';
import { type Micros, TimerWheel } from '../time/wheel.ts';
import type { Address } from '../wire/address.ts';
import type { Frame } from '../wire/frame.ts';
import { PROTOCOL_TCP } from '../wire/ipv4.ts';
import type { Packet } from '../wire/packet.ts';
import { checkedSysctls, type Sysctls } from './sysctls.ts';

export type { Sysctls };

export interface HostOptions {
  addresses: InterfaceAddress[];
  /** The largest IP packet the link carries, in bytes. */
  mtu: number;
  /** What the link does for us; default: nothing. */
  checksumOffload?: boolean;
  gsoMaxSize?: number;
  sysctls?: Partial<Sysctls>;
  random: Random;
  /** The time of its birth; default 0. */
  now?: Micros;
  /** What time it is when the user calls outside of a batch; without it, the time of the last batch. */
  clock?: () => Micros;
  /** Takes the packets that leave. The frame is borrowed until it returns. */
  output: (frame: Frame) => void;
}

/**
 * One machine: addresses, IP, TCP, knobs and counters. It does no I/O and knows no time but what it is told, so it runs
 * on a TUN device, in a virtual-time world and in a browser alike.
 *
 * Its driver, per batch: `receive` each packet, then `deliver`, then `flush`; and when `nextDeadline` comes,
 * `advance`, `deliver`, `flush`. Time is in microseconds and never goes back.
 */
export class Host {
  readonly ip: Ip;
  readonly tcp: Tcp;
  readonly sysctls: Sysctls;
  private readonly wheel: TimerWheel;

  /** @throws SysctlError for a knob that there isn't, or a value that it can't have */
  constructor(options: HostOptions) {
    const now = options.now ?? 0;
    // Plain fields all of them: with an accessor among so many V8 makes a dictionary of it, and to read the knobs from that was 7 percent
    // of the instructions that sending takes (measured).
    this.sysctls = {
      ...knobDefaults(tcpSysctls),
      ...knobDefaults(ipSysctls),
      ...checkedSysctls(options.sysctls ?? {}),
    };
    this.wheel = new TimerWheel(now);
    this.ip = new Ip({
      addresses: options.addresses,
      mtu: options.mtu,
      checksumOffload: options.checksumOffload ?? false,
      gsoMaxSize: options.gsoMaxSize ?? 0,
      sysctls: this.sysctls,
      random: options.random,
      wheel: this.wheel,
      output: options.output,
    });
    this.ip.now = now;
    this.tcp = new Tcp(this.ip, this.wheel, options.random, this.sysctls, now);
    this.tcp.clock = options.clock ?? null;
    this.ip.loopback.onFirst = () => this.tcp.onPending?.();
    this.ip.upper = {
      tcp: (packet) => this.tcp.receive(packet),
      icmpError: (error) => error.protocol === PROTOCOL_TCP && this.tcp.icmpError(error),
    };
  }

  get addresses(): readonly Address[] {
    return this.ip.addresses.own.map((own) => own.address);
  }

  /** All connections but those in TIME_WAIT, which are a table of their own. */
  connections(): Iterable<Connection> {
    return this.tcp.connections;
  }

  /**
   * Has `observer` see the events (src/tcp/tcb/events.ts) that it wants, from now on. What an event holds is borrowed until
   * the observer returns. Of what no observer wants, no event is made.
   * @param wants the kinds, from `WANTS`: `WANTS.segment | WANTS.state`; default: all
   * @returns a function that ends it
   */
  observe(observer: TcpObserver, wants?: number): () => void {
    return this.tcp.events.observe(observer, wants);
  }

  /** Called when something outside of a batch made work: `deliver` and `flush` are wanted soon. */
  get onPending(): (() => void) | null {
    return this.tcp.onPending;
  }

  set onPending(callback: (() => void) | null) {
    this.tcp.onPending = callback;
  }

  /**
   * Told what a callback of a user (`ConnectionUser`, `ListenOptions.onAcceptable`) has thrown; the other users are told theirs as ever. null, the
   * default: `deliver` throws it when all were told (of several the first).
   */
  get onUserFault(): ((fault: unknown) => void) | null {
    return this.tcp.onUserFault;
  }

  set onUserFault(callback: ((fault: unknown) => void) | null) {
    this.tcp.onUserFault = callback;
  }

  /**
   * One packet of a batch, borrowed until this returns; its slab until `deliver` has returned, unless `held` is set. The
   * first of a batch brings the time; with each of them it would be a number on the heap, 16 bytes of garbage (measured).
   */
  receive(packet: Packet, now?: Micros): void {
    if (now !== undefined) this.setNow(now);
    this.ip.receive(packet);
  }

  /** Have we sent something to ourselves? It arrives with `receiveLooped`. */
  get hasLooped(): boolean {
    return !this.ip.loopback.isEmpty;
  }

  /** What we have sent to ourselves, as a batch of its own: `deliver` and `flush` come next. */
  receiveLooped(now: Micros): void {
    this.setNow(now);
    this.ip.receiveLooped();
  }

  /** Tells applications what the batch brought. */
  deliver(now: Micros): void {
    this.setNow(now);
    this.tcp.deliver();
  }

  /**
   * Sends data and acknowledgments. True: there is more to send, after looking for packets once (`tcp_limit_output_bytes`), or
   * when the link has room again.
   * @param room how many octets the link wants at the moment; a super-segment that begins within it is sent whole
   */
  flush(now: Micros, room?: number): boolean {
    this.setNow(now);
    this.ip.expirePathMtus(now);
    return this.tcp.flush(room);
  }

  /** Runs the timers that are due. */
  advance(now: Micros): void {
    this.setNow(now);
    this.wheel.advance(now);
    this.tcp.paceWheel?.advance(now);
  }

  /** When `advance` is due; Infinity: nothing waits for time. Early at times, never late. */
  nextDeadline(): Micros {
    const { paceWheel } = this.tcp;
    const deadline = this.wheel.nextDeadline();
    return paceWheel === null ? deadline : Math.min(deadline, paceWheel.nextDeadline());
  }

  private setNow(now: Micros): void {
    this.tcp.now = now;
    this.ip.now = now;
  }
}
