import type { Drafts } from '../terms/entry.ts';

export const closing: Drafts = {
  close: {
    also: ['four-way close', 'four-way handshake', '四次挥手', '挥手', '关闭连接', 'teardown'],
    text: {
      en: 'FIN u; ACK u+1; FIN w; ACK w+1. Each direction is closed on its own, since only its application knows when it has sent everything: so there are four. If the second end has nothing more to send and closes before its ACK has left, ACK and FIN share a segment: three. Who sends the first FIN waits in TIME_WAIT.',
      zh: 'FIN u；ACK u+1；FIN w；ACK w+1。两个方向各自关闭，因为只有应用程序知道自己何时发完：所以是四次。如果后关闭的一端没有更多数据，并且在它的 ACK 发出之前就关闭，ACK 和 FIN 合在一个报文段里：三次。先发 FIN 的一方进入 TIME_WAIT。',
    },
    here: ['tcpglass trace --states', 'tcpglass lab run close'],
    linux: ['tcpdump -nn -S tcp'],
    sources: ['RFC 9293, 3.6'],
    scenarios: ['close', 'why-four', 'close-three', 'close-both'],
    see: ['FIN', 'half-close', 'TIME_WAIT', 'CLOSE_WAIT', 'linger'],
  },
  'half-close': {
    also: ['half-closed', '半关闭', 'shutdown', 'SHUT_WR'],
    text: {
      en: 'shutdown(SHUT_WR) sends the FIN and leaves the other direction open: the peer may go on sending, and read still gives its data. close gives up both: data that come afterwards are answered with a RST.',
      zh: 'shutdown(SHUT_WR) 发送 FIN，另一个方向保持打开：对方可以继续发送，read 仍能得到数据。close 则放弃两个方向：之后到达的数据会得到 RST。',
    },
    here: ['tcpglass ss -tane', 'tcpglass trace --states'],
    linux: ['ss -tane'],
    sources: ['RFC 9293, 3.6', 'RFC 1122, 4.2.2.13', 'shutdown(2)'],
    scenarios: ['half-close', 'why-four'],
    see: ['FIN_WAIT_2', 'CLOSE_WAIT', 'half-open'],
  },
  '2msl': {
    also: ['2MSL', 'MSL', 'Maximum Segment Lifetime', '最长报文段寿命', '报文最大生存时间', 'TIME_WAIT length'],
    asked: [
      'why 2MSL',
      'why is it twice the maximum segment lifetime',
      '为什么是 2MSL',
      'TIME_WAIT 为什么等待 2MSL',
      'TIME_WAIT 到底有多长',
      'how long does TIME_WAIT last',
    ],
    text: {
      en: 'Twice the longest time that a segment can live in the network: one MSL for our last ACK to arrive or die, one for the FIN that its loss would have provoked. RFC 9293 takes an MSL of 2 min: 4 min in all. Linux waits 60 s, a constant (2 × 30 s), and no sysctl changes it. Windows: 2 to 4 min. With timestamps a new connection may come earlier (RFC 6191).',
      zh: '报文段在网络中最长生存时间的两倍：一个 MSL 让我方最后的 ACK 到达或消失，另一个 MSL 让因它丢失而重传的 FIN 到达或消失。RFC 9293 取 MSL 为 2 min：共 4 min。Linux 等待 60 s，是常量（2 × 30 s），没有内核参数能改变它。Windows：2 到 4 min。有时间戳时新连接可以提前（RFC 6191）。',
    },
    here: ['tcpglass timewait', 'tcpglass up --msl 1'],
    linux: ['ss -tano state time-wait'],
    sources: ['RFC 9293, 3.4.2', 'RFC 9293, 3.6.1', 'RFC 6191', 'TCP_TIMEWAIT_LEN in include/net/tcp.h'],
    scenarios: ['close-lost 4', 'old-duplicate', 'no-time-wait'],
    see: ['TIME_WAIT', '2MSL timer', 'tcp_timewait_len', 'fin_timeout myth'],
  },
  'fin_timeout myth': {
    also: ['fin-timeout-myth', 'fin_timeout 误解', 'tcp_fin_timeout myth'],
    text: {
      en: 'Many articles lower tcp_fin_timeout to shorten TIME_WAIT. On Linux it does not: TIME_WAIT is 60 s whatever it says. It bounds FIN_WAIT_2 of connections whose application has closed. What helps against many TIME_WAITs is to close less often: keep connections alive, or let the other end close first.',
      zh: '很多文章通过减小 tcp_fin_timeout 来缩短 TIME_WAIT。在 Linux 上没有用：不管它是多少，TIME_WAIT 都是 60 s。它限制的是应用程序已经 close 的连接停留在 FIN_WAIT_2 的时间。减少 TIME_WAIT 的办法是少关闭连接：使用长连接，或者让对方先关闭。',
    },
    here: ['tcpglass up --sysctl tcp_fin_timeout=5', 'tcpglass ss -tano state time-wait'],
    linux: ['sysctl net.ipv4.tcp_fin_timeout', 'ss -tano state time-wait'],
    sources: ['ip-sysctl.rst, tcp_fin_timeout', 'TCP_TIMEWAIT_LEN in include/net/tcp.h'],
    scenarios: ['fin-timeout-myth', 'fin-wait-2'],
    see: ['tcp_fin_timeout', 'TIME_WAIT', 'FIN_WAIT_2'],
  },
  linger: {
    also: ['SO_LINGER', 'abortive close', '强制关闭', 'RST 关闭'],
    text: {
      en: 'With SO_LINGER 0, close sends a RST instead of a FIN: no TIME_WAIT, what is unsent is lost, and the peer reads ECONNRESET. It is no cure for TIME_WAITs. With more than 0, close waits that many seconds for the data to be acknowledged.',
      zh: 'SO_LINGER 为 0 时，close 发送 RST 而不是 FIN：没有 TIME_WAIT，未发送的数据丢失，对方 read 得到 ECONNRESET。它不是解决 TIME_WAIT 的办法。大于 0 时，close 最多等待这么多秒，直到数据被确认。',
    },
    here: ['tcpglass trace'],
    linux: ['tcpdump -nn "tcp[tcpflags] & tcp-rst != 0"'],
    sources: ['RFC 9293, 3.10.5', 'socket(7), SO_LINGER'],
    scenarios: ['linger-0', 'unread-data'],
    see: ['RST', 'ECONNRESET', 'TIME_WAIT'],
  },
  orphan: {
    also: ['orphans', '孤儿连接'],
    text: {
      en: 'A connection that its application has closed and the kernel still finishes: FIN_WAIT_1, LAST_ACK, CLOSING. tcp_orphan_retries bounds how often it tries, tcp_max_orphans how many there may be.',
      zh: '应用程序已经关闭、内核还在完成的连接：FIN_WAIT_1、LAST_ACK、CLOSING。tcp_orphan_retries 限制尝试的次数，tcp_max_orphans 限制数量。',
    },
    many: {
      en: 'Peers that vanish before the close is complete, or that keep their window shut.',
      zh: '对端在关闭完成之前消失，或者一直不打开窗口。',
    },
    here: ['tcpglass ss -s'],
    linux: ['ss -s', 'cat /proc/net/sockstat'],
    sources: ['ip-sysctl.rst, tcp_max_orphans'],
    scenarios: ['close-lost 1'],
    see: ['tcp_orphan_retries', 'tcp_max_orphans'],
  },
  'simultaneous close': {
    also: ['同时关闭', 'FINs cross'],
    text: {
      en: 'Both ends close before they have seen the FIN of the other: both go through CLOSING, and both wait in TIME_WAIT.',
      zh: '双方在看到对方的 FIN 之前都已关闭：双方都经过 CLOSING，都进入 TIME_WAIT。',
    },
    here: ['tcpglass trace --states'],
    linux: ['tcpdump -nn -S tcp'],
    sources: ['RFC 9293, 3.6, figure 13'],
    scenarios: ['close-both'],
    see: ['CLOSING', 'TIME_WAIT'],
  },
  keepalive: {
    also: ['keep-alive', 'SO_KEEPALIVE', 'TCP keepalive', '保活', '保活机制', '心跳'],
    text: {
      en: 'TCP’s keep-alive asks a silent peer whether it is there: the first time after 2 h (tcp_keepalive_time), then 9 times every 75 s; then ETIMEDOUT. It is off unless the program sets SO_KEEPALIVE. HTTP’s keep-alive is another thing: several requests on one connection.',
      zh: 'TCP 的 keepalive 探测沉默的对端是否还在：2 h 之后第一次（tcp_keepalive_time），然后每 75 s 一次，共 9 次；之后 ETIMEDOUT。程序设置 SO_KEEPALIVE 才会启用。HTTP 的 keep-alive 是另一回事：在一个连接上发送多个请求。',
    },
    here: ['tcpglass ss -tano', 'tcpglass nstat -az TcpExtTCPKeepAlive'],
    linux: ['ss -tano', 'sysctl -a --pattern tcp_keepalive'],
    sources: ['RFC 9293, 3.8.4', 'tcp(7)'],
    scenarios: ['tcp-keepalive-vs-http-keep-alive', 'power-cut', 'keep-alive-race'],
    see: ['keep-alive timer', 'tcp_keepalive_time', 'tcp_keepalive_intvl', 'tcp_keepalive_probes'],
  },
  'challenge ACK': {
    also: ['挑战 ACK', 'challenge-ack'],
    text: {
      en: 'An ACK with the right numbers, sent in answer to a SYN on a connection, a RST that is in the window but not exactly at rcv.nxt, or an ACK that is too old. A real peer that has restarted answers it with an exact RST; a forger never sees it.',
      zh: '带有正确序号的 ACK，用来回应已建立连接上的 SYN、在窗口内但不恰好等于 rcv.nxt 的 RST，或者过旧的 ACK。真正重启过的对端会用序号准确的 RST 回答；伪造者看不到它。',
    },
    many: {
      en: 'An attacker forges segments, or peers restart often and use the same ports again.',
      zh: '攻击者在伪造报文段，或者对端经常重启并使用相同的端口。',
    },
    here: ['tcpglass nstat -az TcpExtTCPChallengeACK TcpExtTCPSYNChallenge'],
    linux: ['nstat -az TcpExtTCPChallengeACK TcpExtTCPSYNChallenge'],
    sources: ['RFC 5961'],
    scenarios: ['syn-on-established', 'blind-rst'],
    see: ['RST', 'tcp_challenge_ack_limit', 'TcpExtTCPChallengeACK'],
  },
  'retries1/retries2/orphan_retries': {
    also: ['retries1 retries2 orphan_retries', '重传次数参数'],
    asked: [
      'tcp_retries1、tcp_retries2、tcp_orphan_retries 有什么区别',
      'difference between tcp_retries1, tcp_retries2 and tcp_orphan_retries',
    ],
    text: {
      en: 'tcp_retries1 (3): after so many retransmissions the route is questioned, the connection goes on. tcp_retries2 (15): after so many it ends with ETIMEDOUT, 924.6 s at an RTO of 200 ms. tcp_orphan_retries (0, which means 8): the same for a connection whose application has closed, as a FIN without an answer. A SYN has tcp_syn_retries, a SYN-ACK tcp_synack_retries. Linux reckons the first two as the time which so many time-outs would take.',
      zh: 'tcp_retries1（3）：重传这么多次之后怀疑路由，连接继续。tcp_retries2（15）：重传这么多次之后以 ETIMEDOUT 结束，RTO 为 200 ms 时是 924.6 s。tcp_orphan_retries（0，表示 8）：用于应用程序已经关闭的连接，例如没有回应的 FIN。SYN 用 tcp_syn_retries，SYN-ACK 用 tcp_synack_retries。Linux 把前两个参数换算成这么多次超时所需的时间。',
    },
    here: ['tcpglass ss -tano', 'tcpglass up --sysctl tcp_retries2=5'],
    linux: ['sysctl -a --pattern retries'],
    sources: ['RFC 9293, 3.8.3', 'ip-sysctl.rst', 'net/ipv4/tcp_timer.c, tcp_write_timeout'],
    scenarios: ['close-lost 1', 'power-cut'],
    see: ['tcp_retries1', 'tcp_retries2', 'tcp_orphan_retries', 'RTO'],
  },
};
