import { sendCauses } from '../../tcp/terms/causes.ts';
import { RECEIVE_BUFFER_MIN, SEND_BUFFER_MIN, type SocketOptions } from '../../tcp/terms/socket-options.ts';
import { RATE_UNLIMITED } from '../../tcp/terms/tcp-info.ts';
import { ERRNO } from '../terms/constants.ts';
import type { SocketFile } from './socket-file.ts';

/** Which options a level has, by the beginning of their names. */
export const SOCKET_LEVELS: Readonly<Record<string, readonly string[]>> = {
  SOL_SOCKET: ['SO_'],
  SOL_TCP: ['TCP_'],
  IPPROTO_TCP: ['TCP_'],
  SOL_IP: ['IP_'],
  IPPROTO_IP: ['IP_'],
  SOL_IPV6: ['IPV6_'],
  IPPROTO_IPV6: ['IPV6_'],
};

interface NumberOption {
  /** Sets it. @returns an errno, or null */
  set?: (file: SocketFile, value: number) => string | null;
  /** Its value, or an errno. @param length octets of the room for it */
  get: (file: SocketFile, length: number) => number | string;
  /** The shortest value that is taken, in octets. */
  least?: number;
}

/** net.core.wmem_max and rmem_max, which bound SO_SNDBUF and SO_RCVBUF. */
const BUFFER_MAX = 4_194_304;
const KEEPALIVE_MAX = 32_767;
const MIN_MSS = 88;
const MAX_MSS = 32_767;
const FIN_TIMEOUT_MAX = 120;
const ECN_MASK = 3;
/** ~0U */
const ALL_BITS = 2 ** 32 - 1;

type Numeric = { [K in keyof SocketOptions]: SocketOptions[K] extends number | null ? K : never }[keyof SocketOptions];
type Flag = { [K in keyof SocketOptions]: SocketOptions[K] extends boolean ? K : never }[keyof SocketOptions];

/** A number within bounds; what it is while the script hasn't set it. */
function bounded(key: Numeric, min: number, max: number, unset: (file: SocketFile) => number): NumberOption {
  return {
    set: (file, value) => {
      if (value < min || value > max) return 'EINVAL';
      file.options[key] = value;
      return null;
    },
    get: (file) => file.options[key] ?? unset(file),
  };
}

function flag(key: Flag): NumberOption {
  return {
    set: (file, value) => {
      file.options[key] = value !== 0;
      return null;
    },
    get: (file) => Number(file.options[key]),
  };
}

/** One that changes nothing that could be seen here. */
function remembered(name: string): NumberOption {
  return {
    set: (file, value) => {
      file.remembered.set(name, value);
      return null;
    },
    get: (file) => file.remembered.get(name) ?? 0,
  };
}

const withoutEffect = (names: string): Record<string, NumberOption> =>
  Object.fromEntries(names.split(' ').map((name) => [name, remembered(name)]));

const flags = (names: string): Record<string, NumberOption> =>
  Object.fromEntries(
    names
      .split(' ')
      .map((name) => [name, { ...remembered(name), get: (f) => Number((f.remembered.get(name) ?? 0) !== 0) }]),
  );

/** A stream's two ECN bits are not the user's (RFC 3168; ip_sock_set_tos). */
function setTos(file: SocketFile, family: 4 | 6, value: number): null {
  const fields = file.ipFields(family);
  fields.tos = (value & ~ECN_MASK) | (fields.tos & ECN_MASK);
  return null;
}

/** -1: what the sysctl says. */
function setTtl(file: SocketFile, family: 4 | 6, value: number): string | null {
  if (value < -1 || value > 255) return 'EINVAL';
  file.ipFields(family).ttl = value === -1 ? null : value;
  return null;
}

/** We always set DF, or can't be fragmented: what IP_PMTUDISC_DO and _WANT ask for. */
const mtuDiscover = (name: string): NumberOption => ({
  set: (file, value) => {
    if (value < 0 || value > 5) return 'EINVAL';
    file.remembered.set(name, value);
    return null;
  },
  get: (file) => file.remembered.get(name) ?? 1,
});

/** Only where there is a way is there one's MTU. */
const pathMtu = (file: SocketFile): number | string =>
  file.connection === null || file.over ? 'ENOTCONN' : file.connection.info().tcpi_pmtu;

/** The keep-alive timer runs by what it was armed with: arm it anew. */
function keepAlive(option: NumberOption): NumberOption {
  return {
    ...option,
    set: (file, value) => {
      const errno = option.set!(file, value);
      if (errno === null && file.established) file.connection!.setKeepAlive(file.options.keepAlive);
      return errno;
    },
  };
}

