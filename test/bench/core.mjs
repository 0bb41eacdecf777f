// npm run bench:core: what a segment costs in the core alone: nanoseconds of CPU time, and bytes of garbage. One Host, and a peer made
// by hand that writes its segments into one slab, as a link reads them into it; no device, no net API, no system call.
//
//   npm run bench:core                        everything (about half a minute)
//   npm run bench:core -- receive many        parts: receive, send, ping, life, many
//   BENCH_SEGMENTS=4000000 npm run bench:core    longer rounds
//
// Costs are medians of five rounds, less what the peer alone costs. Garbage is what V8's new space grew by in one round with
// no collection in it (so it needs the flags in package.json); the clock's reading, three numbers on the heap for each batch, is what is left (48 bytes).
// Nothing here passes or fails; what to reach stands beside what was measured.
import { getHeapSpaceStatistics } from 'node:v8';
import { Host } from '../../dist/host/host.js';
import { SeededRandom } from '../../dist/time/random.js';
import { Address, address } from '../../dist/wire/address.js';
import { Frame } from '../../dist/wire/frame.js';
import { writeIpv4 } from '../../dist/wire/ipv4.js';
import { Packet } from '../../dist/wire/packet.js';
import { ACK, FIN, PSH, Segment, SYN } from '../../dist/wire/segment.js';
import { Slab } from '../../dist/wire/slab.js';
import { sealTcp, writeTcp } from '../../dist/wire/tcp.js';

if (typeof gc !== 'function') {
  console.error('Cannot tell what garbage is made: run it as `npm run bench:core`, or with the flags that that has');
  process.exit(1);
}

const parts = process.argv.slice(2);
const wanted = (part) => parts.length === 0 || parts.includes(part);
const SEGMENTS = Number(process.env.BENCH_SEGMENTS ?? 400_000);
const ROUNDS = 5;
const PROTOCOL_TCP = 6;
/** IPv4 and TCP with timestamps: what nearly every segment has in front of its octets. */
const HEADERS = 52;
const MSS = 1448;
/** The longest super-segment of whole ones. */
const SUPER = 45 * MSS;
const HOST = address('10.0.0.1');
const PORT = 7;

/** Of this process's own: others that share the machine don't count. */
const seconds = () => process.cpuUsage().user / 1e6;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const newSpace = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_used_size;

/** The user of a connection: what it does with octets that came, and how much it has waiting to be sent. */
class User {
  constructor(world, how) {
    this.world = world;
    this.how = how;
    this.connection = null;
  }
  onConnected() {}
  onClosed() {}
  onReadable() {
    const { connection: c, how, world } = this;
    if (how === 'skip') c.skip();
    else if (how === 'read') while (c.read() !== null);
    else {
      const count = c.readInto(world.buffer);
      if (how === 'echo') {
        if (count > 0) c.send(world.buffer, 0, count);
        if (c.atEnd) c.shutdown();
      }
    }
  }
  onWritable() {
    if (this.how === 'fill') this.fill();
  }
  fill() {
    const { connection: c, world } = this;
    while (c.sendQueueLength < world.ahead) c.send(world.chunk);
  }
}

/** A Host, and the far ends of its connections: their next SEQ and ACK, and the headers that their segments begin with. */
class World {
  constructor({ connections, payload, how, superSegments = false }) {
    this.now = 5e9; // beyond small integers, as a real clock is
    this.payload = payload;
    this.buffer = new Uint8Array(128 * 1024);
    this.chunk = new Uint8Array(superSegments ? SUPER : MSS);
    this.ahead = 16 * this.chunk.length;
    this.framesOut = 0;
    this.host = new Host({
      addresses: [{ address: HOST, prefix: 8 }],
      mtu: 1500,
      checksumOffload: true,
      gsoMaxSize: superSegments ? 65_535 : 0,
      random: new SeededRandom(1),
      now: this.now,
      sysctls: { tcp_rmem: [4096, 2 ** 23, 2 ** 23], tcp_syncookies: 0 },
      output: (frame) => this.note(frame),
    });
    this.packet = new Packet();
    this.packet.slab = this.slab = new Slab(new Uint8Array(2 ** 21));
    this.packet.checksumTrusted = true;
    this.lastOut = { seq: 0, end: 0, ack: 0, tsVal: 0, index: -1 };
    this.seq = new Int32Array(connections);
    this.ack = new Int32Array(connections);
    this.headers = new Uint8Array(connections * HEADERS);
    this.users = [];
    this.listener = this.host.tcp.listen({ port: PORT, onAcceptable() {} });
    for (let i = 0; i < connections; i++) this.connect(i, how);
  }

