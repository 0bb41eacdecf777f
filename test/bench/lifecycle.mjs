// npm run bench:lifecycle: what the life of connections costs: bytes, and ratios between few and many. Nothing here passes or
// fails; the figures to reach stand beside what was measured.
//
//   npm run bench:lifecycle                   everything (about two minutes)
//   npm run bench:lifecycle -- wait idle      parts: wait, idle, flood
//
// It runs on `dist` (npm run build), and needs `node --expose-gc` to know what is in use.
import { Host } from '../../dist/host/host.js';
import { TimeWaitTable } from '../../dist/tcp/tables/time-wait-table.js';
import { SeededRandom } from '../../dist/time/random.js';
import { TimerWheel } from '../../dist/time/wheel.js';
import { Address, address } from '../../dist/wire/address.js';
import { Frame } from '../../dist/wire/frame.js';
import { writeIpv4 } from '../../dist/wire/ipv4.js';
import { Packet } from '../../dist/wire/packet.js';
import { ACK, FIN, Segment, SYN } from '../../dist/wire/segment.js';
import { Slab } from '../../dist/wire/slab.js';
import { parseTcp, sealTcp, writeTcp } from '../../dist/wire/tcp.js';

if (typeof gc !== 'function') {
  console.error('Cannot tell what is in use: run it as `node --expose-gc test/bench/lifecycle.mjs`');
  process.exit(1);
}

const MILLION = 1_000_000;
const MIB = 2 ** 20;
const PROTOCOL_TCP = 6;
const parts = process.argv.slice(2);
const wanted = (part) => parts.length === 0 || parts.includes(part);

