import type { Draft, Drafts } from '../terms/entry.ts';

const SHOWN = {
  here: ['tcpglass trace -v'],
  linux: ['tcpdump -nn -vv -S tcp'],
} satisfies Partial<Draft>;

export const header: Drafts = {
  header: {
    also: ['TCP header', 'TCP 首部', 'TCP 头部', 'TCP 头', 'TCP 报头', '首部', '头部'],
    asked: [
      'TCP 头部字段',
      'TCP 报文格式',
      'TCP 首部有哪些字段',
      'what is in the TCP header',
      'header fields of a segment',
    ],
    text: {
      en: 'At least 20 octets before the data, at most 60: source port 16 bits, destination port 16; sequence number 32; acknowledgment number 32; data offset 4, reserved 3, flags 9; window 16; checksum 16, urgent pointer 16; then options, 0 to 40 octets. The addresses are in the IP header: with the two ports they are the four-tuple that names a connection. There is no length field: it is what the IP packet has left.',
      zh: '数据之前至少 20 字节，最多 60 字节：源端口 16 位，目的端口 16 位；序号 32 位；确认号 32 位；数据偏移 4 位，保留 3 位，标志 9 位；窗口 16 位；校验和 16 位，紧急指针 16 位；然后是选项，0 到 40 字节。地址在 IP 首部里：与两个端口合成标识一个连接的四元组。没有长度字段：数据长度由 IP 数据报剩余的部分得出。',
    },
    sources: ['RFC 9293, 3.1'],
    scenarios: ['handshake', 'options'],
    see: [
      'sequence number',
      'acknowledgment number',
      'data offset',
      'window field',
      'checksum',
      'options',
      'tcp-vs-udp',
    ],
    ...SHOWN,
  },
  'source port': {
    also: ['源端口', 'sport'],
    text: {
      en: '16 bits: where the segment comes from. A client takes an ephemeral port of ip_local_port_range, and no two of its connections to one destination the same.',
      zh: '16 位：报文段来自哪个端口。客户端从 ip_local_port_range 中取一个临时端口，到同一目的地的两个连接不会相同。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 6056'],
    scenarios: ['ports'],
    see: ['ip_local_port_range', 'four-tuple'],
    ...SHOWN,
  },
  'destination port': {
    also: ['目的端口', '目标端口', 'dport'],
    text: {
      en: '16 bits: where the segment goes. With the other port and both addresses it selects the connection; only if there is none, a listener of that port.',
      zh: '16 位：报文段去往哪个端口。它与另一个端口和两个地址一起选出连接；没有连接时才找该端口的监听套接字。',
    },
    sources: ['RFC 9293, 3.1'],
    scenarios: ['ports', 'refused'],
    see: ['four-tuple', 'LISTEN'],
    ...SHOWN,
  },
  'sequence number': {
    also: ['序号', '序列号', 'seq', 'SEG.SEQ', 'sequence'],
    text: {
      en: 'The number of the first octet of data in this segment (of a SYN: the ISN). 32 bits: after 4 GiB it begins again at 0, which PAWS makes safe. Tools show it relative to the ISN.',
      zh: '本报文段第一个数据字节的编号（对于 SYN：就是 ISN）。32 位：每 4 GiB 回绕到 0，由 PAWS 保证安全。工具通常显示相对于 ISN 的值。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 9293, 3.4'],
    scenarios: ['handshake', 'isn', 'sequence-wrap'],
    see: ['ISN', 'PAWS', 'same seq twice'],
    ...SHOWN,
  },
  'acknowledgment number': {
    also: ['确认号', '确认序号', 'ack number', 'SEG.ACK'],
    text: {
      en: 'The sequence number that the sender of this segment expects next: all before it has arrived, without a gap. It counts when the ACK flag is set. After a SYN or FIN it is one more, since each takes one number.',
      zh: '本报文段的发送方期望的下一个序号：它之前的字节都已无缺口地到达。仅当 ACK 标志置位时有效。SYN 或 FIN 之后加一，因为它们各占用一个序号。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 9293, 3.4'],
    scenarios: ['handshake', 'close'],
    see: ['ACK', 'SACK'],
    ...SHOWN,
  },
  'data offset': {
    also: ['数据偏移', '首部长度', 'header length', 'Hlen', 'THL'],
    text: {
      en: 'Where the data begin, in units of 4 octets: 5 (no options) to 15. It makes the header at most 60 octets long, so options have 40.',
      zh: '数据从哪里开始，以 4 字节为单位：从 5（没有选项）到 15。因此首部最长 60 字节，选项最多 40 字节。',
    },
    sources: ['RFC 9293, 3.1'],
    see: ['options', 'TcpDataOffset'],
    ...SHOWN,
  },
  reserved: {
    also: ['保留位', 'Rsrvd'],
    text: {
      en: 'Bits for later: sent as zero, ignored on arrival. Of the 6 that there were, 3 have become flags (AE, CWR, ECE).',
      zh: '供将来使用的位：发送时为零，接收时忽略。原有的 6 位中有 3 位已成为标志位（AE、CWR、ECE）。',
    },
    sources: ['RFC 9293, 3.1'],
    ...SHOWN,
  },
  'control bits': {
    also: ['flags', '标志位', '控制位', '标志'],
    text: {
      en: 'Single bits that say what the segment does: AE, CWR, ECE, URG, ACK, PSH, RST, SYN, FIN.',
      zh: '说明报文段作用的单个比特：AE、CWR、ECE、URG、ACK、PSH、RST、SYN、FIN。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 3168', 'RFC 9768'],
    see: ['SYN', 'ACK', 'FIN', 'RST', 'PSH', 'URG', 'ECE', 'CWR', 'AE'],
    ...SHOWN,
  },
  'window field': {
    also: ['窗口字段', '窗口大小', 'SEG.WND', 'win'],
    text: {
      en: 'How many octets, from the acknowledgment number on, the sender of this segment will take now. 16 bits: 65535, times 2 to the power of the window scale; on a SYN it is never scaled.',
      zh: '从确认号开始，本报文段的发送方现在还能接收多少字节。16 位：65535，再乘以 2 的窗口扩大因子次方；SYN 上的值从不扩大。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 7323, 2'],
    scenarios: ['sliding-window', 'window-scaling', 'zero-window'],
    see: ['window', 'window scale'],
    ...SHOWN,
  },
  checksum: {
    also: ['校验和'],
    text: {
      en: 'The one’s complement sum, in 16-bit words, of header, data and a pseudo-header with both addresses. It finds most errors of a path, and a packet that came to the wrong address; it is no protection against a forger. Captures on the sending machine often show a wrong one, since the network card fills it in later.',
      zh: '首部、数据以及包含两个地址的伪首部按 16 位字求和的反码。它能发现路径上的大多数差错以及送错地址的数据包，但不能防止伪造。在发送方抓包常看到校验和错误，因为它稍后才由网卡填写。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 1071'],
    scenarios: ['reliability'],
    see: ['TcpInCsumErrors', 'TcpChecksum'],
    ...SHOWN,
  },
  'urgent pointer': {
    also: ['紧急指针', 'SEG.UP'],
    text: {
      en: 'With URG: how far behind the sequence number the urgent data end. Otherwise it means nothing.',
      zh: 'URG 置位时：紧急数据的末尾距离序号有多远。否则没有意义。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 9293, 3.8.5', 'RFC 6093'],
    see: ['URG'],
    ...SHOWN,
  },
  options: {
    also: ['TCP options', '选项', 'TCP 选项'],
    text: {
      en: 'Behind the 20 octets, up to 40: each a kind, a length, and a value; unknown kinds are stepped over. MSS, window scale, SACK permitted and timestamps are agreed upon in the two SYNs; what one side leaves out, both do without.',
      zh: '在 20 字节之后，最多 40 字节：每个选项由类型、长度和值组成；不认识的类型被跳过。MSS、窗口扩大、允许 SACK 和时间戳在两个 SYN 中协商；一方没有提出的，双方都不使用。',
    },
    sources: ['RFC 9293, 3.1', 'RFC 9293, 3.2'],
    scenarios: ['options'],
    see: ['MSS', 'window scale', 'SACK permitted', 'timestamps'],
    ...SHOWN,
  },
};
