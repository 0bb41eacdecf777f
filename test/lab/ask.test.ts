import { describe, expect, it } from 'vitest';
import { type Answer, ask } from '../../src/lab/ask.ts';
import { allScenarios } from '../../src/lab/catalogue.ts';
import { glossary } from '../../src/lab/glossary/glossary.ts';

const scenarios = await allScenarios();

/** As one would type it: `close-lost 4`, or `explain 2msl`. */
const commandOf = (answer: Answer): string =>
  answer.kind === 'entry'
    ? `explain ${answer.entry.name}`
    : [answer.scenario.name, ...answer.parameters.values()].join(' ');

const first = (question: string): string => {
  const [answer] = ask(question, scenarios, glossary);
  return answer === undefined ? 'nothing' : commandOf(answer);
};

/** What readers of Chinese books ask, and what comes first. */
const CHINESE: [string, string][] = [
  ['三次握手过程,每次发什么、状态怎么变', 'handshake'],
  ['四次挥手过程,状态怎么变', 'close'],
  ['为什么是三次握手,不是两次/四次', 'handshake'],
  ['两次握手不行吗', 'two-way-handshake'],
  ['滑动窗口、流量控制怎么实现', 'sliding-window'],
  ['TCP 如何保证可靠', 'reliability'],
  ['弱网下 BBR 比 CUBIC 强在哪里', 'cubic-vs-reno-vs-bbr'],
  ['路由器只打标记不丢包有什么好处', 'bufferbloat-ecn'],
  ['拥塞控制:慢启动、拥塞避免、快重传、快恢复', 'congestion'],
  ['TCP 和 UDP 的区别', 'explain tcp-vs-udp'],
  ['什么时候发 RST', 'explain RST'],
  ['为什么挥手要四次', 'why-four'],
  ['半连接队列、全连接队列,backlog', 'backlog'],
  ['为什么要 TIME_WAIT', 'no-time-wait'],
  ['为什么是 2MSL', 'explain 2msl'],
  ['四次挥手能变三次吗', 'close-three'],
  ['TCP keepalive 与 HTTP keep-alive', 'tcp-keepalive-vs-http-keep-alive'],
  ['MSS 与 MTU,为什么 TCP 还要分段', 'mss-mtu'],
  ['TCP 头部字段', 'explain header'],
  ['SYN 攻击是什么,怎么防', 'syn-flood'],
  ['初始序列号为什么随机、怎么产生', 'isn'],
  ['超时重传时间怎么定', 'rto'],
  ['粘包、拆包', 'sticky-packets'],
  ['快重传为什么是 3 个重复 ACK', 'fast-retransmit'],
  ['close 与 shutdown,半关闭', 'half-close'],
  ['客户端突然断电,连接还在吗', 'power-cut'],
  ['拔掉网线,连接还在吗', 'cable-out'],
  ['大量 TIME_WAIT 的原因、危害、优化', 'short-connections'],
  ['第一次握手丢失', 'handshake-lost 1'],
  ['第二次握手丢失', 'handshake-lost 2'],
  ['第三次握手丢失', 'handshake-lost 3'],
  ['第一次挥手丢失', 'close-lost 1'],
  ['第二次挥手丢失', 'close-lost 2'],
  ['第三次挥手丢失', 'close-lost 3'],
  ['第四次挥手丢失', 'close-lost 4'],
  ['大量 CLOSE_WAIT', 'close-wait-leak'],
  ['SACK、D-SACK', 'sack'],
  ['队头阻塞', 'head-of-line'],
  ['Nagle 与延迟确认,为什么慢 40 ms', 'nagle-delack'],
  ['怎么查看状态(netstat/ss/tcpdump)', 'explain ss'],
  ['一台机器最多 65535 个连接吗', 'ports'],
  ['同时打开', 'open-both'],
  ['同时关闭', 'close-both'],
  ['TIME_WAIT 收到 SYN 会怎样', 'syn-in-time-wait'],
  ['TIME_WAIT 收到 RST 会怎样', 'rst-in-time-wait'],
  ['tcp_tw_reuse 为什么默认关闭', 'reuse'],
  ['tw_recycle 为什么被删', 'tw-recycle-nat'],
  ['没有 accept 能建立连接吗', 'no-accept'],
  ['没有 listen 能建立连接吗', 'open-both'],
  ['accept 在第几步', 'no-accept'],
  ['已建立的连接收到 SYN', 'syn-on-established'],
  ['乱序的 FIN', 'fin-out-of-order'],
  ['进程崩溃与主机崩溃', 'process-crash'],
  ['SYN 何时被丢', 'syn-drops'],
  ['数据一定不丢吗', 'is-it-lost'],
  ['TCP 与 UDP 同端口', 'explain tcp-udp-same-port'],
  ['握手能带数据吗', 'data-in-handshake'],
  ['TFO', 'fast-open'],
  ['零窗口', 'zero-window'],
  ['糊涂窗口', 'silly-window'],
  ['端口复用 SO_REUSEADDR', 'address-in-use'],
];

