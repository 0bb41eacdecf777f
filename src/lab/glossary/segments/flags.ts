import type { Draft, Drafts } from '../terms/entry.ts';

const SHOWN = {
  here: ['tcpglass trace'],
  linux: ['tcpdump -nn -i any tcp'],
} satisfies Partial<Draft>;

export const flags: Drafts = {
  SYN: {
    also: ['synchronize', '同步标志', 'SYN 报文'],
    text: {
      en: 'Synchronize: opens a direction of a connection and says with which sequence number it begins (ISN). It takes 1 sequence number itself, as an octet would, so it can be acknowledged and is sent again when it is lost. Options are negotiated on SYNs alone.',
      zh: '同步：打开连接的一个方向，并说明这个方向从哪个序号开始（ISN）。它自己像一个字节一样占用 1 个序号，所以可以被确认，丢失时会重传。选项只在带 SYN 的报文段上协商。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 9293, 3.4'],
    scenarios: ['handshake', 'isn'],
    see: ['handshake', 'ISN', 'SYN_SENT'],
    ...SHOWN,
  },
  ACK: {
    also: ['acknowledgment', '确认', '确认标志', '确认报文'],
    text: {
      en: 'The acknowledgment number counts: "I have everything before this octet." Set in every segment but a first SYN (and some RSTs). A segment with nothing but an ACK takes no sequence number: it is never acknowledged and never sent again.',
      zh: '确认号字段有效：“此序号之前的字节我都收到了”。除第一个 SYN（和某些 RST）外，每个报文段都带它。只有 ACK 的报文段不占用序号：它不会被确认，也不会被重传。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 9293, 3.10.7.4, fifth'],
    scenarios: ['handshake', 'close-lost 2', 'is-it-lost'],
    see: ['delayed ACK', 'SACK', 'challenge ACK'],
    ...SHOWN,
  },
  FIN: {
    also: ['finish', '结束标志', 'FIN 报文'],
    text: {
      en: 'Finish: "I send nothing more." It ends one direction only; data may still come the other way. It takes 1 sequence number and stands behind the last octet, so it is acknowledged and sent again like data.',
      zh: '结束：“我不再发送数据”。它只结束一个方向，另一个方向仍可传输数据。它占用 1 个序号，排在最后一个字节之后，因此像数据一样被确认和重传。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 9293, 3.6'],
    scenarios: ['close', 'half-close', 'fin-out-of-order'],
    see: ['close', 'half-close', 'RST'],
    ...SHOWN,
  },
  RST: {
    also: ['reset', '复位', '重置', '复位标志', 'RST 报文'],
    asked: ['什么时候发 RST', '哪些情况会产生 RST 报文', 'when is a RST sent', 'what causes a connection reset'],
    text: {
      en: 'Reset: "there is no such connection (any more)." It is sent: to a port where no listener is; to a segment of a connection that is unknown here, as after a reboot; on close with SO_LINGER 0, or with data unread; when data come after close; when a connection is given up. It is not acknowledged and not sent again, and no TIME_WAIT follows. Believed only exactly at rcv.nxt; elsewhere in the window a challenge ACK answers.',
      zh: '复位：“（已经）没有这个连接”。以下情况会发送：目的端口没有监听；收到本机不认识的连接的报文段，例如重启之后；SO_LINGER 为 0 时 close，或者 close 时还有未读数据；close 之后又收到数据；放弃连接时。它不被确认、不重传，之后没有 TIME_WAIT。只有序号恰好等于 rcv.nxt 才被接受；在窗口内其他位置则回 challenge ACK。',
    },
    many: {
      en: 'TcpOutRsts grows: clients ask for ports that are closed, or programs close with data unread. EstabResets grows: connections of ours are torn down in the middle.',
      zh: 'TcpOutRsts 增长：客户端在访问关闭的端口，或者程序在还有未读数据时关闭。EstabResets 增长：我方的连接在中途被拆除。',
    },
    sources: ['RFC 9293, 3.5.2', 'RFC 9293, 3.5.3', 'RFC 5961, 3.2', 'RFC 2525, 2.17'],
    scenarios: ['refused', 'linger-0', 'unread-data', 'blind-rst', 'half-open'],
    see: ['ECONNRESET', 'ECONNREFUSED', 'challenge ACK', 'TcpOutRsts'],
    ...SHOWN,
  },
  PSH: {
    also: ['push', '推送标志'],
    text: {
      en: 'Push: the sender has nothing more to send for now; the receiver should hand up what it has. Stacks set it on the last segment of a write. It is no boundary of a message: the receiver may read two pushed segments at once, or a half.',
      zh: '推送：发送方暂时没有更多数据，接收方应把已有数据交给应用程序。协议栈在一次写入的最后一个报文段上设置它。它不是消息边界：接收方可能一次读到两个带 PSH 的报文段，也可能只读到半个。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 9293, 3.9.1.2'],
    scenarios: ['sticky-packets'],
    ...SHOWN,
  },
  URG: {
    also: ['urgent', '紧急标志', '带外数据', 'MSG_OOB'],
    text: {
      en: 'Urgent: the urgent pointer counts. It says up to which octet the stream has something urgent. Old programs (telnet, ftp) use it; new ones should not, since middleboxes clear it.',
      zh: '紧急：紧急指针字段有效，指出字节流中到哪里为止有紧急数据。老程序（telnet、ftp）使用它；新程序不应使用，因为中间设备会清除它。',
    },
    sources: ['RFC 9293, 3.8.5', 'RFC 6093'],
    see: ['urgent pointer'],
    ...SHOWN,
  },
  ECE: {
    also: ['ECN-Echo', 'ECN 回显'],
    text: {
      en: 'ECN-Echo: a router has marked a packet of yours for congestion instead of dropping it; send less. On a SYN, together with CWR: the sender can do ECN. This stack grants it to peers that ask; tcp_ecn=1 has it ask, too. With AccECN the bit is part of a counter.',
      zh: 'ECN 回显：路由器因拥塞标记了你的数据包而没有丢弃它，请减小发送量。在 SYN 上与 CWR 一起出现时表示：发送方支持 ECN。对方请求时本协议栈会接受；tcp_ecn=1 使它也主动请求。使用 AccECN 时这一位是计数器的一部分。',
    },
    sources: ['RFC 3168, 6.1'],
    see: ['CWR', 'AccECN', 'tcp_ecn'],
    ...SHOWN,
  },
  CWR: {
    also: ['Congestion Window Reduced', '拥塞窗口已减小'],
    text: {
      en: 'Congestion window reduced: the sender has answered an ECE; the receiver may stop to send that. It is on the first new data after the window was lowered.',
      zh: '拥塞窗口已减小：发送方已对 ECE 作出反应，接收方可以停止发送 ECE。它出现在窗口减小后的第一段新数据上。',
    },
    sources: ['RFC 3168, 6.1'],
    see: ['ECE', 'cwnd'],
    ...SHOWN,
  },
  AE: {
    also: ['NS', 'Accurate ECN', 'Nonce Sum'],
    text: {
      en: 'The ninth flag: Accurate ECN counts marks with it, ECE and CWR together. Once it was NS, of an experiment with nonces that is over. With tcp_ecn=3 this stack asks for it.',
      zh: '第九个标志位：精确 ECN 用它与 ECE、CWR 一起计数拥塞标记。它曾经是 NS，属于一个已经结束的随机数实验。tcp_ecn=3 时本协议栈请求使用它。',
    },
    sources: ['RFC 9768', 'RFC 3540'],
    see: ['AccECN', 'tcp_ecn'],
    ...SHOWN,
  },
};
