/** What each counter counts, in Chinese; the English is host/counter-help.ts. Both have the same numbers. */
const TCP: Readonly<Record<string, string>> = {
  TcpActiveOpens: '我方主动打开的连接',
  TcpPassiveOpens: '对方打开的连接（被动打开）',
  TcpAttemptFails: '失败的握手',
  TcpEstabResets: '被复位的连接',
  TcpInSegs: '收到的报文段',
  TcpOutSegs: '发送的报文段，不含重传',
  TcpRetransSegs: '重传的报文段',
  TcpInErrs: '收到的有错误的报文段',
  TcpOutRsts: '发送的 RST',
  TcpInCsumErrors: '收到的校验和错误的报文段',
  TcpExtOutOfWindowIcmps: '引用的报文段不在途中的 ICMP 差错',
  TcpExtListenOverflows: '收到 SYN 或握手的最后一个 ACK 时，全连接队列已满',
  TcpExtListenDrops: '被监听套接字丢弃的 SYN 和最后的 ACK',
  TcpExtTCPReqQFullDoCookies: '半连接队列已满，发送了 cookie',
  TcpExtTCPReqQFullDrop: '半连接队列已满，什么也没有发送',
  TcpExtSyncookiesSent: '发送的 SYN cookie',
  TcpExtSyncookiesRecv: '返回的 SYN cookie',
  TcpExtSyncookiesFailed: '应带 SYN cookie 而没有正确 cookie 的报文段',
  TcpExtTCPDeferAcceptDrop: '应用程序要等数据时，不带数据的最后一个 ACK',
  TcpExtEmbryonicRsts: '以 RST 结束的握手',
  TcpExtTCPFastOpenActive: '我方打开、SYN 携带的数据随之得到确认的连接',
  TcpExtTCPFastOpenActiveFail: '我方打开、SYN 携带的数据没有得到确认的连接',
  TcpExtTCPFastOpenPassive: '对方用有效的 Fast Open cookie 打开的连接',
  TcpExtTCPFastOpenPassiveAltKey: '其中 cookie 由旧密钥生成的',
  TcpExtTCPFastOpenPassiveFail: 'Fast Open cookie 无效的 SYN',
  TcpExtTCPFastOpenListenOverflow: '等待完成的 Fast Open 请求已达 TCP_FASTOPEN 的上限',
  TcpExtTCPFastOpenCookieReqd: '请求 Fast Open cookie 的 SYN',
  TcpExtTCPFastOpenBlackhole: 'Fast Open 没有结果因而暂停的次数',
  TcpExtTW: '开始的长于 4 s 的 TIME_WAIT 等待',
  TcpExtTWKilled: '开始的较短的 TIME_WAIT 等待',
  TcpExtTWRecycled: '被我方新连接取代的 TIME_WAIT',
  TcpExtTCPTimeWaitOverflow: '没有经过 TIME_WAIT 就结束的连接：表已满',
  TcpExtPAWSPassive: '因时间戳被丢弃的 SYN（tcp_tw_recycle）',
  TcpExtPAWSActive: '时间戳不合规的 SYN-ACK',
  TcpExtPAWSEstab: '属于连接、但时间戳不合规的报文段',
  TcpExtPAWSTimewait: '到达 TIME_WAIT、但时间戳不合规的报文段',
  TcpExtDelayedACKs: '等到定时器到期才发送的 ACK',
  TcpExtTCPPureAcks: '收到的不带数据的 ACK',
  TcpExtTCPChallengeACK: '发送的 challenge ACK（RFC 5961）',
  TcpExtTCPSYNChallenge: '因 SYN 而发送的 challenge ACK（RFC 5961）',
  TcpExtTCPACKSkippedPAWS: '被 tcp_invalid_ratelimit 抑制的回应：针对旧时间戳',
  TcpExtTCPACKSkippedSeq: '被 tcp_invalid_ratelimit 抑制的回应：针对窗口之外的序号',
  TcpExtTCPACKSkippedFinWait2: '被 tcp_invalid_ratelimit 抑制的回应：在 FIN_WAIT_2 中',
  TcpExtTCPACKSkippedTimeWait: '被 tcp_invalid_ratelimit 抑制的回应：在 TIME_WAIT 中',
  TcpExtTCPACKSkippedChallenge: '被 tcp_invalid_ratelimit 抑制的 challenge ACK',
  TcpExtTCPTimeouts: '重传超时',
  TcpExtTCPFastRetrans: '没有等到超时就重传的报文段',
  TcpExtTCPRenoRecovery: '没有 SACK 的丢失恢复',
  TcpExtTCPSackRecovery: '使用 SACK 的丢失恢复',
  TcpExtTCPSACKReneging: '丢弃了已经选择确认过的数据的对端',
  TcpExtTCPDSACKRecv: '收到的 D-SACK：有报文段到达了两次',
  TcpExtTCPDSACKOldSent: '为已确认过的报文段发送的 D-SACK',
  TcpExtTCPDSACKOfoSent: '为乱序报文段发送的 D-SACK',
  TcpExtTCPFullUndo: '被撤销的窗口减小：其实没有丢失',
  TcpExtTCPLossUndo: '被撤销的超时：其实没有丢失',
  TcpExtTCPMTUPFail: '丢失的路径 MTU 探测（RFC 4821）',
  TcpExtTCPMTUPSuccess: '到达的路径 MTU 探测（RFC 4821）',
  TcpExtTCPOFOQueue: '收到的乱序报文段',
  TcpExtTCPOFODrop: '没有空间容纳的乱序报文段',
  TcpExtTCPRcvQDrop: '没有空间容纳的按序报文段',
  TcpExtBeyondWindow: '有字节超出我方窗口右边界的报文段',
  TcpExtTCPFromZeroWindowAdv: '我方重新打开窗口的次数',
  TcpExtTCPToZeroWindowAdv: '我方把窗口关闭为零的次数',
  TcpExtTCPWinProbe: '发送的窗口探测',
  TcpExtTCPKeepAlive: '发送的保活探测',
  TcpExtTCPAbortOnData: '被复位的连接：close 之后又有数据到达',
  TcpExtTCPAbortOnClose: '被复位的连接：close 时还有未读数据',
  TcpExtTCPAbortOnTimeout: '被放弃的连接：对端没有回应',
  TcpExtTCPAbortOnLinger: '在 FIN_WAIT_2 立即结束的连接',
  TcpExtTCPAbortOnMemory: '被复位的连接：孤儿连接太多',
};

