// npm run bench:flight: how long a million segments take to simulate while 100, 1,000 and 10,000 of them are in flight and one in a
// hundred is lost; and what an ACK costs the sender then.
//
// For that all packets that the sender gets are written down with their times. Then a sender alone gets the same at the same times,
// and does the same again, since hosts are deterministic: the CPU time of that is what an ACK costs, with all that it causes: new
// data, what is sent again. Nothing here passes or fails; what to reach stands beside what was measured.
//
//   BENCH_SEGMENTS=300000 npm run bench:flight    shorter rounds
import { Host } from '../../dist/host/host.js';
import { Flow } from '../../dist/lab/simulation/flow.js';
import { Network } from '../../dist/lab/simulation/network.js';
import { parseImpairments } from '../../dist/link/impairment/language/parse.js';
import { SeededRandom } from '../../dist/time/random.js';
import { address } from '../../dist/wire/address.js';
import { Packet } from '../../dist/wire/packet.js';
import { Slab } from '../../dist/wire/slab.js';

const SEGMENTS = Number(process.env.BENCH_SEGMENTS ?? 1_000_000);
const MIB = 2 ** 20;
/** Mbit/s, and the octets of a packet and of what it carries. */
const RATE = 1000;
const PACKET = 1500;
const MSS = 1448;
const BUFFERS = [4096, 64 * MIB, 64 * MIB];
const SYSCTLS = { tcp_rmem: BUFFERS, tcp_wmem: BUFFERS, tcp_mtu_probing: 0 };
const NEAR = address('10.0.0.1');
const FAR = address('10.0.0.2');
const PORT = 9;
const SEED = 1;

/** A window that stays, whatever happens. */
const fixed = (cwnd) => ({
  name: 'fixed',
  start: (w) => Object.assign(w, { cwnd, ssthresh: cwnd }),
  onAck: (w) => Object.assign(w, { cwnd }),
  onCongestion: () => cwnd,
  onUndo: () => {},
  control: (w) => Object.assign(w, { cwnd }),
});

const cpuSeconds = () => process.cpuUsage().user / 1e6;

/**
 * The window is what the path holds. Packets to the sender are kept in `arrivals`, as [time, octets], if it isn't null.
 * @returns the flow, and the sender's counters
 */
function simulate(inFlight, segments, arrivals) {
  const halfTrip = Math.round((inFlight * PACKET * 8) / RATE / 2);
  const impairments = parseImpairments(`out: rate ${RATE}mbit queue ${inFlight}, loss 1%; delay ${halfTrip}us`);
  const flow = new Flow('fixed');
  const observer = {
    sent(direction, { view, transportStart: at, payloadLength }) {
      if (direction === 'out') flow.leaves(view.getInt32(at + 4), payloadLength);
    },
    arrived(direction, { slab }) {
      if (direction === 'in') arrivals?.push([network.now, slab.bytes.slice()]);
    },
  };
  const network = new Network({ impairments, sysctls: SYSCTLS, mtu: PACKET, seed: SEED }, observer);
  network.near.tcp.congestionControls.set('fixed', fixed(inFlight));
  const listener = network.far.tcp.listen({
    port: PORT,
    onAcceptable() {
      const c = listener.accept();
      c.user = flow.reader(c);
      c.user.onReadable();
    },
  });
  flow.begin(network.near, 1024, FAR, PORT);
  for (let until = 0; flow.tally.sent < segments * MSS; until += 10_000) network.run(until);
  return { flow, now: network.now, counters: network.near.tcp.counters };
}

/** A sender alone, to which the same happens. @returns seconds of CPU, and the sender's counters */
function replay(inFlight, arrivals) {
  const begin = 1_000_000; // as Network has it
  const host = new Host({
    addresses: [{ address: NEAR, prefix: 24 }],
    mtu: PACKET,
    checksumOffload: true,
    gsoMaxSize: 65_535,
    sysctls: SYSCTLS,
    random: new SeededRandom(SEED ^ 1),
    now: begin,
    output() {},
  });
  host.tcp.congestionControls.set('fixed', fixed(inFlight));
  const settle = (now) => {
    do host.deliver(now);
    while (host.flush(now));
  };
  new Flow('fixed').begin(host, 1024, FAR, PORT);
  settle(begin);
  const packet = new Packet();
  const before = cpuSeconds();
  for (const [at, bytes] of arrivals) {
    const now = at + begin;
    for (let due = host.nextDeadline(); due < now; due = host.nextDeadline()) {
      host.advance(due);
      settle(due);
    }
    packet.slab = new Slab(bytes);
    packet.start = 0;
    packet.end = bytes.length;
    packet.checksumTrusted = true;
    packet.sum = -1;
    host.receive(packet, now);
    if (host.nextDeadline() <= now) host.advance(now);
    settle(now);
  }
  return { seconds: cpuSeconds() - before, counters: host.tcp.counters };
}

const percent = (part, whole) => `${((100 * part) / whole).toFixed(2)} %`;
/** Nanoseconds an ACK, by segments in flight. */
const costs = new Map();

simulate(1000, 100_000, null); // so that all is compiled
for (const inFlight of [100, 1000, 10_000]) {
  const before = cpuSeconds();
  const { flow, now, counters } = simulate(inFlight, SEGMENTS, null);
  const took = cpuSeconds() - before;
  const { sent, again } = flow.tally;
  console.log(
    `${inFlight} in flight: ${Math.round(sent / MSS)} segments in ${took.toFixed(1)} s of CPU (${((sent * 8) / now / RATE).toFixed(2)} of the rate, ${percent(again, sent)} sent again, ${counters.TCPTimeouts} time-outs)`,
  );
  const arrivals = [];
  simulate(inFlight, SEGMENTS / 4, arrivals);
  const rounds = [1, 2, 3].map(() => replay(inFlight, arrivals).seconds).sort((a, b) => a - b);
  costs.set(inFlight, (rounds[1] * 1e9) / arrivals.length);
  console.log(`  an ACK costs the sender ${Math.round(costs.get(inFlight))} ns (${arrivals.length} ACKs)`);
}
const ratio = costs.get(10_000) / costs.get(100);
console.log(`At 10,000 in flight an ACK costs ${ratio.toFixed(1)} times what it costs at 100 (to reach: 3)`);
