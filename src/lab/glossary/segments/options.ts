import type { Draft, Drafts } from '../terms/entry.ts';

const SHOWN = {
  here: ['tcpglass trace', 'tcpglass ss -tie'],
  linux: ['ss -ti', 'tcpdump -nn -v tcp'],
} satisfies Partial<Draft>;
/** Of options that this stack doesn't send: seen on a kernel's own connections alone. */
const ELSEWHERE = { linux: ['tcpdump -nn -v tcp'] } satisfies Partial<Draft>;

export const options: Drafts = {
  MSS: {
    also: ['Maximum Segment Size', '最大报文段长度', '最大报文段大小', 'mss option'],
    asked: ['MSS 与 MTU 有什么关系', '为什么 TCP 还要分段'],
    text: {
      en: 'Kind 2, on SYNs alone: the longest piece of data that the sender of the option will take in a segment, without headers. On Ethernet (MTU 1500) over IPv4 it is 1460. It is an announcement for each direction, no negotiation. Missing: 536. TCP cuts its data to it so that IP need not fragment: one lost fragment would cost the whole segment.',
      zh: '类型 2，只出现在 SYN 上：选项的发送方在一个报文段中愿意接收的最长数据，不含首部。以太网（MTU 1500）上 IPv4 时为 1460。它是每个方向各自的通告，不是协商。没有此选项时为 536。TCP 按它分段，使 IP 不必分片：丢失一个分片就要重传整个报文段。',
    },
    sources: ['RFC 9293, 3.7.1', 'RFC 6691'],
    scenarios: ['mss-mtu', 'options'],
    see: ['MTU', 'path MTU', 'tcp_mtu_probing'],
    ...SHOWN,
  },
  'window scale': {
    also: ['wscale', 'WS', 'Window Scaling', '窗口扩大因子', '窗口缩放', '窗口扩大选项'],
    text: {
      en: 'Kind 3, on SYNs alone: by how many bits the window field of all later segments is to be shifted, 0 to 14. Without it a window is at most 64 KiB, which at an RTT of 100 ms is 5.2 Mbit/s. Both sides must offer it.',
      zh: '类型 3，只出现在 SYN 上：此后所有报文段的窗口字段应左移的位数，0 到 14。没有它，窗口最大 64 KiB，RTT 为 100 ms 时即 5.2 Mbit/s。双方都必须提出才有效。',
    },
    sources: ['RFC 7323, 2'],
    scenarios: ['window-scaling', 'options'],
    see: ['tcp_window_scaling', 'window field', 'BDP'],
    ...SHOWN,
  },
  'SACK permitted': {
    also: ['sackOK', 'SACK_PERM', '允许 SACK'],
    text: {
      en: 'Kind 4, on SYNs alone: the sender can use selective acknowledgments. If both say so, SACK options may follow.',
      zh: '类型 4，只出现在 SYN 上：发送方能处理选择确认。双方都声明之后，才可以使用 SACK 选项。',
    },
    sources: ['RFC 2018, 2'],
    scenarios: ['sack', 'options'],
    see: ['SACK', 'tcp_sack'],
    ...SHOWN,
  },
  SACK: {
    also: ['selective acknowledgment', '选择确认', '选择性确认'],
    text: {
      en: 'Kind 5: besides the acknowledgment number, up to 4 blocks of octets that have arrived behind a gap (3 with timestamps). The sender sends again just what is missing, several holes in one RTT; without SACK it learns of one hole in each RTT.',
      zh: '类型 5：除确认号之外，最多列出 4 块（有时间戳时 3 块）在缺口之后已到达的字节。发送方只重传缺少的部分，一个 RTT 内可修补多个空洞；没有 SACK 时每个 RTT 只能得知一个空洞。',
    },
    sources: ['RFC 2018, 3', 'RFC 6675'],
    scenarios: ['sack'],
    see: ['D-SACK', 'tcp_sack', 'fast retransmit', 'TcpExtTCPSackRecovery'],
    ...SHOWN,
  },
  'D-SACK': {
    also: ['DSACK', 'duplicate SACK', '重复 SACK'],
    text: {
      en: 'A SACK whose first block lies below the acknowledgment number, or within another block: that segment came twice. So the sender learns that its retransmission was needless, and takes the reduction of its window back.',
      zh: '第一块位于确认号之下（或另一块之内）的 SACK：那个报文段到达了两次。发送方由此得知重传没有必要，并撤销对窗口的减小。',
    },
    sources: ['RFC 2883', 'RFC 3708'],
    scenarios: ['sack', 'spurious-rto'],
    see: ['SACK', 'tcp_dsack', 'TcpExtTCPDSACKRecv', 'spurious retransmission'],
    ...SHOWN,
  },
  timestamps: {
    also: ['TSopt', 'TSval', 'TSecr', 'timestamp option', '时间戳', '时间戳选项'],
    text: {
      en: 'Kind 8, 10 octets on every segment: TSval, the sender’s clock, and TSecr, the last TSval of the peer. It gives an RTT sample with each ACK, even of what was sent again; lets PAWS drop old segments; and makes it safe to use a four-tuple in TIME_WAIT again.',
      zh: '类型 8，每个报文段 10 字节：TSval 是发送方的时钟，TSecr 是对方最近的 TSval。每个 ACK 都能得到 RTT 样本，即使是重传的；PAWS 据此丢弃旧报文段；并使处于 TIME_WAIT 的四元组可以安全地再次使用。',
    },
    sources: ['RFC 7323, 3'],
    scenarios: ['options', 'reuse', 'sequence-wrap', 'tw-recycle-nat'],
    see: ['tcp_timestamps', 'PAWS', 'tcp_tw_reuse'],
    ...SHOWN,
  },
  NOP: {
    also: ['No-Operation', 'EOL', 'End of Option List', '填充选项'],
    text: {
      en: 'Kinds 1 and 0, one octet each: padding between options, and the end of the list. They bring what follows to a multiple of 4 octets.',
      zh: '类型 1 和 0，各一个字节：选项之间的填充，以及选项表的结束。它们使后面的内容对齐到 4 字节。',
    },
    sources: ['RFC 9293, 3.2'],
    ...SHOWN,
  },
  'TCP Fast Open': {
    also: ['TFO', 'Fast Open', '快速打开'],
    text: {
      en: 'Kind 34: a cookie from an earlier connection, with which data on the SYN may be handed up before the handshake is complete: 1 RTT saved. Middleboxes often drop it, and data may come twice; TLS 1.3 and QUIC are used instead. Here: connect({ fastOpen: true }), and fastOpen of a server.',
      zh: '类型 34：来自先前连接的 cookie，凭它可以在握手完成之前把 SYN 上的数据交给应用程序：省去 1 个 RTT。中间设备常丢弃它，数据也可能重复到达；现在多用 TLS 1.3 和 QUIC 代替。本协议栈：connect({ fastOpen: true })，以及服务器的 fastOpen 选项。',
    },
    sources: ['RFC 7413'],
    scenarios: ['fast-open', 'data-in-handshake'],
    linux: ['sysctl net.ipv4.tcp_fastopen', 'nstat -az TcpExtTCPFastOpen*'],
  },
  'TCP MD5': {
    also: ['MD5 signature', 'MD5', 'TCP_MD5SIG', 'MD5 签名'],
    text: {
      en: 'Kind 19: a keyed digest of each segment, so that BGP sessions can not be reset by forgers. Replaced by TCP-AO. This stack has no keys: as by Linux without one, what is signed is dropped (TCPMD5Unexpected).',
      zh: '类型 19：每个报文段带密钥的摘要，使伪造者无法复位 BGP 会话。已被 TCP-AO 取代。本协议栈没有密钥：与没有密钥的 Linux 一样，丢弃带签名的报文段（TCPMD5Unexpected）。',
    },
    sources: ['RFC 2385'],
    see: ['TCP-AO'],
    ...ELSEWHERE,
  },
  'TCP-AO': {
    also: ['TCP Authentication Option', 'TCP 认证选项'],
    text: {
      en: 'Kind 29: authenticates each segment, with keys that can be changed during a connection. This stack does not have it: the option is stepped over.',
      zh: '类型 29：对每个报文段进行认证，密钥可以在连接期间更换。本协议栈没有实现：跳过此选项。',
    },
    sources: ['RFC 5925'],
    see: ['TCP MD5'],
    ...ELSEWHERE,
  },
  AccECN: {
    also: ['Accurate ECN option', 'accecn'],
    text: {
      en: 'Kinds 172 and 174: how many octets came with each ECN mark, so that a sender learns how much congestion there is, not only that there is. With tcp_ecn=3 this stack has it; tcp_ecn_option says how often it is sent.',
      zh: '类型 172 和 174：带有各种 ECN 标记的字节各到达了多少，使发送方不仅知道有拥塞，还知道拥塞的程度。tcp_ecn=3 时本协议栈使用它；tcp_ecn_option 决定发送的频度。',
    },
    sources: ['RFC 9768'],
    see: ['AE', 'ECE'],
    ...ELSEWHERE,
  },
  MPTCP: {
    also: ['Multipath TCP', '多路径 TCP'],
    text: {
      en: 'Kind 30: one connection over several paths, as Wi-Fi and mobile at once. This stack does not have it: it answers without the option, and the peer falls back to ordinary TCP.',
      zh: '类型 30：一个连接同时使用多条路径，例如同时使用 Wi-Fi 和移动网络。本协议栈没有实现：回应时不带此选项，对方退回普通 TCP。',
    },
    sources: ['RFC 8684'],
    linux: ['ss -tiM', 'nstat -az MPTcpExt*'],
  },
  'user timeout option': {
    also: ['UTO', '用户超时选项'],
    text: {
      en: 'Kind 28: tells the peer how long this end will wait for ACKs before it gives up. This stack does not send it, and neither does Linux; both have the limit itself, TCP_USER_TIMEOUT.',
      zh: '类型 28：告诉对方本端在放弃之前愿意等待 ACK 多久。本协议栈不发送它，Linux 也不发送；二者都有这个限制本身，即 TCP_USER_TIMEOUT。',
    },
    sources: ['RFC 5482'],
    see: ['user timeout'],
    ...ELSEWHERE,
  },
};
