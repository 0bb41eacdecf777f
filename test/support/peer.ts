import type { SocketOptions } from '../../src/tcp/terms/socket-options.ts';
import type { State } from '../../src/tcp/terms/state.ts';
import type { Connection } from '../../src/tcp/user/connection.ts';
import type { Listener } from '../../src/tcp/user/listener.ts';
import type { Address } from '../../src/wire/address.ts';
import { Frame } from '../../src/wire/frame.ts';
import { PROTOCOL_TCP, writeIpv4 } from '../../src/wire/ipv4.ts';
import { ACK, Segment, SYN, URG } from '../../src/wire/segment.ts';
import { seqAdd, seqDiff } from '../../src/wire/seq.ts';
import { parseTcp, sealTcp, writeTcp } from '../../src/wire/tcp.ts';
import { HOST_ADDRESS, Machine, type MachineOptions, PEER_ADDRESS, printer, type SentPacket } from './machine.ts';
import { flatten } from './octets.ts';
import { differences, flagBits, flagText, type SegmentSpec, specText } from './segment-spec.ts';
import { firstDifference, RecordingUser, stream } from './user.ts';

export interface PeerOptions extends MachineOptions {
  /** Where else it shall live; default: a machine of its own. */
  machine?: Machine;
  /** The peer's initial sequence number, address and port; the host's port. */
  peerIss?: number;
  address?: Address;
  port?: number;
  hostPort?: number;
}

export type { SegmentSpec } from './segment-spec.ts';

/** What the peer offers in its SYN or SYN-ACK when a test says nothing else: as little as possible. */
const PLAIN_SYN = { wnd: 65535, mss: 1460 };

/**
 * The other side of a connection, played by hand against a Host in virtual time.
 *
 * @example the three-way handshake of RFC 9293, figure 6, the host being TCP peer B
 * const peer = new Peer();
 * peer.listen();
 * peer.send({ flags: 'S', seq: 0, wnd: 65535, mss: 1460 });
 * peer.expect({ flags: 'S.', seq: 0, ack: 1, mss: 1460 });
 * peer.send({ flags: '.', seq: 1, ack: 1, wnd: 65535 });
 * peer.accept();
 *
 * `send` is a batch of one packet; `batch` makes one of several. `expect` takes the next segment that the host sent
 * to this peer, whose flags and length of data must be as said, and whatever else is given. Data is compared with the
 * stream that `write` writes. What is never expected fails the test at its end.
 */
export class Peer {
  readonly machine: Machine;
  readonly address: Address;
  readonly port: number;
  hostPort: number;
  readonly iss: number;
  /** The host's initial sequence number, learned from its SYN. */
  hostIss: number | null = null;
  listener: Listener | null = null;
  connection: Connection | null = null;
  user = new RecordingUser();
  /** Compare the host's data with the stream that `write` writes. */
  verifyData = true;
  /** Octets that the host's user has written. */
  written = 0;
  private hostClock: number | null = null;

  constructor(options: PeerOptions = {}) {
    this.machine = options.machine ?? new Machine(options);
    this.address = options.address ?? PEER_ADDRESS;
    this.port = options.port ?? 40_000;
    this.hostPort = options.hostPort ?? 80;
    this.iss = (options.peerIss ?? 1_000_000) | 0;
  }

  get host() {
    return this.machine.host;
  }

  /** Milliseconds since the machine began. */
  get now(): number {
    return (this.machine.now - 1_000_000) / 1000;
  }

  /** The connection, which must be there. */
  get c(): Connection {
    if (this.connection === null) throw new Error('No connection yet');
    return this.connection;
  }

  /** The state of the four-tuple at the host, whichever table it is in. */
  get state(): State {
    const { tcp } = this.host;
    const c = tcp.connections.find(this.address, this.port, HOST_ADDRESS, this.hostPort);
    if (c !== null) return c.state;
    const waiting = tcp.timeWait.find(this.address, this.port, HOST_ADDRESS, this.hostPort);
    if (waiting >= 0) return tcp.timeWait.read(waiting, tcp.now).state;
    return 'CLOSED';
  }

  // ---- The host's user

  /** Passive OPEN. */
  listen(backlog?: number, socketOptions?: SocketOptions): Listener {
    this.listener = this.host.tcp.listen({ port: this.hostPort, backlog, socketOptions, onAcceptable: () => {} });
    return this.listener;
  }

  /** Active OPEN, towards this peer. */
  open(options: { localPort?: number; socketOptions?: SocketOptions; fastOpen?: boolean } = {}): Connection {
    const { user } = this;
    const c = this.host.tcp.connect({ remote: this.address, remotePort: this.port, user, ...options });
    this.hostPort = c.localPort;
    this.connection = user.connection = c;
    return c;
  }

