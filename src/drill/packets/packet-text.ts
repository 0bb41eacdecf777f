import { ACK, AE, CWR, ECE, FIN, PSH, RST, SYN, URG } from '../../wire/segment.ts';
import type { IcmpAction, IpSpec, OptionSpec, TcpAction } from '../script/ast.ts';
import type { Captured, CapturedTcp, RawOption } from '../terms/captured.ts';
import type { Numbers } from './numbers.ts';

const LETTERS: readonly [number, string][] = [
  [FIN, 'F'],
  [SYN, 'S'],
  [RST, 'R'],
  [PSH, 'P'],
  [URG, 'U'],
  [ECE, 'E'],
  [CWR, 'W'],
  [AE, 'A'],
];

/** Flags as a script spells them. */
export function flagsInScript(flags: number): string {
  const letters = LETTERS.filter(([bit]) => flags & bit).map(([, letter]) => letter);
  return letters.join('') + (flags & ACK ? '.' : letters.length === 0 ? '-' : '');
}

/** An expected packet, as the script has it. */
export function specText(spec: TcpAction): string {
  const { ip, ports, seq, length } = spec;
  const parts: string[] = [...ipText(ip)];
  if (ports !== null) parts.push(`${ports.src}>${ports.dst}`);
  parts.push(flagsInScript(spec.flags) + (spec.ace ?? ''));
  parts.push(`${seq}:${(seq + length) % 2 ** 32}(${length})`);
  if (spec.flags & ACK) parts.push(`ack ${spec.ack}`);
  if (spec.win !== null) parts.push(`win ${spec.win}`);
  if (spec.urg !== 0) parts.push(`urg ${spec.urg}`);
  if (spec.options === null) parts.push('<...>');
  else if (spec.options.length > 0) parts.push(`<${spec.options.map(optionSpecText).join(',')}>`);
  return parts.join(' ');
}

/** An ICMP message, as the script has it. */
export function icmpText({ typeName, codeName, mtu }: IcmpAction): string {
  return ['icmp', typeName, codeName, mtu === null ? null : `mtu ${mtu}`].filter((part) => part !== null).join(' ');
}

/** What is said of an IP header, in brackets; nothing where nothing is. */
function ipText({ ecn, tos, ttl, flowLabel }: IpSpec): string[] {
  const about = [
    ecn,
    tos === null ? null : `tos 0x${tos.toString(16)}`,
    ttl === null ? null : `ttl ${ttl}`,
    flowLabel === null ? null : `flowlabel 0x${flowLabel.toString(16)}`,
  ];
  const said = about.filter((text) => text !== null);
  return said.length > 0 ? [`[${said.join(',')}]`] : [];
}

export const ECN_NAMES = ['noecn', 'ect1', 'ect0', 'ce'] as const;

/** What a packet's IP header has of that which `spec` asks for. */
export function capturedIpText({ tos, ttl, flowLabel }: Captured, { ip }: TcpAction): string {
  const said = ipText({
    ecn: ip.ecn === null ? null : ECN_NAMES[(tos & 3) as 0 | 1 | 2 | 3],
    tos: ip.tos === null ? null : tos,
    ttl: ip.ttl === null ? null : ttl,
    flowLabel: ip.flowLabel === null ? null : flowLabel,
  });
  return said.map((text) => `${text} `).join('');
}

export function optionSpecText(option: OptionSpec): string {
  switch (option.type) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return option.type;
    case 'mss':
    case 'wscale':
      return `${option.type} ${option.value}`;
    case 'TS':
      return `TS val ${option.val} ecr ${option.ecr}`;
    case 'sack':
      return `sack ${option.blocks.map(({ left, right }) => `${left}:${right}`).join(' ')}`;
    case 'raw':
      return `${option.name} ${hex(option.bytes.slice(2))}`;
    default:
      return option satisfies never;
  }
}

/**
 * A packet that came, in the script's language and numbers; of no known connection (null), in its own.
 * @param spec tells what the script wants to know: what it leaves open is left out
 */
export function capturedText(
  tcp: CapturedTcp,
  length: number,
  numbers: Numbers | null,
  ts: number | null,
  spec: TcpAction | null = null,
): string {
  const seq = numbers?.localToScript(tcp.seq, tcp.flags) ?? tcp.seq >>> 0;
  const ports = spec?.ports == null ? [] : [`${tcp.srcPort}>${tcp.dstPort}`];
  const parts = [...ports, flagsInScript(tcp.flags), `${seq}:${(seq + length) % 2 ** 32}(${length})`];
  if (tcp.flags & ACK) parts.push(`ack ${numbers?.remoteToScript(tcp.ack, tcp.flags) ?? tcp.ack >>> 0}`);
  if (spec?.win !== null) parts.push(`win ${tcp.win}`);
  if (tcp.urg !== 0) parts.push(`urg ${tcp.urg}`);
  const options = tcp.options.map((option) => rawOptionText(option, tcp.flags, numbers, ts));
  if (spec?.options === null) parts.push('<...>');
  else if (options.length > 0) parts.push(`<${options.join(',')}>`);
  return parts.join(' ');
}

/** @param ts the timestamp in the script's terms; null: as the connection's first one tells */
export function rawOptionText(option: RawOption, flags: number, numbers: Numbers | null, ts: number | null): string {
  const edge = (seq: number): number => numbers?.remoteToScript(seq, flags) ?? seq >>> 0;
  const view = new DataView(option.buffer, option.byteOffset, option.length);
  switch (option[0]) {
    case 0:
      return 'eol';
    case 1:
      return 'nop';
    case 2:
      return option.length === 4 ? `mss ${view.getUint16(2)}` : 'mss?';
    case 3:
      return option.length === 3 ? `wscale ${option[2]}` : 'wscale?';
    case 4:
      return 'sackOK';
    case 5: {
      const blocks: string[] = [];
      for (let i = 2; i + 8 <= option.length; i += 8) {
        const [left, right] = [view.getInt32(i), view.getInt32(i + 4)];
        blocks.push(`${edge(left)}:${edge(right)}`);
      }
      return `sack ${blocks.join(' ')}`;
    }
    case 8: {
      if (option.length !== 10) return 'TS?';
      const val = view.getUint32(2);
      return `TS val ${ts ?? numbers?.tsInScript(val) ?? val} ecr ${view.getUint32(6)}`;
    }
    case 34:
      return `FO ${hex([...option.subarray(2)])}`.trim();
    case 254:
      if (option.length >= 4 && view.getUint16(2) === 0xf989) return `FOEXP ${hex([...option.subarray(4)])}`.trim();
      return `option 254 ${hex([...option.subarray(2)])}`;
    default:
      return `option ${option[0]} ${hex([...option.subarray(2)])}`;
  }
}

const hex = (bytes: readonly number[]): string => bytes.map((b) => b.toString(16).padStart(2, '0')).join('');
