import type { Sysctls } from '../host/host.ts';
import { LabError } from './terms/errors.ts';
import type { Text } from './terms/text.ts';

/** What a version of Linux changed: how it was before, and where that is written. */
interface Change {
  /** The first version that has it otherwise, and the first one that had it so, where that isn't the oldest. */
  readonly since: string;
  readonly from?: string;
  /** How the knobs stood before that version; none: this stack can't imitate it, and the text says so. */
  readonly before: Partial<Sysctls>;
  readonly text: Text;
  readonly source: string;
}

/** A kernel whose defaults a scenario can be played with: `--as linux-3.10`. */
export interface Kernel {
  readonly name: string;
  /** Knobs that stood otherwise there than they do in this stack. */
  readonly sysctls: Partial<Sysctls>;
  /** What was otherwise there, imitated or not. */
  readonly notes: readonly { readonly text: Text; readonly source: string }[];
}

/** Kernels that articles are about: long-lived ones, and those that changed something. */
export const kernelNames: readonly string[] = [
  ...['linux-2.2', 'linux-2.6.32', 'linux-3.10', 'linux-4.4', 'linux-4.12'],
  ...['linux-4.19', 'linux-5.4', 'linux-6.5', 'linux-6.18'],
];

const FIRST = '2.2';
const LAST = '6.18';

/** Where this stack's own defaults, or those of a scenario, are not Linux's. */
const LINUX: Partial<Sysctls> = {
  tcp_syn_retries: 6,
  tcp_syn_linear_timeouts: 4,
  tcp_mtu_probing: 0,
  tcp_mtu_probe_floor: 48,
  tcp_rcvbuf_low_rtt: 0, // there is none up to 6.18
  tcp_wmem: [4096, 16_384, 4_194_304],
};

