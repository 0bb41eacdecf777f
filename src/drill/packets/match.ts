import type { Address } from '../../wire/address.ts';
import { ACK, AE, CWR, ECE, FIN, PSH } from '../../wire/segment.ts';
import type { IcmpAction, IpSpec, TcpAction } from '../script/ast.ts';
import type { Settings } from '../script/settings.ts';
import type { Captured, CapturedTcp } from '../terms/captured.ts';
import { Mismatch } from '../terms/errors.ts';
import { encodeOption, withAce } from './build.ts';
import { icmpTypeAndCode } from './icmp-names.ts';
import type { Numbers } from './numbers.ts';
import { capturedText, ECN_NAMES, flagsInScript, optionSpecText, rawOptionText, specText } from './packet-text.ts';

/**
 * One packet that the script expects may be on the wire in pieces: it was written from what Linux hands to a device that
 * cuts segments (TSO), and packetdrill itself, unless told `--strict_segments`, puts consecutive packets together until
 * the expected length is reached. So here: pieces of equal length (the last may be shorter) with the same header, CWR only
 * on the first and FIN only on the last, are one packet.
 *
 * PSH is not looked at where there are several pieces: super-segments have it since Linux 5.4, whatever was written
 * (__tcp_transmit_skb), and had none before, so that scripts have both; and where one ends depends on the rate.
 */
export interface Arrival {
  pieces: Captured[];
  length: number;
}

/** May `next` be the following piece of what began with `first`? Says why not. */
export function joinProblem(first: CapturedTcp, length: number, next: CapturedTcp, missing: number): string | null {
  const loose = FIN | PSH | CWR;
  if (next.srcPort !== first.srcPort || next.dstPort !== first.dstPort)
    return 'the next packet is of another connection';
  if ((next.flags & ~loose) !== (first.flags & ~loose)) return 'the next packet has other flags';
  if (next.seq !== ((first.seq + length) | 0)) return 'the next packet does not follow it';
  if (next.ack !== first.ack || next.win !== first.win) return 'the next packet has another ack or window';
  if (next.payload.length === 0) return 'the next packet has no data';
  if (next.payload.length > missing) return 'the next packet has more data';
  if (next.payload.length < missing && next.payload.length !== first.payload.length) {
    return 'its pieces are of different lengths';
  }
  if (!sameOptions(first, next)) return 'the next packet has other options';
  return null;
}

function sameOptions(a: CapturedTcp, b: CapturedTcp): boolean {
  return (
    a.options.length === b.options.length &&
    a.options.every((option, i) => {
      const other = b.options[i]!;
      return option.length === other.length && option.every((octet, j) => octet === other[j]);
    })
  );
}

/** The header of all pieces together: FIN and PSH are those of the last one. */
export function wholeOf({ pieces }: Arrival): CapturedTcp {
  const first = pieces[0]!.tcp!;
  const last = pieces[pieces.length - 1]!.tcp!;
  return { ...first, flags: (first.flags & ~(FIN | PSH)) | (last.flags & (FIN | PSH)) };
}

/** Compares a packet of ours with what the script expects, field by field. @throws Mismatch */
export function matchTcp(spec: TcpAction, arrival: Arrival, numbers: Numbers, settings: Settings): void {
  const first = arrival.pieces[0]!;
  const tcp = first.tcp!;
  const last = arrival.pieces[arrival.pieces.length - 1]!.tcp!;
  const whole = wholeOf(arrival);
  const { flags } = whole;
  const ts = scriptTimestamp(spec, tcp, numbers);
  const fail = (field: string): never => {
    throw new Mismatch(`The ${field} is wrong`, specText(spec), capturedText(whole, arrival.length, numbers, ts, spec));
  };
  for (const piece of arrival.pieces) {
    const inner = piece.tcp!;
    if (inner !== last && inner.flags & FIN) fail('place of FIN');
    if (piece !== first && inner.flags & CWR) fail('place of CWR');
  }
  matchAddresses(first, numbers.local, numbers.remote);
  matchIp(spec.ip, first, fail);
  if (spec.ports !== null && (spec.ports.src !== tcp.srcPort || spec.ports.dst !== tcp.dstPort)) fail('pair of ports');
  const wanted = withAce(spec);
  const ignored = arrival.pieces.length > 1 ? PSH : 0;
  if ((flags | ignored) !== (wanted | ignored)) fail(flagDifference(flags, wanted));
  if (numbers.localToScript(tcp.seq, flags) !== spec.seq) fail('sequence number');
  if (arrival.length !== spec.length) fail('length');
  const ack = flags & ACK ? numbers.remoteToScript(tcp.ack, flags) : tcp.ack >>> 0;
  if (ack !== spec.ack) fail('acknowledgment number');
  if (spec.win !== null && tcp.win !== spec.win) fail('window');
  if (tcp.urg !== spec.urg) fail('urgent pointer');
  if (spec.options !== null) matchOptions(spec, whole, numbers, settings, ts, fail);
}

