import type { Drafts } from '../terms/entry.ts';

/** How losses are found and repaired. */
export const recovery: Drafts = {
  'fast retransmit': {
    also: ['快速重传', '快重传'],
    text: {
      en: 'The third duplicate ACK means loss: the segment is sent again without waiting for the RTO, about one RTT after it was sent. With one or two it might only be out of order. With SACK, enough later segments that have arrived mean the same.',
      zh: '第三个重复 ACK 表示丢失：不等 RTO 就重传，大约在发送之后一个 RTT。只有一两个时可能只是乱序。有 SACK 时，足够多的后续报文段已到达也表示丢失。',
    },
    here: ['tcpglass nstat -az TcpExtTCPFastRetrans'],
    linux: ['nstat -az TcpExtTCPFastRetrans'],
    sources: ['RFC 5681, 3.2', 'RFC 6675, 5'],
    scenarios: ['fast-retransmit', 'sack'],
    see: ['fast recovery', 'tcp_reordering', 'TcpExtTCPFastRetrans', 'TCP Dup ACK'],
  },
  'fast recovery': {
    also: ['快速恢复', '快恢复', 'NewReno'],
    text: {
      en: 'After fast retransmit cwnd is halved, not set to one: ACKs still come, so the path works. New data may leave while the holes are repaired; it ends when all that was out at its beginning is acknowledged (NewReno).',
      zh: '快重传之后 cwnd 减半，而不是降为一：仍有 ACK 到来，说明路径畅通。修补空洞期间可以发送新数据；当开始时在途的数据全部被确认，快恢复结束（NewReno）。',
    },
    here: ['tcpglass trace -v', 'tcpglass nstat -az "TcpExtTCP*Recovery"'],
    linux: ['nstat -az "TcpExtTCP*Recovery"'],
    sources: ['RFC 5681, 3.2', 'RFC 6582'],
    scenarios: ['fast-retransmit', 'congestion'],
    see: ['fast retransmit', 'cwnd', 'hold recovery'],
  },
  RACK: {
    also: ['RACK-TLP', 'recent acknowledgment', 'reordering window', '乱序窗口'],
    text: {
      en: 'Loss is found by time: a segment is lost when one that was sent later has arrived, and a while has passed in which it could still have come: a quarter of the least RTT, the reordering window. Retransmissions are judged in the same way. While no reordering was seen, 3 duplicates mean loss at once.',
      zh: '按时间判断丢失：后发的报文段已到达，又过了一段时间它仍未到，就算丢失；这段时间是最小 RTT 的四分之一，即乱序窗口。重传的报文段也这样判断。没有见过乱序时，3 个重复就立即算丢失。',
    },
    here: ['tcpglass trace -v', 'tcpglass nstat -az TcpExtTCPLostRetransmit'],
    linux: ['sysctl net.ipv4.tcp_recovery', 'nstat -az TcpExtTCPLostRetransmit'],
    sources: ['RFC 8985, 6.2', 'net/ipv4/tcp_recovery.c'],
    scenarios: ['reordering', 'fast-retransmit', 'tail-loss'],
    see: ['tcp_recovery', 'reordering timer', 'reordering degree', 'TLP', 'SACK'],
  },
  TLP: {
    also: ['tail loss probe', 'loss probe', '尾部丢失探测'],
    text: {
      en: 'When no ACK comes for 2 RTT, one segment is sent: new data, or the last one again. Its answer shows what the end of a flight has lost, before the RTO takes cwnd down to one segment. With a single segment out it waits 200 ms longer, as the peer may delay its ACK.',
      zh: '2 个 RTT 没有 ACK 时发送一个报文段：新数据，或者重发最后一个。对它的回应说明一批数据的末尾丢了什么，不必等 RTO 把 cwnd 降到一个报文段。只有一个报文段在途时再多等 200 ms，因为对方可能延迟确认。',
    },
    here: ['tcpglass trace -v', 'tcpglass nstat -az TcpExtTCPLossProbes'],
    linux: ['sysctl net.ipv4.tcp_early_retrans', 'nstat -az TcpExtTCPLossProbes'],
    sources: ['RFC 8985, 7', 'net/ipv4/tcp_output.c, tcp_send_loss_probe'],
    scenarios: ['tail-loss'],
    see: ['loss probe timer', 'tcp_early_retrans', 'RACK', 'RTO'],
  },
  PRR: {
    also: ['Proportional Rate Reduction', '按比例降速'],
    text: {
      en: 'How the window falls during recovery: each ACK lets so much leave that what is sent keeps to the proportion of ssthresh to the window before. Neither a silence of half an RTT nor a burst.',
      zh: '恢复期间窗口怎样减小：每个 ACK 允许发送的量，与到达量之比保持为 ssthresh 与原窗口之比。既不会停顿半个 RTT，也不会突发。',
    },
    here: ['tcpglass trace -v', 'tcpglass ss -ti'],
    linux: ['ss -ti'],
    sources: ['RFC 9937', 'net/ipv4/tcp_input.c, tcp_cwnd_reduction'],
    scenarios: ['congestion', 'sack'],
    see: ['fast recovery', 'ssthresh', 'cwnd'],
  },
  'F-RTO': {
    also: ['Forward RTO-Recovery', '前向 RTO 恢复'],
    text: {
      en: 'Was a time-out needless? If after it something is acknowledged that was sent only once, the path was only slow: cwnd becomes what it was, and nothing more is sent again. It needs no timestamps.',
      zh: '超时是否多余？如果超时之后得到确认的有只发送过一次的数据，说明路径只是变慢：cwnd 恢复原值，不再重传。它不需要时间戳。',
    },
    here: ['tcpglass trace -v', 'tcpglass nstat -az TcpExtTCPSpuriousRTOs'],
    linux: ['sysctl net.ipv4.tcp_frto', 'nstat -az TcpExtTCPSpuriousRTOs'],
    sources: ['RFC 5682', 'net/ipv4/tcp_input.c, tcp_process_loss'],
    scenarios: ['spurious-rto'],
    see: ['tcp_frto', 'spurious retransmission', 'RTO'],
  },
  'reordering degree': {
    also: ['tcpi_reordering', 'dupthresh', '乱序程度'],
    text: {
      en: 'How many segments may overtake one before it counts as lost by counting: 3 (tcp_reordering) at first, and as many as were seen to overtake on this connection, up to tcp_max_reordering.',
      zh: '按个数判断时，一个报文段被多少个后发的超过才算丢失：初始为 3（tcp_reordering），之后随本连接上见过的超过个数增大，不超过 tcp_max_reordering。',
    },
    here: ['tcpglass ss -ti', 'tcpglass nstat -az "TcpExtTCP*Reorder"'],
    linux: ['ss -ti', 'nstat -az "TcpExtTCP*Reorder"'],
    sources: ['RFC 6675, 4', 'net/ipv4/tcp_input.c, tcp_check_sack_reordering'],
    scenarios: ['reordering', 'fast-retransmit'],
    see: ['tcp_reordering', 'RACK', 'fast retransmit'],
  },
  Eifel: {
    also: ['Eifel detection', 'Eifel 检测', 'Eifel 算法'],
    text: {
      en: 'Was the reaction to a loss needless? An ACK that echoes a timestamp from before the first retransmission answers the original: it was only late. Then cwnd and ssthresh are again what they were (at most 10 segments leave at once here). Without timestamps D-SACK or F-RTO tell it.',
      zh: '对丢失的反应是否多余？如果 ACK 回显的时间戳早于第一次重传，它确认的就是原来的报文段：只是迟到。这时 cwnd 和 ssthresh 恢复原值（本协议栈一次最多放出 10 个报文段）。没有时间戳时，由 D-SACK 或 F-RTO 判断。',
    },
    here: ['tcpglass trace --only loss,cwnd', 'tcpglass nstat -az "TcpExtTCP*Undo"'],
    linux: ['nstat -az "TcpExtTCP*Undo"'],
    sources: ['RFC 3522, 3.2', 'RFC 4015', 'net/ipv4/tcp_input.c, tcp_packet_delayed'],
    scenarios: ['spurious-rto'],
    see: ['spurious retransmission', 'F-RTO', 'D-SACK', 'timestamps'],
  },
  'spurious retransmission': {
    also: ['needless retransmission', '虚假重传', '伪重传'],
    text: {
      en: 'What was sent again had arrived: the path was only slow, or the ACK was lost. A D-SACK or the timestamps tell the sender so, and it takes its reductions back (Eifel, F-RTO).',
      zh: '重传的数据其实已经到达：只是路径变慢，或者 ACK 丢失。D-SACK 或时间戳使发送方得知，并撤销窗口的减小（Eifel、F-RTO）。',
    },
    here: ['tcpglass nstat -az TcpExtTCPFullUndo TcpExtTCPLossUndo TcpExtTCPDSACKRecv'],
    linux: ['nstat -az "TcpExtTCP*Undo" TcpExtTCPDSACKRecv TcpExtTCPSpuriousRTOs'],
    sources: ['RFC 3522', 'RFC 4015', 'RFC 5682', 'RFC 3708'],
    scenarios: ['spurious-rto'],
    see: ['D-SACK', 'TcpExtTCPFullUndo', 'TcpExtTCPLossUndo', 'TCP Spurious Retransmission'],
  },
};
