import type { Micros } from '../../time/wheel.ts';
import { ACK, ECE, flagsThatTell, type Segment, SYN } from '../../wire/segment.ts';
import { type Seq, seqAdd, seqDiff } from '../../wire/seq.ts';
import { writeTcp } from '../../wire/tcp.ts';
import { fillFirstOption } from '../receiving/acc-ecn.ts';
import { firstWindow, MAX_WSCALE } from '../receiving/window.ts';
import { fillReply } from '../sending/replies.ts';
import { emit, out } from '../sending/transmit.ts';
import type { TcpContext } from '../tcb/context.ts';
import type { ListenQueues } from '../tcb/listen-queues.ts';
import { sendCauses } from '../terms/causes.ts';
import { grantEcn } from './ecn.ts';
import { announcedMss, MIN_MSS, offeredWindowScale } from './options.ts';

/**
 * SYN cookies (Bernstein, 1996; RFC 4987, section 3.6): a SYN-ACK whose sequence number is all that is remembered of the SYN.
 * Nothing is stored of a SYN, so there is nothing that a flood could fill; only cookies that came back are
 * (`tables/redeemed-cookies.ts`).
 *
 *     cookie = A(tuple) + SEG.SEQ + (minute << 24) + (B(tuple, minute) + MSS index) mod 2^24
 *
 * A and B are SipHash with a key of their own. SEG.SEQ and the minute let the number grow from one incarnation to the next, as
 * an ISN should. A guess is a good number once in 900,000 ACKs (two minutes, nine indices, 24 bits).
 */
const MINUTE: Micros = 60_000_000;
/** A cookie is good in the minute that it is made in and the one after: two minutes at most (Linux: MAX_SYNCOOKIE_AGE). */
const GOOD_FOR = 2;
const LOW = 0xffffff;

/** What an MSS option is rounded down to: the usual ones of both families, up to links of 9000 octets. */
const MSS_TABLE = [MIN_MSS, 536, 1220, 1300, 1380, 1440, 1460, 8940, 8960] as const;

/** With timestamps the lowest bits of our TSval come back as TSecr: there lies what the number has no room for. */
const WSCALE_BITS = 0xf;
const NO_WSCALE = 0xf;
const SACK_BIT = 1 << 4;
const ECN_BIT = 1 << 5;
const OPTION_BITS = 6;

/** The options of a SYN that a cookie keeps. */
export interface KeptOptions {
  /** Window Scale; -1: none. */
  readonly wscale: number;
  readonly sack: boolean;
  /** ECN was granted, of whichever kind. */
  readonly ecn: boolean;
}

/** Those of a cookie without timestamps. */
const NOTHING_KEPT: KeptOptions = { wscale: -1, sack: false, ecn: false };

/** A TSval not after `clock` (within 64 ms) whose low bits say `options`. */
export function timestampOf(clock: number, options: KeptOptions): number {
  let bits = options.wscale < 0 ? NO_WSCALE : Math.min(options.wscale, MAX_WSCALE);
  if (options.sack) bits |= SACK_BIT;
  if (options.ecn) bits |= ECN_BIT;
  const candidate = ((clock >> OPTION_BITS) << OPTION_BITS) | bits;
  return ((candidate - clock) | 0) > 0 ? (candidate - (1 << OPTION_BITS)) | 0 : candidate;
}

export function optionsOf(timestamp: number): KeptOptions {
  const wscale = timestamp & WSCALE_BITS;
  return {
    wscale: wscale === NO_WSCALE ? -1 : wscale,
    sack: (timestamp & SACK_BIT) !== 0,
    ecn: (timestamp & ECN_BIT) !== 0,
  };
}

/** Answers a SYN with a cookie, and forgets it. */
export function sendCookie(tcp: TcpContext, listener: ListenQueues, segment: Segment): void {
  const { sysctls, counters } = tcp;
  const { options } = listener;
  const mss = announcedMss(tcp, segment.src, options);
  fillReply(segment, SYN | ACK, cookieFor(tcp, segment), seqAdd(segment.seq, 1));
  out.wnd = firstWindow(options.receiveBuffer ?? sysctls.tcp_rmem[1], mss, options.windowClamp);
  out.mss = mss;
  // Without timestamps nothing would remember the other options when the ACK comes.
  if (segment.hasTimestamps && sysctls.tcp_timestamps !== 0) {
    const scales = segment.wscale >= 0 && sysctls.tcp_window_scaling !== 0;
    out.sackPermitted = segment.sackPermitted && sysctls.tcp_sack !== 0;
    if (scales) out.wscale = offeredWindowScale(tcp, options);
    const ecn = grantEcn(tcp, segment);
    const kept = { wscale: scales ? segment.wscale : -1, sack: out.sackPermitted, ecn: ecn !== null };
    out.hasTimestamps = true;
    out.tsVal = (timestampOf(Math.floor(tcp.now / 1000) | 0, kept) + tcp.timestampOffset(segment.dst, segment.src)) | 0;
    out.tsEcr = segment.tsVal;
    if (ecn?.mode === 'classic') out.flags |= ECE;
    else if (ecn !== null) {
      // Which of the two it was, the ACK tells by its ACE field (RFC 9768, section 5.1).
      out.flags |= flagsThatTell(ecn.synReceived);
      if (sysctls.tcp_ecn_option !== 0) fillFirstOption(out);
    }
  }
  listener.lastCookieAt = tcp.now;
  counters.SyncookiesSent++;
  writeTcp(tcp.frame, out);
  emit(tcp, null, 1, sendCauses.cookie);
}

