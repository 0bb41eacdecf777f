import type { TcpError } from '../../src/tcp/terms/errors.ts';
import type { SocketOptions } from '../../src/tcp/terms/socket-options.ts';
import type { Connection } from '../../src/tcp/user/connection.ts';
import { type Address, address } from '../../src/wire/address.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { Machine, type MachineOptions } from './machine.ts';
import { checksum, flatten, plainSum, u16, u32 } from './octets.ts';

/** Both families' addresses: ours, and a peer's on the same network. */
export const V4 = { ours: '10.9.0.2', peer: '10.9.0.1', router: '10.9.0.254' };
export const V6 = { ours: 'fd00:9::2', peer: 'fd00:9::1', router: 'fd00:9::ff' };
export type Family = typeof V4;

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;

const octets = (a: Address): number[] =>
  a.family === 4 ? u32(a.w3) : [...u32(a.w0), ...u32(a.w1), ...u32(a.w2), ...u32(a.w3)];

export interface IpSpec {
  src: string;
  dst: string;
  protocol: number;
  payload?: readonly number[] | Uint8Array;
  /** IPv4 options, in whole words; IPv6 extension headers, the first of them of type `protocol`. */
  options?: readonly number[];
  tos?: number;
  ttl?: number;
  /** IPv4: identification; flags and fragment offset, where they are not Don't Fragment alone. */
  id?: number;
  fragment?: number;
}

/** An IP packet, written out by hand: version by its addresses. */
export function ip(spec: IpSpec): Uint8Array {
  const { src, dst, protocol, payload = [], options = [], tos = 0, ttl = 64, id = 0, fragment = 0x4000 } = spec;
  const from = address(src);
  if (from.family === 6 && address(dst).family === 6) {
    const length = options.length + payload.length;
    const first = [0x60 | (tos >> 4), (tos & 15) << 4, 0, 0, ...u16(length), protocol, ttl];
    return Uint8Array.from([...first, ...octets(from), ...octets(address(dst)), ...options, ...payload]);
  }
  const headerLength = 20 + options.length;
  const total = headerLength + payload.length;
  const header = [0x40 | (headerLength / 4), tos, ...u16(total), ...u16(id), ...u16(fragment), ttl, protocol, 0, 0];
  const bytes = Uint8Array.from([...header, ...octets(from), ...octets(address(dst)), ...options, ...payload]);
  const sum = checksum(bytes.subarray(0, headerLength));
  bytes[10] = sum >> 8;
  bytes[11] = sum & 255;
  return bytes;
}

/** Both families have the same words in their pseudo-headers, with more zeros in IPv6's. */
const pseudoSum = (src: string, dst: string, protocol: number, length: number): number =>
  plainSum([...octets(address(src)), ...octets(address(dst)), 0, protocol, ...u16(length)]);

/** A transport message with its checksum put in at `at`: with the pseudo-header, but for ICMP. */
export function summed(src: string, dst: string, protocol: number, at: number, message: readonly number[]): Uint8Array {
  const bytes = Uint8Array.from(message);
  const pseudo = protocol === ICMP ? 0 : pseudoSum(src, dst, protocol, bytes.length);
  const sum = checksum(bytes, pseudo);
  bytes[at] = sum >> 8;
  bytes[at + 1] = sum & 255;
  return bytes;
}

/** A UDP datagram with as many octets of data, and its checksum. */
export function udp(src: string, dst: string, length: number): Uint8Array {
  const data = Array.from({ length }, (_, i) => (i * 13) & 255);
  const message = summed(src, dst, UDP, 6, [...u16(5353), ...u16(53), ...u16(8 + length), 0, 0, ...data]);
  return ip({ src, dst, protocol: UDP, payload: message });
}

/** What a segment says, whichever numbers it is told in. */
export interface SegmentFields {
  seq?: number;
  ack?: number;
  flags: number;
  wnd?: number;
  urg?: number;
  mss?: number;
  /** More options, octet by octet; they are filled up to a whole word. */
  options?: readonly number[];
  data?: readonly number[];
  /** The low four bits of the octet that the data offset is in. */
  reserved?: number;
  /** Header length in words, where it shall be a lie. */
  dataOffset?: number;
  badChecksum?: boolean;
}

/** A segment as it stands on the wire. */
export interface TcpSpec extends SegmentFields {
  src: string;
  dst: string;
  srcPort: number;
  dstPort: number;
  seq: number;
}

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;