const IP: Readonly<Record<string, string>> = {
  InReceives: '收到的数据报',
  InHdrErrors: '收到的首部有错误的数据报',
  InAddrErrors: '收到的不是发给本机的数据报',
  InTruncatedPkts: '收到的比声明的长度短的数据报',
  InUnknownProtos: '收到的本机没有的上层协议的数据报',
  InMcastPkts: '收到的多播数据报',
  InBcastPkts: '收到的广播数据报',
  InDiscards: '因其他原因丢弃的收到的数据报',
  InDelivers: '交付给 TCP、UDP 或 ICMP 的数据报',
  OutRequests: '发送的数据报',
  ReasmReqds: '收到的分片',
  ReasmOKs: '由分片重组成功的数据报',
  ReasmFails: '无法由分片重组的数据报',
  ReasmTimeout: '分片等待超时的数据报',
  ReasmOverlaps: '与其他分片重叠的分片',
  FragOKs: '分片发送的数据报',
  FragFails: '需要分片而没有发送的数据报',
  FragCreates: '发送的分片',
};

/** What the counter of this name counts; null: that is not said here. */
export function chineseCounter(name: string): string | null {
  if (Object.hasOwn(TCP, name)) return TCP[name]!;
  const [, layer, direction, rest] = /^(IpExt|Ip6?|Icmp6?|Udp6?)(In|Out)?(.*)$/.exec(name) ?? [];
  if (layer === undefined) return null;
  const version = layer.endsWith('6') ? 'IPv6' : 'IPv4';
  if (layer.startsWith('Ip')) {
    const known = `${direction ?? ''}${rest}`;
    return Object.hasOwn(IP, known) ? `${version}：${IP[known]}` : null;
  }
  const done = direction === 'Out' ? '发送' : '收到';
  if (layer.startsWith('Udp')) return `UDP（${version}）：收到的数据报，${direction ?? ''}${rest}`;
  return rest === 'Msgs' ? `ICMP（${version}）：${done}的报文` : `ICMP（${version}）：${done}的 ${rest}`;
}