function bytesInUse() {
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const line = (what, measured, toReach = '') => console.log(`${what.padEnd(58)} ${measured.padStart(16)}   ${toReach}`);
const mib = (bytes) => `${(bytes / MIB).toFixed(1)} MiB`;
const ns = (seconds) => `${(seconds * 1e9).toFixed(0)} ns`;
/** Of the processor, not of the clock: what else runs on the machine is no cost of ours. (Its caches it takes all the same.) */
function seconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

// ---- TIME_WAIT

/** Entries as a busy server has them: peers at random, one local address and port. */
class Waiters {
  constructor(count) {
    const random = new SeededRandom(7);
    this.addresses = Int32Array.from({ length: count }, () => 0x0b000000 | (random.next() & 0xffffff));
    this.ports = Uint16Array.from({ length: count }, () => random.next());
    this.entry = {
      state: 'TIME_WAIT',
      recycled: false,
      local: address('10.0.0.1'),
      localPort: 80,
      remote: new Address(0, 0, 0xffff, 0),
      remotePort: 0,
      rcvNxt: 1,
      sndNxt: 2,
      rcvWnd: 1000,
      hasTimestamps: true,
      tsRecent: 5,
      tsRecentAt: 0,
      tsOffset: 9,
      expires: 0,
    };
  }

  /** Borrowed until the next call. */
  at(i, expires) {
    const { entry } = this;
    entry.remote.w3 = this.addresses[i];
    entry.remotePort = this.ports[i];
    entry.expires = expires;
    return entry;
  }
}

/**
 * What one operation costs in a table of `count`, timed over `sample` of them.
 *
 * `order` says which entries are visited: 'random' ones, where a large table pays for misses of the processor's caches, or
 * those 'in a row' that entered together, as those do that leave together or have their FINs sent again.
 */
function costs(count, sample, order) {
  const wheel = new TimerWheel(0);
  const table = new TimeWaitTable(wheel, [42, 43], () => {});
  const waiters = new Waiters(count);
  for (let i = 0; i < count; i++) table.add(waiters.at(i, 60e6 + i));
  // The keys in the order of the visits, so that only the table's own memory is visited at random.
  const visits = new Waiters(0);
  const random = new SeededRandom(9);
  const picks = Int32Array.from({ length: sample }, (_, k) => (order === 'random' ? random.next() >>> 0 : k) % count);
  visits.addresses = Int32Array.from(picks, (i) => waiters.addresses[i]);
  visits.ports = Uint16Array.from(picks, (i) => waiters.ports[i]);
  const { entry } = visits;
  const find = (k) => {
    visits.at(k, 0);
    return table.find(entry.remote, entry.remotePort, entry.local, entry.localPort);
  };
  const timed = (run) => {
    const begin = seconds();
    for (let k = 0; k < sample; k++) run(k);
    return (seconds() - begin) / sample;
  };
  let later = 70e6;
  const lookUp = timed(find);
  const restart = timed((k) => {
    const index = find(k);
    table.restart(index, visits.at(k, (later += 10)));
  });
  // Entering: one leaves, one enters, so that the table keeps its size.
  const pair = timed((k) => {
    table.remove(find(k));
    table.add(visits.at(k, (later += 10)));
  });
  const begin = seconds();
  while (table.count > 0) wheel.advance(Math.max(1000, wheel.nextDeadline()));
  return { 'look up': lookUp, restart, 'leave and enter': pair, expire: (seconds() - begin) / count };
}

/** The same for whole segments: a host in which `count` wait gets old data (ACK), FINs again (ACK, 2MSL anew). */
function segmentCosts(count, sample) {
  const world = new World({ tcp_max_tw_buckets: MILLION });
  const { tcp } = world.host;
  const waiters = new Waiters(count);
  for (let i = 0; i < count; i++) tcp.timeWait.add({ ...waiters.at(i, world.now + 60e6), rcvNxt: 1000, sndNxt: 2000 });
  const random = new SeededRandom(9);
  const packets = (flags, seq) =>
    Array.from({ length: sample }, () => {
      const i = (random.next() >>> 0) % count;
      const src = new Address(0, 0, 0xffff, waiters.addresses[i]);
      const segment = new Segment();
      Object.assign(segment, {
        src,
        dst: HOST,
        srcPort: waiters.ports[i],
        dstPort: 80,
        seq,
        ack: 2000,
        flags,
        wnd: 500,
      });
      Object.assign(segment, { hasTimestamps: true, tsVal: 5, tsEcr: 1 });
      return world.packetOf(segment);
    });
  const timed = (slabs) => {
    const begin = seconds();
    for (const slab of slabs) world.receive(slab);
    return (seconds() - begin) / sample;
  };
  const answered = world.sentCount;
  const result = {
    'a SYN too old, answered': timed(packets(SYN, 500)),
    'a FIN again, answered': timed(packets(ACK | FIN, 999)),
  };
  if (world.sentCount - answered !== 2 * sample)
    throw new Error(`${world.sentCount - answered} answers to ${2 * sample}`);
  return result;
}

/** What one read costs whose place is only known when the one before is done: what no table of that size gets below. */
function missFloor(words, sample) {
  const memory = new Int32Array(words).fill(2);
  const random = new SeededRandom(11);
  const picks = Int32Array.from({ length: sample }, () => (random.next() >>> 0) % words);
  let sum = 0;
  const begin = seconds();
  for (let k = 0, last = 0; k < sample; k++) sum += last = memory[picks[k] ^ (last & 1)];
  return sum < 0 ? 0 : (seconds() - begin) / sample;
}

function timeWait() {
  console.log('\nTIME_WAIT');
  const wheel = new TimerWheel(0);
  const waiters = new Waiters(MILLION);
  const idle = bytesInUse();
  const table = new TimeWaitTable(wheel, [42, 43], () => {});
  const heights = [];
  let longest = 0;
  let now = 0;
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < MILLION; i++) table.add(waiters.at(i, now + 60e6));
    if (table.count !== MILLION) throw new Error(`${table.count} entries`);
    heights.push(bytesInUse() - idle);
    while (table.count > 0) {
      now = Math.max(now + 1000, wheel.nextDeadline());
      const from = seconds();
      wheel.advance(now);
      longest = Math.max(longest, seconds() - from);
    }
  }
  line('1,000,000 entries, beyond an idle table', mib(heights[0]), 'at most 64 MiB');
  line('  of which each', `${(heights[0] / MILLION).toFixed(1)} bytes`, 'Linux: about 250');
  line('the same after ten fills and drains', mib(heights[9]), 'flat');
  line('longest turn while 10 x 1,000,000 expire at one moment', `${(longest * 1e3).toFixed(2)} ms`, 'at most 10 ms');
  const sample = 300_000;
  for (const order of ['in a row', 'random']) {
    for (let warm = 0; warm < 3; warm++) costs(1000, sample, order);
    compare(
      `(${order})`,
      Array.from({ length: 5 }, () => [costs(1000, sample, order), costs(MILLION, sample, order)]),
    );
  }
  line(
    '  one read at random in 52 KB, and in 52 MB',
    `${ns(missFloor(13_000, sample))}, ${ns(missFloor(13_000_000, sample))}`,
  );
  for (let warm = 0; warm < 3; warm++) segmentCosts(1000, sample / 10);
  compare(
    '(whole segments, random)',
    Array.from({ length: 5 }, () => [segmentCosts(1000, sample / 10), segmentCosts(MILLION, sample / 10)]),
  );
}

/** Pairs of costs at 1,000 and at 1,000,000: their medians, and the ratio. */
function compare(how, pairs) {
  for (const what of Object.keys(pairs[0][0])) {
    const [small, large] = [0, 1].map((side) => median(pairs.map((pair) => pair[side][what])));
    const ratio = (large / small).toFixed(2);
    line(`${what} ${how}: at 1,000, at 1,000,000`, `${ns(small)}, ${ns(large)}`, `ratio ${ratio}; at most 2`);
  }
}