/** Newest first. Of one knob, only one of them is about a version. */
const changes: readonly Change[] = [
  {
    since: '6.16',
    from: '4.20',
    before: { tcp_rmem: [4096, 131_072, 6_291_456] },
    text: {
      en: 'The largest receive buffer is 6 MiB, so the window scale is 7 (32 MiB and 10 since 6.16).',
      zh: '接收缓冲区最大 6 MiB，所以窗口扩大因子是 7（6.16 起为 32 MiB 和 10）。',
    },
    source: 'ip-sysctl.rst, tcp_rmem',
  },
  {
    since: '6.14',
    before: { tcp_tw_reuse_delay: 1000 },
    text: {
      en: 'There is no knob tcp_tw_reuse_delay: tcp_tw_reuse takes a TIME_WAIT that is older than 1 s.',
      zh: '没有 tcp_tw_reuse_delay：tcp_tw_reuse 接管超过 1 s 的 TIME_WAIT。',
    },
    source: 'ip-sysctl.rst, tcp_tw_reuse_delay',
  },
  {
    since: '6.5',
    before: { tcp_syn_linear_timeouts: 0 },
    text: {
      en: 'Each time-out of a SYN is twice the one before (since 6.5 the first 5 are of 1 s each, and 4 of these come on top of tcp_syn_retries).',
      zh: 'SYN 的每次超时都是上一次的两倍（6.5 起前 5 次都是 1 s，其中 4 次加在 tcp_syn_retries 之上）。',
    },
    source: 'ip-sysctl.rst, tcp_syn_linear_timeouts',
  },
  {
    since: '6.1',
    from: '4.7',
    before: { tcp_challenge_ack_limit: 1000 },
    text: {
      en: 'The whole host sends at most 1000 challenge ACKs in a second (no limit since 6.1).',
      zh: '整个主机每秒最多发送 1000 个 challenge ACK（6.1 起不限）。',
    },
    source: 'ip-sysctl.rst, tcp_challenge_ack_limit',
  },
  {
    since: '5.4',
    before: { somaxconn: 128 },
    text: {
      en: 'somaxconn is 128 (4096 since 5.4): no accept queue is longer, whatever listen(2) asks for.',
      zh: 'somaxconn 为 128（5.4 起为 4096）：无论 listen(2) 要求多少，全连接队列都不会更长。',
    },
    source: 'ip-sysctl.rst, somaxconn',
  },
  {
    since: '4.20',
    before: { tcp_rmem: [4096, 87_380, 6_291_456] },
    text: {
      en: 'The receive buffer begins with 87380 octets (131072 since 4.20).',
      zh: '接收缓冲区初始为 87380 字节（4.20 起为 131072）。',
    },
    source: 'ip-sysctl.rst, tcp_rmem; net/ipv4/tcp.c, tcp_init',
  },
  {
    since: '4.19',
    before: { tcp_tw_reuse: 0 },
    text: {
      en: 'tcp_tw_reuse is 0 by default and knows 0 and 1 only (since 4.19 the default is 2: within the host).',
      zh: 'tcp_tw_reuse 默认 0，只有 0 和 1 两个值（4.19 起默认 2：仅限本机内部）。',
    },
    source: 'ip-sysctl.rst, tcp_tw_reuse',
  },
  {
    since: '4.12',
    before: {},
    text: {
      en: 'There is tcp_tw_recycle, 0 by default (gone since 4.12).',
      zh: '有 tcp_tw_recycle，默认 0（4.12 起删除）。',
    },
    source: 'ip-sysctl.txt of 4.11, tcp_tw_recycle',
  },
  {
    since: '4.10',
    before: { tcp_timestamps: 2 },
    text: {
      en: 'Timestamps have no random offset (this stack: tcp_timestamps = 2): all peers see one clock, that of the time since boot.',
      zh: '时间戳没有随机偏移（本协议栈中 tcp_timestamps = 2）：所有对端看到的都是同一个开机以来的时钟。',
    },
    source: 'ip-sysctl.rst, tcp_timestamps',
  },
  {
    since: '4.7',
    from: '3.6',
    before: { tcp_challenge_ack_limit: 100 },
    text: {
      en: 'The whole host sends at most 100 challenge ACKs in a second (CVE-2016-5696).',
      zh: '整个主机每秒最多发送 100 个 challenge ACK（CVE-2016-5696）。',
    },
    source: 'net/ipv4/tcp_input.c, sysctl_tcp_challenge_ack_limit',
  },
  {
    since: '4.4',
    before: {},
    text: {
      en: 'The SYN queue has a bound of its own, tcp_max_syn_backlog. Not imitated: here, as since 4.4, the backlog bounds it.',
      zh: '半连接队列有自己的上限 tcp_max_syn_backlog。未模拟：这里与 4.4 起一样，由 backlog 限制。',
    },
    source: 'net/core/request_sock.c, reqsk_queue_alloc',
  },
  {
    since: '4.2',
    from: '2.4',
    before: { ip_local_port_range: [32_768, 61_000] },
    text: {
      en: 'Ephemeral ports are 32768 to 61000 (to 60999 since 4.2).',
      zh: '临时端口为 32768 到 61000（4.2 起到 60999）。',
    },
    source: 'ip-sysctl.txt, ip_local_port_range',
  },
  {
    since: '4.0',
    before: { tcp_invalid_ratelimit: 0 },
    text: {
      en: 'ACKs that answer segments out of place are not held apart by time (tcp_invalid_ratelimit, 500 ms since 4.0).',
      zh: '对位置不符的报文段的 ACK 没有时间间隔限制（tcp_invalid_ratelimit，4.0 起为 500 ms）。',
    },
    source: 'ip-sysctl.rst, tcp_invalid_ratelimit',
  },
  {
    since: '3.7',
    before: { tcp_syn_retries: 5 },
    text: {
      en: 'A SYN is repeated 5 times (6 since 3.7): with a first time-out of 1 s that makes 63 s.',
      zh: 'SYN 重传 5 次（3.7 起为 6 次）：初始 RTO 为 1 s 时共 63 s。',
    },
    source: 'ip-sysctl.txt, tcp_syn_retries; include/net/tcp.h, TCP_SYN_RETRIES',
  },
  {
    since: '3.6',
    before: {},
    text: {
      en: 'A RST or SYN anywhere in the window ends a connection: there are no challenge ACKs (RFC 5961). Not imitated.',
      zh: '落在窗口内的 RST 或 SYN 都会终止连接：还没有 challenge ACK（RFC 5961）。未模拟。',
    },
    source: 'RFC 5961; net/ipv4/tcp_input.c, tcp_validate_incoming',
  },
  {
    since: '3.1',
    before: {},
    text: {
      en: 'The first time-out is 3 s (RFC 1122; 1 s since 3.1, RFC 6298), so 5 repetitions of a SYN make 189 s. Not imitated: here it is 1 s.',
      zh: '初始 RTO 为 3 s（RFC 1122；3.1 起为 1 s，RFC 6298），所以 SYN 重传 5 次共 189 s。未模拟：这里是 1 s。',
    },
    source: 'include/net/tcp.h, TCP_TIMEOUT_INIT; RFC 6298, 2.1',
  },
  {
    since: '2.6.39',
    before: {},
    text: {
      en: 'The initial congestion window is 3 full segments (RFC 3390; 10 since 2.6.39, RFC 6928). Not imitated: here it is 10.',
      zh: '初始拥塞窗口为 3 个满长报文段（RFC 3390；2.6.39 起为 10 个，RFC 6928）。未模拟：这里是 10 个。',
    },
    source: 'include/net/tcp.h, TCP_INIT_CWND; RFC 6928',
  },
  {
    since: '2.6.33',
    before: { tcp_syncookies: 0 },
    text: {
      en: 'SYN cookies are off by default (tcp_syncookies 0; 1 since 2.6.33).',
      zh: 'SYN cookie 默认关闭（tcp_syncookies 为 0；2.6.33 起为 1）。',
    },
    source: 'ip-sysctl.txt, tcp_syncookies',
  },
  {
    since: '2.4',
    before: { tcp_fin_timeout: 180, ip_local_port_range: [1024, 4999] },
    text: {
      en: 'FIN_WAIT_2 lasts 180 s (tcp_fin_timeout; 60 since 2.4), and ephemeral ports are 1024 to 4999.',
      zh: 'FIN_WAIT_2 持续 180 s（tcp_fin_timeout；2.4 起为 60），临时端口为 1024 到 4999。',
    },
    source: 'tcp(7), tcp_fin_timeout; ip(7), ip_local_port_range',
  },
];

