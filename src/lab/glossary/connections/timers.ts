import type { TimerName } from '../../../tcp/tcb/events.ts';
import type { Draft, Drafts } from '../terms/entry.ts';

const SHOWN = {
  here: ['tcpglass ss -tano', 'tcpglass trace -v --only timer', 'tcpglass why'],
  linux: ['ss -tano'],
} satisfies Partial<Draft>;

/** Those of a connection, by what the log calls them. */
const ofConnection: Readonly<Record<TimerName, Drafts>> = {
  retransmit: {
    'retransmission timer': {
      also: ['retransmit', 'RTO timer', '重传定时器', '超时重传定时器', 'timer:(on)'],
      text: {
        en: 'Runs while something that we sent is unacknowledged. When an RTO passes without an ACK of new data, the first unacknowledged segment is sent again, cwnd falls to one segment, and the RTO doubles. There is one for the connection, not one for each segment. ss shows it as timer:(on, time left, time-outs so far).',
        zh: '只要有已发送而未被确认的数据，它就在运行。经过一个 RTO 仍没有对新数据的 ACK，就重传第一个未确认的报文段，cwnd 减为一个报文段，RTO 加倍。整个连接只有一个，不是每个报文段一个。ss 显示为 timer:(on, 剩余时间, 已超时次数)。',
      },
      many: {
        en: 'Many connections with a count above 0: packets are lost on the path, or the peer is gone.',
        zh: '很多连接的次数大于 0：路径在丢包，或者对端已经消失。',
      },
      sources: ['RFC 6298, 5', 'RFC 9293, 3.8.1'],
      scenarios: ['rto', 'tail-loss'],
      see: ['RTO', 'TcpExtTCPTimeouts', 'tcp_retries2', 'retries1/retries2/orphan_retries'],
      ...SHOWN,
    },
  },
  'tail loss probe': {
    'loss probe timer': {
      also: ['tail loss probe timer', 'TLP timer', 'PTO', '尾部丢失探测定时器', 'timer:(loss probe)'],
      text: {
        en: 'Runs in place of the retransmission timer while nothing is known to be missing. When no ACK has come for 2 round trips it sends one segment: new data, or the last one again. What is lost at the end of a flight has nothing behind it by whose arrival the loss would show; the answer to the probe shows it, long before the RTO.',
        zh: '在没有发现任何缺失时，代替重传定时器运行。经过 2 个往返时间仍没有 ACK，就发送一个报文段：新数据，或者重发最后一个报文段。一批数据末尾的丢失，后面没有别的报文段到达来暴露它；对探测的回应会暴露它，远早于 RTO。',
      },
      sources: ['RFC 8985, 7'],
      scenarios: ['tail-loss'],
      see: ['RTO', 'TcpExtTCPLossProbes', 'tcp_early_retrans'],
      ...SHOWN,
    },
  },
  reordering: {
    'reordering timer': {
      also: ['RACK timer', 'REO timer', '乱序定时器'],
      text: {
        en: 'Runs while a segment was overtaken by one that was sent later, and may come yet. When it fires, what has not come is lost, and is sent again (RACK). Then the retransmission timer goes on.',
        zh: '当一个报文段被后发的报文段超过、但仍可能到达时运行。到期时，还没有到达的就算丢失并被重传（RACK）。之后重传定时器继续运行。',
      },
      sources: ['RFC 8985, 6.2'],
      scenarios: ['reordering'],
      see: ['RACK', 'tcp_recovery', 'SACK'],
      ...SHOWN,
    },
  },
  'window probe': {
    'persist timer': {
      also: [
        'window probe',
        'zero-window probe timer',
        '坚持定时器',
        '持续定时器',
        '零窗口探测定时器',
        'timer:(persist)',
      ],
      text: {
        en: "Runs while the peer's window leaves no room and nothing is out: without it, a lost window update would stop the connection for ever. Each time it fires a probe asks for the window; the pauses double. A peer that answers is asked for ever; one that is silent is given up as with tcp_retries2.",
        zh: '对方窗口没有空间、又没有未确认的数据时运行：没有它，一个窗口更新丢失就会使连接永远停住。每次到期发送一个窗口探测，间隔逐次加倍。对方有回应就一直探测下去；没有回应则按 tcp_retries2 放弃。',
      },
      sources: ['RFC 9293, 3.8.6.1', 'RFC 6429'],
      scenarios: ['zero-window'],
      see: ['zero window', 'TcpExtTCPWinProbe'],
      ...SHOWN,
    },
  },
  'delayed ACK': {
    'delayed-ACK timer': {
      also: ['ack timer', '延迟确认定时器', '延迟 ACK 定时器'],
      text: {
        en: 'Runs while an ACK waits for data that might carry it, or for a second segment: 40 ms here, 40 to 200 ms on Linux, at most 500 ms by the RFC. When it fires the ACK leaves alone.',
        zh: '当一个 ACK 等待可以搭载它的数据或第二个报文段时运行：这里为 40 ms，Linux 为 40 到 200 ms，RFC 规定最多 500 ms。到期时 ACK 单独发出。',
      },
      sources: ['RFC 9293, 3.8.6.3', 'RFC 5681, 4.2'],
      scenarios: ['nagle-delack'],
      see: ['delayed ACK', 'TcpExtDelayedACKs'],
      here: ['tcpglass trace -v --only timer', 'tcpglass ss -ti'],
      linux: ['ss -ti', 'nstat -az TcpExtDelayedACKs'],
    },
  },
  'keep-alive': {
    'keep-alive timer': {
      also: ['保活定时器', 'timer:(keepalive)'],
      text: {
        en: 'With SO_KEEPALIVE: after tcp_keepalive_time without a word from the peer it asks whether it is there, then every tcp_keepalive_intvl, and gives up after tcp_keepalive_probes without an answer. Off by default.',
        zh: '设置 SO_KEEPALIVE 后：对方沉默 tcp_keepalive_time 之后发送探测，此后每隔 tcp_keepalive_intvl 一次，连续 tcp_keepalive_probes 次没有回应就放弃。默认关闭。',
      },
      sources: ['RFC 9293, 3.8.4', 'tcp(7), TCP_KEEPIDLE'],
      scenarios: ['tcp-keepalive-vs-http-keep-alive', 'power-cut'],
      see: ['keepalive', 'tcp_keepalive_time', 'tcp_keepalive_intvl', 'tcp_keepalive_probes'],
      ...SHOWN,
    },
  },
  FIN_WAIT_2: {
    'FIN_WAIT_2 timer': {
      also: ['FIN_WAIT_2 定时器', 'fin timeout timer'],
      text: {
        en: "How long a connection that its application has closed waits for the peer's FIN: tcp_fin_timeout, or TCP_LINGER2 of the socket. After shutdown alone it does not run.",
        zh: '应用程序已经 close 的连接等待对方 FIN 的时间：tcp_fin_timeout，或套接字的 TCP_LINGER2。仅仅 shutdown 时不运行。',
      },
      sources: ['ip-sysctl.rst, tcp_fin_timeout', 'tcp(7), TCP_LINGER2'],
      scenarios: ['fin-wait-2', 'fin-timeout-myth'],
      see: ['FIN_WAIT_2', 'tcp_fin_timeout', 'fin_timeout myth'],
      ...SHOWN,
    },
  },
  pacing: {
    'pacing timer': {
      also: ['earliest departure time', 'EDT', '步调定时器'],
      text: {
        en: 'Fires when the next segment of a paced connection may leave: when the one before has had its time at the pacing rate. Its wheel has ticks of a microsecond.',
        zh: '到期时，按步调发送的连接可以发出下一个报文段：前一个按步调速率占用的时间已经过去。它的时间轮以微秒为单位。',
      },
      many: {
        en: 'The connection sends by rate: BBR, or SO_MAX_PACING_RATE.',
        zh: '连接按速率发送：BBR，或者 SO_MAX_PACING_RATE。',
      },
      sources: ['RFC 9002, 7.7', 'tcp_pacing_check in net/ipv4/tcp_output.c'],
      see: ['hold pacing', 'cwnd'],
      ...SHOWN,
    },
  },
};

