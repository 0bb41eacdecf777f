import type { Draft } from '../terms/entry.ts';

type About = Partial<Pick<Draft, 'also' | 'many' | 'scenarios' | 'see'>>;

/** What it tells when a counter grows, what netstat -s calls it, and where it is seen growing. */
export const about: Readonly<Record<string, About>> = {
  TcpActiveOpens: { scenarios: ['handshake'] },
  TcpPassiveOpens: { scenarios: ['handshake'] },
  TcpAttemptFails: {
    also: ['failed connection attempts'],
    many: {
      en: 'Peers refuse or do not answer, or clients begin handshakes and do not end them.',
      zh: '对端拒绝或没有回应，或者客户端开始握手而不完成。',
    },
    scenarios: ['refused', 'handshake-lost 3'],
  },
  TcpEstabResets: {
    also: ['connection resets received'],
    many: {
      en: 'Programs close with data unread or abort, peers crash, or a middlebox cuts idle connections.',
      zh: '程序在还有未读数据时关闭或中止连接，对端崩溃，或者中间设备切断空闲连接。',
    },
    scenarios: ['linger-0', 'unread-data', 'half-open'],
    see: ['RST', 'ECONNRESET'],
  },
  TcpRetransSegs: {
    also: ['segments retransmitted', 'segments retransmited', '重传率'],
    many: {
      en: 'Compare it with TcpOutSegs: above about 1 % the path loses packets. The counters TCPTimeouts and TCPFastRetrans say how it was noticed.',
      zh: '与 TcpOutSegs 比较：超过约 1 % 说明路径在丢包。计数器 TCPTimeouts 和 TCPFastRetrans 说明是怎样发现的。',
    },
    scenarios: ['rto', 'fast-retransmit'],
    see: ['RTO', 'fast retransmit'],
  },
  TcpOutRsts: {
    also: ['resets sent'],
    many: {
      en: 'Clients ask for ports on which nothing listens (a scan, or a service that is down), or programs here close with data unread.',
      zh: '客户端访问没有监听的端口（端口扫描，或服务已停），或者本机程序在还有未读数据时关闭。',
    },
    scenarios: ['refused', 'unread-data'],
    see: ['RST'],
  },
  TcpInCsumErrors: {
    many: { en: 'A link or a network card damages packets.', zh: '链路或网卡损坏了数据包。' },
    scenarios: ['reliability', 'syn-drops'],
    see: ['checksum', 'TcpChecksum'],
  },
  TcpExtListenOverflows: {
    also: ['times the listen queue of a socket overflowed', '全连接队列溢出'],
    many: {
      en: 'The application accepts too slowly, or its backlog (or somaxconn) is too small for the bursts that come.',
      zh: '应用程序 accept 得太慢，或者 backlog（或 somaxconn）相对突发的连接太小。',
    },
    scenarios: ['backlog', 'syn-drops'],
    see: ['accept queue', 'backlog', 'AcceptQueueFull'],
  },
  TcpExtListenDrops: {
    also: ['SYNs to LISTEN sockets dropped'],
    many: {
      en: 'At least ListenOverflows; what is beyond it was dropped for another reason: no cookies and a low backlog, or no memory.',
      zh: '至少等于 ListenOverflows；多出的部分是其他原因丢弃的：没有 cookie 且 backlog 不足，或者没有内存。',
    },
    scenarios: ['backlog', 'syn-drops'],
    see: ['accept queue', 'SYN queue'],
  },
  TcpExtTCPReqQFullDoCookies: {
    many: { en: 'A SYN flood, or a backlog that is too small.', zh: 'SYN 洪泛攻击，或者 backlog 太小。' },
    scenarios: ['syn-flood', 'syn-queue'],
    see: ['SYN cookie', 'SYN flood'],
  },
  TcpExtTCPReqQFullDrop: {
    many: {
      en: 'A SYN flood while cookies are off: real clients are turned away, too.',
      zh: '关闭 cookie 时遭到 SYN 洪泛攻击：真正的客户端也被拒之门外。',
    },
    scenarios: ['syn-flood', 'syn-drops'],
    see: ['tcp_syncookies', 'SynQueueFull'],
  },
  TcpExtSyncookiesSent: { scenarios: ['syn-flood'], see: ['SYN cookie'] },
  TcpExtSyncookiesRecv: { scenarios: ['syn-flood'], see: ['SYN cookie'] },
  TcpExtSyncookiesFailed: {
    many: { en: 'Forged or very late ACKs.', zh: '伪造的或非常迟的 ACK。' },
    see: ['SYN cookie'],
  },
  TcpExtTW: {
    also: ['TCP sockets finished time wait in fast timer'],
    scenarios: ['close', 'short-connections'],
    see: ['TIME_WAIT'],
  },
  TcpExtTWKilled: { scenarios: ['tw-recycle-nat'], see: ['TIME_WAIT', 'tcp_tw_recycle'] },
  TcpExtTWRecycled: { also: ['time wait sockets recycled by time stamp'], scenarios: ['reuse'], see: ['tcp_tw_reuse'] },
  TcpExtTCPTimeWaitOverflow: {
    many: {
      en: 'More connections end than tcp_max_tw_buckets admits: the protection of TIME_WAIT is missing for those.',
      zh: '结束的连接超过 tcp_max_tw_buckets 允许的数量：超出的那些失去了 TIME_WAIT 的保护。',
    },
    scenarios: ['max-tw-buckets'],
    see: ['tcp_max_tw_buckets'],
  },
  TcpExtPAWSPassive: { scenarios: ['tw-recycle-nat'], see: ['tcp_tw_recycle', 'TimestampBeforeLast'] },
  TcpExtPAWSEstab: { scenarios: ['old-duplicate', 'sequence-wrap'], see: ['PAWS'] },
  TcpExtDelayedACKs: { also: ['delayed acks sent'], scenarios: ['nagle-delack'], see: ['delayed ACK'] },
  TcpExtTCPChallengeACK: {
    many: { en: 'Forged segments, or peers that restart.', zh: '伪造的报文段，或者对端重启。' },
    scenarios: ['blind-rst', 'syn-on-established'],
    see: ['challenge ACK'],
  },
  TcpExtTCPSYNChallenge: { scenarios: ['syn-on-established'], see: ['challenge ACK', 'SynOnConnection'] },
  TcpExtTCPMD5Unexpected: { see: ['TCP MD5', 'Md5Unexpected'] },
  TcpExtTCPACKSkippedSeq: { scenarios: ['ack-storm'], see: ['tcp_invalid_ratelimit'] },
  TcpExtTCPTimeouts: {
    also: ['TCP timeouts'],
    many: {
      en: 'Losses that no ACK told of: the last segments of an answer, whole windows, or a peer that is gone.',
      zh: '没有 ACK 能反映出来的丢失：回答的最后几个报文段，整个窗口，或者对端已经消失。',
    },
    scenarios: ['rto', 'tail-loss', 'handshake-lost 1'],
    see: ['RTO', 'retransmission timer'],
  },
  TcpExtTCPFastRetrans: { also: ['fast retransmits'], scenarios: ['fast-retransmit'], see: ['fast retransmit'] },
  TcpExtTCPSackRecovery: { scenarios: ['sack'], see: ['SACK', 'fast recovery'] },
  TcpExtTCPRenoRecovery: { scenarios: ['sack', 'fast-retransmit'], see: ['fast recovery'] },
  TcpExtTCPDSACKRecv: { also: ['DSACKs received'], scenarios: ['sack', 'spurious-rto'], see: ['D-SACK'] },
  TcpExtTCPFullUndo: { scenarios: ['spurious-rto'], see: ['spurious retransmission'] },
  TcpExtTCPLossUndo: { scenarios: ['spurious-rto'], see: ['spurious retransmission'] },
  TcpExtTCPHystartTrainDetect: { see: ['HyStart++', 'tcp_cubic_hystart'] },
  TcpExtTCPHystartTrainCwnd: { see: ['HyStart++', 'TcpExtTCPHystartTrainDetect'] },
  TcpExtTCPHystartDelayDetect: { see: ['HyStart++', 'tcp_cubic_hystart'] },
  TcpExtTCPHystartDelayCwnd: { see: ['HyStart++', 'TcpExtTCPHystartDelayDetect'] },
  TcpExtTCPMTUPSuccess: { scenarios: ['mss-mtu'], see: ['tcp_mtu_probing'] },
  TcpExtTCPMTUPFail: { scenarios: ['mss-mtu'], see: ['tcp_mtu_probing'] },
  TcpExtTCPOFOQueue: {
    many: { en: 'The path loses or reorders packets.', zh: '路径丢包或打乱顺序。' },
    scenarios: ['head-of-line', 'fast-retransmit'],
    see: ['head-of-line blocking', 'TCP Out-Of-Order'],
  },
  TcpExtTCPToZeroWindowAdv: {
    many: { en: 'A program here reads too slowly.', zh: '本机的程序读得太慢。' },
    scenarios: ['zero-window', 'backpressure'],
    see: ['zero window'],
  },
  TcpExtTCPFromZeroWindowAdv: { scenarios: ['zero-window'], see: ['zero window'] },
  TcpExtTCPWinProbe: {
    many: { en: 'A program at the other end reads too slowly.', zh: '对端的程序读得太慢。' },
    scenarios: ['zero-window'],
    see: ['persist timer', 'zero window'],
  },
  TcpExtTCPKeepAlive: { scenarios: ['power-cut', 'tcp-keepalive-vs-http-keep-alive'], see: ['keepalive'] },
  TcpExtTCPAbortOnData: {
    also: ['connections reset due to unexpected data'],
    scenarios: ['write-after-close'],
    see: ['DataAfterClose'],
  },
  TcpExtTCPAbortOnClose: {
    also: ['connections reset due to early user close'],
    scenarios: ['unread-data'],
    see: ['RST'],
  },
  TcpExtTCPAbortOnTimeout: {
    also: ['connections aborted due to timeout'],
    scenarios: ['power-cut', 'close-lost 1'],
    see: ['ETIMEDOUT'],
  },
  TcpExtTCPAbortOnMemory: { see: ['orphan', 'tcp_max_orphans'] },
};
