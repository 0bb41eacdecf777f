/** What each counter counts, by the name that nstat(8) has, in a few words: as the comments in terms/counters.ts say it. */
const TCP: Readonly<Record<string, string>> = {
  TcpActiveOpens: 'Connections that we opened',
  TcpPassiveOpens: 'Connections that peers opened',
  TcpAttemptFails: 'Handshakes that failed',
  TcpEstabResets: 'Connections that were reset',
  TcpInSegs: 'Segments received',
  TcpOutSegs: 'Segments sent, but those sent again',
  TcpRetransSegs: 'Segments sent again',
  TcpInErrs: 'Segments received with errors',
  TcpOutRsts: 'RSTs sent',
  TcpInCsumErrors: 'Segments received with a wrong checksum',
  TcpExtOutOfWindowIcmps: 'ICMP errors about segments that are not in flight',
  TcpExtListenOverflows: 'An accept queue was full when a SYN or the last ACK of a handshake came',
  TcpExtListenDrops: 'SYNs and last ACKs that a listener dropped',
  TcpExtTCPReqQFullDoCookies: 'The SYN queue was full, and a cookie was sent',
  TcpExtTCPReqQFullDrop: 'The SYN queue was full, and nothing was sent',
  TcpExtSyncookiesSent: 'SYN cookies sent',
  TcpExtSyncookiesRecv: 'SYN cookies that came back',
  TcpExtSyncookiesFailed: 'Segments that should have had a SYN cookie, and had no good one',
  TcpExtTCPDeferAcceptDrop: 'Last ACKs without data where the user waits for data',
  TcpExtEmbryonicRsts: 'Handshakes that ended with a RST',
  TcpExtTCPFastOpenActive: 'Connections that we opened with data in the SYN, acknowledged with it',
  TcpExtTCPFastOpenActiveFail: 'Connections that we opened with data in the SYN, not acknowledged with it',
  TcpExtTCPFastOpenPassive: 'Connections that peers opened with a good Fast Open cookie',
  TcpExtTCPFastOpenPassiveAltKey: 'Of them, those whose cookie was of the older key',
  TcpExtTCPFastOpenPassiveFail: 'SYNs with a bad Fast Open cookie',
  TcpExtTCPFastOpenListenOverflow: 'As many Fast Open requests were pending as TCP_FASTOPEN allows',
  TcpExtTCPFastOpenCookieReqd: 'SYNs that asked for a Fast Open cookie',
  TcpExtTCPFastOpenBlackhole: 'Times that Fast Open came to nothing, and paused',
  TcpExtTW: 'Waits in TIME_WAIT of more than 4 s that began',
  TcpExtTWKilled: 'Shorter waits in TIME_WAIT that began',
  TcpExtTWRecycled: 'Waits in TIME_WAIT that a connection of ours took over',
  TcpExtTCPTimeWaitOverflow: 'Connections that ended without TIME_WAIT: the table was full',
  TcpExtPAWSPassive: 'SYNs dropped for their timestamp (tcp_tw_recycle)',
  TcpExtPAWSActive: 'SYN-ACKs with a timestamp out of place',
  TcpExtPAWSEstab: 'Segments for connections with a timestamp out of place',
  TcpExtPAWSTimewait: 'Segments for TIME_WAIT with a timestamp out of place',
  TcpExtDelayedACKs: 'ACKs that waited for the timer',
  TcpExtTCPPureAcks: 'ACKs without data received',
  TcpExtTCPChallengeACK: 'Challenge ACKs sent (RFC 5961)',
  TcpExtTCPSYNChallenge: 'Challenge ACKs sent for a SYN (RFC 5961)',
  TcpExtTCPACKSkippedPAWS: 'Answers held back by tcp_invalid_ratelimit: to old timestamps',
  TcpExtTCPACKSkippedSeq: 'Answers held back by tcp_invalid_ratelimit: to sequence numbers outside the window',
  TcpExtTCPACKSkippedFinWait2: 'Answers held back by tcp_invalid_ratelimit: in FIN_WAIT_2',
  TcpExtTCPACKSkippedTimeWait: 'Answers held back by tcp_invalid_ratelimit: in TIME_WAIT',
  TcpExtTCPACKSkippedChallenge: 'Challenge ACKs held back by tcp_invalid_ratelimit',
  TcpExtTCPTimeouts: 'Retransmission timeouts',
  TcpExtTCPFastRetrans: 'Segments sent again before a timeout',
  TcpExtTCPRenoRecovery: 'Recoveries from loss without SACK',
  TcpExtTCPSackRecovery: 'Recoveries from loss with SACK',
  TcpExtTCPSACKReneging: 'Peers that discarded what they had acknowledged selectively',
  TcpExtTCPDSACKRecv: 'D-SACKs received: a segment came twice',
  TcpExtTCPDSACKOldSent: 'D-SACKs sent for segments that were acknowledged',
  TcpExtTCPDSACKOfoSent: 'D-SACKs sent for segments out of order',
  TcpExtTCPFullUndo: 'Reductions of the window taken back: nothing was lost',
  TcpExtTCPLossUndo: 'Timeouts taken back: nothing was lost',
  TcpExtTCPMTUPFail: 'Probes of the path MTU that were lost (RFC 4821)',
  TcpExtTCPMTUPSuccess: 'Probes of the path MTU that arrived (RFC 4821)',
  TcpExtTCPOFOQueue: 'Segments received out of order',
  TcpExtTCPOFODrop: 'Segments out of order that there was no room for',
  TcpExtTCPRcvQDrop: 'Segments in order that there was no room for',
  TcpExtBeyondWindow: 'Segments with octets behind the right edge of our window',
  TcpExtTCPFromZeroWindowAdv: 'Windows that we opened again',
  TcpExtTCPToZeroWindowAdv: 'Windows that we shut',
  TcpExtTCPWinProbe: 'Window probes sent',
  TcpExtTCPKeepAlive: 'Keep-alives sent',
  TcpExtTCPAbortOnData: 'Connections reset: data came after close',
  TcpExtTCPAbortOnClose: 'Connections reset: closed with data unread',
  TcpExtTCPAbortOnTimeout: 'Connections given up: the peer was silent',
  TcpExtTCPAbortOnLinger: 'Connections that ended in FIN_WAIT_2 at once',
  TcpExtTCPAbortOnMemory: 'Connections reset: too many orphans',
};

