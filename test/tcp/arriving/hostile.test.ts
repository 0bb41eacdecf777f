import fc from 'fast-check';
import { describe, it } from 'vitest';
import { Peer, type SegmentSpec } from '../../support/peer.ts';
import { checkInvariants, type Edges } from '../support/invariants.ts';

/** Numbers at which a comparison may go wrong: just beside the edges, far away, half the circle away. */
const offset = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -3000, max: 70_000 }),
  fc.constantFrom(0x7fffffff, -0x80000000, 0x40000000, -0x40000000),
);

const anySegment = fc.record({
  kind: fc.constant('segment' as const),
  flags: fc.constantFrom(
    '.',
    'P.',
    'F.',
    'FP.',
    'S',
    'S.',
    'R',
    'R.',
    'U.',
    'SF',
    'SR',
    '',
    'F',
    'FSRPU.',
    '.',
    '.',
    'P.',
  ),
  /** Beyond RCV.NXT and SND.UNA. */
  seq: offset,
  ack: offset,
  wnd: fc.constantFrom(0, 1, 500, 65_535),
  octets: fc.constantFrom(0, 0, 1, 10, 1460, 5000),
  ts: fc.option(fc.tuple(offset, offset)),
  sack: fc.array(fc.tuple(offset, offset), { maxLength: 3 }),
  urg: fc.constantFrom(0, 1, 65_535),
});

const anyDoing = fc.oneof(
  { weight: 15, arbitrary: anySegment },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), n: fc.nat(5000) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), n: fc.constantFrom(1, 40, 500, 5000, 200_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), n: fc.nat(5000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('shutdown' as const, 'close' as const), n: fc.constant(0) }),
  },
);

const beginnings: Record<string, (options: object) => Peer> = {
  'an active OPEN': (options) => {
    const peer = new Peer(options);
    peer.open();
    peer.takeAll();
    return peer;
  },
  'a passive OPEN': (options) => {
    const peer = new Peer(options);
    peer.listen();
    return peer;
  },
  'an established connection': (options) => new Peer(options).connectsToHost(),
  'one with all options': (options) => new Peer(options).connectsToHost({ ts: [1000, 0], sackOk: true, wscale: 4 }),
};

describe.each(Object.entries(beginnings))('whatever is thrown at %s', (_, begin) => {
  it('nothing throws, invariants hold, answers are bounded', () => {
    fc.assert(
      fc.property(
        fc.array(anyDoing, { maxLength: 40 }),
        fc.constantFrom(0, -1000, 0x7ffff000),
        fc.boolean(),
        (doings, iss, lazy) => {
          const peer = begin({ iss, peerIss: -iss, gsoMaxSize: lazy ? 65_535 : 0 });
          peer.verifyData = peer.user.verify = false;
          peer.user.autoRead = !lazy;
          let edges: Edges | null = null;
          for (const doing of doings) {
            const c = peer.connection;
            const alive = c !== null && c.state !== 'CLOSED' && c.state !== 'TIME_WAIT';
            switch (doing.kind) {
              case 'segment': {
                const waited = peer.takeAll().length;
                peer.send(place(peer, doing));
                // A window's worth may follow an ACK; a flood may not.
                const limit = 12 + (c === null ? 0 : 2 * c.cc.cwnd);
                if (peer.takeAll().length > limit) throw new Error(`More than ${limit} answers (${waited} before)`);
                break;
              }
              case 'wait':
                peer.wait(doing.n);
                break;
              case 'write':
                if (alive && !c.finQueued) peer.c.send(new Uint8Array(doing.n));
                break;
              case 'read':
                if (c !== null) peer.user.read(doing.n);
                break;
              default:
                if (alive && !c.orphan) peer[doing.kind]();
            }
            peer.takeAll();
            if (peer.connection === null && peer.listener !== null) tryAccept(peer);
            if (peer.connection !== null) edges = checkInvariants(peer.connection, edges);
          }
        },
      ),
      { numRuns: Number(process.env.TCPGLASS_RUNS ?? 150) },
    );
  });
});

function tryAccept(peer: Peer): void {
  const c = peer.listener!.accept();
  if (c === null) return;
  c.user = peer.user;
  peer.connection = peer.user.connection = c;
}

/** The segment where the doing wants it: relative to the edges as they are now. */
function place(peer: Peer, doing: typeof anySegment extends fc.Arbitrary<infer T> ? T : never): SegmentSpec {
  const c = peer.connection ?? [...peer.host.connections()][0] ?? null;
  const rcv = c === null ? 0 : (c.rcv.nxt - peer.iss) | 0;
  const una = c === null ? 0 : (c.snd.una - (peer.hostIss ?? 0)) | 0;
  const { flags, seq, ack, wnd, octets, ts, sack, urg } = doing;
  const spec: SegmentSpec = { flags, seq: (rcv + seq) | 0, wnd, urg, data: new Uint8Array(octets) };
  if (flags.includes('.')) spec.ack = (una + ack) | 0;
  if (ts !== null) spec.ts = [1000 + ts[0], ts[1]];
  if (peer.hostIss !== null && ts === null) spec.sack = sack.map(([l, r]) => [(una + l) | 0, (una + r) | 0]);
  return spec;
}
