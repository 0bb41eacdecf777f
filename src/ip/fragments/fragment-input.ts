import type { Random } from '../../time/random.ts';
import { Timer, type TimerOwner, type TimerWheel } from '../../time/wheel.ts';
import { Packet } from '../../wire/packet.ts';
import { Slab } from '../../wire/slab.ts';
import type { IpContext } from '../context/context.ts';
import type { IpCounters } from '../terms/counters.ts';
import type { FragmentDrop, IpDrop } from '../terms/drops.ts';
import { Fragment, Reassembly, type ReassemblyLimits, type ReassemblyOwner, type WholeDatagram } from './reassembly.ts';

type CounterName = keyof IpCounters;
type SysctlName = keyof IpContext['sysctls'];

/** RFC 4293's counters of reassembly and the sysctls that limit it, under the names that they have in one family. */
export interface ReassemblyNames extends ReassemblyCounters {
  memory: SysctlName;
  time: SysctlName;
  distance?: SysctlName;
}

interface ReassemblyCounters {
  requests: CounterName;
  whole: CounterName;
  failures: CounterName;
  timeouts: CounterName;
  overlaps?: CounterName;
}

/** What both families do with a fragment: the table of those that wait, its timer, counters and drops. */
export abstract class FragmentInput implements ReassemblyOwner, TimerOwner {
  readonly limits: ReassemblyLimits;
  readonly table: Reassembly;
  protected readonly ip: IpContext;
  protected readonly fragment = new Fragment();
  private readonly names: ReassemblyNames;
  private readonly wheel: TimerWheel;
  private readonly timer = new Timer(this);
  /** A datagram that was put together, or the first fragment of one that is given up. */
  private readonly packet = new Packet();

  constructor(ip: IpContext, wheel: TimerWheel, random: Random, names: ReassemblyNames) {
    this.ip = ip;
    this.wheel = wheel;
    this.names = names;
    const { sysctls } = ip;
    const { memory, time, distance } = names;
    this.limits = {
      get memory() {
        return sysctls[memory];
      },
      get time() {
        return sysctls[time] * 1e6;
      },
      get distance() {
        return distance === undefined ? 0 : sysctls[distance];
      },
    };
    this.table = new Reassembly(this, random);
  }

  /** Reads into `fragment` what `packet` is a fragment of. */
  protected abstract read(packet: Packet): void;
  /** Makes the first fragment's headers those of the whole datagram. */
  protected abstract mendHeaders(whole: WholeDatagram): void;
  /** Parses the IP header of a packet that is known to have a good one. */
  protected abstract parse(packet: Packet): void;
  /** Tells the sender that the rest did not come in time. */
  protected abstract timeExceeded(first: Packet): void;

  /**
   * A fragment arrives.
   * @returns the datagram if it is whole now: borrowed until the next one is, its IP header is parsed; or why the fragment
   *   is discarded; or null: it waits for others
   */
  protected add(packet: Packet): Packet | FragmentDrop | null {
    this.count('requests');
    const { fragment, table } = this;
    fragment.bytes = packet.slab.bytes;
    fragment.start = packet.start;
    fragment.src = packet.src;
    fragment.dst = packet.dst;
    fragment.ecn = packet.tos & 3;
    this.read(packet);
    const verdict = table.add(fragment, this.ip.now);
    this.setTimer();
    if (verdict === 'waits') return null;
    if (verdict !== 'whole') {
      this.discard(verdict, packet);
      return verdict;
    }
    this.count('whole');
    this.mendHeaders(table.whole);
    return this.packetOf(table.whole.bytes);
  }

  protected discard(reason: IpDrop, packet: Packet): void {
    if (reason === 'FragmentOverlap') this.count('overlaps');
    // As in Linux, a second copy is no failure.
    if (reason !== 'FragmentDuplicate') this.count('failures');
    this.ip.drop(reason, packet);
  }

  gaveUp(reason: FragmentDrop, first: Uint8Array | null): void {
    this.count('failures');
    if (reason === 'FragmentTimeout') this.count('timeouts');
    if (first === null) {
      this.ip.drops.add(reason);
      return;
    }
    const packet = this.packetOf(first);
    this.ip.drop(reason, packet);
    if (reason === 'FragmentTimeout') this.timeExceeded(packet);
  }

  timerFired(): void {
    this.table.expire(this.ip.now);
    this.setTimer();
  }

  private setTimer(): void {
    const { timer, wheel, table } = this;
    if (table.size > 0) wheel.arm(timer, table.nextExpiry);
    else wheel.remove(timer);
  }

  private packetOf(bytes: Uint8Array): Packet {
    const { packet } = this;
    packet.slab = new Slab(bytes);
    packet.start = 0;
    packet.end = bytes.length;
    this.parse(packet);
    return packet;
  }

  private count(what: keyof ReassemblyCounters): void {
    const name = this.names[what];
    if (name !== undefined) this.ip.counters[name]++;
  }
}
