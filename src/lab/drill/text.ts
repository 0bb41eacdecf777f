import { ACK, AE, CWR, ECE, FIN, PSH, RST, SYN, URG } from '../../wire/segment.ts';
import type { OptionSpec, TcpAction } from './ast.ts';
import type { CapturedTcp, RawOption } from './capture.ts';
import type { Flow } from './flow.ts';

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
  const parts: string[] = [];
  const { ip, ports, seq, length } = spec;
  const about = [
    ip.ecn,
    ip.tos === null ? null : `tos 0x${ip.tos.toString(16)}`,
    ip.ttl === null ? null : `ttl ${ip.ttl}`,
    ip.flowLabel === null ? null : `flowlabel 0x${ip.flowLabel.toString(16)}`,
  ];
  const said = about.filter((text) => text !== null);
  if (said.length > 0) parts.push(`[${said.join(',')}]`);
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

/** A packet that came, in the script's language and numbers. */
export function capturedText(tcp: CapturedTcp, length: number, flow: Flow, ts: number | null): string {
  const seq = flow.localToScript(tcp.seq, tcp.flags);
  const parts = [flagsInScript(tcp.flags), `${seq}:${(seq + length) % 2 ** 32}(${length})`];
  if (tcp.flags & ACK) parts.push(`ack ${flow.remoteToScript(tcp.ack, tcp.flags)}`);
  parts.push(`win ${tcp.win}`);
  if (tcp.urg !== 0) parts.push(`urg ${tcp.urg}`);
  const options = tcp.options.map((option) => rawOptionText(option, tcp.flags, flow, ts));
  if (options.length > 0) parts.push(`<${options.join(',')}>`);
  return parts.join(' ');
}

/** @param ts the timestamp in the script's terms; null: as it is */
export function rawOptionText(option: RawOption, flags: number, flow: Flow, ts: number | null): string {
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
        blocks.push(`${flow.remoteToScript(left, flags)}:${flow.remoteToScript(right, flags)}`);
      }
      return `sack ${blocks.join(' ')}`;
    }
    case 8:
      return option.length === 10 ? `TS val ${ts ?? view.getUint32(2)} ecr ${view.getUint32(6)}` : 'TS?';
    default:
      return `option ${option[0]} ${hex([...option.subarray(2)])}`;
  }
}

const hex = (bytes: readonly number[]): string => bytes.map((b) => b.toString(16).padStart(2, '0')).join('');