/**
 * Is this ACK an answer to a cookie of ours? Then `segment` gets the options of the SYN back, as far as they were kept, and
 * they are returned; null: it is none.
 * Cookies are only believed for as long as one can be good after the last was sent: in quiet times a guess is worth nothing.
 */
export function redeemCookie(tcp: TcpContext, listener: ListenQueues, segment: Segment): KeptOptions | null {
  const { sysctls, counters, now } = tcp;
  if (sysctls.tcp_syncookies === 0 || now - listener.lastCookieAt > GOOD_FOR * MINUTE) return null;
  const mss = mssOfCookie(tcp, segment);
  if (mss === 0 || listener.redeemedCookies.has(seqAdd(segment.ack, -1), minuteOf(now))) {
    counters.SyncookiesFailed++;
    return null;
  }
  counters.SyncookiesRecv++;
  segment.mss = mss;
  segment.wscale = NOTHING_KEPT.wscale;
  segment.sackPermitted = NOTHING_KEPT.sack;
  if (!segment.hasTimestamps) return NOTHING_KEPT;
  const kept = optionsOf((segment.tsEcr - tcp.timestampOffset(segment.dst, segment.src)) | 0);
  segment.wscale = kept.wscale;
  segment.sackPermitted = kept.sack;
  // What we would not have offered cannot come back.
  if ((kept.sack && sysctls.tcp_sack === 0) || (kept.ecn && sysctls.tcp_ecn === 0)) return null;
  return sysctls.tcp_timestamps !== 0 && (kept.wscale < 0 || sysctls.tcp_window_scaling !== 0) ? kept : null;
}

/** The cookie has made a connection: it makes no other. */
export function noteRedeemed(tcp: TcpContext, listener: ListenQueues, { ack }: Segment): void {
  listener.redeemedCookies.add(seqAdd(ack, -1), minuteOf(tcp.now));
}

/**
 * A good cookie found the accept queue full a short while ago, and its segment was dropped, to come again. Of those behind it no
 * cookie can be told: it is made for the first octet's number. They may be a client's that believes to be connected; a RST would
 * prove it wrong (in Linux it does).
 */
export const mayFollowRefusedCookie = (tcp: TcpContext, listener: ListenQueues): boolean =>
  tcp.now - listener.cookieRefusedAt < MINUTE;

function cookieFor(tcp: TcpContext, { src, srcPort, dst, dstPort, seq, mss }: Segment): Seq {
  const { secrets, now, network } = tcp;
  const minute = minuteOf(now);
  const announced = mss === 0 ? network.defaultMss(src) : mss;
  let index = MSS_TABLE.length - 1;
  while (index > 0 && MSS_TABLE[index]! > announced) index--;
  const low = (secrets.cookie(dst, dstPort, src, srcPort, minute, 1) + index) & LOW;
  return seqAdd(secrets.cookie(dst, dstPort, src, srcPort, 0, 0), ((minute << 24) | low) + seq);
}

/** The MSS that a good cookie stands for, 0 for any other number. */
function mssOfCookie(tcp: TcpContext, { src, srcPort, dst, dstPort, seq, ack }: Segment): number {
  const { secrets } = tcp;
  const irs = seqAdd(seq, -1);
  const word = seqDiff(seqAdd(ack, -1), seqAdd(secrets.cookie(dst, dstPort, src, srcPort, 0, 0), irs));
  const now = minuteOf(tcp.now);
  const age = (now - (word >> 24)) & 0xff;
  if (age >= GOOD_FOR) return 0;
  const index = (word - secrets.cookie(dst, dstPort, src, srcPort, now - age, 1)) & LOW;
  return index < MSS_TABLE.length ? MSS_TABLE[index]! : 0;
}

const minuteOf = (now: Micros): number => Math.floor(now / MINUTE);
