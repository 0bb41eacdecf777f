import { type HoldReason, holdCauses } from '../../../tcp/terms/holds.ts';
import type { Text } from '../../terms/text.ts';
import type { Draft, Drafts } from '../terms/entry.ts';

interface Hold {
  readonly name: string;
  readonly also: readonly string[];
  readonly zh: string;
  /** What is to be done if it lasts. */
  readonly many: Text;
  readonly scenarios?: readonly string[];
}

/** What `why` says that a connection waits for. English: as the log has it. */
const holds: Readonly<Record<HoldReason, Hold>> = {
  idle: {
    name: 'hold idle',
    also: ['idle'],
    zh: '数据全部发送并已被确认',
    many: { en: 'Nothing is wrong: there is nothing to do.', zh: '没有问题：没有事情要做。' },
  },
  handshake: {
    name: 'hold handshake',
    also: ['waits for handshake'],
    zh: '数据等待握手完成',
    many: { en: 'The peer does not answer the SYN: see SYN_SENT.', zh: '对方没有回应 SYN：见 SYN_SENT。' },
    scenarios: ['handshake-lost 1'],
  },
  application: {
    name: 'hold application',
    also: ['application limited', 'app-limited', '应用受限'],
    zh: '应用程序没有写更多数据',
    many: { en: 'The network could take more: the program is what is slow.', zh: '网络还能承载更多：慢的是应用程序。' },
  },
  sndbuf: {
    name: 'hold sndbuf',
    also: ['sndbuf limited', '发送缓冲区受限'],
    zh: '发送缓冲区已满',
    many: {
      en: 'On a long path the send buffer is smaller than rate × RTT: raise tcp_wmem, and do not set SO_SNDBUF.',
      zh: '在长路径上发送缓冲区小于速率 × RTT：增大 tcp_wmem，不要设置 SO_SNDBUF。',
    },
    scenarios: ['backpressure'],
  },
  nagle: {
    name: 'hold nagle',
    also: ['held by Nagle'],
    zh: '较短的报文段等待 ACK（Nagle 算法）',
    many: {
      en: 'Small writes one after the other: write them at once, or set TCP_NODELAY.',
      zh: '连续的小块写入：合并成一次写入，或者设置 TCP_NODELAY。',
    },
    scenarios: ['nagle-delack'],
  },
  cork: {
    name: 'hold cork',
    also: ['TCP_CORK', 'MSG_MORE', 'corked'],
    zh: '较短的报文段等待更多数据（TCP_CORK）',
    many: { en: 'The application has not pulled the cork.', zh: '应用程序还没有取消 TCP_CORK。' },
  },
  cwnd: {
    name: 'hold cwnd',
    also: ['cwnd limited', '拥塞窗口受限'],
    zh: '拥塞窗口已满',
    many: { en: 'The path sets the pace: all is well.', zh: '由路径决定速度：一切正常。' },
    scenarios: ['congestion'],
  },
  recovery: {
    name: 'hold recovery',
    also: ['in recovery'],
    zh: '修复丢失期间拥塞窗口已满',
    many: { en: 'The path loses packets: look for why.', zh: '路径在丢包：查找原因。' },
    scenarios: ['fast-retransmit', 'sack'],
  },
  rwnd: {
    name: 'hold rwnd',
    also: ['rwnd limited', '接收窗口受限'],
    zh: '对方的窗口已满',
    many: {
      en: 'The application at the other end reads too slowly, or its receive buffer is small for the path (tcp_rmem there).',
      zh: '对端的应用程序读得太慢，或者对端的接收缓冲区相对路径太小（对端的 tcp_rmem）。',
    },
    scenarios: ['zero-window', 'sliding-window'],
  },
  turn: {
    name: 'hold turn',
    also: ['turn'],
    zh: '先轮到其他连接',
    many: { en: 'The host has many busy connections.', zh: '主机上有许多繁忙的连接。' },
  },
  pacing: {
    name: 'hold pacing',
    also: ['pacing', 'paced', '步调'],
    zh: '报文段按速率分散在往返时间里，下一个还没到时间（pacing）',
    many: {
      en: 'BBR, or a user with SO_MAX_PACING_RATE, sends no faster than the rate: the path or the limit is what it is.',
      zh: 'BBR，或者设置了 SO_MAX_PACING_RATE 的应用程序，不会发送得比这个速率更快：路径或者限制就是这样。',
    },
  },
};

export const holdReasons: Drafts = Object.fromEntries(
  Object.entries(holds).map(([reason, { name, zh, ...rest }]): [string, Draft] => {
    const { text, source } = holdCauses[reason as HoldReason];
    return [
      name,
      {
        ...rest,
        text: {
          en: `What keeps the sender from sending more now: ${text}.`,
          zh: `发送方现在不再发送的原因：${zh}。`,
        },
        sources: [source],
        here: ['tcpglass why', 'tcpglass ss -ti'],
        linux: ['ss -ti'],
      },
    ];
  }),
);
