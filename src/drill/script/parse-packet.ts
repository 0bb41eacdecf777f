import { ACK, AE, CWR, ECE, FIN, PSH, RST, SYN, URG } from '../../wire/segment.ts';
import { ScriptError, Unsupported } from '../terms/errors.ts';
import type { Direction, IcmpAction, IpSpec, PacketAction, TcpAction } from './ast.ts';
import { parseTcpOptions } from './parse-options.ts';
import type { Tokens } from './tokens.ts';

const FLAGS: Readonly<Record<string, number>> = {
  F: FIN,
  S: SYN,
  R: RST,
  P: PSH,
  U: URG,
  E: ECE,
  W: CWR,
  C: CWR,
  A: AE,
};
const U16 = 0xffff;
const U32 = 0xffffffff;

/** `< [ect0] S. 0:0(0) ack 1 win 1000 <mss 1460>`, `> icmp unreachable ...`, ... */
export function parsePacket(tokens: Tokens): PacketAction {
  const direction: Direction = tokens.take().text === '<' ? 'in' : 'out';
  const { line } = tokens.peek();
  for (const outer of ['ipv4', 'ipv6', 'gre', 'GREv0', 'mpls']) {
    if (tokens.is(outer)) return skipTunnel(tokens, direction, outer, line);
  }
  const ip = parseIpSpec(tokens);
  // The older spelling has the quotation in front: `[1:1461(1460)] icmp unreachable ...`.
  if (tokens.is('icmp') || tokens.is('icmpv6') || tokens.is('[')) return parseIcmp(tokens, direction, ip);
  if (tokens.accept('udp')) {
    parsePorts(tokens);
    tokens.expect('(');
    tokens.number('a length', 0, U16);
    tokens.expect(')');
    return { type: 'other', direction, what: 'UDP' };
  }
  return parseTcp(tokens, direction, ip);
}

/** A tunnelled packet: all of its line is passed over. */
function skipTunnel(tokens: Tokens, direction: Direction, what: string, line: number): PacketAction {
  while (tokens.peek().line === line && !tokens.isKind('end')) tokens.take();
  return { type: 'other', direction, what: `packets in a tunnel (${what})` };
}

/** `[ce]`, `(tos 0x10)`, `[ect0,flowlabel 0x3]`, `[ttl 64]`. */
function parseIpSpec(tokens: Tokens): IpSpec {
  const spec: IpSpec = { ecn: null, tos: null, ttl: null, flowLabel: null };
  if (tokens.isKind('integer', 1)) return spec;
  const close = tokens.accept('[') ? ']' : tokens.accept('(') ? ')' : null;
  if (close === null) return spec;
  do {
    const word = tokens.expectKind('word', 'ect0, ect1, ect01, ce, noecn, tos, ttl or flowlabel');
    switch (word.text) {
      case 'ect0':
      case 'ect1':
      case 'ect01':
      case 'ce':
      case 'noecn':
        spec.ecn = word.text;
        break;
      case 'tos':
        spec.tos = tokens.number('a TOS', 0, 255);
        break;
      case 'ttl':
        spec.ttl = tokens.number('a TTL', 1, 255);
        break;
      case 'flowlabel':
        spec.flowLabel = tokens.number('a flow label', 0, 0xfffff);
        break;
      default:
        throw new ScriptError(word.line, `"${word.text}" is nothing to say of an IP header`);
    }
  } while (tokens.accept(','));
  tokens.expect(close);
  return spec;
}

function parsePorts(tokens: Tokens): TcpAction['ports'] {
  if (!tokens.isKind('integer') || !tokens.is('>', 1)) return null;
  const src = tokens.number('a port', 0, U16);
  tokens.expect('>');
  return { src, dst: tokens.number('a port', 0, U16) };
}

function parseTcp(tokens: Tokens, direction: Direction, ip: IpSpec): TcpAction {
  const { line } = tokens.peek();
  const ports = parsePorts(tokens);
  const { flags, ace } = parseFlags(tokens);
  const { seq, length } = parseSequence(tokens);
  const ack = tokens.accept('ack') ? tokens.number('an acknowledgment number', 0, U32) : 0;
  const win = tokens.accept('win') ? tokens.number('a window', 0, U16) : null;
  const urg = tokens.accept('urg') ? tokens.number('an urgent pointer', 0, U16) : 0;
  const options = parseTcpOptions(tokens);
  if (direction === 'in' && options === null) {
    throw new ScriptError(line, 'Only a packet that leaves may have any options (<...>)');
  }
  if (direction === 'in' && ip.ecn === 'ect01') {
    throw new ScriptError(line, 'Only a packet that leaves may be of either ECT ([ect01])');
  }
  if (tokens.is('{')) throw new Unsupported('mutated packets ({mut ...}, {rep ...})');
  return { type: 'tcp', direction, ip, ports, flags, ace, seq, length, ack, win, urg, options };
}

