import type { Frame } from '../../wire/frame.ts';
import { Packet } from '../../wire/packet.ts';
import { Slab } from '../../wire/slab.ts';

/**
 * What a host sends to itself (RFC 1122, section 3.2.1.3 (g): such a packet must not appear outside of a host). It waits for a batch
 * of its own: delivered at once, it would arrive in the middle of the call that sends it.
 */
export class Loopback {
  /** The first packet of a batch is there. */
  onFirst: (() => void) | null = null;
  private readonly packet = new Packet();
  private waiting: Looped[] = [];

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  send(frame: Frame): void {
    const isSuperSegment = frame.gsoSize > 0 && frame.payloadLength > frame.gsoSize;
    this.waiting.push({ bytes: frame.joined(), gsoSize: isSuperSegment ? frame.gsoSize : 0 });
    if (this.waiting.length === 1) this.onFirst?.();
  }

  /** Hands over all that waits now, each packet borrowed until `receive` returns. What it is answered with waits for the next time. */
  takeAll(receive: (packet: Packet) => void): void {
    const { packet, waiting } = this;
    this.waiting = [];
    for (const { bytes, gsoSize } of waiting) {
      packet.slab = new Slab(bytes);
      packet.start = 0;
      packet.end = bytes.length;
      packet.gsoSize = gsoSize;
      packet.checksumTrusted = true; // it has been in no place where it could change
      receive(packet);
    }
  }
}

interface Looped {
  readonly bytes: Uint8Array;
  /** As in `Packet`. */
  readonly gsoSize: number;
}