export function tcpMessage(spec: TcpSpec): Uint8Array {
  const { src, dst, srcPort, dstPort, seq, ack = 0, flags, wnd = 65535, urg = 0, mss, data = [], reserved = 0 } = spec;
  const options = words([...(mss === undefined ? [] : [2, 4, ...u16(mss)]), ...(spec.options ?? [])]);
  const offset = ((spec.dataOffset ?? 5 + options.length / 4) << 4) | reserved;
  const numbers = [...u16(srcPort), ...u16(dstPort), ...u32(seq), ...u32(ack)];
  const header = [...numbers, offset, flags, ...u16(wnd), 0, 0, ...u16(urg)];
  const bytes = summed(src, dst, TCP, 16, [...header, ...options, ...data]);
  if (spec.badChecksum) bytes[16]! ^= 1;
  return bytes;
}

/** Options in whole words. */
export const words = (octets: readonly number[]): number[] => [
  ...octets,
  ...Array<number>((4 - (octets.length % 4)) % 4).fill(0),
];

export const tcp = (spec: TcpSpec, more: Partial<IpSpec> = {}): Uint8Array =>
  ip({ src: spec.src, dst: spec.dst, protocol: TCP, payload: tcpMessage(spec), ...more });

/** A packet that the host sent, read by hand; its checksums are verified. */
export interface Sent {
  bytes: Uint8Array;
  version: number;
  src: string;
  dst: string;
  protocol: number;
  tos: number;
  ttl: number;
  /** IPv4: identification, Don't Fragment, options. */
  id: number;
  df: boolean;
  options: number[];
  payload: Uint8Array;
  gsoSize: number;
}

const groups = (b: Uint8Array): string =>
  Array.from({ length: 8 }, (_, i) => ((b[2 * i]! << 8) | b[2 * i + 1]!).toString(16)).join(':');
const addressAt = (bytes: Uint8Array, at: number, length: number): string =>
  address(length === 4 ? bytes.subarray(at, at + 4).join('.') : groups(bytes.subarray(at, at + 16))).toString();

function read(bytes: Uint8Array, gsoSize: number): Sent {
  const version = bytes[0]! >> 4;
  if (version === 6) {
    if (bytes.length !== 40 + ((bytes[4]! << 8) | bytes[5]!)) throw new Error('IPv6: wrong payload length');
    return {
      ...{ bytes, version, gsoSize, src: addressAt(bytes, 8, 16), dst: addressAt(bytes, 24, 16) },
      ...{ protocol: bytes[6]!, tos: ((bytes[0]! & 15) << 4) | (bytes[1]! >> 4), ttl: bytes[7]! },
      ...{ id: 0, df: true, options: [], payload: bytes.subarray(40) },
    };
  }
  const headerLength = (bytes[0]! & 15) * 4;
  if (checksum(bytes.subarray(0, headerLength)) !== 0) throw new Error('IPv4: wrong header checksum');
  if (bytes.length !== ((bytes[2]! << 8) | bytes[3]!)) throw new Error('IPv4: wrong total length');
  return {
    ...{ bytes, version, gsoSize, src: addressAt(bytes, 12, 4), dst: addressAt(bytes, 16, 4) },
    ...{ protocol: bytes[9]!, tos: bytes[1]!, ttl: bytes[8]!, id: (bytes[4]! << 8) | bytes[5]! },
    ...{ df: (bytes[6]! & 0x40) !== 0, options: [...bytes.subarray(20, headerLength)] },
    payload: bytes.subarray(headerLength),
  };
}

export interface SentTcp extends Sent {
  srcPort: number;
  dstPort: number;
  seq: number;
  ack: number;
  flags: number;
  mss: number | null;
  data: Uint8Array;
}

/** Reads a segment, and verifies its checksum towards `dst`: a source route's last stop, where there is one. */
export function asTcp(sent: Sent, dst = sent.dst): SentTcp {
  const { payload: p } = sent;
  const pseudo = pseudoSum(sent.src, dst, TCP, p.length);
  if (checksum(p, pseudo) !== 0) throw new Error('TCP: wrong checksum');
  const view = new DataView(p.buffer, p.byteOffset, p.length);
  const offset = (p[12]! >> 4) * 4;
  return {
    ...sent,
    ...{ srcPort: view.getUint16(0), dstPort: view.getUint16(2), seq: view.getInt32(4), ack: view.getInt32(8) },
    ...{ flags: p[13]!, mss: offset > 20 && p[20] === 2 ? view.getUint16(22) : null, data: p.subarray(offset) },
  };
}

