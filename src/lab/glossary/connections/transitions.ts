import { type Cause, causes } from '../../../tcp/terms/causes.ts';
import type { State } from '../../../tcp/terms/state.ts';
import type { Text } from '../../terms/text.ts';
import type { Way } from '../terms/entry.ts';

/** All changes of state, as STATES.md has them (a test compares the two): from which states, why, to which, and what is done. */
interface Transition {
  readonly from: readonly State[];
  readonly cause: Cause;
  readonly to: State;
  readonly text: Text;
}

const SYNCHRONIZED = ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK'] as const;
/** States in which something of ours may be out and unacknowledged. */
const SENDING = ['ESTABLISHED', 'FIN_WAIT_1', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK'] as const;

const on = (from: readonly State[], cause: Cause, to: State, en: string, zh: string): Transition => ({
  ...{ from, cause, to },
  text: { en, zh },
});

const passiveOpen: Cause = { text: 'passive OPEN', source: 'RFC 9293, 3.10.1' };

const transitions: readonly Transition[] = [
  // The usual way
  on(['CLOSED'], passiveOpen, 'LISTEN', 'the application calls listen', '应用程序调用 listen'),
  on(['LISTEN'], causes.userClosed, 'CLOSED', 'the application closes the listener', '应用程序关闭监听套接字'),
  on(
    ['CLOSED'],
    causes.activeOpen,
    'SYN_SENT',
    'the application calls connect: a SYN is sent',
    '应用程序调用 connect：发送 SYN',
  ),
  on(
    ['CLOSED'],
    causes.synReceived,
    'SYN_RECEIVED',
    'a SYN comes to a listener: a SYN-ACK is sent; the listener itself stays in LISTEN',
    'SYN 到达监听套接字：发送 SYN-ACK；监听套接字自己仍在 LISTEN',
  ),
  on(
    ['CLOSED'],
    causes.synWithCookie,
    'SYN_RECEIVED',
    'a SYN with a good Fast Open cookie comes to a listener: its data is taken, a SYN-ACK is sent, and the application may accept the connection at once',
    '带有效 Fast Open cookie 的 SYN 到达监听套接字：接受其数据，发送 SYN-ACK，应用程序可以立即 accept',
  ),
  on(
    ['CLOSED'],
    causes.cookieReturned,
    'ESTABLISHED',
    'the ACK of a SYN cookie comes to a listener, which kept nothing of the SYN',
    'SYN cookie 的 ACK 到达监听套接字，之前没有为那个 SYN 保存任何东西',
  ),
  on(['SYN_SENT'], causes.synAckReceived, 'ESTABLISHED', 'the SYN-ACK comes: an ACK is sent', '收到 SYN-ACK：发送 ACK'),
  on(
    ['SYN_SENT'],
    causes.simultaneousOpen,
    'SYN_RECEIVED',
    'a SYN comes instead of a SYN-ACK (simultaneous open): a SYN-ACK is sent',
    '收到的是 SYN 而不是 SYN-ACK（同时打开）：发送 SYN-ACK',
  ),
  on(
    ['SYN_RECEIVED'],
    causes.synAcknowledged,
    'ESTABLISHED',
    'the ACK of our SYN comes: the handshake is complete',
    '收到对我方 SYN 的 ACK：握手完成',
  ),
  on(
    ['SYN_RECEIVED'],
    causes.userClosed,
    'FIN_WAIT_1',
    'with Fast Open the application may close before the handshake is complete: a FIN is sent behind what is queued',
    '使用 Fast Open 时应用程序可以在握手完成之前关闭：在排队的数据之后发送 FIN',
  ),
  on(
    ['ESTABLISHED'],
    causes.userClosed,
    'FIN_WAIT_1',
    'the application closes first: a FIN is sent behind what is queued',
    '应用程序先关闭：在排队的数据之后发送 FIN',
  ),
  on(
    ['ESTABLISHED'],
    causes.finReceived,
    'CLOSE_WAIT',
    "the peer's FIN comes: an ACK is sent, and the application reads 0",
    '收到对方的 FIN：发送 ACK，应用程序 read 返回 0',
  ),
  on(['FIN_WAIT_1'], causes.finAcknowledged, 'FIN_WAIT_2', 'the ACK of our FIN comes', '收到对我方 FIN 的 ACK'),
  on(
    ['FIN_WAIT_1'],
    causes.finReceived,
    'CLOSING',
    "the peer's FIN comes, and doesn't acknowledge ours: both closed at once",
    '收到对方的 FIN，但它没有确认我方的 FIN：双方同时关闭',
  ),
  on(
    ['FIN_WAIT_2'],
    causes.finReceived,
    'TIME_WAIT',
    "the peer's FIN comes: an ACK is sent, and 2MSL begins",
    '收到对方的 FIN：发送 ACK，开始 2MSL 计时',
  ),
  on(
    ['FIN_WAIT_2'],
    causes.userClosed,
    'FIN_WAIT_2',
    'the application closes what it had only shut down: now the wait is bounded by tcp_fin_timeout',
    '先前只是 shutdown 的应用程序调用 close：从此等待受 tcp_fin_timeout 限制',
  ),
  on(
    ['CLOSE_WAIT'],
    causes.userClosed,
    'LAST_ACK',
    'the application closes, too: a FIN is sent behind what is queued',
    '应用程序也关闭：在排队的数据之后发送 FIN',
  ),
  on(
    ['CLOSING'],
    causes.finAcknowledged,
    'TIME_WAIT',
    'the ACK of our FIN comes: 2MSL begins',
    '收到对我方 FIN 的 ACK：开始 2MSL 计时',
  ),
  on(['LAST_ACK'], causes.finAcknowledged, 'CLOSED', 'the ACK of our FIN comes', '收到对我方 FIN 的 ACK'),
  on(
    ['TIME_WAIT'],
    causes.finRetransmitted,
    'TIME_WAIT',
    'the peer sends its FIN again: an ACK is sent, and 2MSL begins anew',
    '对方重传 FIN：再发送 ACK，2MSL 重新计时',
  ),
  on(['TIME_WAIT'], causes.twoMslOver, 'CLOSED', '2MSL is over', '2MSL 到期'),
  on(
    ['TIME_WAIT'],
    causes.newIncarnation,
    'CLOSED',
    'a SYN for a new connection of the same addresses and ports is acceptable, and its handshake completes',
    '相同地址和端口的新连接的 SYN 可以接受，并且它的握手完成',
  ),
  on(
    ['TIME_WAIT'],
    causes.takenOver,
    'CLOSED',
    'a connection that we open takes its place (tcp_tw_reuse)',
    '我方新发起的连接取代它（tcp_tw_reuse）',
  ),

  // The application ends it
  on(
    ['SYN_SENT'],
    causes.userClosed,
    'CLOSED',
    'the application closes before an answer comes',
    '回应到来之前应用程序关闭',
  ),
  on(
    ['SYN_SENT', 'SYN_RECEIVED', ...SYNCHRONIZED],
    causes.userAborted,
    'CLOSED',
    'the application aborts (close with SO_LINGER 0): a RST is sent where the peer can still need one',
    '应用程序中止连接（SO_LINGER 为 0 时 close）：对方还需要知道时发送 RST',
  ),
  on(
    ['SYN_RECEIVED', ...SYNCHRONIZED],
    causes.unreadData,
    'CLOSED',
    'the application closes with data unread, or data come after close: a RST is sent',
    '应用程序关闭时还有未读数据，或关闭后又有数据到达：发送 RST',
  ),
  on(
    ['SYN_RECEIVED'],
    causes.listenerClosed,
    'CLOSED',
    'the listener is closed before the handshake is complete',
    '握手完成之前监听套接字被关闭',
  ),

  // The peer or the network ends it
  on(
    ['SYN_SENT'],
    causes.refused,
    'CLOSED',
    'a RST answers our SYN: connect fails with ECONNREFUSED',
    '对我方 SYN 的回应是 RST：connect 失败，ECONNREFUSED',
  ),
  on(
    ['SYN_RECEIVED', ...SYNCHRONIZED],
    causes.resetReceived,
    'CLOSED',
    'a RST comes that is exactly in sequence',
    '收到序号恰好正确的 RST',
  ),
  on(
    ['TIME_WAIT'],
    causes.resetReceived,
    'CLOSED',
    'a RST comes that is exactly in sequence, and tcp_rfc1337 is 0',
    '收到序号恰好正确的 RST，且 tcp_rfc1337 为 0',
  ),
  on(
    ['SYN_RECEIVED'],
    causes.anotherSyn,
    'CLOSED',
    'another SYN comes before the handshake is complete',
    '握手完成之前又来了另一个 SYN',
  ),
  on(
    ['SYN_RECEIVED'],
    causes.acceptQueueFull,
    'CLOSED',
    'the accept queue is full, and tcp_abort_on_overflow is 1: a RST is sent',
    '全连接队列已满，且 tcp_abort_on_overflow 为 1：发送 RST',
  ),
  on(
    ['SYN_SENT', 'SYN_RECEIVED'],
    causes.icmpHard,
    'CLOSED',
    'an ICMP hard error comes, as port unreachable',
    '收到 ICMP 硬错误，例如端口不可达',
  ),

  // Time-outs
  on(
    ['SYN_SENT', 'SYN_RECEIVED', ...SENDING],
    causes.retriesExhausted,
    'CLOSED',
    'what was sent stays unanswered through all retransmissions or probes',
    '发出的报文段经过全部重传（或窗口探测）仍没有回应',
  ),
  on(
    ['SYN_SENT', 'SYN_RECEIVED', ...SYNCHRONIZED],
    causes.userTimeout,
    'CLOSED',
    'nothing is acknowledged for as long as TCP_USER_TIMEOUT says',
    '在 TCP_USER_TIMEOUT 规定的时间内没有任何确认',
  ),
  on(
    SYNCHRONIZED,
    causes.keepAliveExhausted,
    'CLOSED',
    'keep-alives stay unanswered (SO_KEEPALIVE)',
    '保活探测没有回应（SO_KEEPALIVE）',
  ),
  on(
    ['FIN_WAIT_2'],
    causes.finTimeout,
    'CLOSED',
    'the application has closed, and no FIN came within tcp_fin_timeout: no TIME_WAIT follows',
    '应用程序已经 close，而 tcp_fin_timeout 之内没有收到 FIN：之后没有 TIME_WAIT',
  ),

  // Limits
  on(
    ['SYN_RECEIVED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSING', 'LAST_ACK'],
    causes.tooManyOrphans,
    'CLOSED',
    'there are more closed connections than tcp_max_orphans: a RST is sent',
    '孤儿连接的数量超过 tcp_max_orphans：发送 RST',
  ),
  on(
    ['FIN_WAIT_2', 'CLOSING'],
    causes.tableFull,
    'CLOSED',
    'the table of TIME_WAIT is full (tcp_max_tw_buckets)',
    'TIME_WAIT 表已满（tcp_max_tw_buckets）',
  ),
];

/** Each change of state on its own, with the words of the log for its cause as `event`. */
export const changes: readonly (Way & { readonly event: string })[] = transitions.flatMap(({ from, cause, to, text }) =>
  from.map((state) => ({ from: state, to, text, source: cause.source, event: cause.text })),
);

/** How one comes into a state, and out of it; what leads from it to itself is both, and is said once. */
export const waysOf = (state: State): Way[] =>
  changes
    .filter(({ from, to }) => from === state || to === state)
    .map(({ from, to, text, source }) => ({ from, to, text, source }));