function flagDifference(flags: number, wanted: number): string {
  const ecn = ECE | CWR | AE;
  if ((flags ^ wanted) & ~ecn) {
    const parts = [];
    if (wanted & ~flags) parts.push(`${flagsInScript(wanted & ~flags)} is missing`);
    if (flags & ~wanted) parts.push(`${flagsInScript(flags & ~wanted)} is too much`);
    return `set of flags (${parts.join(', ')})`;
  }
  return 'set of ECN flags';
}

/** Registers our timestamp and turns it into the script's terms. */
function scriptTimestamp(spec: TcpAction, tcp: CapturedTcp, numbers: Numbers): number | null {
  const expected = spec.options?.find((option) => option.type === 'TS');
  const actual = tcp.options.find((option) => option[0] === 8 && option.length === 10);
  if (expected?.type !== 'TS' || actual === undefined) return null;
  return numbers.tsToScript(expected.val, new DataView(actual.buffer, actual.byteOffset).getInt32(2));
}

/** The same options in the same order with the same values; padding is part of it. */
function matchOptions(
  spec: TcpAction,
  tcp: CapturedTcp,
  numbers: Numbers,
  settings: Settings,
  ts: number | null,
  fail: (field: string) => never,
): void {
  const expected = spec.options ?? [];
  const kinds = expected.map((option) => encodeOption(option, (seq) => seq)[0]!);
  if (kinds.length !== tcp.options.length || kinds.some((kind, i) => kind !== tcp.options[i]![0])) {
    fail('list of options');
  }
  for (const [i, option] of expected.entries()) {
    const actual = tcp.options[i]!;
    if (option.type === 'TS') {
      matchTimestamps(option, actual, settings, ts, fail);
      continue;
    }
    const octets = encodeOption(option, (seq) => numbers.remoteToLive(seq, tcp.flags));
    if (octets.length !== actual.length || octets.some((octet, j) => octet !== actual[j])) {
      fail(`option "${optionSpecText(option)}" (${rawOptionText(actual, tcp.flags, numbers, ts)})`);
    }
  }
}

/**
 * What we echo must be the peer's own number, which needs no mapping, or 0 in a SYN, which answers nothing. (packetdrill looks away here; a stack that echoes the
 * wrong one breaks the other side's RTT and PAWS.) How our own clock advances is looked at with --tcp_ts_tick_usecs.
 */
function matchTimestamps(
  option: { val: number; ecr: number },
  actual: Uint8Array,
  settings: Settings,
  ts: number | null,
  fail: (field: string) => never,
): void {
  if (actual.length !== 10) fail('length of the timestamps option');
  const ecr = new DataView(actual.buffer, actual.byteOffset).getUint32(6);
  if (ecr !== option.ecr) fail('echoed timestamp (TS ecr)');
  const off = Math.abs(((ts ?? 0) - option.val) | 0) * settings.tsTick;
  if (off > settings.tolerance) fail('timestamp (TS val)');
}

function matchIp(ip: IpSpec, captured: Captured, fail: (field: string) => never): void {
  const ecn = captured.tos & 3;
  if (ip.ecn === 'ect01' && ecn !== 1 && ecn !== 2) fail(`ECN field (${ECN_NAMES[ecn]})`);
  else if (ip.ecn !== null && ip.ecn !== 'ect01' && ECN_NAMES[ecn] !== ip.ecn) fail(`ECN field (${ECN_NAMES[ecn]})`);
  const isIpv4 = captured.dst.family === 4;
  const hex = (n: number): string => `0x${n.toString(16)}`;
  if (ip.tos !== null && captured.tos !== ip.tos) fail(`${isIpv4 ? 'TOS' : 'traffic class'} (${hex(captured.tos)})`);
  if (ip.ttl !== null && captured.ttl !== ip.ttl) fail(`${isIpv4 ? 'TTL' : 'hop limit'} (${captured.ttl})`);
  // IPv4 has none: a script for both families may name one.
  if (!isIpv4 && ip.flowLabel !== null && captured.flowLabel !== ip.flowLabel) {
    fail(`numbers label (${hex(captured.flowLabel)})`);
  }
}

/** Everything that leaves goes from us to the peer. */
function matchAddresses(captured: Captured, local: Address, remote: Address): void {
  if (captured.src.equals(local) && captured.dst.equals(remote)) return;
  throw new Mismatch('The pair of addresses is wrong', `${local} > ${remote}`, `${captured.src} > ${captured.dst}`);
}

export function matchIcmp(spec: IcmpAction, captured: Captured, settings: Settings): void {
  const { localIp, remoteIp } = settings;
  const wanted = icmpTypeAndCode(spec, localIp.family);
  const expected = `icmp ${spec.typeName} ${spec.codeName ?? ''}`.trim();
  const { icmp } = captured;
  if (icmp === null) throw new Mismatch('The protocol is wrong', expected, 'a packet that is not ICMP');
  if (icmp.type !== wanted.type || icmp.code !== wanted.code) {
    throw new Mismatch('The ICMP message is another', expected, `icmp type ${icmp.type} code ${icmp.code}`);
  }
  matchAddresses(captured, localIp, remoteIp);
  matchIp(spec.ip, captured, (field): never => {
    throw new Mismatch(`The ${field} is wrong`, expected, `icmp type ${icmp.type} code ${icmp.code}`);
  });
}