/** The same in words of another reader. */
const OTHERWISE: [string, string][] = [
  ['cookie 快速打开连接', 'fast-open'],
  ['最后一个包丢了谁来发现', 'tail-loss'],
  ['乱序的报文段会不会被当成丢包', 'reordering'],
  ['弱网该选 reno、cubic 还是 bbr', 'cubic-vs-reno-vs-bbr'],
  ['第二次连接怎样省一个 RTT', 'fast-open'],
  ['客户端最后一个挥手的 ACK 没收到怎么办', 'close-lost 4'],
  ['最后一次挥手的 ACK 丢了会怎样', 'close-lost 4'],
  ['服务器的 SYN+ACK 丢了', 'handshake-lost 2'],
  ['服务器一直不调用 close', 'close-wait-leak'],
  ['对方把接收缓冲区撑满了', 'zero-window'],
  ['每秒能建立多少个短连接', 'short-connections'],
  ['小包为什么要等 40 毫秒', 'nagle-delack'],
  ['黑客伪造 RST 能断开我的连接吗', 'blind-rst'],
  ['重启服务提示 Address already in use', 'address-in-use'],
  ['tcp_fin_timeout 能缩短 TIME_WAIT 吗', 'fin-timeout-myth'],
  ['半连接是什么意思', 'explain half-open'],
  ['somaxconn 是全连接队列吗', 'explain backlog'],
  ['tcp_retries1 和 tcp_retries2 有什么区别', 'explain retries1/retries2/orphan_retries'],
  ['为什么连续两个报文段的序号一样', 'explain same seq twice'],
  ['SYN_RECV 是什么状态', 'explain SYN_RECEIVED'],
  ['TcpExtTCPAbortOnData 是什么意思', 'explain TcpExtTCPAbortOnData'],
];

const ENGLISH: [string, string][] = [
  ['does BBR beat CUBIC when a link drops packets', 'cubic-vs-reno-vs-bbr'],
  ['what does a congestion mark do instead of a drop', 'bufferbloat-ecn'],
  ['request in the SYN saves a round trip', 'fast-open'],
  ['who notices that the last segment was lost', 'tail-loss'],
  ['packets arrive out of order: are they taken for lost', 'reordering'],
  ['which congestion control for a lossy link', 'cubic-vs-reno-vs-bbr'],
  ['what is a Fast Open cookie', 'explain Fast Open cookie'],
  ['TSO', 'explain TSO'],
  ['what happens in a three-way handshake', 'handshake'],
  ['is a two-way handshake not enough', 'two-way-handshake'],
  ['how is a connection closed', 'close'],
  ['why does closing take four segments', 'why-four'],
  ['the fourth segment of the close gets lost', 'close-lost 4'],
  ['the first FIN is lost', 'close-lost 1'],
  ['what if the SYN-ACK is lost', 'handshake-lost 2'],
  ['the last ACK of the handshake never arrives', 'handshake-lost 3'],
  ['why 2MSL', 'explain 2msl'],
  ['too many sockets in TIME_WAIT', 'short-connections'],
  ['hundreds of CLOSE_WAIT on my server', 'close-wait-leak'],
  ['difference between TCP and UDP', 'explain tcp-vs-udp'],
  ['header fields', 'explain header'],
  ['how is a SYN flood stopped', 'syn-flood'],
  ['what is a SYN flood', 'explain SYN flood'],
  ['can I connect before the server calls accept', 'no-accept'],
  ['why is my request 40 ms slow', 'nagle-delack'],
  ['three duplicate ACKs', 'fast-retransmit'],
  ['the receive window is zero', 'zero-window'],
  ['old data of a previous connection arrive', 'old-duplicate'],
  ['why was tcp_tw_recycle removed', 'tw-recycle-nat'],
  ['is tcp_tw_reuse safe', 'reuse'],
  ['both sides close at the same time', 'close-both'],
  ['power failure of the peer', 'power-cut'],
  ['TIME_WAIT', 'explain TIME_WAIT'],
  ['TCP Dup ACK', 'explain TCP Dup ACK'],
  ['tcp_keepalive_intvl', 'explain tcp_keepalive_intvl'],
];

it('a reason for three segments is a reason against two', () => {
  const answers = ask('为什么是三次握手', scenarios, glossary).slice(0, 3).map(commandOf);
  expect(answers).toEqual(expect.arrayContaining(['handshake', 'two-way-handshake']));
});

describe.each([
  ['in Chinese', CHINESE],
  ['in other words', OTHERWISE],
  ['in English', ENGLISH],
])('a question %s', (_, rows) => {
  it.each(rows)('%s: %s', (question, answer) => {
    expect(first(question)).toBe(answer);
  });
});

describe('a question about nothing in the lab', () => {
  it.each([
    ...['今天天气怎么样', '红烧肉怎么做', '明天股票会涨吗', '你叫什么名字'],
    ...['what will the weather be tomorrow', 'how do I bake bread', 'who won the football match', 'best pizza in town'],
    ...['', '???', '为什么', 'why'],
  ])('"%s" finds nothing', (question) => {
    expect(ask(question, scenarios, glossary).map(commandOf)).toEqual([]);
  });
});
