import { describe, expect, it } from 'vitest';
import { Histories } from '../../../src/observe/log/history.ts';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

/** What a connection did until it was over, and more may come for it. */
type Life = (peer: Peer) => void;

const established = (peer: Peer): Peer => peer.connectsToHost();

/** Every way in which a connection can end, or never begin. */
const LIVES: Record<string, Life> = {
  'a SYN, and no more': (peer) => peer.send({ flags: 'S', seq: 0, mss: 1460 }),
  'a SYN, and its RST': (peer) => {
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    peer.send({ flags: 'R', seq: 1 });
  },
  'a handshake that is never accepted, and reset': (peer) => {
    peer.send({ flags: 'S', seq: 0, mss: 1460 });
    const synAck = peer.expect({ flags: 'S.' });
    peer.send({ flags: '.', seq: 1, ack: 1 });
    peer.send({ flags: 'R', seq: 1 });
    expect(synAck.ack).toBe(1);
    peer.listener!.accept()?.close();
  },
  'the peer closes first': (peer) => {
    established(peer).send({ flags: 'F.', seq: 1, ack: 1 });
    peer.close();
    peer.send({ flags: '.', seq: 2, ack: 2 });
  },
  'the host closes first': (peer) => {
    established(peer).close();
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
  },
  'the host closes first, and the FIN comes again': (peer) => {
    established(peer).close();
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.wait(1);
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
  },
  'FIN_WAIT_2 without a user, in the table': (peer) => {
    established(peer).close();
    peer.send({ flags: '.', seq: 1, ack: 2 });
  },
  'FIN_WAIT_2 without a user, and then the FIN': (peer) => {
    established(peer).close();
    peer.send({ flags: '.', seq: 1, ack: 2 });
    peer.wait(1);
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
  },
  'both close at once': (peer) => {
    established(peer).close();
    peer.send({ flags: 'F.', seq: 1, ack: 1 });
    peer.send({ flags: '.', seq: 2, ack: 2 });
  },
  'the host aborts': (peer) => established(peer).abort(),
  'the peer resets': (peer) => established(peer).send({ flags: 'R', seq: 1 }),
  'data that is never acknowledged': (peer) => {
    established(peer).write(10);
    peer.close();
  },
  'data that the user never reads': (peer) => {
    established(peer).user.autoRead = false;
    peer.send({ flags: 'P.', seq: 1, ack: 1, data: 10 });
    peer.close();
  },
  'TIME_WAIT, and the next incarnation': (peer) => {
    established(peer).shutdown();
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
    peer.send({ flags: 'S', seq: 100_000, mss: 1460 });
    peer.send({ flags: 'R', seq: 100_001 });
  },
  'an active OPEN that is refused': (peer) => {
    peer.open();
    peer.send({ flags: 'R.', seq: 0, ack: 1 });
  },
  'an active OPEN without an answer': (peer) => void peer.open(),
  'an active OPEN that its user takes back': (peer) => {
    peer.open();
    peer.close();
  },
  'an active OPEN, closed first by the host': (peer) => {
    peer.acceptsFromHost().close();
    peer.send({ flags: 'F.', seq: 1, ack: 2 });
  },
};

/** Everything that the host sends is other tests' matter. */
function live(machine: Machine, name: string, port: number): void {
  const peer = new Peer({ machine, port });
  peer.verifyData = false;
  peer.listen();
  LIVES[name]!(peer);
  machine.settle();
  machine.packets.length = 0;
  peer.listener!.close();
  machine.settle();
  machine.packets.length = 0;
}

describe('the last entries of each connection', () => {
  it.each(Object.keys(LIVES))('leave nothing behind: %s', (name) => {
    const machine = new Machine();
    const histories = new Histories(machine.host);
    live(machine, name, 40_000);
    machine.wait(10_000_000);
    machine.packets.length = 0;
    expect(machine.host.tcp.connections.count).toBe(0);
    expect(histories.kept.alive).toBe(0);
    expect(histories.kept.ended).toBeLessThanOrEqual(2);
  });

  it('are kept of 32 that have ended, out of 2000', () => {
    const machine = new Machine({ sysctls: { tcp_max_tw_buckets: 1000 } });
    const histories = new Histories(machine.host);
    const lives = Object.keys(LIVES);
    let most = 0;
    for (let i = 0; i < 2000; i++) {
      live(machine, lives[i % lives.length]!, 1024 + (i % 60_000));
      machine.wait(10);
      machine.packets.length = 0;
      most = Math.max(most, histories.kept.alive - machine.host.tcp.connections.count);
    }
    expect(most).toBe(0);
    machine.wait(10_000_000);
    machine.packets.length = 0;
    expect(machine.host.tcp.connections.count).toBe(0);
    expect(histories.kept).toEqual({ alive: 0, ended: 32 });
  });

  it('are not kept anew for a user who closes what has ended long ago', () => {
    const machine = new Machine();
    const histories = new Histories(machine.host);
    const late = Array.from({ length: 40 }, (_, i) => {
      const peer = new Peer({ machine, port: 40_000 + i }).connectsToHost();
      peer.listener!.close();
      peer.send({ flags: 'R', seq: 1 });
      return peer;
    });
    expect(histories.kept).toEqual({ alive: 0, ended: 32 });
    for (const peer of late) peer.close();
    expect(histories.kept).toEqual({ alive: 0, ended: 32 });
  });

  it('count ordinary segments, and write down what is notable', () => {
    const machine = new Machine();
    const histories = new Histories(machine.host);
    const peer = new Peer({ machine }).connectsToHost();
    const { id } = peer.c;
    for (let i = 0; i < 10; i++) {
      machine.wait(1);
      peer.send({ flags: '.', seq: 1 + 100 * i, ack: 1, data: 100 });
      peer.takeAll();
    }
    const bulk = { type: 'bulk', segmentsIn: 10, octetsIn: 1000 };
    expect(histories.of(id)!.entries.at(-1)).toMatchObject(bulk);
    peer.send({ flags: '.', seq: 1201, ack: 1, data: 100 });
    peer.takeAll();
    peer.send({ flags: 'F.', seq: 1001, ack: 1, data: 300 });
    const entries = histories.of(id)!.entries.slice(-4);
    expect(entries.map(({ type }) => type)).toContain('state');
    // Only what came before the notable one counts as ordinary, and nothing twice.
    const counted = histories.of(id)!.entries.filter((entry) => entry.type === 'bulk');
    expect(counted.reduce((sum, entry) => sum + entry.octetsIn, 0)).toBeLessThanOrEqual(1100);
    expect(counted.reduce((sum, entry) => sum + entry.segmentsIn, 0)).toBe(12);
    peer.takeAll();
  });
});
