import type { State } from '../../../tcp/terms/state.ts';
import type { Draft } from '../terms/entry.ts';
import { waysOf } from './transitions.ts';

/** A state without what the table of transitions says of it. */
type Described = Omit<Draft, 'ways' | 'here' | 'linux'> & { readonly shown: string };

const described: Readonly<Record<State, Described>> = {
  CLOSED: {
    also: ['CLOSE', 'UNCONN', '关闭状态'],
    shown: 'closed',
    text: {
      en: 'There is no connection. It is the beginning and the end of all; no connection is listed in it, since nothing is kept of one that is over.',
      zh: '没有连接。它是一切连接的起点和终点；列表里看不到处于此状态的连接，因为结束的连接什么都不保留。',
    },
    sources: ['RFC 9293, 3.3.2'],
    scenarios: ['refused', 'close'],
  },
  LISTEN: {
    also: ['LISTENING', '监听'],
    shown: 'listening',
    text: {
      en: 'A server waits for SYNs at a port. Each SYN makes a connection of its own; the listener stays. It has two queues: handshakes under way (SYN queue), and connections that wait for accept (accept queue).',
      zh: '服务器在一个端口上等待 SYN。每个 SYN 产生一个独立的连接，监听套接字不变。它有两个队列：正在握手的（半连接队列）和等待 accept 的（全连接队列）。',
    },
    many: {
      en: 'One for each port that is served. In ss, Recv-Q of a listener is how many connections wait for accept, Send-Q how many may.',
      zh: '每个提供服务的端口一个。ss 中监听套接字的 Recv-Q 是等待 accept 的连接数，Send-Q 是其上限。',
    },
    sources: ['RFC 9293, 3.3.2', 'RFC 9293, 3.10.7.2'],
    scenarios: ['handshake', 'backlog', 'syn-queue', 'no-accept'],
    see: ['backlog', 'SYN queue', 'somaxconn'],
  },
  SYN_SENT: {
    also: ['SYN-SENT', 'SYN_SEND'],
    shown: 'syn-sent',
    text: {
      en: 'The client has sent its SYN and waits for the SYN-ACK. Without an answer the SYN is sent again each second at first (tcp_syn_linear_timeouts), then after twice as long each time, tcp_syn_retries times.',
      zh: '客户端已发送 SYN，等待 SYN-ACK。没有回应时先每秒重传 SYN（tcp_syn_linear_timeouts），之后每次间隔加倍，共重传 tcp_syn_retries 次。',
    },
    many: {
      en: 'The destination does not answer: a firewall drops the SYNs, the host is down, or its queues are full. (A closed port answers with a RST, and leaves nothing here.)',
      zh: '目的主机没有回应：防火墙丢弃了 SYN，主机已关机，或它的队列已满。（端口关闭时会回 RST，不会停留在这里。）',
    },
    sources: ['RFC 9293, 3.3.2', 'RFC 9293, 3.10.7.3'],
    scenarios: ['handshake', 'handshake-lost 1', 'open-both'],
    see: ['tcp_syn_retries', 'ETIMEDOUT', 'ECONNREFUSED'],
  },
  SYN_RECEIVED: {
    also: ['SYN_RECV', 'SYN-RECV', 'SYN_RCVD', '半连接状态'],
    shown: 'syn-recv',
    text: {
      en: "The server has answered a SYN with its SYN-ACK and waits for the handshake's last ACK. The connection counts in the SYN queue. The SYN-ACK is sent again up to tcp_synack_retries times.",
      zh: '服务器已用 SYN-ACK 回应 SYN，等待握手的最后一个 ACK。连接计入半连接队列。SYN-ACK 最多重传 tcp_synack_retries 次。',
    },
    many: {
      en: 'Normally hardly one is seen: it lasts one RTT. Many: a SYN flood (SYNs from addresses that never answer), a path that loses the last ACK, or an accept queue that is full.',
      zh: '正常情况下几乎看不到：它只持续一个 RTT。大量出现：SYN 洪泛攻击（来自从不应答的地址的 SYN），路径丢失了最后的 ACK，或者全连接队列已满。',
    },
    sources: ['RFC 9293, 3.3.2', 'RFC 9293, 3.10.7.4', 'RFC 4987'],
    scenarios: ['syn-rcvd', 'handshake-lost 3', 'syn-flood', 'syn-queue'],
    see: ['SYN queue', 'tcp_syncookies', 'tcp_synack_retries'],
  },
  ESTABLISHED: {
    also: ['ESTAB', '已建立'],
    shown: 'established',
    text: {
      en: 'Both directions are open: data flow. The client comes here half a round trip before the server. If nothing is sent, nothing happens, however long: not even a dead peer is noticed, without keep-alive.',
      zh: '两个方向都打开，可以传输数据。客户端比服务器早半个往返时间到达这里。如果双方都不发送，无论多久都不会发生任何事：没有保活机制时，连对方已死也不会察觉。',
    },
    many: {
      en: 'The clients that there are. If they outnumber them: peers that vanished without a word (see keep-alive, half-open).',
      zh: '就是现有的客户端。如果比客户端还多：有些对端已经悄无声息地消失（见 keep-alive、half-open）。',
    },
    sources: ['RFC 9293, 3.3.2'],
    scenarios: ['handshake', 'half-open', 'cable-out'],
    see: ['keepalive', 'half-open'],
  },
  FIN_WAIT_1: {
    also: ['FIN-WAIT-1', 'FIN_WAIT1'],
    shown: 'fin-wait-1',
    text: {
      en: 'We closed first: our FIN is sent, or waits behind data that is still queued, and is not acknowledged yet. The FIN is sent again like data; once the application is gone, tcp_orphan_retries bounds it.',
      zh: '我方先关闭：FIN 已发送（或还排在未发完的数据之后），尚未被确认。FIN 像数据一样会重传；应用程序离开之后，次数由 tcp_orphan_retries 限制。',
    },
    many: {
      en: 'Normally gone after one RTT. Many: peers that are silent, or that keep their window shut so that the data before the FIN can not leave.',
      zh: '正常情况下一个 RTT 之后就离开。大量出现：对端没有回应，或者对端的窗口一直为零，使 FIN 之前的数据发不出去。',
    },
    sources: ['RFC 9293, 3.3.2', 'RFC 9293, 3.6'],
    scenarios: ['fin-wait-1', 'close', 'close-lost 1'],
    see: ['tcp_orphan_retries', 'tcp_max_orphans'],
  },
  FIN_WAIT_2: {
    also: ['FIN-WAIT-2', 'FIN_WAIT2'],
    shown: 'fin-wait-2',
    text: {
      en: "Our FIN is acknowledged; we wait for the peer's. After shutdown this may last for ever, and data may still be read: half-close. After close it ends with tcp_fin_timeout.",
      zh: '我方的 FIN 已被确认，等待对方的 FIN。shutdown 之后可以永远停留，并且仍可读数据：半关闭。close 之后则在 tcp_fin_timeout 到期时结束。',
    },
    many: {
      en: 'The other end is in CLOSE_WAIT: its application does not close. The fault is there, not here.',
      zh: '对端处于 CLOSE_WAIT：对端的应用程序没有关闭。问题在对方，不在本方。',
    },
    sources: ['RFC 9293, 3.3.2', 'RFC 9293, 3.6'],
    scenarios: ['fin-wait-2', 'half-close', 'close-lost 3'],
    see: ['tcp_fin_timeout', 'half-close', 'CLOSE_WAIT'],
  },
  CLOSE_WAIT: {
    also: ['CLOSE-WAIT', '关闭等待'],
    shown: 'close-wait',
    text: {
      en: "The peer has closed, and our application has not. It reads 0 (end of file) and may still write. Only the application's close leads on: no timer ends it.",
      zh: '对方已关闭，我方的应用程序还没有。它 read 返回 0（文件结束），仍然可以写。只有应用程序调用 close 才会继续：没有任何定时器会结束它。',
    },
    many: {
      en: 'A fault of the program on this machine: it does not call close after read returned 0 (a leak of sockets), or it is too busy or blocked to come to it. No sysctl helps.',
      zh: '本机程序的错误：read 返回 0 之后没有调用 close（套接字泄漏），或者忙于其他事情、被阻塞而没有执行到 close。调整内核参数没有用。',
    },
    sources: ['RFC 9293, 3.3.2', 'RFC 9293, 3.6'],
    scenarios: ['close-wait-leak', 'close', 'why-four'],
    see: ['half-close', 'FIN_WAIT_2'],
  },
  CLOSING: {
    shown: 'closing',
    text: {
      en: "Both ends closed at once: the peer's FIN came before the ACK of ours. TIME_WAIT follows, at both ends.",
      zh: '双方同时关闭：对方的 FIN 先于对我方 FIN 的 ACK 到达。之后双方都进入 TIME_WAIT。',
    },
    many: {
      en: 'Seldom seen: it lasts one RTT. Many: the ACKs of our FINs are lost.',
      zh: '很少见到：只持续一个 RTT。大量出现：对我方 FIN 的 ACK 丢失了。',
    },
    sources: ['RFC 9293, 3.3.2', 'RFC 9293, 3.6, figure 13'],
    scenarios: ['close-both'],
  },
  LAST_ACK: {
    also: ['LAST-ACK'],
    shown: 'last-ack',
    text: {
      en: 'The peer closed first, then we; our FIN waits for its ACK. With it the connection is gone at once, without TIME_WAIT.',
      zh: '对方先关闭，我方后关闭；我方的 FIN 等待 ACK。收到 ACK 后连接立即消失，没有 TIME_WAIT。',
    },
    many: {
      en: 'Normally gone after one RTT. Many: peers have vanished in the middle of the close, or the path loses our FINs or their ACKs.',
      zh: '正常情况下一个 RTT 之后就离开。大量出现：对端在关闭途中消失了，或者路径丢失了我方的 FIN 或对方的 ACK。',
    },
    sources: ['RFC 9293, 3.3.2', 'RFC 9293, 3.6'],
    scenarios: ['close', 'close-lost 3'],
    see: ['tcp_orphan_retries'],
  },
  TIME_WAIT: {
    also: ['TIME-WAIT', '时间等待'],
    shown: 'time-wait',
    text: {
      en: 'Who closed first waits for 2MSL after the last ACK: the ACK may be lost, and the FIN come again; and old segments must die before the same addresses and ports are used anew. 60 s on Linux, fixed; tcp_fin_timeout does not change it.',
      zh: '先关闭的一方在最后的 ACK 之后等待 2MSL：ACK 可能丢失，FIN 会重来；并且在相同的地址和端口再次使用之前，旧报文段必须消失。Linux 固定为 60 s；tcp_fin_timeout 不会改变它。',
    },
    many: {
      en: 'This end closes first, and often: short connections. At a server they cost little memory and no ports; at a client each holds an ephemeral port for that destination. Keep connections alive; do not fear the number itself.',
      zh: '本端总是先关闭，而且很频繁：短连接。在服务器上只占少量内存，不占端口；在客户端上，每个占用一个到该目的地的临时端口。应使用长连接；数量本身并不可怕。',
    },
    sources: ['RFC 9293, 3.4.2', 'RFC 9293, 3.6', 'RFC 9293, 3.10.7.4', 'RFC 6191', 'RFC 1337'],
    scenarios: ['close', 'close-lost 4', 'no-time-wait', 'old-duplicate', 'short-connections', 'who-closes'],
    see: ['2msl', 'fin_timeout myth', 'tcp_tw_reuse', 'tcp_max_tw_buckets'],
  },
};

export const states: Readonly<Record<string, Draft>> = Object.fromEntries(
  Object.entries(described).map(([state, { shown, ...draft }]): [string, Draft] => [
    state,
    {
      ...draft,
      ways: waysOf(state as State),
      here:
        state === 'TIME_WAIT'
          ? ['tcpglass ss -tano state time-wait', 'tcpglass timewait']
          : [`tcpglass ss -tano state ${shown}`],
      linux: [`ss -tano state ${shown}`],
    },
  ]),
);
