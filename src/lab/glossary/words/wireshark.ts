import type { Text } from '../../terms/text.ts';
import type { Draft, Drafts } from '../terms/entry.ts';

interface Label {
  readonly name: string;
  readonly also?: readonly string[];
  /** The field of its display filter: tcp.analysis.<field>. */
  readonly field: string;
  readonly text: Text;
  readonly scenarios?: readonly string[];
  readonly see?: readonly string[];
}

/** What Wireshark writes in brackets behind a segment. It is its judgement from one place of the path, not in the segment. */
const labels: readonly Label[] = [
  {
    name: 'TCP Dup ACK',
    also: ['Dup ACK', 'duplicate ACK', '重复 ACK', '重复确认', 'TCP Dup ACK #1'],
    field: 'duplicate_ack',
    text: {
      en: 'An ACK that repeats the last acknowledgment number, without data: a segment came out of order behind a gap. The number behind # counts them; three mean loss.',
      zh: '不带数据、重复上一个确认号的 ACK：有报文段越过缺口乱序到达。# 后面的数字是第几个；三个表示丢失。',
    },
    scenarios: ['fast-retransmit', 'sack'],
    see: ['fast retransmit', 'SACK'],
  },
  {
    name: 'TCP Retransmission',
    also: ['Retransmission', '重传'],
    field: 'retransmission',
    text: {
      en: 'Octets that Wireshark has seen before, sent again; no better label fits. Mostly a time-out (RTO).',
      zh: 'Wireshark 已经见过的字节又发送了一次，且没有更合适的标签。多半是超时重传（RTO）。',
    },
    scenarios: ['rto', 'tail-loss'],
    see: ['RTO', 'TcpRetransSegs'],
  },
  {
    name: 'TCP Fast Retransmission',
    also: ['Fast Retransmission'],
    field: 'fast_retransmission',
    text: {
      en: 'Sent again within 20 ms of at least 2 duplicate ACKs that ask for it: the sender did not wait for its RTO.',
      zh: '在至少 2 个请求它的重复 ACK 之后 20 ms 内重传：发送方没有等到 RTO。',
    },
    scenarios: ['fast-retransmit'],
    see: ['fast retransmit', 'TcpExtTCPFastRetrans'],
  },
  {
    name: 'TCP Spurious Retransmission',
    also: ['Spurious Retransmission'],
    field: 'spurious_retransmission',
    text: {
      en: 'Sent again although Wireshark has seen the ACK of it: needless. The ACK was lost behind the place of the capture, or came too late.',
      zh: 'Wireshark 已经看到对它的 ACK，却又重传：没有必要。ACK 在抓包点之后丢失，或者到得太晚。',
    },
    scenarios: ['spurious-rto'],
    see: ['spurious retransmission', 'D-SACK'],
  },
  {
    name: 'TCP Out-Of-Order',
    also: ['Out-Of-Order', 'OOO', '乱序'],
    field: 'out_of_order',
    text: {
      en: 'A sequence number lower than one already seen, so soon that it is no retransmission: packets overtook each other, or the capture lost their order.',
      zh: '序号比已见过的小，而且来得很快，不像重传：数据包在途中互相超越，或者抓包时打乱了顺序。',
    },
    scenarios: ['reliability', 'fin-out-of-order'],
    see: ['TcpExtTCPOFOQueue', 'tcp_reordering'],
  },
  {
    name: 'TCP Previous segment not captured',
    also: ['Previous segment not captured', 'Previous segment lost'],
    field: 'lost_segment',
    text: {
      en: 'A sequence number higher than the next one expected: a segment before it was lost on the way here, comes later, or was missed by the capture.',
      zh: '序号大于期望的下一个：前面有报文段在到达抓包点之前丢失、迟到，或者没有被抓到。',
    },
    scenarios: ['fast-retransmit'],
  },
  {
    name: 'TCP ACKed unseen segment',
    also: ['ACKed unseen segment'],
    field: 'ack_lost_segment',
    text: {
      en: 'An ACK of octets that the capture does not have: it began late, or missed packets. The network is not at fault.',
      zh: '确认了抓包中没有的字节：抓包开始得晚，或者漏抓。不是网络的问题。',
    },
  },
  {
    name: 'TCP ZeroWindow',
    also: ['ZeroWindow', 'TCP Zero Window'],
    field: 'zero_window',
    text: {
      en: "The sender of this segment says: window 0, my application doesn't read. The other end must wait.",
      zh: '本报文段的发送方说：窗口为 0，我的应用程序没有读取。另一端必须等待。',
    },
    scenarios: ['zero-window', 'backpressure'],
    see: ['zero window', 'TcpExtTCPToZeroWindowAdv'],
  },
  {
    name: 'TCP Window Update',
    also: ['Window Update', '窗口更新'],
    field: 'window_update',
    text: {
      en: 'An ACK that changes nothing but the window: the application has read, and there is room again.',
      zh: '只改变窗口的 ACK：应用程序已经读取，又有了空间。',
    },
    scenarios: ['zero-window', 'sliding-window'],
    see: ['window', 'TcpExtTCPFromZeroWindowAdv'],
  },
  {
    name: 'TCP Window Full',
    also: ['Window Full', '窗口已满'],
    field: 'window_full',
    text: {
      en: 'With this segment the sender has filled the window of the other end: it must stop until an ACK comes. Often, if the receive buffer is small for the path.',
      zh: '发送方用这个报文段填满了对方的窗口：必须停下等 ACK。经常出现说明接收缓冲区相对路径太小。',
    },
    scenarios: ['sliding-window', 'window-scaling'],
    see: ['hold rwnd', 'window'],
  },
  {
    name: 'TCP ZeroWindowProbe',
    also: ['ZeroWindowProbe', 'Zero Window Probe', '零窗口探测', 'TCP ZeroWindowProbeAck'],
    field: 'zero_window_probe',
    text: {
      en: 'One octet at the edge of a shut window, to have the other end say what its window is now; ZeroWindowProbeAck is the answer. Linux and this stack send an empty segment with an old number instead, which Wireshark calls Keep-Alive.',
      zh: '在关闭的窗口边缘发送一个字节，让对方说明现在的窗口；ZeroWindowProbeAck 是它的回应。Linux 和本协议栈改为发送一个旧序号的空报文段，Wireshark 把它标为 Keep-Alive。',
    },
    scenarios: ['zero-window'],
    see: ['persist timer', 'TcpExtTCPWinProbe'],
  },
  {
    name: 'TCP Keep-Alive',
    also: ['TCP Keep-Alive ACK', 'Keep-Alive segment'],
    field: 'keep_alive',
    text: {
      en: 'A segment with at most one octet, one before the next number: it must be answered. Keep-Alive ACK is the answer.',
      zh: '序号比下一个小一、最多一个字节的报文段：对方必须回应。Keep-Alive ACK 是回应。',
    },
    scenarios: ['tcp-keepalive-vs-http-keep-alive'],
    see: ['keepalive', 'TcpExtTCPKeepAlive'],
  },
  {
    name: 'TCP Port numbers reused',
    also: ['Port numbers reused', '端口号重用'],
    field: 'reused_ports',
    text: {
      en: 'A SYN of a four-tuple that is in the capture already, with another sequence number: a new connection of the same ports, as after TIME_WAIT or with tcp_tw_reuse.',
      zh: '抓包中已有的四元组又出现 SYN，序号不同：相同端口的新连接，例如在 TIME_WAIT 之后或使用 tcp_tw_reuse。',
    },
    scenarios: ['reuse', 'syn-in-time-wait'],
    see: ['tcp_tw_reuse', 'TIME_WAIT', 'four-tuple'],
  },
];

export const wireshark: Drafts = Object.fromEntries(
  labels.map(({ name, field, ...rest }): [string, Draft] => [
    name,
    {
      ...rest,
      here: ['tcpglass trace'],
      linux: [`tshark -Y tcp.analysis.${field}`],
      sources: ["Wireshark User's Guide, 7.5"],
    },
  ]),
);