/** `S.`, `SEW`, `.`, `P.5` or `P5.` (AccECN's counter is 5), `-` for none. */
function parseFlags(tokens: Tokens): { flags: number; ace: number | null } {
  const token = tokens.peek();
  if (tokens.accept('-')) return { flags: 0, ace: null };
  let flags = 0;
  let ace: number | null = null;
  const isDigit = token.kind === 'integer' && /^[0-7]$/.test(token.text) && tokens.is('.', 1);
  const letters = token.kind === 'word' || isDigit ? tokens.take().text : '';
  for (const letter of letters) {
    if (ace === null && letter >= '0' && letter <= '7') {
      ace = Number(letter);
      continue;
    }
    const bit = FLAGS[letter];
    if (bit === undefined) throw new ScriptError(token.line, `"${letter}" in "${letters}" is no TCP flag`);
    if (flags & bit) throw new ScriptError(token.line, `The flag "${letter}" stands twice in "${letters}"`);
    flags |= bit;
  }
  if (tokens.isKind('float')) {
    const digit = /^\.([0-7])$/.exec(tokens.peek().text);
    if (!digit || ace !== null) tokens.fail('an AccECN counter from .0 to .7');
    tokens.take();
    flags |= ACK;
    ace = Number(digit[1]);
  } else if (tokens.accept('.')) flags |= ACK;
  else if (letters === '') tokens.fail('TCP flags');
  if (ace !== null && flags & (ECE | CWR | AE)) {
    throw new ScriptError(token.line, `"${letters}" has both an AccECN counter and the ECN flags that it stands for`);
  }
  return { flags, ace };
}

/** `1:1001(1000)`: first, one behind the last, how many; the three must agree. */
function parseSequence(tokens: Tokens): { seq: number; length: number } {
  const { line } = tokens.peek();
  const seq = tokens.number('a sequence number', 0, U32);
  tokens.expect(':');
  const end = tokens.number('a sequence number', 0, U32);
  tokens.expect('(');
  const length = tokens.number('a length', 0, U16);
  tokens.expect(')');
  if (end !== (seq + length) % 2 ** 32) {
    throw new ScriptError(line, `${seq} and ${length} octets make ${seq + length}, not ${end}`);
  }
  return { seq, length };
}

/** `icmp unreachable frag_needed mtu 1200 [1:1461(1460)]`. */
function parseIcmp(tokens: Tokens, direction: Direction, ip: IpSpec): IcmpAction {
  const early = parseQuotation(tokens);
  const family = tokens.accept('icmpv6') ? 6 : null;
  if (family === null) tokens.expect('icmp');
  const typeName = tokens.expectKind('word', 'the type of an ICMP message').text;
  const codeFollows = tokens.isKind('word') && !tokens.is('mtu') && !tokens.is('id');
  const codeName = codeFollows ? tokens.take().text : null;
  const mtu = tokens.accept('mtu') ? tokens.number('an MTU', 0, U32) : null;
  const id = tokens.accept('id') ? tokens.number('an identifier', 0, U16) : null;
  const quoted = parseQuotation(tokens) ?? early ?? { protocol: 'tcp', seq: 0, length: 0 };
  return { type: 'icmp', direction, family, ip, typeName, codeName, mtu, id, quoted };
}

/** `[1:1461(1460)]`, `[udp (100)]`; null: nothing is quoted. */
function parseQuotation(tokens: Tokens): IcmpAction['quoted'] | null {
  if (!tokens.accept('[')) return null;
  let quoted: IcmpAction['quoted'];
  if (tokens.is('udp') || tokens.is('raw')) {
    const protocol = tokens.take().text as 'udp' | 'raw';
    tokens.expect('(');
    quoted = { protocol, seq: 0, length: tokens.number('a length', 0, U16) };
    tokens.expect(')');
  } else {
    quoted = { protocol: 'tcp', ...parseSequence(tokens) };
  }
  tokens.expect(']');
  return quoted;
}