// ---- A host, and peers made by hand

const HOST = address('10.0.0.1');
const frame = new Frame();
const packet = new Packet();

class World {
  constructor(sysctls) {
    this.now = 1_000_000;
    this.sent = new Segment();
    this.host = new Host({
      addresses: [{ address: HOST, prefix: 8 }],
      mtu: 1500,
      random: new SeededRandom(1),
      now: this.now,
      sysctls,
      output: (out) => this.note(out),
    });
    this.sentCount = 0;
  }

  /** Remembers the last segment that left. */
  note(out) {
    this.sentCount++;
    const bytes = new Uint8Array(out.packetLength);
    bytes.set(out.header.subarray(out.ipStart, out.headerEnd));
    const reply = new Packet();
    reply.slab = new Slab(bytes);
    reply.end = bytes.length;
    reply.transportStart = out.transportStart - out.ipStart;
    reply.transportEnd = bytes.length;
    reply.checksumTrusted = true;
    if (parseTcp(reply, this.sent) !== null) throw new Error('not a segment');
  }

  put(segment, payload = null) {
    this.receive(this.packetOf(segment, payload));
  }

  receive(bytes) {
    packet.slab = new Slab(bytes);
    packet.start = 0;
    packet.end = bytes.length;
    packet.checksumTrusted = false;
    this.host.receive(packet, this.now);
  }

  packetOf(segment, payload = null) {
    writeTcp(frame, segment);
    if (payload !== null) frame.addSlice(payload, 0, payload.length);
    sealTcp(frame, segment, false);
    writeIpv4(frame, segment.src, segment.dst, PROTOCOL_TCP, 0, 64, 0);
    const { header, ipStart, headerEnd, packetLength } = frame;
    const bytes = new Uint8Array(packetLength);
    bytes.set(header.subarray(ipStart, headerEnd));
    if (payload !== null) bytes.set(payload, headerEnd - ipStart);
    return bytes;
  }

  turn() {
    this.host.deliver(this.now);
    this.host.flush(this.now);
  }

  /** The SYN of a peer; with options as Linux sends them. */
  syn(src, srcPort, seq) {
    const segment = new Segment();
    Object.assign(segment, { src, dst: HOST, srcPort, dstPort: 80, seq, flags: SYN, wnd: 64240 });
    Object.assign(segment, { mss: 1460, wscale: 7, sackPermitted: true, hasTimestamps: true, tsVal: 1000, tsEcr: 0 });
    return segment;
  }

  /** The ACK of the SYN-ACK that left last. */
  ack(src, srcPort) {
    const segment = new Segment();
    const { ack, seq, tsVal } = this.sent;
    Object.assign(segment, {
      src,
      dst: HOST,
      srcPort,
      dstPort: 80,
      seq: ack,
      ack: (seq + 1) | 0,
      flags: ACK,
      wnd: 500,
    });
    Object.assign(segment, { hasTimestamps: true, tsVal: 1001, tsEcr: tsVal });
    return segment;
  }

  /** A request, its answer by `c`, and the ACK of that: what an idle connection has behind it. */
  converse(c) {
    const { remote, remotePort } = c;
    const ask = this.ack(remote, remotePort);
    Object.assign(ask, { seq: c.rcv.nxt, ack: c.snd.nxt, length: REQUEST.length });
    this.put(ask, REQUEST);
    this.turn();
    c.skip();
    c.send(REQUEST);
    this.turn();
    const thanks = this.ack(remote, remotePort);
    Object.assign(thanks, { seq: c.rcv.nxt, ack: c.snd.nxt });
    this.put(thanks);
    this.turn();
  }

  /** A whole handshake; false: the SYN had no answer. */
  connect(src, srcPort) {
    const before = this.sentCount;
    this.put(this.syn(src, srcPort, 7));
    this.turn();
    if (this.sentCount === before) return false;
    this.put(this.ack(src, srcPort));
    this.turn();
    return true;
  }
}

const user = { onConnected() {}, onReadable() {}, onWritable() {}, onClosed() {} };
const REQUEST = new Uint8Array(100);

function acceptAll(listener) {
  const accepted = [];
  for (let c = listener.accept(); c !== null; c = listener.accept()) {
    c.user = user;
    accepted.push(c);
  }
  return accepted;
}

// ---- Idle connections

