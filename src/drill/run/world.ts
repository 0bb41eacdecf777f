import { Host } from '../../host/host.ts';
import type { TcpEvent } from '../../tcp/tcb/events.ts';
import { SeededRandom } from '../../time/random.ts';
import type { Micros } from '../../time/wheel.ts';
import { Packet } from '../../wire/packet.ts';
import { Slab } from '../../wire/slab.ts';
import { Ladder } from '../ladder/ladder.ts';
import { capture, segmentsOf } from '../packets/capture.ts';
import type { Numbers } from '../packets/numbers.ts';
import { MTU_MAX, MTU_MIN, type Settings } from '../script/settings.ts';
import type { Captured, CapturedTcp } from '../terms/captured.ts';
import { Unsupported } from '../terms/errors.ts';

/**
 * The script's zero on the host's clock. Whole milliseconds: the host's timers have that grain, and an event that the
 * script sets on a millisecond then meets them exactly.
 */
const START: Micros = 10_000_000;
/** Rounds of telling and sending until nothing happens any more; beyond it something goes round in circles. */
const ROUNDS_MAX = 1000;

/**
 * One host in virtual time: nothing happens but what is asked, and time goes by only when `advanceTo` says so. Packets
 * that leave wait in `captured`.
 */
export class World {
  readonly host: Host;
  readonly captured: Captured[] = [];
  /** Packets of connections that the script is not about. */
  passedOver = 0;
  readonly ladder = new Ladder();
  /** The script's connection that a packet of the host's belongs to. */
  numbersOf: (tcp: CapturedTcp) => Numbers | null = () => null;
  /** Looks at what may have become possible, whenever something happened. @returns whether anything was */
  onSettled: (() => boolean) | null = null;
  /** The next time at which something beyond the host waits for the clock. */
  nextAlarm: () => Micros = () => Number.POSITIVE_INFINITY;
  private clock: Micros = START;
  private pending = false;
  private readonly settings: Settings;

  constructor(settings: Settings, seed: number) {
    this.settings = settings;
    this.host = new Host({
      addresses: [{ address: settings.localIp, prefix: settings.prefix }],
      mtu: settings.mtu,
      gsoMaxSize: 65_536,
      random: new SeededRandom(seed),
      now: START,
      clock: () => this.clock,
      output: (frame) => {
        const captured = capture(frame, this.now);
        // A script that insists on pieces as they were handed to the device (--strict_segments) sees super-segments; without
        // it, each segment is seen as it will be on the wire.
        for (const piece of settings.strictSegments ? [captured] : segmentsOf(captured, frame.gsoSize))
          this.leaves(piece);
      },
    });
    this.host.onPending = () => {
      this.pending = true;
    };
    this.host.observe((event) => this.note(event));
  }

  /** The script's time. */
  get now(): Micros {
    return this.clock - START;
  }

  /** The device gets another MTU: what leaves from now on fits it (Linux's tcp_current_mss looks at each sending). */
  setMtu(mtu: number): void {
    if (!(mtu >= MTU_MIN && mtu <= MTU_MAX)) throw new Unsupported(`an MTU of ${mtu}`);
    this.host.ip.changeMtu(mtu + this.settings.longerHeader);
    this.settle();
  }

  /** One packet, one batch: received, told, answered. */
  inject(bytes: Uint8Array<ArrayBuffer>, gsoSize: number): void {
    const packet = new Packet();
    packet.slab = new Slab(bytes);
    packet.end = bytes.length;
    packet.gsoSize = gsoSize;
    this.host.receive(packet, this.clock);
    this.settle();
  }

  /** Lets time go by, with every timer on the way. */
  advanceTo(time: Micros): void {
    for (let due = this.nextDue(); due <= time; due = this.nextDue()) this.stepTo(due);
    if (time + START > this.clock) this.clock = time + START;
  }

  /** The next time at which something is due; Infinity: nothing ever. */
  nextDue(): Micros {
    return Math.max(this.now, Math.min(this.host.nextDeadline() - START, this.nextAlarm()));
  }

  /** Goes to the time of the next timer, and runs it. */
  stepTo(due: Micros): void {
    this.clock = Math.max(this.clock, due + START);
    this.host.advance(this.clock);
    this.settle();
  }

  /**
   * Applications are told and the host sends, until nothing is left to do. What blocked wakes up after the host has
   * answered, as a thread does that has to be scheduled first.
   */
  settle(): void {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      this.pending = false;
      this.host.deliver(this.clock);
      const more = this.host.flush(this.clock);
      const woken = this.onSettled?.() ?? false;
      if (!more && !this.pending && !woken) return;
    }
    throw new Error('The host never comes to rest');
  }

  private leaves(captured: Captured): void {
    const { tcp, icmp, at } = captured;
    this.captured.push(captured);
    if (tcp !== null) this.ladder.came(at, tcp, () => this.numbersOf(tcp));
    else this.ladder.happened(at, '>', icmp === null ? 'a broken packet' : `icmp type_${icmp.type} code_${icmp.code}`);
  }

  private note(event: TcpEvent): void {
    if (event.type === 'state') {
      this.ladder.note(this.now, `-> ${event.to}: ${event.cause.text} (${event.cause.source})`);
    } else if (event.type === 'drop') {
      this.ladder.note(this.now, `dropped: ${event.reason}`);
    } else if (event.type === 'retransmit') {
      this.ladder.noteNext(`again: ${event.reason}`);
    }
  }
}