  /** What left: from it the peer knows what to acknowledge. Ports are given out in a row, so they tell whose it is. */
  note(frame) {
    this.framesOut++;
    const { view, transportStart: at } = frame;
    const index = this.indexOf(view.getInt32(frame.ipStart + 16), view.getUint16(at + 2));
    this.ack[index] = (view.getInt32(at + 4) + frame.payloadLength) | 0;
    this.lastOut.tsVal = view.getInt32(at + 24);
  }

  indexOf(ip, port) {
    return (ip & 0xff) * 1000 + port - 5000;
  }

  connect(index, how) {
    const segment = new Segment();
    const src = new Address(0, 0, 0xffff, 0x0a010000 | Math.floor(index / 1000));
    const common = { src, dst: HOST, srcPort: 5000 + (index % 1000), dstPort: PORT, hasTimestamps: true, tsVal: 1 };
    Object.assign(segment, common, { seq: 7, flags: SYN, wnd: 64_240, mss: 1460, wscale: 10, sackPermitted: true });
    this.put(segment, 0);
    segment.clearOptions();
    this.seq[index] = 8;
    this.ack[index] = (this.ack[index] + 1) | 0;
    Object.assign(segment, common, { seq: 8, ack: this.ack[index], flags: ACK, wnd: 60_000 });
    Object.assign(segment, { tsEcr: this.lastOut.tsVal });
    this.put(segment, 0);
    const c = this.listener.accept();
    const user = new User(this, how);
    c.user = user;
    user.connection = c;
    this.users.push(user);
    if (this.payload > 0) segment.flags |= PSH;
    const bytes = this.bytesOf(segment, this.payload);
    this.headers.set(bytes, index * HEADERS);
    if (how === 'fill') user.fill();
    this.turn();
  }

  bytesOf(segment, payload) {
    const frame = new Frame();
    writeTcp(frame, segment);
    if (payload > 0) frame.addSlice(new Uint8Array(payload), 0, payload);
    sealTcp(frame, segment, false);
    writeIpv4(frame, segment.src, segment.dst, PROTOCOL_TCP, 0, 64, 0);
    return frame.header.slice(frame.ipStart, frame.headerEnd);
  }

  put(segment, payload) {
    const bytes = this.bytesOf(segment, payload);
    this.slab.bytes.set(bytes);
    this.receive(0, bytes.length + payload, true);
    this.turn();
  }

  /** As the driver does it: the first packet of a batch brings the time. */
  receive(start, length, first) {
    const { packet } = this;
    packet.start = start;
    packet.end = start + length;
    packet.gsoSize = length - HEADERS > MSS ? MSS : 0;
    if (first) this.host.receive(packet, this.now);
    else this.host.receive(packet);
  }

  /** As the driver does it when a batch ends. */
  turn() {
    const { host } = this;
    this.now += 50;
    host.deliver(this.now);
    host.flush(this.now);
    if (host.nextDeadline() <= this.now) host.advance(this.now);
  }

  /** Writes the next segment of connection `index` into the slab. */
  write(index, start) {
    const { headers, slab } = this;
    const { bytes } = slab;
    const from = index * HEADERS;
    for (let i = 0; i < HEADERS; i++) bytes[start + i] = headers[from + i];
    putWord(bytes, start + 24, this.seq[index]);
    putWord(bytes, start + 28, this.ack[index]);
    this.seq[index] = (this.seq[index] + this.payload) | 0;
  }

