import type { Address } from '../../wire/address.ts';
import type { Frame } from '../../wire/frame.ts';
import { ICMP_HEADER, type IcmpDrop, type IcmpKind } from '../../wire/icmp/icmp.ts';
import type { Ipv4Options } from '../../wire/ipv4-options.ts';
import type { Packet } from '../../wire/packet.ts';
import type { IpContext } from '../context/context.ts';
import { sendDatagram } from '../output/output.ts';
import type { IpCounters } from '../terms/counters.ts';
import { IcmpError } from '../terms/icmp-error.ts';

type CounterName = keyof IpCounters;

/** The counters of ICMP that both families have, under the names that they have in one. */
interface IcmpCounters {
  received: CounterName;
  unreadable: CounterName;
  wrongChecksums: CounterName;
  echos: CounterName;
  sent: CounterName;
  echoReplies: CounterName;
}

/** What ICMP is in both families: messages are checked, echoed, answered by errors, and errors lead to a packet of ours. */
export abstract class IcmpFamily {
  protected readonly ip: IpContext;
  protected readonly frame: Frame;
  protected readonly error = new IcmpError();
  private readonly protocol: number;
  private readonly names: IcmpCounters;

  constructor(ip: IpContext, frame: Frame, protocol: number, names: IcmpCounters) {
    this.ip = ip;
    this.frame = frame;
    this.protocol = protocol;
    this.names = names;
  }

  /** Is `packet` an error, which no error may answer? */
  protected abstract isError(packet: Packet): boolean;
  /** Our address to speak of `packet` with; null: there is none. */
  protected abstract sourceAbout(packet: Packet): Address | null;
  protected abstract writeError(packet: Packet, src: Address, type: number, code: number, word: number): void;
  protected abstract writeEchoReply(echo: Packet): void;
  /** The options of an echo's answer. */
  protected abstract echoOptions(echo: Packet): Ipv4Options | null;
  /** Reads into `error` the quotation in [from, to): the IP header of a packet of ours, and what lies behind it. False: it can't be. */
  protected abstract readQuote(packet: Packet, from: number, to: number): boolean;

  /** Counts a message that came. @returns false: there is a problem with it, and it is dropped */
  protected isSound(packet: Packet, problem: IcmpDrop | null): boolean {
    const { ip, names } = this;
    ip.counters[names.received]++;
    if (problem === null) return true;
    ip.counters[names.unreadable]++;
    if (problem === 'IcmpChecksum') ip.counters[names.wrongChecksums]++;
    ip.drop(problem, packet);
    return false;
  }

  /** Answers an echo request, unless they are to be ignored. */
  protected echo(packet: Packet, ignored: boolean): void {
    const { ip, frame, names, protocol } = this;
    ip.counters[names.echos]++;
    if (ignored) {
      ip.drop('IcmpIgnored', packet);
      return;
    }
    this.writeEchoReply(packet);
    ip.counters[names.sent]++;
    ip.counters[names.echoReplies]++;
    // With the same TOS (RFC 1349, section 5.1).
    sendDatagram(ip, frame, packet.dst, packet.src, protocol, packet.tos, this.echoOptions(packet));
  }

  /** Sends an error about `packet`. @returns false: it isn't sent, since it may not be, or too many were */
  protected send(packet: Packet, type: number, code: number, word: number): boolean {
    const { ip, frame, names, protocol } = this;
    if (this.isError(packet)) return false;
    if (!ip.icmpLimit.admits(ip.now, ip.sysctls.icmp_msgs_per_sec)) {
      ip.drop('IcmpRateLimit', packet);
      return false;
    }
    const src = this.sourceAbout(packet);
    if (src === null) return false;
    this.writeError(packet, src, type, code, word);
    ip.counters[names.sent]++;
    sendDatagram(ip, frame, src, packet.src, protocol, 0, packet.returnRoute);
    return true;
  }

  /** An error arrives: the layer above is told, if it is about a packet of ours. */
  protected deliverError(packet: Packet, kind: IcmpKind | null): void {
    const { ip, error } = this;
    if (kind === null) {
      ip.drop('IcmpIgnored', packet);
      return;
    }
    error.kind = kind;
    error.reporter.set(packet.src);
    const readable = this.readQuote(packet, packet.transportStart + ICMP_HEADER, packet.transportEnd);
    if (!readable || !ip.addresses.isLocal(error.local) || !ip.upper?.icmpError(error)) ip.drop('IcmpQuote', packet);
  }
}