  /** Takes the next connection from the accept queue. */
  accept(): Connection {
    const c = this.listener!.accept();
    if (c === null) throw new Error('The accept queue is empty');
    this.connection = this.user.connection = c;
    c.user = this.user;
    if (c.readableLength > 0 || c.atEnd) this.user.onReadable();
    return c;
  }

  /** The user writes the next `count` octets of its stream, in one piece. */
  write(count: number): void {
    this.c.send(stream('host', this.written, count));
    this.written += count;
    this.machine.settle();
  }

  close(): void {
    this.c.close();
    this.machine.settle();
  }

  shutdown(): void {
    this.c.shutdown();
    this.machine.settle();
  }

  abort(): void {
    this.c.abort();
    this.machine.settle();
  }

  // ---- Openings that most tests begin with

  /** The peer opens to a listener of the host; ESTABLISHED and accepted at the end. */
  connectsToHost(syn: Partial<SegmentSpec> = {}): this {
    if (this.listener === null) this.listen();
    this.send({ flags: 'S', seq: 0, ...PLAIN_SYN, ...syn });
    const synAck = this.expect({ flags: 'S.', seq: 0, ack: 1 });
    this.send(this.echoing(synAck, { flags: '.', seq: 1, ack: 1, wnd: syn.wnd ?? 65535 }));
    this.accept();
    return this;
  }

  /** The host opens to the peer; ESTABLISHED at the end. */
  acceptsFromHost(synAck: Partial<SegmentSpec> = {}): this {
    this.open();
    const syn = this.expect({ flags: 'S', seq: 0 });
    this.send(this.echoing(syn, { flags: 'S.', seq: 0, ack: 1, ...PLAIN_SYN, ...synAck }));
    this.expect({ flags: '.', seq: 1, ack: 1 });
    return this;
  }

  private echoing(heard: SegmentSpec, spec: SegmentSpec): SegmentSpec {
    const both = heard.ts && (spec.ts ?? (heard.ts[1] !== 0 && ([heard.ts[1] + 1, 0] as [number, number])));
    return both ? { ...spec, ts: [both[0], heard.ts![0]] } : spec;
  }

  // ---- The wire

  send(spec: SegmentSpec): void {
    const bytes = this.build(spec);
    this.machine.settle();
    this.machine.receive(bytes, spec.gso ?? 0);
  }

  /** What `send` does in `put` reaches the host as one batch. */
  batch(put: () => void): void {
    this.machine.settle();
    this.machine.batch(put);
  }

  wait(milliseconds: number): void {
    this.machine.wait(milliseconds);
  }

  /** Takes the next segment to this peer and compares it. @returns all of it */
  expect(spec: SegmentSpec): SegmentSpec {
    this.machine.settle();
    const sent = this.take();
    if (sent === null) throw new Error(`Expected ${specText(spec)}, but the host sent nothing. ${this.situation()}`);
    const actual = this.read(sent);
    const wrong = differences(spec, actual);
    if (wrong.length > 0) {
      throw new Error(
        `Expected ${specText(spec)}\nbut got  ${specText(actual)}\n(${wrong.join(', ')}). ${this.situation()}`,
      );
    }
    return actual;
  }

  expectNothing(): void {
    this.machine.settle();
    const sent = this.take();
    if (sent !== null) throw new Error(`Expected nothing, but got ${specText(this.read(sent))}. ${this.situation()}`);
  }

  /** How many segments wait to be expected. */
  get waiting(): number {
    this.machine.settle();
    return this.machine.packets.filter((sent) => this.isMine(sent)).length;
  }

  /** Takes everything that waits. */
  takeAll(): SegmentSpec[] {
    this.machine.settle();
    const all: SegmentSpec[] = [];
    for (let sent = this.take(); sent !== null; sent = this.take()) all.push(this.read(sent));
    return all;
  }

  /** Waits until the next segment leaves, and takes it. @returns it, and after how many milliseconds it came */
  next(limit = 200_000): { after: number; segment: SegmentSpec } {
    const began = this.machine.now;
    const until = began + limit * 1000;
    while (this.waiting === 0) {
      const deadline = this.host.nextDeadline();
      if (deadline > until) throw new Error(`The host sent nothing for ${limit} ms. ${this.situation()}`);
      this.wait(Math.max(0, (deadline - this.machine.now) / 1000));
    }
    return { after: (this.machine.now - began) / 1000, segment: this.read(this.take()!) };
  }

  private isMine(sent: SentPacket): boolean {
    const { packet, bytes } = sent;
    const at = packet.transportStart;
    const ports = [(bytes[at]! << 8) | bytes[at + 1]!, (bytes[at + 2]! << 8) | bytes[at + 3]!];
    const isTcp = packet.protocol === PROTOCOL_TCP && packet.dst.equals(this.address);
    return isTcp && ports[1] === this.port && ports[0] === this.hostPort;
  }

