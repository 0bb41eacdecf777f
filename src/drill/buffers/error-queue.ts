import type { Connection } from '../../tcp/user/connection.ts';
import type { Micros } from '../../time/wheel.ts';
import { type Seq, seqAdd, seqDiff, seqGeq, seqLt } from '../../wire/seq.ts';
import { CONSTANTS } from '../terms/constants.ts';

const C = CONSTANTS as Record<string, number>;
const STAMPS = C.SOF_TIMESTAMPING_TX_SCHED! | C.SOF_TIMESTAMPING_TX_SOFTWARE! | C.SOF_TIMESTAMPING_TX_ACK!;

/** What recvmsg gives for MSG_ERRQUEUE: a sock_extended_err (include/uapi/linux/errqueue.h), and a time for a stamp. */
export interface ErrorMessage {
  errno: number;
  origin: number;
  code: number;
  info: number;
  data: number;
  /** The script's time, where it is reported. */
  at: Micros | null;
}

/** The end of a write, of which the application wants to know what becomes of it. */
interface Write {
  /** Behind its last octet. */
  end: Seq;
  /** SO_TIMESTAMPING's flags; 0: no stamp of it. */
  stamps: number;
  key: number;
  hasLeft: boolean;
  /** MSG_ZEROCOPY: the how manieth such call this is; -1: it is none. */
  zeroCopy: number;
}

/**
 * A socket's error queue: when the last octet of a write left and was acknowledged (SO_TIMESTAMPING;
 * Documentation/networking/timestamping.rst), and which buffers of MSG_ZEROCOPY may be used again (msg_zerocopy.rst).
 */
export class ErrorQueue {
  /** SO_TIMESTAMPING. */
  timestamping = 0;
  private keyBase: Seq = 0;
  private zeroCopies = 0;
  private readonly writes: Write[] = [];
  private readonly messages: ErrorMessage[] = [];

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  take(): ErrorMessage | null {
    return this.messages.shift() ?? null;
  }

  /** With OPT_ID, octets are counted from what isn't acknowledged yet (sock_set_timestamping). @returns an errno, or null */
  setTimestamping(c: Connection | null, flags: number): string | null {
    const counts = (flags & C.SOF_TIMESTAMPING_OPT_ID!) !== 0;
    if (counts && !(this.timestamping & C.SOF_TIMESTAMPING_OPT_ID!)) {
      if (c === null) return 'EINVAL';
      this.keyBase = c.snd.una;
    }
    this.timestamping = flags;
    return null;
  }

  /** A call has put octets into the stream (tcp_tx_timestamp, msg_zerocopy_realloc). */
  wrote(c: Connection, isZeroCopy: boolean): void {
    const stamps = this.timestamping & STAMPS;
    if (stamps === 0 && !isZeroCopy) return;
    const { end } = c.sendQueue;
    const counts = (this.timestamping & C.SOF_TIMESTAMPING_OPT_ID!) !== 0;
    const key = counts ? seqDiff(seqAdd(end, -1), this.keyBase) : 0;
    this.writes.push({ end, stamps, key, hasLeft: false, zeroCopy: isZeroCopy ? this.zeroCopies++ : -1 });
  }

  /** Something has happened on the host. @returns whether there is more to be read */
  look(c: Connection | null, now: Micros): boolean {
    if (c === null || this.writes.length === 0) return false;
    let any = false;
    for (const write of this.writes) {
      if (write.hasLeft || seqLt(c.snd.nxt, write.end)) continue;
      write.hasLeft = true;
      any ||= write.stamps !== 0;
      // There is no queue below the host: a packet is scheduled and leaves at once.
      if (write.stamps & C.SOF_TIMESTAMPING_TX_SCHED!) this.stamp(write, C.SCM_TSTAMP_SCHED!, now);
      if (write.stamps & C.SOF_TIMESTAMPING_TX_SOFTWARE!) this.stamp(write, C.SCM_TSTAMP_SND!, now);
    }
    while (this.writes.length > 0 && seqGeq(c.snd.una, this.writes[0]!.end)) {
      const write = this.writes.shift()!;
      any = true;
      if (write.stamps & C.SOF_TIMESTAMPING_TX_ACK!) this.stamp(write, C.SCM_TSTAMP_ACK!, now);
      if (write.zeroCopy >= 0) this.released(write.zeroCopy);
    }
    return any;
  }

  private stamp(write: Write, info: number, now: Micros): void {
    const at = this.timestamping & C.SOF_TIMESTAMPING_SOFTWARE! ? now : null;
    const origin = C.SO_EE_ORIGIN_TIMESTAMPING!;
    this.messages.push({ errno: C.ENOMSG!, origin, code: 0, info, data: write.key, at });
  }

  /**
   * Calls from `info` to `data` are done with; one message tells of several, as long as it isn't read. The octets have been
   * copied after all, as they are where the device is a TUN device (skb_orphan_frags).
   */
  private released(call: number): void {
    const origin = C.SO_EE_ORIGIN_ZEROCOPY!;
    const last = this.messages[this.messages.length - 1];
    if (last?.origin === origin && last.data === call - 1) last.data = call;
    else
      this.messages.push({ errno: 0, origin, code: C.SO_EE_CODE_ZEROCOPY_COPIED!, info: call, data: call, at: null });
  }
}