/** What happened to a user. */
export class Told {
  readonly events: string[] = [];
  onConnected(): void {
    this.events.push('connected');
  }
  onReadable(): void {}
  onWritable(): void {}
  onSoftError?(error: TcpError): void {
    this.events.push(`soft ${error.code}`);
  }
  onClosed(error: TcpError | null): void {
    this.events.push(`closed ${error?.code ?? ''}`.trim());
  }
}

/** A Machine with an address of each family: packets of both are put in octet by octet, and read so. */
export class IpMachine extends Machine {
  private readonly out: Sent[] = [];

  constructor(options: MachineOptions = {}) {
    super({
      addresses: [
        { address: address(V4.ours), prefix: 24 },
        { address: address(V6.ours), prefix: 64 },
      ],
      seed: 7,
      ...options,
      sysctls: { tcp_timestamps: 0, tcp_sack: 0, tcp_window_scaling: 0, ...options.sysctls },
    });
  }

  protected override keep(frame: Frame): void {
    this.out.push(read(flatten(frame), frame.gsoSize));
  }

  /** All that was sent since the last call. */
  take(): Sent[] {
    return this.out.splice(0);
  }

  /** The only packet that was sent since the last call. */
  takeOne(): Sent {
    const sent = this.take();
    if (sent.length !== 1) throw new Error(`${sent.length} packets were sent, not 1`);
    return sent[0]!;
  }

  drops(): Record<string, number> {
    return Object.fromEntries([...this.host.ip.drops.entries(), ...this.host.tcp.drops.entries()]);
  }

  /** Begins an active OPEN to port 80 of the family's peer. */
  connect(family: Family, socketOptions?: SocketOptions, told: Told = new Told()): Conversation {
    const c = this.host.tcp.connect({ remote: address(family.peer), remotePort: 80, user: told, socketOptions });
    this.settle();
    return new Conversation(this, family, c, told);
  }

  /** An active OPEN whose handshake is done. */
  established(
    family: Family,
    socketOptions?: SocketOptions,
    mss: number | null = 65000,
    told = new Told(),
  ): Conversation {
    const talk = this.connect(family, socketOptions, told);
    talk.answer(mss);
    this.take();
    return talk;
  }
}

/** The host's end of a connection, and a peer that says what it is told to say. */
export class Conversation {
  readonly machine: IpMachine;
  readonly family: Family;
  readonly c: Connection;
  readonly told: Told;
  /** The peer's next sequence number. */
  seq = 5001;

  constructor(machine: IpMachine, family: Family, c: Connection, told: Told) {
    this.machine = machine;
    this.family = family;
    this.c = c;
    this.told = told;
  }

  /** The peer's SYN-ACK. */
  answer(mss: number | null = 65000): void {
    this.peer({ flags: SYN | ACK, seq: 5000, ...(mss === null ? {} : { mss }) });
  }

  /** A segment of the peer; it acknowledges all that the host sent, if nothing else is said. */
  peer(spec: Partial<TcpSpec>, more: Partial<IpSpec> = {}): void {
    this.machine.receive(tcp(this.spec(spec), more));
  }

  spec(spec: Partial<TcpSpec>): TcpSpec {
    const { peer, ours } = this.family;
    const ends = { src: peer, dst: ours, srcPort: this.c.remotePort, dstPort: this.c.localPort };
    return { ...ends, seq: this.seq, ack: this.c.snd.nxt, flags: ACK, ...spec };
  }

  /** The host sends this many octets, as far as its windows let it. */
  send(length: number): Sent[] {
    this.c.send(Uint8Array.from({ length }, (_, i) => (i * 7) & 255));
    this.machine.settle();
    return this.machine.take();
  }

  /** An ICMP error of a router that quotes the beginning of `packet`. */
  icmp(type: number, code: number, quoted: Sent | Uint8Array, mtu = 0): void {
    this.machine.receive(icmpError(this.family, type, code, quoted, mtu));
  }
}

/** An ICMP error to us, that quotes 8 octets behind the IP header, or in IPv6 as much as fits. */
export function icmpError(family: Family, type: number, code: number, quoted: Sent | Uint8Array, mtu = 0): Uint8Array {
  const bytes = quoted instanceof Uint8Array ? quoted : quoted.bytes;
  const v6 = bytes[0]! >> 4 === 6;
  const quote = v6 ? bytes.subarray(0, 1232) : bytes.subarray(0, (bytes[0]! & 15) * 4 + 8);
  const protocol = v6 ? ICMPV6 : ICMP;
  const { router: src, ours: dst } = family;
  const message = summed(src, dst, protocol, 2, [type, code, 0, 0, ...u32(mtu), ...quote]);
  return ip({ src, dst, protocol, payload: message });
}
