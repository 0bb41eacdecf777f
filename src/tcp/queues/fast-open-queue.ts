import type { Micros } from '../../time/wheel.ts';

/** So long a request that ended by a RST still counts (reqsk_fastopen_remove in net/core/request_sock.c). */
const RESET_COUNTS_FOR: Micros = 60_000_000;

/**
 * How many Fast Open requests of a listener are pending: the data of their SYN has been taken, their handshake is not complete.
 * There is room for a bounded number of them (TCP_FASTOPEN): each costs the application some work, and a stolen cookie lets an
 * attacker send SYNs in its owner's name (RFC 7413, section 5.1).
 */
export class FastOpenQueue {
  length = 0;
  /** Until when those count that ended by a RST, oldest first. They are part of `length`. */
  private readonly resets: Micros[] = [];

  /** Is there room for one more, where `limit` may be pending? A RST that has counted for long enough makes some. */
  hasRoom(limit: number, now: Micros): boolean {
    if (this.length < limit) return true;
    const oldest = this.resets[0];
    if (oldest === undefined || oldest > now) return false;
    this.resets.shift();
    this.length--;
    return true;
  }

  began(): void {
    this.length++;
  }

  /** The handshake is complete, or came to nothing. */
  ended(): void {
    this.length--;
  }

  /**
   * It ended by the peer's RST after the user had accepted it. Who got a SYN-ACK without having sent a SYN answers so: it is the sign of
   * SYNs with a forged source, and counts for a minute more, so that with many of them Fast Open pauses (RFC 7413, section 5.1).
   */
  endedByReset(now: Micros): void {
    this.resets.push(now + RESET_COUNTS_FOR);
  }
}