export const timers: Drafts = {
  ...(Object.assign({}, ...Object.values(ofConnection)) as Drafts),
  '2MSL timer': {
    also: ['TIME_WAIT timer', 'time-wait timer', '2MSL 定时器', '时间等待定时器', 'timer:(timewait)'],
    text: {
      en: 'Runs in TIME_WAIT, from the last ACK on, for 60 s (tcp_timewait_len here; a constant in Linux). A FIN that comes again starts it anew.',
      zh: '在 TIME_WAIT 中从最后一个 ACK 开始运行 60 s（这里是 tcp_timewait_len；在 Linux 中是常量）。重来的 FIN 使它重新计时。',
    },
    sources: ['RFC 9293, 3.10.8', 'TCP_TIMEWAIT_LEN in include/net/tcp.h'],
    scenarios: ['close', 'close-lost 4'],
    see: ['TIME_WAIT', '2msl', 'tcp_timewait_len'],
    here: ['tcpglass timewait', 'tcpglass ss -tano state time-wait'],
    linux: ['ss -tano state time-wait'],
  },
  'SYN-ACK timer': {
    also: ['SYN-ACK retransmission timer', 'reqsk timer', 'SYN-ACK 重传定时器'],
    text: {
      en: 'Runs in SYN_RECEIVED: the SYN-ACK is sent again after 1 s, then after twice as long each time, tcp_synack_retries times. Then the half-open entry is forgotten; no RST is sent.',
      zh: '在 SYN_RECEIVED 中运行：1 s 后重传 SYN-ACK，之后每次间隔加倍，共 tcp_synack_retries 次。然后忘掉这个半连接，不发送 RST。',
    },
    sources: ['RFC 9293, 3.8.3', 'net/ipv4/inet_connection_sock.c, reqsk_timer_handler'],
    scenarios: ['handshake-lost 2', 'syn-rcvd'],
    see: ['SYN_RECEIVED', 'tcp_synack_retries', 'SYN queue'],
    ...SHOWN,
  },
  'user timeout': {
    also: ['TCP_USER_TIMEOUT', '用户超时'],
    text: {
      en: 'A limit that the application sets in milliseconds: if what was sent stays unacknowledged for so long, or the window shut, the connection ends with ETIMEDOUT, whatever tcp_retries2 says. With SO_KEEPALIVE it bounds the silence, too.',
      zh: '应用程序以毫秒为单位设置的限制：已发送的数据这么久没有被确认，或者窗口这么久没有打开，连接就以 ETIMEDOUT 结束，不管 tcp_retries2 是多少。与 SO_KEEPALIVE 一起使用时也限制沉默的时间。',
    },
    sources: ['RFC 9293, 3.8.3', 'RFC 5482', 'tcp(7), TCP_USER_TIMEOUT'],
    scenarios: ['power-cut', 'etimedout-vs-econnrefused-vs-ehostunreach'],
    see: ['tcp_retries2', 'ETIMEDOUT'],
    ...SHOWN,
  },
};