/** Of RFC 4293, for both versions of IP; of ICMP and UDP what is said by the rest of the name. */
const IP: Readonly<Record<string, string>> = {
  InReceives: 'packets received',
  InHdrErrors: 'packets received with a header that is wrong',
  InAddrErrors: 'packets received that are not for us',
  InTruncatedPkts: 'packets received that are shorter than they say',
  InUnknownProtos: 'packets received of a protocol that is not here',
  InMcastPkts: 'packets received for a group',
  InBcastPkts: 'packets received for everybody',
  InDiscards: 'packets received and thrown away for other reasons',
  InDelivers: 'packets delivered to TCP, UDP or ICMP',
  OutRequests: 'packets sent',
  ReasmReqds: 'fragments received',
  ReasmOKs: 'packets put together from fragments',
  ReasmFails: 'packets that could not be put together from fragments',
  ReasmTimeout: 'packets whose fragments waited too long',
  ReasmOverlaps: 'fragments that overlap others',
  FragOKs: 'packets sent in fragments',
  FragFails: 'packets that would have needed fragments and were not sent',
  FragCreates: 'fragments sent',
};

/** A sentence about the counter of this name. */
export function counterHelp(name: string): string {
  if (Object.hasOwn(TCP, name)) return TCP[name]!;
  const [, layer, direction, rest] = /^(IpExt|Ip6?|Icmp6?|Udp6?)(In|Out)?(.*)$/.exec(name) ?? [];
  if (layer === undefined) return `${name} of nstat(8)`;
  const version = layer.endsWith('6') ? 'IPv6' : 'IPv4';
  const known = `${direction ?? ''}${rest}`;
  if (layer.startsWith('Ip') && Object.hasOwn(IP, known)) return `${version}: ${IP[known]}`;
  const protocol = layer.startsWith('Icmp') ? 'ICMP' : 'UDP';
  if (rest === 'Msgs') return `${protocol} over ${version}: messages ${direction === 'In' ? 'received' : 'sent'}`;
  if (layer.startsWith('Icmp')) return `ICMP over ${version}: ${rest} ${direction === 'In' ? 'received' : 'sent'}`;
  return `UDP over ${version}: datagrams received, ${known}`;
}
