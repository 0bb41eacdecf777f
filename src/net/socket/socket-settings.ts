import { SocketOptions as TcpSocketOptions } from '../../tcp/terms/socket-options.ts';
import type { TcpConnection } from '../../tcp/terms/user.ts';
import type { StackTimer } from '../driver/clock.ts';
import type { Driver } from '../driver/driver.ts';
import type { SocketOptions } from '../terms/args.ts';
import { checkFunction, checkInt32, wrongType } from '../terms/argument-errors.ts';
import { receiveBuffer, sendBuffer, tcpOptions } from '../terms/tcp-options.ts';
import { validCongestionControl, validDuration, validRate, wholeSeconds } from '../terms/values.ts';
import { TcpDuplex } from './duplex.ts';

/** What libuv sets beside the delay: TCP_KEEPINTVL and TCP_KEEPCNT, whatever the sysctls say. Milliseconds. */
const LIBUV_KEEPALIVE = { interval: 1000, count: 10 } as const;
const ECN_BITS = 3;

/** The settings of `setKeepAlive` as one; times in milliseconds. */
export interface KeepAlive {
  enable?: boolean | undefined;
  initialDelay?: number | undefined;
  interval?: number | undefined;
  count?: number | undefined;
}

/** The settings of a Socket: they are kept until there is a connection that they can be made of. */
export abstract class SocketSettings extends TcpDuplex {
  /** Milliseconds given to `setTimeout`. */
  timeout?: number;
  #timer: StackTimer | null = null;
  /** Counted by the driver as keeping the process alive. */
  #holding = false;
  #referenced = true;
  #noDelay: boolean;
  #keepAlive: boolean;
  /** Milliseconds; 0: `tcp_keepalive_time` holds. */
  #keepAliveDelay: number;
  /** Milliseconds, and a number; 0: `tcp_keepalive_intvl` and `tcp_keepalive_probes` hold. */
  #keepAliveInterval = 0;
  #keepAliveCount = 0;
  /** Milliseconds; 0: none. */
  #userTimeout: number;
  /** null: `tcp_congestion_control` holds. */
  #congestionControl: string | null = null;
  /** Octets in a second; null: no limit. */
  #maxPacingRate: number | null;
  /** What an active OPEN takes to TCP; null: nothing is set. */
  protected tcpOptions: TcpSocketOptions | null;

  constructor(driver: Driver, options?: SocketOptions) {
    super(driver, options);
    this.#noDelay = Boolean(options?.noDelay);
    this.#keepAlive = Boolean(options?.keepAlive);
    this.#keepAliveDelay = 0;
    this.#takeKeepAliveTimes(options?.keepAliveInitialDelay);
    this.#userTimeout = validDuration(options?.userTimeout ?? 0, 'options.userTimeout');
    const algorithm = options?.congestionControl;
    if (algorithm !== undefined) this.#congestionControl = this.#known(algorithm, 'options.congestionControl');
    this.#maxPacingRate = validRate(options?.maxPacingRate ?? Infinity, 'options.maxPacingRate');
    this.tcpOptions = options === undefined ? null : tcpOptions(options);
    if (options?.typeOfService !== undefined) this.#takeTypeOfService(options.typeOfService, 'options.typeOfService');
  }

