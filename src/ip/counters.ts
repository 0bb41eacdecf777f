/** IP's and ICMP's counters under their SNMP names (RFC 4293; Linux's net/ipv4/proc.c). */
export class IpCounters {
  InReceives = 0;
  InHdrErrors = 0;
  InAddrErrors = 0;
  InUnknownProtos = 0;
  InDelivers = 0;
  OutRequests = 0;
  ReasmFails = 0;
  /** Not SNMP's: how often TCP reported trouble with a path (RFC 9293, MUST-20). */
  NegativeAdvice = 0;
  // Icmp:
  IcmpInMsgs = 0;
  IcmpInErrors = 0;
  IcmpInCsumErrors = 0;
  IcmpInDestUnreachs = 0;
  IcmpInTimeExcds = 0;
  IcmpInEchos = 0;
  IcmpOutMsgs = 0;
  IcmpOutDestUnreachs = 0;
  IcmpOutEchoReps = 0;
  // Udp:
  UdpNoPorts = 0;
}
