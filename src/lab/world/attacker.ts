import type { Direction } from '../../link/impairment/language/terms.ts';
import { SeenPacket } from '../../link/impairment/packets/seen-packet.ts';
import { flagsText } from '../../observe/log/flags-text.ts';
import { address } from '../../wire/address.ts';
import { Frame } from '../../wire/frame.ts';
import { PROTOCOL_TCP, writeIpv4 } from '../../wire/ipv4.ts';
import { ACK, FIN, PSH, RST, Segment, SYN, URG } from '../../wire/segment.ts';
import { Slab } from '../../wire/slab.ts';
import { sealTcp, writeTcp } from '../../wire/tcp.ts';
import type { World } from './world.ts';

/** A segment that somebody makes up, its numbers as they stand on the wire. */
export interface ForgedSegment {
  /** Whom it pretends to be from, and whom it is for: address and port. */
  readonly from: readonly [address: string, port: number];
  readonly to: readonly [address: string, port: number];
  /** As tcpdump writes them: S, S., ., P., F., R, R. */
  readonly flags: string;
  readonly seq: number;
  readonly ack?: number;
  readonly window?: number;
  readonly data?: string;
  readonly mss?: number;
  /** TSval and TSecr. */
  readonly timestamps?: readonly [number, number];
}

/** A segment that passes on the path, as one there can read it. */
export interface PassingSegment extends ForgedSegment {
  readonly ack: number;
  readonly window: number;
  readonly data: string;
  /** Octets of data. */
  readonly length: number;
}

const FLAGS: Readonly<Record<string, number>> = { S: SYN, '.': ACK, P: PSH, F: FIN, R: RST, U: URG };
const TTL = 64;

/**
 * Somebody who sends segments of his own making. Off the path he knows nothing but what is public and what he guesses; on it he sees all
 * that passes (`onPath`). He can't stop anything.
 */
export class Attacker {
  readonly name: string;
  /** Segments that were sent. */
  sent = 0;
  private readonly world: World;
  private readonly frame = new Frame();
  private readonly segment = new Segment();

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
  }

  /** Sends a segment. It travels as long as any other, and the path's faults and rules don't see it. */
  send(forged: ForgedSegment): void {
    const octets = this.octetsOf(forged);
    const direction: Direction =
      this.world.hosts.find((host) => `${host.address}` === forged.to[0])?.side === 'left' ? 'in' : 'out';
    const { delay } = this.world.impairments?.[direction] ?? { delay: null };
    this.sent++;
    this.world.in((delay?.time ?? 0) / 1000, () => {
      this.world.journal.forged(this.name, forged);
      this.world.arrives(octets);
    });
  }

  /** Stands on the path from now on: is shown each segment that sets out from a host, its numbers as they stand on the wire. */
  onPath(seen: (segment: PassingSegment) => void): void {
    const packet = new SeenPacket();
    this.world.taps.push((octets) => {
      packet.read(new Slab(octets));
      if (packet.type === 'TCP') seen(passing(packet));
    });
  }

  private octetsOf({
    from,
    to,
    flags,
    seq,
    ack = 0,
    window = 65_535,
    data = '',
    mss,
    timestamps,
  }: ForgedSegment): Uint8Array {
    const { segment, frame } = this;
    segment.clearOptions();
    segment.flags = 0;
    segment.src = address(from[0]);
    segment.srcPort = from[1];
    segment.dst = address(to[0]);
    segment.dstPort = to[1];
    segment.seq = seq | 0;
    segment.ack = ack | 0;
    segment.wnd = window;
    for (const letter of flags) segment.flags |= FLAGS[letter] ?? 0;
    if (mss !== undefined) segment.mss = mss;
    if (timestamps !== undefined) {
      segment.hasTimestamps = true;
      [segment.tsVal, segment.tsEcr] = timestamps;
    }
    const octets = Uint8Array.from(data, (letter) => letter.charCodeAt(0) & 0xff);
    segment.length = octets.length;
    writeTcp(frame, segment);
    if (octets.length > 0) frame.addSlice(octets, 0, octets.length);
    sealTcp(frame, segment, false);
    writeIpv4(frame, segment.src, segment.dst, PROTOCOL_TCP, 0, TTL, 0);
    return frame.joined();
  }
}

function passing({ segment, bytes }: SeenPacket): PassingSegment {
  const { src, srcPort, dst, dstPort, seq, ack, wnd, flags, payloadStart, length } = segment;
  const data = String.fromCharCode(...bytes.subarray(payloadStart, payloadStart + length));
  return {
    ...{ from: [`${src}`, srcPort], to: [`${dst}`, dstPort], flags: flagsText(flags), window: wnd, data, length },
    ...{ seq: seq >>> 0, ack: ack >>> 0 },
    ...(segment.hasTimestamps && { timestamps: [segment.tsVal, segment.tsEcr] }),
  };
}
