// What the link alone allows: a TCP responder without a TCP (no retransmission, no timers, one connection per port)
// straight on a TunLink, with the kernel's own TCP as its peer. Prints Gbit/s per direction, with and without offload.
//
//   npm run build && node test/bench/device.mjs [seconds]
//
// It runs itself in a private network namespace. A python3 child is the peer.
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openTun } from '../../dist/link/open.js';
import { foldChecksum, foldSum, sumBytes } from '../../dist/wire/checksum.js';
import { Frame } from '../../dist/wire/frame.js';

const DISCARD = 9;
const CHARGEN = 19;
const MSS = 1460;
const SUPER_SEGMENT = 44 * MSS;
const SYN = 2;
const ACK = 16;
/** Without offload 500 packets wait in the device's queue at most; a larger window would only be lost. */
const WINDOW_SCALE = { true: 10, false: 3 };

const PEERS = {
  in: `import socket,time,sys
s=socket.create_connection(('10.9.0.2',9)); b=bytes(1<<18); end=time.time()+float(sys.argv[1])
while time.time()<end: s.send(b)`,
  out: `import socket,time,sys
s=socket.create_connection(('10.9.0.2',19)); b=bytearray(1<<20); end=time.time()+float(sys.argv[1])
while time.time()<end: s.recv_into(b)`,
};

class Responder {
  constructor(link, scale, hold) {
    Object.assign(this, { link, scale, hold, frame: new Frame(), zeros: new Uint8Array(SUPER_SEGMENT) });
    Object.assign(this, { received: 0, acknowledged: 0, rcvNxt: 0, sndNxt: 0, sndUna: 0, peerScale: 0, ports: null });
    link.attach(this);
  }

  receive({ slab, start, end }) {
    const { bytes } = slab;
    if (bytes[start] !== 0x45 || bytes[start + 9] !== 6) return;
    if (this.hold) slab.held = true;
    const view = new DataView(bytes.buffer, start, end - start);
    const payload = end - start - 20 - (bytes[start + 32] >>> 4) * 4;
    const flags = bytes[start + 33];
    const seq = view.getUint32(24);
    const ack = view.getUint32(28);
    const ports = view.getUint32(20);
    // What an earlier peer still retransmits is none of ours.
    if (!(flags & SYN) && ports !== this.ports) return;
    if (flags & SYN) {
      this.ports = ports;
      this.peerScale = 0;
      for (let at = 40; at < 20 + 40; ) {
        if (view.getUint8(at) === 3) this.peerScale = view.getUint8(at + 2);
        at += view.getUint8(at) === 1 ? 1 : view.getUint8(at + 1) || 99;
      }
      this.rcvNxt = (seq + 1) | 0;
      this.sndNxt = this.sndUna = 1001;
      this.emit(1000, SYN | ACK, 0);
      return;
    }
    if (seq === this.rcvNxt >>> 0) {
      this.rcvNxt = (this.rcvNxt + payload) | 0;
      this.received += payload;
    }
    if (payload > 0) this.due = true;
    const news = (ack - this.sndUna) | 0;
    if (news > 0) {
      this.sndUna = ack;
      this.acknowledged += news;
    }
    this.window = view.getUint16(34) << this.peerScale;
    if (this.port === CHARGEN) this.due = true;
  }

  get port() {
    return this.ports & 0xffff;
  }

  batchEnd() {
    if (this.due && this.port === DISCARD) this.emit(1001, ACK, 0);
    if (this.due && this.port === CHARGEN) this.fill();
    this.due = false;
    this.link.flush();
  }

  fill() {
    const chunk = this.link.gsoMaxSize > 0 ? SUPER_SEGMENT : MSS;
    for (;;) {
      const room = this.window - ((this.sndNxt - this.sndUna) | 0);
      const length = Math.min(chunk, Math.floor(room / MSS) * MSS);
      if (length <= 0) return;
      this.emit(this.sndNxt >>> 0, ACK, length);
      this.sndNxt = (this.sndNxt + length) | 0;
    }
  }

  emit(seq, flags, length) {
    const { frame, link } = this;
    frame.reset(flags & SYN ? 28 : 20);
    frame.ipStart = frame.transportStart - 20;
    const { view, header, ipStart: ip, transportStart: tcp, headerEnd } = frame;
    if (length > 0) frame.addSlice(this.zeros, 0, length);
    header.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1], ip);
    view.setUint16(ip + 2, frame.packetLength);
    view.setUint16(ip + 10, foldChecksum(sumBytes(header, ip, ip + 20, 0)));
    view.setUint32(tcp, (this.ports << 16) | (this.ports >>> 16));
    view.setUint32(tcp + 4, seq);
    view.setUint32(tcp + 8, this.rcvNxt >>> 0);
    header.set([((headerEnd - tcp) / 4) << 4, flags, 0xff, 0xff, 0, 0, 0, 0], tcp + 12);
    if (flags & SYN) header.set([2, 4, MSS >>> 8, MSS & 255, 1, 3, 3, this.scale], tcp + 20);
    view.setUint16(tcp + 16, foldSum(sumBytes(header, ip + 12, ip + 20, 6 + frame.packetLength - 20)));
    frame.checksumPartial = true;
    frame.checksumOffset = 16;
    frame.gsoSize = length > MSS ? MSS : 0;
    link.send(frame);
  }

  linkDown() {}
}

async function measure(direction, offload, hold, seconds) {
  const link = await openTun({ name: 'tun0', address: '10.9.0.1', prefix: 24, mtu: 1500, offload });
  const responder = new Responder(link, WINDOW_SCALE[offload], hold);
  const peer = spawn('python3', ['-c', PEERS[direction], String(seconds + 1)], { stdio: 'inherit' });
  await sleep(500);
  const count = () => (direction === 'in' ? responder.received : responder.acknowledged);
  const [bytes, time, cpu] = [count(), performance.now(), process.cpuUsage()];
  await sleep(seconds * 1000);
  const elapsed = (performance.now() - time) / 1000;
  const gbits = ((count() - bytes) * 8) / elapsed / 1e9;
  const busy = process.cpuUsage(cpu);
  peer.kill();
  link.close();
  const { rxPackets, rxBatches, rxSlabs, txPackets } = link.counters;
  const name = `${direction} ${offload ? 'offload' : 'plain'}${hold ? ' held' : ''}`;
  const load = ((busy.user + busy.system) / 1e6 / elapsed).toFixed(2);
  console.log(`${name.padEnd(18)} ${gbits.toFixed(2).padStart(6)} Gbit/s  cpu ${load}`, {
    rxPackets,
    rxBatches,
    rxSlabs,
    txPackets,
  });
}

if (!process.env.TCPGLASS_BENCH_CHILD) {
  const child = ['unshare', '--net', process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const env = { ...process.env, TCPGLASS_BENCH_CHILD: '1' };
  process.exit(spawnSync(child[0], child.slice(1), { stdio: 'inherit', env }).status ?? 1);
}
const seconds = Number(process.argv[2] ?? 3);
for (const offload of [true, false]) {
  await measure('in', offload, false, seconds);
  await measure('in', offload, true, seconds);
  await measure('out', offload, false, seconds);
}
