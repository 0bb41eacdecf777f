// tcp/user: the user's calls and callbacks (RFC 9293, sections 3.10.1 to 3.10.6).
import { seqDiff } from '../../wire/seq.ts';
import { abort, closeByUser, shutdownByUser } from '../closing/close.ts';
import { changeCongestionControl, congestionControlNamed } from '../congestion/choice.ts';
import { choosePacing } from '../congestion/pacing.ts';
import { updateSendMss } from '../path/send-mss.ts';
import { userTookOctets } from '../receiving/window.ts';
import { noteIfUserLimits } from '../recovery/delivery-rate.ts';
import { notSentLowat, sendBuffer, sendSpace } from '../sending/buffer.ts';
import { Tcb } from '../tcb/tcb.ts';
import { beginUntoldCall, tellCall } from '../tcb/tell.ts';
import { armKeepAlive } from '../tcb/timers.ts';
import { sendCauses } from '../terms/causes.ts';
import { TcpError } from '../terms/errors.ts';
import type { SocketOptions } from '../terms/socket-options.ts';
import type { TcpInfo } from '../terms/tcp-info.ts';
import type { TcpConnection } from '../terms/user.ts';
import { type Holds, holdsOf, tcpInfo } from './info.ts';

/** Sequence numbers tell apart what lies within 2^31 (RFC 9293, section 3.4); no user that looks at `sendSpace` gets near. */
const SEND_QUEUE_MAX = 2 ** 30;

/** The user's calls on a connection (RFC 9293, section 3.9.1); `TcpConnection` says what each does. */
export class Connection extends Tcb implements TcpConnection {
  /**
   * What the user has set, to be changed. Connections share the defaults, or their listener's options, until one of them is
   * asked for its own.
   */
  ownOptions(): SocketOptions {
    if (!this.ownsSettings) this.useOptions(this.settings.copy());
    return this.settings as SocketOptions;
  }

  useOptions(options: SocketOptions): void {
    this.settings = options;
    this.ownsSettings = true;
  }

  // ---- SEND (section 3.10.2)

