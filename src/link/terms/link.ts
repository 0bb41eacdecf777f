import type { Micros } from '../../time/wheel.ts';
import type { Frame } from '../../wire/frame.ts';
import type { Packet } from '../../wire/packet.ts';

/**
 * Where packets come from and go to. A Host has one; it knows nothing of files, sockets or JavaScript timers.
 *
 * Inward, the link calls `receive` for each packet of a batch and `batchEnd` once after it. Outward, `send` queues a
 * frame and `flush` hands all queued frames over. A link that offers less than the frame asks for (no offload) does the
 * work itself in `send`: it completes a partial checksum, and cuts a super-segment.
 */
export interface Link {
  /** The largest IP packet, in bytes, that the link carries unsplit. */
  readonly mtu: number;
  /** The far side completes transport checksums, and trusts ours when they are partial. */
  readonly checksumOffload: boolean;
  /** The longest super-segment (IP packet length in bytes) the far side cuts for us; 0 where it cuts none. */
  readonly gsoMaxSize: number;
  /**
   * How many packets (a super-segment is one) may wait at the far side until we read them, before it drops what comes on
   * top. Undefined where nothing is dropped.
   */
  readonly queueLength?: number;
  /** Queues one packet. The frame's headers are taken before this returns, its payload slices are read until `flush`. */
  send(frame: Frame): void;
  /** Hands over what was queued. Never throws: a packet that can't be taken is dropped and counted, as on any wire. */
  flush(): void;
  /**
   * Reads what waits at the moment, and hands it up as batches before it returns: so much at the most as can have been
   * waiting, since the far side may send on meanwhile. A link that keeps no packets to itself has none of it.
   */
  poll?(): void;
  /**
   * How many more bytes it wants at the moment. Only a link whose far side may take its time has it: what `send` gets on top of that
   * waits, or is dropped. Where it is 0 or less, the host waits with data and acknowledgments, until the link calls `roomAgain`.
   */
  room?(): number;
  /**
   * When `advance` is due, in the microseconds of its driver's clock; Infinity: nothing waits for time. Only a link that keeps
   * packets back for a while has the two.
   */
  nextDeadline?(): Micros;
  /** Hands up and sends what has waited until now. */
  advance?(now: Micros): void;
  /**
   * The receiver gets the packets from now on: the driver that joins link and host, at first; another one, when something is put between
   * them or taken out again.
   */
  attach(receiver: LinkReceiver): void;
  /** A stack in real time is up on it: a link that has waited for that may begin by itself. */
  start?(): void;
  /** Ends it: nothing is received or sent afterwards. Idempotent. */
  close(): void;
}

/** What a link calls. */
export interface LinkReceiver {
  /** One packet, borrowed until this returns (its slab until the batch ends, unless `held` is set). */
  receive(packet: Packet): void;
  /** The batch is over: acknowledge, wake applications, answer. */
  batchEnd(): void;
  /** It has `room` again, after it had none. */
  roomAgain?(): void;
  /** The link is gone (device deleted, far side closed): one sentence of why. */
  linkDown(reason: string): void;
}