  /** One batch: `count` segments of connection `index`. */
  burst(index, count) {
    const length = HEADERS + this.payload;
    for (let k = 0; k < count; k++) {
      this.write(index, k * length);
      this.receive(k * length, length, k === 0);
    }
    this.turn();
    this.slab.held = false;
    return count;
  }

  /** The same without the Host. */
  burstAlone(index, count) {
    const length = HEADERS + this.payload;
    for (let k = 0; k < count; k++) this.write(index, k * length);
    this.now += 50;
    return count;
  }
}

function putWord(bytes, at, word) {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

/**
 * Runs `step` until it has counted `most`, in ROUNDS rounds after one to warm up.
 * @returns seconds and bytes of garbage per segment
 */
function measure(step, most = SEGMENTS) {
  const round = (segments) => {
    let done = 0;
    while (done < segments) done += step();
    return done;
  };
  round(most);
  const costs = [];
  const garbage = [];
  for (let i = 0; i < ROUNDS; i++) {
    const begin = seconds();
    const done = round(most);
    costs.push((seconds() - begin) / done);
    gc();
    const before = newSpace();
    const more = round(most / 4);
    garbage.push((newSpace() - before) / more);
  }
  return { cost: median(costs), garbage: median(garbage) };
}

function table(title, head) {
  console.log(`\n${title}`);
  console.log(`  ${'load'.padEnd(60)} ${head.map((h) => h.padStart(12)).join(' ')}`);
}
const row = (what, values) => console.log(`  ${what.padEnd(60)} ${values.map((v) => v.padStart(12)).join(' ')}`);
const ns = (s) => (s * 1e9).toFixed(0);
const bytes = (b) => (Math.abs(b) < 0.05 ? '0' : b.toFixed(1));
const rate = (octets, cost) => ((octets * 8) / cost / 1e9).toFixed(0);

/** In batches of 16 to one connection. */
function receive() {
  table('Receive (batches of 16; the link vouches for checksums)', ['ns/segment', 'bytes/seg.', 'Gbit/s']);
  const loads = [
    ['1,448 octets, dropped (a discard service)', MSS, 'skip'],
    ['1,448 octets, copied into the user’s buffer', MSS, 'readInto'],
    ['1,448 octets, taken as views (copied: below 4 KiB)', MSS, 'read'],
    ['super-segments of 64 KiB, dropped', SUPER, 'skip'],
    ['super-segments of 64 KiB, taken as views (not copied)', SUPER, 'read'],
  ];
  for (const [what, payload, how] of loads) {
    const world = new World({ connections: 1, payload, how });
    const all = measure(() => world.burst(0, 16));
    const alone = measure(() => world.burstAlone(0, 16));
    const cost = all.cost - alone.cost;
    const goal = how === 'read' ? '' : '   to reach: 0 bytes';
    row(what, [ns(cost), bytes(all.garbage - alone.garbage), `${rate(payload, cost)}${goal}`]);
  }
}

/** Sixteen chunks always wait, and each batch is one ACK for all that is out. */
function send() {
  table('Send (sixteen chunks to an ACK; checksums left to the link)', ['ns/segment', 'bytes/seg.', 'Gbit/s']);
  for (const superSegments of [false, true]) {
    const world = new World({ connections: 1, payload: 0, how: 'fill', superSegments });
    const step = () => {
      const before = world.framesOut;
      world.burst(0, 1);
      return Math.max(1, world.framesOut - before);
    };
    const { cost, garbage } = measure(step);
    const what = superSegments ? 'super-segments of 64 KiB' : '1,448 octets';
    row(`${what}, with the ACKs for them`, [ns(cost), bytes(garbage), rate(world.chunk.length, cost)]);
  }
}

/** 64 octets in, 64 octets out with the ACK: two segments an exchange. */
function ping() {
  table('Ping-pong (64 octets in, read, sent back; a batch each)', ['ns/exchange', 'bytes/exch.']);
  const world = new World({ connections: 1, payload: 64, how: 'echo' });
  const all = measure(() => world.burst(0, 1));
  const alone = measure(() => world.burstAlone(0, 1));
  row('one connection', [ns(all.cost - alone.cost), bytes(all.garbage - alone.garbage)]);
}

/** Many connections, taken at random: what the tables, and the processor's caches, make of it. */
function many() {
  const counts = [1, 100, 10_000];
  table('Many connections, at random', [...counts.map((n) => `${n.toLocaleString('en')}: ns`), 'ratio']);
  const loads = [
    ['16 segments of 1,448 octets in a row', MSS, 'skip', 16],
    ['1 super-segment of 64 KiB', SUPER, 'skip', 1],
    ['64 octets, sent back', 64, 'echo', 1],
  ];
  for (const [what, payload, how, burst] of loads) {
    const costs = counts.map((connections) => {
      const world = new World({ connections, payload, how });
      const random = new SeededRandom(5);
      const pick = () => (random.next() >>> 0) % connections;
      const all = measure(() => world.burst(pick(), burst));
      const alone = measure(() => world.burstAlone(pick(), burst));
      return all.cost - alone.cost;
    });
    const ratio = (costs[2] / costs[0]).toFixed(2);
    row(`${what}, each segment`, [...costs.map(ns), `${ratio}   to reach: 1.5`]);
  }
}

/** A whole connection as a short request makes it: handshake, an octet each way, and the peer closes first. */
class Lives {
  constructor() {
    this.world = new World({ connections: 1, payload: 0, how: 'echo' });
    const { world } = this;
    this.remote = new Address(0, 0, 0xffff, 0x0a020001);
    this.port = 0;
    const of = (flags, payload, more) => {
      const segment = new Segment();
      Object.assign(segment, { src: this.remote, dst: HOST, srcPort: 1, dstPort: PORT, flags, wnd: 60_000, ...more });
      Object.assign(segment, { hasTimestamps: true, tsVal: 1, tsEcr: world.lastOut.tsVal });
      return world.bytesOf(segment, payload);
    };
    this.syn = of(SYN, 0, { mss: 1460, wscale: 10, sackPermitted: true });
    this.ackOfSyn = of(ACK, 0, {});
    this.data = of(ACK | PSH, 1, {});
    this.fin = of(ACK | FIN, 0, {});
    world.indexOf = () => 0;
  }

  put(header, payload, seq) {
    const { world } = this;
    const { slab, ack } = world;
    slab.bytes.set(header);
    slab.bytes[20] = this.port >> 8;
    slab.bytes[21] = this.port;
    putWord(slab.bytes, 24, seq);
    if (header !== this.syn) putWord(slab.bytes, 28, ack[0]);
    world.receive(0, header.length + payload, true);
    world.turn();
    slab.held = false;
  }

  /** One life: five segments of the peer's. */
  step() {
    const { world } = this;
    this.port = 1024 + ((this.port + 1) % 60_000);
    this.put(this.syn, 0, 7);
    world.ack[0] = (world.ack[0] + 1) | 0;
    this.put(this.ackOfSyn, 0, 8);
    const c = world.listener.accept();
    const user = new User(world, 'echo');
    c.user = user;
    user.connection = c;
    this.put(this.data, 1, 8);
    this.put(this.fin, 0, 9);
    world.ack[0] = (world.ack[0] + 1) | 0;
    this.put(this.ackOfSyn, 0, 10);
    if (c.state !== 'CLOSED') throw new Error(`it is in ${c.state}`);
    return 1;
  }
}

function life() {
  table('Life of a connection (handshake, an octet each way, the peer closes)', ['ns', 'bytes']);
  const lives = new Lives();
  const { cost, garbage } = measure(() => lives.step(), SEGMENTS / 20);
  row('one after the other', [ns(cost), bytes(garbage)]);
}

console.log(`node ${process.version}, ${SEGMENTS.toLocaleString('en')} segments a round`);
if (wanted('receive')) receive();
if (wanted('send')) send();
if (wanted('ping')) ping();
if (wanted('life')) life();
if (wanted('many')) many();