  send(bytes: Uint8Array, from = 0, to = bytes.length): number {
    if (!(bytes instanceof Uint8Array)) throw new TcpError('EINVAL', 'Only a Uint8Array can be sent');
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && to <= bytes.length && from <= to))
      throw new TcpError('EINVAL', `No such slice: ${from} to ${to}`);
    switch (this.state) {
      case 'SYN_SENT':
      case 'SYN_RECEIVED':
      case 'ESTABLISHED':
      case 'CLOSE_WAIT':
        if (this.finQueued) throw new TcpError('EPIPE', 'This side of the connection has been shut down');
        break;
      case 'FIN_WAIT_1':
      case 'FIN_WAIT_2':
      case 'CLOSING':
      case 'LAST_ACK':
      case 'TIME_WAIT':
        throw new TcpError('EPIPE', 'This side of the connection has been shut down');
      case 'CLOSED':
      case 'LISTEN':
        throw new TcpError('ENOTCONN', 'Not connected');
      default:
        this.state satisfies never;
    }
    if (this.sendQueue.length + (to - from) > SEND_QUEUE_MAX) {
      throw new TcpError('ENOBUFS', 'More than 1 GiB waits to be sent; wait for onWritable');
    }
    if (to > from) {
      noteIfUserLimits(this);
      this.sendQueue.push(bytes, from, to, !this.moreComing);
      if (this.tcp.events.wants !== 0) tellCall(this.tcp, 'write', this, to - from);
      this.tcp.activate(this);
    }
    return seqDiff(this.sendQueue.end, this.sendQueue.start) + this.bytesAcked;
  }

  /**
   * Queues octets as urgent data (RFC 9293, section 3.8.5): the peer's user is told to hurry to the octet behind them. The
   * octets stay in the stream (RFC 6093, section 6: inline). New applications should not use it (SHLD-13).
   */
  sendUrgent(bytes: Uint8Array, from = 0, to = bytes.length): number {
    const offset = this.send(bytes, from, to);
    this.snd.up = this.sendQueue.end;
    return offset;
  }

  /** As `send`, of octets that end a record: no segment holds them and what is sent later (MSG_EOR of sendmsg(2)). */
  sendRecord(bytes: Uint8Array, from = 0, to = bytes.length): number {
    const offset = this.send(bytes, from, to);
    this.sendQueue.endRecord();
    return offset;
  }

  get sendQueueLength(): number {
    return this.sendQueue.length;
  }

  get sendSpace(): number {
    const space = sendSpace(this);
    this.wantsSpace = space <= 0;
    return space;
  }

  /** The size of the send buffer, in octets: SO_SNDBUF, or what it has grown to. */
  get sendBufferSize(): number {
    return sendBuffer(this);
  }

  /** TCP_NOTSENT_LOWAT, or `tcp_notsent_lowat`, in octets. */
  get notSentLowat(): number {
    return notSentLowat(this);
  }

  detachSendQueue(): void {
    this.sendQueue.detach();
  }

  shutdown(): void {
    this.tcp.beginCall();
    tellCall(this.tcp, 'shutdown', this);
    shutdownByUser(this);
  }

  // ---- RECEIVE (section 3.10.3)

  get readableLength(): number {
    return this.receiveQueue.length;
  }

  get atEnd(): boolean {
    return this.finReceived && this.receiveQueue.length === 0;
  }

  read(maxLength = Number.MAX_SAFE_INTEGER): Uint8Array | null {
    const octets = this.receiveQueue.take(maxLength);
    if (octets !== null) this.took(octets.length);
    return octets;
  }

  readInto(target: Uint8Array): number {
    const count = this.receiveQueue.copyInto(target);
    if (count > 0) this.took(count);
    return count;
  }

  skip(): number {
    const count = this.receiveQueue.skip();
    if (count > 0) this.took(count);
    return count;
  }

  private took(octets: number): void {
    if (this.tcp.events.wants !== 0) tellCall(this.tcp, 'read', this, octets);
    userTookOctets(this, octets);
  }

  // ---- CLOSE, ABORT, STATUS (sections 3.10.4 to 3.10.6)

  close(): void {
    this.tcp.beginCall();
    tellCall(this.tcp, 'close', this);
    closeByUser(this);
  }

  abort(): void {
    this.tcp.beginCall();
    tellCall(this.tcp, 'abort', this);
    abort(this);
  }

  setNoDelay(noDelay: boolean): void {
    if (this.settings.noDelay !== noDelay) {
      if (noDelay && !this.ownsSettings) this.settings = this.settings.withNoDelay();
      else this.ownOptions().noDelay = noDelay;
    }
    if (!noDelay || this.sendQueue.length === 0) return;
    beginUntoldCall(this.tcp);
    // What was held back goes now, even if it is corked (__tcp_sock_set_nodelay).
    this.pushNow = true;
    this.tcp.activate(this);
  }

  setKeepAlive(enable: boolean, idle = 0, interval = 0, count = 0): void {
    checkRange(0, idle, 'milliseconds of idleness');
    checkRange(0, interval, 'milliseconds between probes');
    checkRange(0, count, 'number of probes');
    this.tcp.beginCall();
    beginUntoldCall(this.tcp);
    if (this.settings.keepAlive !== enable) this.ownOptions().keepAlive = enable;
    if (idle > 0) this.ownOptions().keepIdle = idle / 1000;
    if (interval > 0) this.ownOptions().keepInterval = interval / 1000;
    if (count > 0) this.ownOptions().keepCount = count;
    armKeepAlive(this);
    this.tcp.activate(this); // or who waits for the host's next deadline would not hear of this one
  }

  setUserTimeout(milliseconds: number): void {
    checkRange(0, milliseconds, 'milliseconds');
    if ((this.settings.userTimeout ?? 0) !== milliseconds) this.ownOptions().userTimeout = milliseconds;
  }

  setTypeOfService(tos: number): void {
    checkRange(0, tos, 'a type of service', 255);
    if (this.settings.tos !== tos) this.ownOptions().tos = tos;
  }

  setQuickAck(quickAck: boolean): void {
    if (this.settings.quickAck !== quickAck) this.ownOptions().quickAck = quickAck;
    if (!quickAck || this.rcv.nxt === this.rcv.acked) return;
    // What has not been acknowledged yet is, at once (tcp_sock_set_quickack).
    beginUntoldCall(this.tcp);
    this.ackDue = sendCauses.ackQuick;
    this.tcp.activate(this);
  }

  setReceiveBuffer(octets: number): void {
    checkRange(1, octets, 'octets', LONGEST_BUFFER);
    this.ownOptions().receiveBuffer = octets;
    this.receiveBuffer = octets;
  }

  setSendBuffer(octets: number): void {
    checkRange(1, octets, 'octets', LONGEST_BUFFER);
    this.ownOptions().sendBuffer = octets;
  }

  get congestionControl(): string {
    return this.cc.algorithm.name;
  }

  setMaxPacingRate(octets: number | null): void {
    if (octets !== null) checkRange(0, octets, 'octets in a second');
    if (this.settings.maxPacingRate !== octets) this.ownOptions().maxPacingRate = octets;
    choosePacing(this);
    beginUntoldCall(this.tcp);
    this.tcp.activate(this);
  }

  setCongestionControl(name: string): void {
    beginUntoldCall(this.tcp);
    const algorithm = congestionControlNamed(this.tcp, name);
    if (this.settings.congestion !== name) this.ownOptions().congestion = name;
    changeCongestionControl(this, algorithm);
    // What the one before held back by its pace waits for no timer any more, and perhaps for no ACK.
    this.tcp.activate(this);
  }

  /** IP_OPTIONS (see `SocketOptions.ipOptions`) from now on. null: none, or the way back that the peer's source route asks for. */
  setIpOptions(options: Uint8Array | null): void {
    const prepared = options === null ? null : this.tcp.network.prepareOptions(this.remote, options);
    if (options !== null && prepared === null) throw new TcpError('EINVAL', 'No IP header can have these options');
    this.ownOptions().ipOptions = options;
    this.ipOptions = prepared;
    updateSendMss(this);
  }

  /** Why it doesn't send (more), now and in all the time before. */
  holds(): Holds {
    this.tcp.beginCall();
    return holdsOf(this);
  }

  /** TCP_CC_INFO: what Linux's structure of the algorithm has (`tcp_bbr_info`); nothing where it has none, as of reno and cubic. */
  congestionInfo(): Readonly<Record<string, number>> {
    return this.cc.algorithm.info?.(this.cc) ?? {};
  }

  info(): TcpInfo {
    this.tcp.beginCall();
    return tcpInfo(this);
  }
}

/** As setsockopt(2) takes it: windows are differences of sequence numbers, and must not reach half of their space. */
const LONGEST_BUFFER = 2 ** 31 - 1;

/** What is no number would be compared with times and sizes for ever after, and never be more or less. */
function checkRange(least: number, value: number, unit: string, most = Number.POSITIVE_INFINITY): void {
  if (typeof value === 'number' && value >= least && value <= most) return;
  const range = most < Number.POSITIVE_INFINITY ? `from ${least} to ${most}` : `${least} or more`;
  throw new TcpError('EINVAL', `It takes ${unit}, ${range}. Received ${String(value)}`);
}