function idleConnections() {
  const count = 100_000;
  console.log('\nIdle connections');
  const world = new World({ somaxconn: 65_535 });
  const listener = world.host.tcp.listen({ port: 80, onAcceptable() {} });
  const peer = (i) => new Address(0, 0, 0xffff, 0x0a010000 + (i >> 4));
  for (let i = 0; i < 2000; i++) world.connect(address('10.99.0.1'), 1 + i);
  for (const c of acceptAll(listener)) c.abort();
  world.turn();
  const before = bytesInUse();
  const begin = seconds();
  for (let i = 0; i < count; i++) {
    if (!world.connect(peer(i), 1024 + (i & 15))) throw new Error('no answer');
    for (const c of acceptAll(listener)) world.converse(c);
  }
  const each = (seconds() - begin) / count;
  world.now += 5_000_000;
  world.host.advance(world.now);
  world.turn();
  const { connections } = world.host.tcp;
  if (connections.count !== count) throw new Error(`${connections.count} connections`);
  if ([...connections].some((c) => c.bytesAcked !== 100 || c.bytesReceived !== 100)) throw new Error('a word was lost');
  line('100,000 established and idle, each', `${((bytesInUse() - before) / count).toFixed(0)} bytes`, 'at most 2048');
  line('  opened in', `${(each * 1e6).toFixed(1)} us each`);
  line('  next timer of the host', String(world.host.nextDeadline()), 'Infinity: a tick visits none');
  // With a keep-alive each they do have timers, and a tick that is not theirs still visits none.
  for (const c of connections) c.setKeepAlive(true);
  const from = seconds();
  for (let tick = 0; tick < 10_000; tick++) world.host.advance((world.now += 1000));
  line('  a tick with 100,000 keep-alives armed', ns((seconds() - from) / 10_000), 'no visit');
}

// ---- A flood of SYNs

function flood(cookies) {
  console.log(`\nA flood of 1,000,000 SYNs, backlog 128, tcp_syncookies ${cookies}`);
  const world = new World({ tcp_syncookies: cookies });
  const { tcp } = world.host;
  const listener = tcp.listen({ port: 80, backlog: 128, onAcceptable() {} });
  const friend = address('10.1.1.1');
  world.connect(friend, 5000);
  const [established] = acceptAll(listener);
  const random = new SeededRandom(3);
  const src = new Address(0, 0, 0xffff, 0);
  const syn = world.syn(src, 1, 1);
  let before = 0;
  let begin = 0;
  let tries = 0;
  let connectedAfter = -1;
  for (let i = 0; i < MILLION; i++) {
    // The first 10,000 fill what can be filled. Ten a millisecond: a flood of 10,000 SYNs a second, for 100 s.
    if (i === 10_000) {
      before = bytesInUse();
      begin = seconds();
    }
    src.w3 = 0x0b000000 | (random.next() & 0xffffff);
    syn.srcPort = 1 + (random.next() & 0xfffe);
    syn.seq = random.next();
    world.put(syn);
    if (i % 10 !== 9) continue;
    world.now += 1000;
    if (world.host.nextDeadline() <= world.now) world.host.advance(world.now);
    world.turn();
    // Half-way a real client comes: its SYN goes again after 1, 3, 7, 15 and 31 s, as Linux's does.
    const since = (world.now - 50e6 - 1e6) / 1e6;
    if (connectedAfter < 0 && since >= [0, 1, 3, 7, 15, 31][tries]) {
      tries++;
      if (world.connect(address('10.2.2.2'), 6000)) connectedAfter = since;
    }
  }
  const cost = (seconds() - begin) / (MILLION - 10_000);
  line('memory after, beyond the first 10,000', mib(bytesInUse() - before), 'flat');
  line('a SYN costs', ns(cost));
  line('established connections', established.state, 'ESTABLISHED');
  const answer = connectedAfter < 0 ? `no, ${tries} tries` : `after ${connectedAfter.toFixed(0)} s, try ${tries}`;
  line('a real client gets in', answer, cookies ? 'by its first retransmission' : 'denied: that is the point');
  if (connectedAfter >= 0) {
    const [c] = acceptAll(listener);
    const { tcpi_options, tcpi_snd_wscale } = c.info();
    line(
      '  with options (tcpi_options), window scale',
      `${tcpi_options}, ${tcpi_snd_wscale}`,
      '7 (timestamps, SACK, wscale), 7',
    );
  }
  const { SyncookiesSent, SyncookiesRecv, TCPReqQFullDoCookies, TCPReqQFullDrop, ListenDrops } = tcp.counters;
  console.log('  ', { SyncookiesSent, SyncookiesRecv, TCPReqQFullDoCookies, TCPReqQFullDrop, ListenDrops });
}

console.log(`node ${process.version}`);
if (wanted('wait')) timeWait();
if (wanted('idle')) idleConnections();
if (wanted('flood')) {
  flood(1);
  flood(0);
}