/** Of any version: what all of them have otherwise. */
const always: Kernel['notes'] = [
  {
    text: {
      en: 'TIME_WAIT is 60 s in every version, a constant (TCP_TIMEWAIT_LEN).',
      zh: '所有版本的 TIME_WAIT 都是 60 s，是常量（TCP_TIMEWAIT_LEN）。',
    },
    source: 'include/net/tcp.h, TCP_TIMEWAIT_LEN',
  },
  {
    text: {
      en: "Congestion control is this stack's NewReno, not CUBIC or what that kernel had; a path MTU is not probed for (tcp_mtu_probing 0).",
      zh: '拥塞控制是本协议栈的 NewReno，而不是 CUBIC 或该内核的算法；不探测路径 MTU（tcp_mtu_probing 为 0）。',
    },
    source: 'ip-sysctl.rst, tcp_congestion_control, tcp_mtu_probing',
  },
];

/**
 * The defaults of a Linux kernel, as far as this stack has knobs for them.
 * @param name `linux-` and a version from 2.2 to 6.18, of two or three numbers
 * @throws LabError for anything else; it names the kernels that are good examples
 */
export function kernelNamed(name: string): Kernel {
  const version = /^linux-(\d+\.\d+(\.\d+)?)$/.exec(name)?.[1];
  if (version === undefined || compared(version, FIRST) < 0 || compared(version, LAST) > 0) {
    throw new LabError(
      `There is no kernel "${name}": linux-VERSION, from ${FIRST} to ${LAST}, for example ${kernelNames.join(', ')}`,
    );
  }
  const isAbout = ({ since, from = FIRST }: Change): boolean =>
    compared(version, since) < 0 && compared(version, from) >= 0;
  const old = changes.filter(isAbout);
  return {
    name,
    sysctls: Object.assign({ ...LINUX }, ...old.map(({ before }) => before)),
    notes: [...old.map(({ text, source }) => ({ text, source })), ...always],
  };
}

/** Versions in their order: 4.9 is before 4.12, and 2.6.39 before 3.0. */
function compared(a: string, b: string): number {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (x![i] ?? 0) - (y![i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