function sendBuffer(cap: number): NumberOption {
  return {
    set: (file, value) => {
      file.options.sendBuffer = Math.max(2 * Math.min(value, cap), SEND_BUFFER_MIN);
      return null;
    },
    get: (file) => file.connection?.sendBufferSize ?? file.options.sendBuffer ?? file.host.sysctls.tcp_wmem[1],
  };
}

function receiveBuffer(cap: number): NumberOption {
  return {
    set: (file, value) => {
      file.options.receiveBuffer = Math.max(2 * Math.min(value, cap), RECEIVE_BUFFER_MIN);
      if (file.connection !== null) file.connection.receiveBuffer = file.options.receiveBuffer;
      return null;
    },
    get: (file) => file.connection?.receiveBuffer ?? file.options.receiveBuffer ?? file.host.sysctls.tcp_rmem[1],
  };
}

/** Every option whose value is a number. */
export const NUMBER_OPTIONS: Readonly<Record<string, NumberOption>> = {
  ...withoutEffect(
    'SO_REUSEADDR SO_REUSEPORT SO_PRIORITY SO_BUSY_POLL SO_DEBUG SO_DONTROUTE SO_INCOMING_CPU SO_BROADCAST SO_MARK',
  ),
  ...withoutEffect(
    'IP_FREEBIND IP_BIND_ADDRESS_NO_PORT IP_TRANSPARENT TCP_THIN_LINEAR_TIMEOUTS TCP_THIN_DUPACK TCP_INQ SO_ZEROCOPY',
  ),
  SO_SNDBUF: sendBuffer(BUFFER_MAX),
  SO_SNDBUFFORCE: sendBuffer(2 ** 30),
  SO_RCVBUF: receiveBuffer(BUFFER_MAX),
  SO_RCVBUFFORCE: receiveBuffer(2 ** 30),
  SO_KEEPALIVE: keepAlive(flag('keepAlive')),
  SO_MAX_PACING_RATE: {
    // All bits are no limit, of 32 or of 64 (sk_setsockopt in net/core/sock.c).
    set: (file, value) => {
      const unsigned = value < 0 ? value + ALL_BITS + 1 : value;
      const rate = unsigned === ALL_BITS || unsigned >= RATE_UNLIMITED ? null : unsigned;
      file.options.maxPacingRate = rate;
      if (!file.over) file.connection?.setMaxPacingRate(rate);
      return null;
    },
    get: (file, length) =>
      Math.min(file.options.maxPacingRate ?? RATE_UNLIMITED, length < 8 ? ALL_BITS : RATE_UNLIMITED),
  },
  SO_OOBINLINE: {
    set: (file, value) => {
      file.oobInline = value !== 0;
      return null;
    },
    get: (file) => Number(file.oobInline),
  },
  SO_RCVLOWAT: {
    set: (file, value) => {
      file.receiveLowWater = Math.max(1, value);
      return null;
    },
    get: (file) => file.receiveLowWater,
  },
  SO_ERROR: {
    get: (file) => {
      const error = file.takeError();
      return error === null ? 0 : ERRNO[error];
    },
  },
  SO_TIMESTAMPING: {
    set: (file, value) => file.errorQueue.setTimestamping(file.connection, value),
    get: (file) => file.errorQueue.timestamping,
  },
  SO_TYPE: { get: () => 1 },
  SO_PROTOCOL: { get: () => 6 },
  SO_DOMAIN: { get: (file) => file.family },
  SO_ACCEPTCONN: { get: (file) => Number(file.listener !== null) },
  TCP_NODELAY: {
    ...flag('noDelay'),
    set: (file, value) => {
      file.options.noDelay = value !== 0;
      if (file.established) file.connection!.setNoDelay(value !== 0);
      return null;
    },
  },
  TCP_CORK: flag('cork'),
  TCP_MAXSEG: {
    set: (file, value) => {
      if (value !== 0 && (value < MIN_MSS || value > MAX_MSS)) return 'EINVAL';
      file.options.maxSegment = value === 0 ? null : value;
      return null;
    },
    get: (file) => (file.established ? file.connection!.snd.mss : (file.options.maxSegment ?? 536)),
  },
  TCP_KEEPIDLE: keepAlive(bounded('keepIdle', 1, KEEPALIVE_MAX, (f) => f.host.sysctls.tcp_keepalive_time)),
  TCP_KEEPINTVL: bounded('keepInterval', 1, KEEPALIVE_MAX, (f) => f.host.sysctls.tcp_keepalive_intvl),
  TCP_KEEPCNT: bounded('keepCount', 1, 127, (f) => f.host.sysctls.tcp_keepalive_probes),
  TCP_SYNCNT: bounded('synCount', 1, 127, (f) => f.host.sysctls.tcp_syn_retries),
  TCP_LINGER2: {
    set: (file, value) => {
      file.options.linger2 = value < 0 || value > FIN_TIMEOUT_MAX ? -1 : value;
      return null;
    },
    get: (file) => file.options.linger2 || file.host.sysctls.tcp_fin_timeout,
  },
  TCP_FASTOPEN: {
    set: (file, value) => {
      if (value < 0 || file.connection !== null) return 'EINVAL';
      file.options.fastOpenQueue = Math.min(value, file.host.sysctls.somaxconn);
      return null;
    },
    get: (file) => file.options.fastOpenQueue ?? 0,
  },
  TCP_FASTOPEN_CONNECT: {
    set: (file, value) => {
      if (value < 0 || value > 1) return 'EINVAL';
      if ((file.host.sysctls.tcp_fastopen & 1) === 0) return 'EOPNOTSUPP';
      if (file.connection !== null || file.listener !== null) return 'EINVAL';
      file.options.fastOpenConnect = value === 1;
      return null;
    },
    get: (file) => Number(file.options.fastOpenConnect),
  },
  TCP_FASTOPEN_NO_COOKIE: {
    set: (file, value) => {
      if (value < 0 || value > 1 || file.connection !== null) return 'EINVAL';
      file.options.fastOpenNoCookie = value === 1;
      return null;
    },
    get: (file) => Number(file.options.fastOpenNoCookie),
  },
  TCP_DEFER_ACCEPT: bounded('deferAccept', 0, 2 ** 31, () => 0),
  TCP_NOTSENT_LOWAT: bounded('notSentLowat', 0, 2 ** 32, () => 0),
  TCP_USER_TIMEOUT: bounded('userTimeout', 0, 2 ** 31, () => 0),
  TCP_WINDOW_CLAMP: bounded('windowClamp', 0, 2 ** 30, () => 0),
  TCP_QUICKACK: {
    set: (file, value) => {
      file.options.quickAck = value !== 0;
      const c = file.connection;
      // What has not been acknowledged yet is, at once (tcp_sock_set_quickack).
      if (value !== 0 && c !== null && file.established && c.rcv.nxt !== c.rcv.acked) c.ackDue = sendCauses.ackQuick;
      return null;
    },
    get: (file) => Number(file.options.quickAck ?? true),
  },
  IP_TOS: {
    set: (file, value) => setTos(file, 4, value & 0xff),
    get: (file) => file.ipFields(4).tos,
    least: 1,
  },
  IP_TTL: {
    set: (file, value) => (value === 0 ? 'EINVAL' : setTtl(file, 4, value)),
    get: (file) => file.ipFields(4).ttl ?? file.host.sysctls.ip_default_ttl,
    least: 1,
  },
  IP_LOCAL_PORT_RANGE: {
    set: (file, value) => {
      const [first, last] = [value & 0xffff, (value >>> 16) & 0xffff];
      if (first !== 0 && last !== 0 && first > last) return 'EINVAL';
      file.options.localPortRange = value >>> 0;
      return null;
    },
    get: (file) => file.options.localPortRange,
  },
  IP_MTU_DISCOVER: { ...mtuDiscover('IP_MTU_DISCOVER'), least: 1 },
  IP_MTU: { get: pathMtu },
  // A host that sends nothing but TCP: what these ask to be told of a datagram, a stream has no place for.
  ...flags('IPV6_RECVTCLASS IPV6_RECVHOPLIMIT IPV6_RECVPKTINFO IPV6_RECVPATHMTU IPV6_DONTFRAG'),
  ...flags('IPV6_FREEBIND IPV6_TRANSPARENT IPV6_FLOWINFO_SEND'),
  IPV6_V6ONLY: {
    set: (file, value) => {
      if (file.bound !== null || file.connection !== null || file.listener !== null) return 'EINVAL';
      file.v6Only = value !== 0;
      return null;
    },
    get: (file) => Number(file.v6Only),
  },
  IPV6_TCLASS: {
    set: (file, value) => (value < -1 || value > 0xff ? 'EINVAL' : setTos(file, 6, Math.max(0, value))),
    get: (file) => file.ipFields(6).tos,
  },
  IPV6_UNICAST_HOPS: {
    set: (file, value) => setTtl(file, 6, value),
    get: (file) => file.ipFields(6).ttl ?? file.host.sysctls.hop_limit,
  },
  IPV6_MTU_DISCOVER: mtuDiscover('IPV6_MTU_DISCOVER'),
  IPV6_MTU: { get: pathMtu },
};
