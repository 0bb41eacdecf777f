import { DOUBLE } from '../../basics/double.ts';

/**
 * IP's and ICMP's counters under the names of Linux's /proc/net/snmp and /proc/net/snmp6 (RFC 4293): IPv4's as there, all
 * others with their group in front.
 */
export class IpCounters {
  // Ip:
  InReceives = DOUBLE;
  InHdrErrors = 0;
  InAddrErrors = 0;
  InUnknownProtos = 0;
  InDelivers = DOUBLE;
  OutRequests = DOUBLE;
  ReasmReqds = 0;
  ReasmOKs = 0;
  ReasmFails = 0;
  ReasmTimeout = 0;
  FragOKs = 0;
  FragFails = 0;
  FragCreates = 0;
  // IpExt: to a group or to everybody; fragments that overlap others
  InMcastPkts = 0;
  InBcastPkts = 0;
  // By their ECN field (RFC 3168, section 5)
  InNoECTPkts = DOUBLE;
  InECT1Pkts = DOUBLE;
  InECT0Pkts = DOUBLE;
  InCEPkts = DOUBLE;
  ReasmOverlaps = 0;
  /** Not SNMP's: how often TCP reported trouble with a path (RFC 9293, MUST-20). */
  NegativeAdvice = 0;
  // Icmp:
  IcmpInMsgs = 0;
  IcmpInErrors = 0;
  IcmpInCsumErrors = 0;
  IcmpInDestUnreachs = 0;
  IcmpInTimeExcds = 0;
  IcmpInParmProbs = 0;
  IcmpInSrcQuenchs = 0;
  IcmpInEchos = 0;
  IcmpOutMsgs = 0;
  IcmpOutDestUnreachs = 0;
  IcmpOutTimeExcds = 0;
  IcmpOutParmProbs = 0;
  IcmpOutEchoReps = 0;
  // Udp:
  UdpNoPorts = 0;
  UdpInErrors = 0;
  UdpInCsumErrors = 0;

  // Ip6
  Ip6InReceives = DOUBLE;
  Ip6InHdrErrors = 0;
  Ip6InAddrErrors = 0;
  Ip6InTruncatedPkts = 0;
  Ip6InUnknownProtos = 0;
  Ip6InMcastPkts = 0;
  Ip6InNoECTPkts = DOUBLE;
  Ip6InECT1Pkts = DOUBLE;
  Ip6InECT0Pkts = DOUBLE;
  Ip6InCEPkts = DOUBLE;
  Ip6InDiscards = 0;
  Ip6InDelivers = DOUBLE;
  Ip6OutRequests = DOUBLE;
  Ip6ReasmReqds = 0;
  Ip6ReasmOKs = 0;
  Ip6ReasmFails = 0;
  Ip6ReasmTimeout = 0;
  Ip6FragOKs = 0;
  Ip6FragFails = 0;
  Ip6FragCreates = 0;
  // Icmp6
  Icmp6InMsgs = 0;
  Icmp6InErrors = 0;
  Icmp6InCsumErrors = 0;
  Icmp6InDestUnreachs = 0;
  Icmp6InPktTooBigs = 0;
  Icmp6InTimeExcds = 0;
  Icmp6InParmProblems = 0;
  Icmp6InEchos = 0;
  Icmp6InGroupMembQueries = 0;
  Icmp6InGroupMembResponses = 0;
  Icmp6InGroupMembReductions = 0;
  Icmp6InMLDv2Reports = 0;
  Icmp6InRouterSolicits = 0;
  Icmp6InRouterAdvertisements = 0;
  Icmp6InNeighborSolicits = 0;
  Icmp6InNeighborAdvertisements = 0;
  Icmp6InRedirects = 0;
  Icmp6OutMsgs = 0;
  Icmp6OutDestUnreachs = 0;
  Icmp6OutTimeExcds = 0;
  Icmp6OutParmProblems = 0;
  Icmp6OutEchoReplies = 0;
  // Udp6
  Udp6NoPorts = 0;
  Udp6InErrors = 0;
  Udp6InCsumErrors = 0;

  constructor() {
    this.InReceives =
      this.InDelivers =
      this.OutRequests =
      this.Ip6InReceives =
      this.Ip6InDelivers =
      this.Ip6OutRequests =
        0;
    this.InNoECTPkts = this.InECT1Pkts = this.InECT0Pkts = this.InCEPkts = 0;
    this.Ip6InNoECTPkts = this.Ip6InECT1Pkts = this.Ip6InECT0Pkts = this.Ip6InCEPkts = 0;
  }
}