  private take(): SentPacket | null {
    const { packets } = this.machine;
    const i = packets.findIndex((sent) => this.isMine(sent));
    return i < 0 ? null : packets.splice(i, 1)[0]!;
  }

  private situation(): string {
    const state = this.connection !== null ? `, state ${this.connection.state}` : '';
    return `At ${this.now} ms${state}`;
  }

  // ---- Between numbers on the wire and relative ones

  private build(spec: SegmentSpec): Uint8Array {
    const segment = new Segment();
    segment.src = this.address;
    segment.dst = HOST_ADDRESS;
    segment.srcPort = this.port;
    segment.dstPort = this.hostPort;
    segment.seq = seqAdd(this.iss, spec.seq ?? 0);
    segment.ack = spec.ack === undefined ? 0 : seqAdd(this.hostIss ?? 0, spec.ack);
    segment.flags = flagBits(spec.flags);
    segment.wnd = spec.wnd ?? 65535;
    segment.urg = spec.urg ?? 0;
    segment.mss = spec.mss ?? 0;
    segment.wscale = spec.wscale ?? -1;
    segment.sackPermitted = spec.sackOk ?? false;
    if (spec.fastOpen !== undefined) {
      const cookie = Uint8Array.from(spec.fastOpen.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
      segment.fastOpen.read(cookie, 0, cookie.length, false);
    }
    (spec.sack ?? []).forEach(([left, right], i) => {
      segment.sackEdges[2 * i] = seqAdd(this.hostIss!, left);
      segment.sackEdges[2 * i + 1] = seqAdd(this.hostIss!, right);
      segment.sackCount = i + 1;
    });
    if (spec.ts) {
      segment.hasTimestamps = true;
      segment.tsVal = spec.ts[0];
      segment.tsEcr = spec.flags === 'S' && spec.ts[1] === 0 ? 0 : seqAdd(this.hostClock ?? 0, spec.ts[1]);
    }
    const data = spec.data ?? 0;
    const isSyn = spec.flags.includes('S');
    const payload = typeof data === 'number' ? stream('peer', (spec.seq ?? 0) - (isSyn ? 0 : 1), data) : data;
    segment.length = payload.length;
    const frame = new Frame();
    writeTcp(frame, segment);
    if (payload.length > 0) frame.addSlice(payload, 0, payload.length);
    sealTcp(frame, segment, false);
    writeIpv4(frame, this.address, HOST_ADDRESS, PROTOCOL_TCP, 0, 64, 0);
    return flatten(frame);
  }

  private read(sent: SentPacket): SegmentSpec & { data: number } {
    const segment = new Segment();
    const problem = parseTcp(sent.packet, segment);
    if (problem !== null) throw new Error(`The host sent a segment with ${problem}`);
    if (segment.flags & SYN) this.hostIss = segment.seq;
    const hostIss = this.hostIss ?? 0;
    if (segment.hasTimestamps) this.hostClock ??= segment.tsVal;
    const spec: SegmentSpec & { data: number } = {
      flags: flagText(segment.flags),
      seq: seqDiff(segment.seq, hostIss),
      wnd: segment.wnd,
      data: segment.length,
    };
    if (segment.flags & ACK) spec.ack = seqDiff(segment.ack, this.iss);
    if (segment.flags & URG) spec.urg = segment.urg;
    if (segment.mss > 0) spec.mss = segment.mss;
    if (segment.wscale >= 0) spec.wscale = segment.wscale;
    if (segment.sackPermitted) spec.sackOk = true;
    if (segment.fastOpen.length >= 0) spec.fastOpen = segment.fastOpen.text;
    if (segment.sackCount > 0) {
      const edge = (k: number) => seqDiff(segment.sackEdges[k]!, this.iss);
      spec.sack = Array.from({ length: segment.sackCount }, (_, i) => [edge(2 * i), edge(2 * i + 1)]);
    }
    if (segment.hasTimestamps) spec.ts = [seqDiff(segment.tsVal, this.hostClock!), segment.tsEcr];
    if (segment.gsoSize > 0) spec.gso = segment.gsoSize;
    if (this.verifyData) this.checkData(segment, spec.seq! + (segment.flags & SYN ? 1 : 0));
    return spec;
  }

  private checkData(segment: Segment, seq: number): void {
    const bytes = segment.slab.bytes.subarray(segment.payloadStart, segment.payloadStart + segment.length);
    const wrong = firstDifference(bytes, 'host', seq - 1);
    if (wrong >= 0) throw new Error(`Octet ${seq + wrong} of the host's segment is not what its user wrote`);
  }
}

printer.tcp = (sent) => {
  const segment = new Segment();
  const problem = parseTcp(sent.packet, segment);
  if (problem !== null) return problem;
  const text = `[${flagText(segment.flags)}] seq ${segment.seq} ack ${segment.ack} length ${segment.length}`;
  return `${segment.srcPort} > ${segment.dstPort} ${text}`;
};
