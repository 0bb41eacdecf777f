import type { Drafts } from '../terms/entry.ts';

export const looking: Drafts = {
  ss: {
    also: ['netstat', 'tcpdump', 'nstat', 'watching'],
    asked: [
      '怎么查看 TCP 连接状态',
      '怎么查看状态(netstat/ss/tcpdump)',
      'how can I see the state of a connection',
      'which command shows connections, counters, packets',
    ],
    text: {
      en: 'ss: which connections there are, in which state, with queues, timers and what TCP knows of them (netstat is its older form). nstat: how often what has happened. tcpdump or Wireshark: the segments themselves. Here: tcpglass ss, nstat, trace; why tells of one connection what it waits for.',
      zh: 'ss：有哪些连接、处于什么状态、队列、定时器以及 TCP 对它们的了解（netstat 是较老的形式）。nstat：各种事件发生了多少次。tcpdump 或 Wireshark：报文段本身。这里对应：tcpglass ss、nstat、trace；why 说明一个连接在等什么。',
    },
    here: [
      ...[
        'tcpglass ss -tanoi',
        'tcpglass ss -s',
        'tcpglass nstat',
        'tcpglass trace',
        'tcpglass timewait',
        'tcpglass why',
      ],
    ],
    linux: ['ss -tanoi', 'ss -s', 'nstat', 'tcpdump -nn -i any tcp'],
    sources: ['ss(8)', 'nstat(8)', 'RFC 4022'],
    scenarios: ['close', 'syn-rcvd'],
    see: ['TIME_WAIT', 'CLOSE_WAIT', 'TcpRetransSegs'],
  },
};
