import type { TcpErrorCode } from '../../../tcp/terms/errors.ts';
import type { Draft } from '../terms/entry.ts';

const SHOWN = { here: ['tcpglass trace', 'tcpglass why'], linux: ['strace -e trace=network'] } satisfies Partial<Draft>;

export const errors: Readonly<Record<TcpErrorCode, Draft>> = {
  ECONNREFUSED: {
    also: ['Connection refused', '连接被拒绝'],
    text: {
      en: 'connect was answered with a RST (or ICMP port unreachable): the host is there, and nothing listens on that port. It takes 1 RTT.',
      zh: 'connect 得到的回应是 RST（或 ICMP 端口不可达）：主机存在，但该端口没有监听。只需 1 个 RTT。',
    },
    sources: ['RFC 9293, 3.10.7.3', 'connect(2)'],
    scenarios: ['refused', 'etimedout-vs-econnrefused-vs-ehostunreach'],
    see: ['RST', 'ETIMEDOUT'],
    ...SHOWN,
  },
  ECONNRESET: {
    also: ['Connection reset by peer', '连接被对方重置', 'connection reset'],
    text: {
      en: 'A RST came on a connection that was established: the peer crashed and came back, closed with data unread, aborted (SO_LINGER 0), had already closed when our data came, or a middlebox cut in.',
      zh: '在已建立的连接上收到 RST：对端崩溃后重启，close 时还有未读数据，中止了连接（SO_LINGER 为 0），在我方数据到达时早已关闭，或者被中间设备切断。',
    },
    sources: ['RFC 9293, 3.10.7.4', 'RFC 2525, 2.17'],
    scenarios: ['linger-0', 'unread-data', 'process-crash', 'keep-alive-race', 'socket-hang-up', 'half-open'],
    see: ['RST', 'EPIPE', 'TcpEstabResets'],
    ...SHOWN,
  },
  ECONNABORTED: {
    also: ['Connection aborted', '连接被中止'],
    text: {
      en: 'This end gave the connection up itself: its application aborted it, or there were too many orphans. From accept: the connection was gone before it was taken.',
      zh: '本端自己放弃了连接：应用程序中止了它，或者孤儿连接太多。由 accept 返回时：连接在被取走之前就没有了。',
    },
    sources: ['RFC 9293, 3.10.5', 'accept(2)'],
    scenarios: ['closed-before-accept'],
    see: ['tcp_max_orphans'],
    ...SHOWN,
  },
  ETIMEDOUT: {
    also: ['Connection timed out', '连接超时'],
    text: {
      en: 'Silence: a SYN without any answer (tcp_syn_retries), data without an ACK (tcp_retries2), keep-alives without an answer, or TCP_USER_TIMEOUT is over. A firewall that drops shows itself so; a closed port does not.',
      zh: '没有任何回应：SYN 没有回应（tcp_syn_retries），数据没有 ACK（tcp_retries2），保活探测没有回应，或 TCP_USER_TIMEOUT 到期。丢弃数据包的防火墙会这样表现；关闭的端口不会。',
    },
    sources: ['RFC 9293, 3.8.3', 'RFC 9293, 3.8.4'],
    scenarios: ['handshake-lost 1', 'power-cut', 'etimedout-vs-econnrefused-vs-ehostunreach'],
    see: ['tcp_syn_retries', 'tcp_retries2', 'keepalive', 'user timeout'],
    ...SHOWN,
  },
  EPIPE: {
    also: ['Broken pipe', 'SIGPIPE', '管道破裂'],
    text: {
      en: 'A write into a direction that is over: after our own shutdown or close, or the second write after the peer closed: the first one succeeds, and brings back the RST. With it comes SIGPIPE, unless MSG_NOSIGNAL is set.',
      zh: '向已经结束的方向写：自己 shutdown 或 close 之后，或者对方关闭后的第二次写：第一次写成功，并引来 RST。同时产生 SIGPIPE 信号，除非设置 MSG_NOSIGNAL。',
    },
    sources: ['RFC 9293, 3.10.2', 'send(2)'],
    scenarios: ['write-after-close'],
    see: ['ECONNRESET', 'half-close'],
    ...SHOWN,
  },
  EADDRINUSE: {
    also: ['Address already in use', '地址已被使用', '地址已在使用'],
    text: {
      en: 'bind or listen: another socket listens there, or connections or TIME_WAITs of that port are still there and SO_REUSEADDR is not set. connect: that very four-tuple exists.',
      zh: 'bind 或 listen：已有另一个套接字在监听，或者该端口还有连接或 TIME_WAIT 而没有设置 SO_REUSEADDR。connect：完全相同的四元组已经存在。',
    },
    sources: ['bind(2)', 'socket(7), SO_REUSEADDR'],
    scenarios: ['address-in-use'],
    see: ['SO_REUSEADDR', 'TIME_WAIT'],
    ...SHOWN,
  },
  EADDRNOTAVAIL: {
    also: ['Cannot assign requested address', '无法分配请求的地址', '端口耗尽'],
    text: {
      en: 'connect: all ephemeral ports towards that destination are taken, often by TIME_WAITs of short connections. bind: the address is not one of this host.',
      zh: 'connect：到该目的地的临时端口全部用完，常常是被短连接的 TIME_WAIT 占用。bind：该地址不是本机的地址。',
    },
    sources: ['connect(2)', 'RFC 6056'],
    scenarios: ['short-connections', 'ports', 'agent-ports'],
    see: ['ip_local_port_range', 'tcp_tw_reuse', 'TIME_WAIT'],
    ...SHOWN,
  },
  EHOSTUNREACH: {
    also: ['No route to host', '没有到主机的路由', '主机不可达'],
    text: {
      en: 'A router or the last hop said by ICMP that it can not reach the host: it is off, or a firewall rejects.',
      zh: '路由器或最后一跳通过 ICMP 说明无法到达该主机：主机关机，或者防火墙拒绝。',
    },
    sources: ['RFC 9293, 3.9.2.2', 'RFC 1122, 4.2.3.9'],
    scenarios: ['etimedout-vs-econnrefused-vs-ehostunreach'],
    see: ['ETIMEDOUT', 'ENETUNREACH'],
    ...SHOWN,
  },
  ENETUNREACH: {
    also: ['Network is unreachable', '网络不可达'],
    text: {
      en: 'There is no route to that destination here, or a router said by ICMP that there is none.',
      zh: '本机没有到该目的地的路由，或者路由器通过 ICMP 说明没有路由。',
    },
    sources: ['RFC 9293, 3.9.2.2', 'RFC 1122, 4.2.3.9'],
    scenarios: ['etimedout-vs-econnrefused-vs-ehostunreach'],
    see: ['EHOSTUNREACH'],
    ...SHOWN,
  },
  ENETDOWN: {
    also: ['Network is down', '网络已关闭'],
    text: {
      en: 'The link is gone, or the stack on it was closed: every connection and every listener ends at once.',
      zh: '链路已消失，或者其上的协议栈已关闭：所有连接和监听者立即结束。',
    },
    sources: ['errno(3)'],
    see: ['ENETUNREACH'],
    ...SHOWN,
  },
  ENOPROTOOPT: {
    also: ['Protocol not available', '协议不可用'],
    text: {
      en: 'ICMP protocol unreachable: the host speaks no TCP. From setsockopt: there is no such option.',
      zh: 'ICMP 协议不可达：该主机不支持 TCP。由 setsockopt 返回时：没有这个选项。',
    },
    sources: ['RFC 9293, 3.9.2.2', 'RFC 1122, 4.2.3.9'],
    ...SHOWN,
  },
  EPROTO: {
    also: ['Protocol error', '协议错误'],
    text: {
      en: 'ICMP parameter problem: a host or router could not read our packet.',
      zh: 'ICMP 参数问题：某个主机或路由器无法读懂我方的数据包。',
    },
    sources: ['RFC 9293, 3.9.2.2', 'RFC 1122, 4.2.3.9'],
    ...SHOWN,
  },
  EMSGSIZE: {
    also: ['Message too long', '消息太长'],
    text: {
      en: 'Longer than the path takes, as ICMP says. TCP cuts its segments shorter by itself, so an application seldom sees it.',
      zh: 'ICMP 说明它比路径允许的更长。TCP 会自己把报文段切短，所以应用程序很少看到它。',
    },
    sources: ['RFC 1191, 6.4'],
    scenarios: ['mss-mtu'],
    see: ['path MTU'],
    ...SHOWN,
  },
  ENOBUFS: {
    also: ['No buffer space available', '缓冲区不足'],
    text: {
      en: 'More than 1 GiB waits to be sent, which sequence numbers could no longer tell apart: the application should wait until it may write.',
      zh: '等待发送的数据超过 1 GiB，再多序号就无法区分：应用程序应等到可写时再写。',
    },
    sources: ['RFC 9293, 3.10.2'],
    scenarios: ['backpressure'],
    ...SHOWN,
  },
  ENOENT: {
    also: ['No such file or directory', '没有那个文件或目录'],
    text: {
      en: 'setsockopt TCP_CONGESTION: this host has no congestion control algorithm of that name.',
      zh: 'setsockopt TCP_CONGESTION：本机没有该名称的拥塞控制算法。',
    },
    sources: ['tcp(7), TCP_CONGESTION'],
    see: ['tcp_congestion_control'],
    ...SHOWN,
  },
  EPERM: {
    also: ['Operation not permitted', '操作不允许'],
    text: {
      en: 'setsockopt TCP_CONGESTION: the algorithm is not among those that users may choose.',
      zh: 'setsockopt TCP_CONGESTION：该算法不在应用程序可以选择的算法之中。',
    },
    sources: ['tcp(7), tcp_allowed_congestion_control'],
    see: ['tcp_allowed_congestion_control'],
    ...SHOWN,
  },
  EISCONN: {
    also: ['Transport endpoint is already connected', '已经连接'],
    text: {
      en: 'connect on a socket that is connected, or about to be.',
      zh: '对已经连接（或正在连接）的套接字调用 connect。',
    },
    sources: ['RFC 9293, 3.10.1', 'connect(2)'],
    ...SHOWN,
  },
  ENOTCONN: {
    also: ['Transport endpoint is not connected', '尚未连接'],
    text: {
      en: 'A call that needs a connection, and there is none yet or any more: read, write or shutdown before connect or after the end.',
      zh: '调用需要连接，而连接还没有或者已经没有了：在 connect 之前或结束之后 read、write、shutdown。',
    },
    sources: ['RFC 9293, 3.10.2', 'shutdown(2)'],
    ...SHOWN,
  },
  EFAULT: {
    also: ['Bad address', '地址错误'],
    text: {
      en: 'What was to be sent lay in memory that is gone: its ArrayBuffer was transferred before the peer had acknowledged it. The connection is reset.',
      zh: '待发送的数据所在的内存已不存在：对端确认之前，它的 ArrayBuffer 已被转移。连接被重置。',
    },
    sources: ['send(2)'],
    see: ['ECONNRESET'],
    ...SHOWN,
  },
  EINVAL: {
    also: ['Invalid argument', '无效参数'],
    text: {
      en: 'A value that the call can not take, or a call that does not fit the state of the socket.',
      zh: '调用不接受的值，或者与套接字的状态不符的调用。',
    },
    sources: ['bind(2)', 'listen(2)'],
    ...SHOWN,
  },
};
