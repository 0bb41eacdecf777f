import { counterNames } from '../../../host/named-counters.ts';
import { dropCauses, type TcpDrop } from '../../../tcp/terms/drops.ts';
import type { Draft, Drafts } from '../terms/entry.ts';

interface Drop {
  readonly zh: string;
  readonly scenarios?: readonly string[];
  readonly see?: readonly string[];
}

/** Why TCP throws a segment away. English: as the log has it. */
const drops: Readonly<Record<TcpDrop, Drop>> = {
  TcpTruncated: { zh: '比 TCP 首部还短', see: ['header'] },
  TcpDataOffset: { zh: '数据偏移字段指到了报文段之外', see: ['data offset'] },
  TcpChecksum: { zh: '校验和错误', scenarios: ['reliability', 'syn-drops'], see: ['checksum'] },
  NoSocket: { zh: '该端口既没有连接也没有监听：用 RST 回应', scenarios: ['refused'], see: ['RST', 'ECONNREFUSED'] },
  NotUnicast: { zh: '来自或发往广播、多播地址' },
  OutsideWindow: { zh: '在接收窗口之外', scenarios: ['blind-rst', 'old-duplicate'], see: ['window'] },
  Md5Unexpected: { zh: '带有签名，而本地没有密钥', see: ['TCP MD5'] },
  Paws: { zh: '时间戳早于最近按序到达的报文段（PAWS）', scenarios: ['old-duplicate', 'sequence-wrap'], see: ['PAWS'] },
  PawsTimeWait: {
    zh: '时间戳早于进入 TIME_WAIT 之前最后的报文段（PAWS）',
    see: ['PAWS', 'TcpExtPAWSTimewait'],
  },
  PawsActive: { zh: '从它回显的时间戳看，不是对我方 SYN 的应答', see: ['PAWS', 'TcpExtPAWSActive'] },
  PawsSyn: { zh: '对方的 SYN，时间戳早于被我方连接取代的那个连接', see: ['PAWS'] },
  NoAck: { zh: '应有 ACK 标志而没有', see: ['ACK'] },
  AckUnsent: { zh: '确认了从未发送的数据', scenarios: ['hijack'] },
  AckTooOld: { zh: '确认的是早已过去的数据', scenarios: ['hijack'], see: ['challenge ACK'] },
  RstNotExact: {
    zh: '在窗口内但不在左边界的 RST，或者与状态不符的 RST',
    scenarios: ['blind-rst'],
    see: ['RST', 'challenge ACK'],
  },
  SynOnConnection: { zh: '已同步的连接上收到 SYN', scenarios: ['syn-on-established'], see: ['challenge ACK'] },
  SynInHandshake: { zh: '握手完成之前又收到一个 SYN', see: ['SYN_RECEIVED'] },
  NotASyn: { zh: '应为 SYN 而不是，或者 SYN 同时带有 FIN 或 RST' },
  SynQueueFull: { zh: '监听套接字的半连接队列已满', scenarios: ['syn-flood', 'syn-drops'], see: ['SYN queue'] },
  AcceptQueueFull: { zh: '监听套接字的全连接队列已满', scenarios: ['backlog', 'syn-drops'], see: ['accept queue'] },
  SynBacklogLow: {
    zh: '没有 cookie 时，tcp_max_syn_backlog 的最后四分之一留给已知的对端，而这个对端未知',
    scenarios: ['syn-drops', 'syn-queue'],
    see: ['tcp_max_syn_backlog'],
  },
  DeferredAccept: { zh: '应用程序要等数据（TCP_DEFER_ACCEPT），而这是握手的最后一个 ACK' },
  TimestampBeforeLast: {
    zh: '时间戳早于该地址的上一个连接',
    scenarios: ['tw-recycle-nat', 'syn-drops'],
    see: ['tcp_tw_recycle'],
  },
  DataAfterClose: { zh: '应用程序已彻底关闭之后又到达的数据', scenarios: ['write-after-close'], see: ['RST'] },
  TextBeyondFin: { zh: '位于先到的 FIN 之后的数据', see: ['FIN'] },
  WindowShut: { zh: '我方窗口已关闭', see: ['zero window', 'TcpExtTCPZeroWindowDrop'] },
  OverWindow: { zh: '超出接收窗口的右边界', see: ['window', 'TcpExtBeyondWindow'] },
  OutOfOrderQueueFull: { zh: '乱序到达，并且超过接收缓冲区能容纳的量', see: ['tcp_rmem', 'TcpExtTCPOFODrop'] },
  ReceiveQueueFull: { zh: '超过接收缓冲区能容纳的量', see: ['tcp_rmem', 'zero window'] },
  TimeWait: {
    zh: '属于 TIME_WAIT 中的连接，并且不能使它结束',
    scenarios: ['syn-in-time-wait', 'rst-in-time-wait'],
    see: ['TIME_WAIT'],
  },
};

const countersByShortName = new Map(counterNames().map((name) => [name.replace(/^(TcpExt|Tcp)/, ''), name]));

export const tcpDrops: Drafts = Object.fromEntries(
  Object.entries(drops).map(([reason, { zh, see = [], ...rest }]): [string, Draft] => {
    const { text, source, counter } = dropCauses[reason as TcpDrop];
    const counted = counter === undefined ? [] : [countersByShortName.get(counter)!];
    return [
      reason,
      {
        ...rest,
        also: [`TCP drop ${reason}`],
        text: { en: `Why TCP threw a segment away: ${text}.`, zh: `TCP 丢弃报文段的原因：${zh}。` },
        here: ['tcpglass nstat', 'tcpglass trace'],
        linux: counted.map((name) => `nstat -az ${name}`),
        sources: [source],
        see: [...see, ...counted],
      },
    ];
  }),
);