  /** There is a connection now. */
  protected applySettings(connection: TcpConnection): void {
    if (this.#noDelay) connection.setNoDelay(true);
    if (this.#keepAlive) {
      connection.setKeepAlive(true, this.#keepAliveDelay, this.#keepAliveInterval, this.#keepAliveCount);
    }
    if (this.#userTimeout > 0) connection.setUserTimeout(this.#userTimeout);
    if (this.#congestionControl !== null) connection.setCongestionControl(this.#congestionControl);
    if (this.#maxPacingRate !== null) connection.setMaxPacingRate(this.#maxPacingRate);
  }

  setNoDelay(noDelay = true): this {
    this.#noDelay = Boolean(noDelay);
    if (this.endpoint && !this.endpoint.released) this.endpoint.connection.setNoDelay(this.#noDelay);
    return this;
  }

  /**
   * `initialDelay`: milliseconds, of which whole seconds count; without one, the last one or the default stays. With one, as with libuv,
   * there is a probe each second then (`interval`: milliseconds), and the tenth without an answer (`count`) is the last.
   */
  setKeepAlive(enable?: boolean | KeepAlive, initialDelay?: number, interval?: number, count?: number): this {
    if (typeof enable === 'object' && enable !== null) {
      return this.setKeepAlive(enable.enable, enable.initialDelay, enable.interval, enable.count);
    }
    this.#keepAlive = Boolean(enable);
    this.#takeKeepAliveTimes(initialDelay, interval, count);
    if (this.endpoint && !this.endpoint.released) {
      const { connection } = this.endpoint;
      connection.setKeepAlive(this.#keepAlive, this.#keepAliveDelay, this.#keepAliveInterval, this.#keepAliveCount);
    }
    return this;
  }

  #takeKeepAliveTimes(initialDelay?: number, interval?: number, count?: number): void {
    const delay = wholeSeconds(initialDelay);
    if (delay === 0) return;
    this.#keepAliveDelay = delay;
    this.#keepAliveInterval = wholeSeconds(interval) || LIBUV_KEEPALIVE.interval;
    this.#keepAliveCount = Math.max(0, Math.trunc(count ?? 0)) || LIBUV_KEEPALIVE.count;
  }

  /**
   * The Type of Service of IPv4, the Traffic Class of IPv6 (0 to 255): its DSCP is in all that is sent from now on, in the SYN if it is set
   * before. Its two lowest bits are ECN's, and stay as TCP wants them. Also an option of `connect` and `new Socket`: `typeOfService`.
   * @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE
   */
  setTypeOfService(tos: number): this {
    this.#takeTypeOfService(tos, 'tos');
    if (this.endpoint && !this.endpoint.released) this.endpoint.connection.setTypeOfService(tos);
    return this;
  }

  getTypeOfService(): number {
    const tos = this.tcpOptions?.tos ?? 0;
    return this.endpoint && !this.endpoint.released ? tos & ~ECN_BITS : tos;
  }

  #takeTypeOfService(tos: number, name: string): void {
    if (Number.isNaN(tos)) throw wrongType(name, 'of type number', tos);
    checkInt32(tos, name, 0, 255);
    this.#ownTcpOptions().tos = tos;
  }

  /**
   * Linux's TCP_USER_TIMEOUT, which node:net has not: how many milliseconds the peer may leave data unacknowledged (or a
   * window shut, or keep-alives unanswered) before the connection fails with ETIMEDOUT. 0, the default: about 15 minutes
   * (`tcp_retries2`). Also an option of `connect`, `new Socket` and `createServer`: `userTimeout`. While connecting it can
   * only shorten what `tcp_syn_retries` allows.
   * @throws as `setTimeout`, if it is no number of 0 or more
   */
  setUserTimeout(milliseconds: number): this {
    this.#userTimeout = validDuration(milliseconds, 'milliseconds');
    if (this.endpoint && !this.endpoint.released) this.endpoint.connection.setUserTimeout(this.#userTimeout);
    return this;
  }

  /**
   * Linux's TCP_CONGESTION, which node:net has not: the algorithm that says how much may be out, before `connect` or at any
   * time after. Also an option of `connect`, `new Socket` and `createServer`: `congestionControl`. Default:
   * `tcp_congestion_control`.
   * @throws TypeError ERR_INVALID_ARG_VALUE, which names those that there are
   */
  setCongestionControl(name: string): this {
    this.#congestionControl = this.#known(name, 'name');
    if (this.endpoint && !this.endpoint.released) this.endpoint.connection.setCongestionControl(name);
    return this;
  }

  /**
   * Linux's SO_MAX_PACING_RATE, which node:net has not: so many octets in a second leave at the most, spread evenly and not in
   * bursts, whatever the congestion window would let go; before `connect` or at any time after. Infinity, the default: no limit.
   * Octets of data count, and not those of headers. Also an option of `connect`, `new Socket` and `createServer`: `maxPacingRate`.
   * @throws as `setTimeout`, if it is no number above 0
   */
  setMaxPacingRate(bytesPerSecond: number): this {
    this.#maxPacingRate = validRate(bytesPerSecond, 'bytesPerSecond');
    if (this.endpoint && !this.endpoint.released) this.endpoint.connection.setMaxPacingRate(this.#maxPacingRate);
    return this;
  }

  #known(algorithm: string, name: string): string {
    return validCongestionControl(algorithm, this.driver.host.tcp.congestionControls, name);
  }

  /**
   * Linux's TCP_QUICKACK: an ACK leaves at once, also where data to carry it may come soon (RFC 9293, section 3.8.6.3); false: it waits as
   * long as it may. Without it, the connection decides by how it is used. Also an option of `connect`, `new Socket` and
   * `createServer`: `quickAck`.
   */
  setQuickAck(quickAck = true): this {
    this.#ownTcpOptions().quickAck = Boolean(quickAck);
    if (this.endpoint && !this.endpoint.released) this.endpoint.connection.setQuickAck(Boolean(quickAck));
    return this;
  }

  /**
   * Linux's SO_RCVBUF, under the name that node:dgram has for it: so many octets (1 to 2^31 - 1) wait for the application at the
   * most, twice as many with what keeping them costs, and the buffer no longer sizes itself. Also an option of `connect`,
   * `new Socket` and `createServer`: `recvBufferSize`. Default: `tcp_rmem`, growing.
   * @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE
   */
  setRecvBufferSize(octets: number): this {
    const size = receiveBuffer(octets, 'octets');
    this.#ownTcpOptions().receiveBuffer = size;
    if (this.endpoint && !this.endpoint.released) this.endpoint.connection.setReceiveBuffer(size);
    return this;
  }

  /** Linux's SO_SNDBUF, in the same way: how much may wait to be acknowledged before `write` says so. Also an option: `sendBufferSize`. */
  setSendBufferSize(octets: number): this {
    const size = sendBuffer(octets, 'octets');
    this.#ownTcpOptions().sendBuffer = size;
    if (this.endpoint && !this.endpoint.released) this.endpoint.connection.setSendBuffer(size);
    return this;
  }

  #ownTcpOptions(): TcpSocketOptions {
    this.tcpOptions ??= new TcpSocketOptions();
    return this.tcpOptions;
  }

  setTimeout(timeout: number, callback?: () => void): this {
    if (this.destroyed) return this;
    this.timeout = timeout;
    const duration = validDuration(timeout, 'msecs');
    if (callback !== undefined) checkFunction(callback, 'callback');
    if (this.#timer !== null) this.driver.time.clearTimer(this.#timer);
    this.#timer = null;
    if (duration === 0) {
      if (callback) this.removeListener('timeout', callback);
      return this;
    }
    this.#timer = this.driver.time.setTimer(() => this._onTimeout(), duration);
    this.#timer.unref();
    if (callback) this.once('timeout', callback);
    return this;
  }

  /** node:net's name for what comes when nothing has happened for so long. @internal */
  _onTimeout(): void {
    this.emit('timeout');
  }

  /** Something happened on the connection: the idle timeout starts anew. @internal */
  _touch(): void {
    if (this.#timer !== null) this.#timer.refresh();
  }

  ref(): this {
    this.#referenced = true;
    this._settleHold();
    return this;
  }

  unref(): this {
    this.#referenced = false;
    this._settleHold();
    return this;
  }

  /** What `ref` and `unref` came to. @internal */
  get _isReferenced(): boolean {
    return this.#referenced;
  }

  /** Keeps the process alive while there is something to do. @internal */
  _settleHold(): void {
    const { endpoint } = this;
    const wanted = this.#referenced && endpoint !== null && !endpoint.released && endpoint.active;
    if (wanted === this.#holding) return;
    this.#holding = wanted;
    if (wanted) this.driver.processHold.hold();
    else this.driver.processHold.release();
  }

  protected stopTimeout(): void {
    if (this.#timer !== null) this.driver.time.clearTimer(this.#timer);
  }
}
