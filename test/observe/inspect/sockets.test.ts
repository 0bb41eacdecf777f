import { describe, expect, it } from 'vitest';
import type { Sysctls } from '../../../src/host/host.ts';
import { Inspection } from '../../../src/observe/inspect/inspection.ts';
import type { State } from '../../../src/tcp/terms/state.ts';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

const SECOND = 1_000_000;

function crowd(count: number, sysctls: Partial<Sysctls>): Peer[] {
  const machine = new Machine({ sysctls });
  const peers = Array.from({ length: count }, (_, i) => new Peer({ machine, port: 5000 + i }));
  const listener = peers[0]!.listen();
  for (const peer of peers) {
    peer.listener = listener;
    peer.connectsToHost();
  }
  return peers;
}

describe('snapshots of sockets', () => {
  it('are every socket with its queues and the age of its state, TIME_WAIT with what it has left', () => {
    const [closeWait, waiting, half] = crowd(3, {}) as [Peer, Peer, Peer];
    const { host } = half;
    waiting.close();
    waiting.expect({ flags: 'F.' });
    waiting.send({ flags: 'F.', seq: 1, ack: 2 });
    waiting.expect({ flags: '.' });
    half.close();
    half.expect({ flags: 'F.' });
    half.send({ flags: '.', seq: 1, ack: 2 });
    half.wait(10_000);
    closeWait.user.autoRead = false;
    closeWait.send({ flags: 'FP.', seq: 1, ack: 1, data: 7 });
    closeWait.write(5);
    closeWait.takeAll();
    const fresh = new Peer({ machine: half.machine, port: 9 });
    fresh.send({ flags: 'S', seq: 0 });
    fresh.expect({ flags: 'S.' });
    half.machine.now += 500_000;
    host.advance(half.machine.now);
    half.machine.packets.length = 0;
    const rows = [...new Inspection(host).sockets()];
    const row = (state: string) => rows.find((one) => one.state === state)!;
    expect(rows.length).toBe(5);
    expect(row('LISTEN')).toMatchObject({ localPort: 80, remote: null, recvQueue: 0, sendQueue: 4096, synQueue: 1 });
    expect(row('LISTEN').age).toBe(10.5 * SECOND);
    expect(row('SYN_RECEIVED')).toMatchObject({ remotePort: 9, age: SECOND / 2 });
    expect(row('CLOSE_WAIT')).toMatchObject({ recvQueue: 7, sendQueue: 5, age: SECOND / 2, left: null, orphan: false });
    expect(row('TIME_WAIT')).toMatchObject({ remotePort: 5001, age: 10.5 * SECOND, left: 49.5 * SECOND, orphan: true });
    expect(row('FIN_WAIT_2')).toMatchObject({
      remotePort: 5002,
      age: 10.5 * SECOND,
      left: 49.5 * SECOND,
      orphan: true,
    });
  });

  it('have numbers that stay, the timers that run, and with details tcp_info and memory', () => {
    const [one, two] = crowd(2, {}) as [Peer, Peer];
    const { host } = one;
    const inspect = new Inspection(host);
    one.write(100);
    one.takeAll();
    one.c.setKeepAlive(true);
    one.wait(50);
    host.advance(one.machine.now);
    two.user.autoRead = false;
    two.send({ flags: 'P.', seq: 1, ack: 1, data: 3 });
    two.c.quickAcks = 0; // the start is over
    two.send({ flags: 'P.', seq: 4, ack: 1, data: 4 });
    const snapshots = [...inspect.sockets({ details: true })];
    expect(new Set(snapshots.map(({ id }) => id)).size).toBe(3);
    const of = (peer: Peer) => snapshots.find(({ remotePort }) => remotePort === peer.port)!;
    expect(of(one)).toEqual(inspect.connection(of(one).id!));
    expect(of(one).timers).toEqual([
      { name: 'on', left: one.c.rtt.rto - 50_000, retries: 0 },
      { name: 'keepalive', left: (7200 - 0.05) * SECOND, retries: 0 },
    ]);
    expect(of(one).details).toMatchObject({
      congestion: 'cubic',
      memory: { sent: 100, unsent: 0 },
      info: { tcpi_state: 1, tcpi_unacked: 1 },
    });
    expect(of(two).timers).toMatchObject([{ name: 'delack', retries: 0 }]);
    expect(of(two).details!.memory).toMatchObject({ received: 7, sent: 0 });
    expect(inspect.connection(12345)).toBeNull();
    expect(JSON.parse(JSON.stringify(snapshots))).toEqual(snapshots);
    one.takeAll();
    two.takeAll();
  });

  it('tell which timer asks for a shut window, and how often it has', () => {
    const [peer] = crowd(1, {}) as [Peer];
    peer.write(100);
    peer.takeAll();
    peer.send({ flags: '.', seq: 1, ack: 101, wnd: 0 });
    peer.write(100);
    peer.wait(1500);
    peer.takeAll();
    const [snapshot] = [...new Inspection(peer.host).sockets({ states: ['ESTABLISHED'] })];
    expect(snapshot!.timers).toMatchObject([{ name: 'persist', retries: expect.any(Number) }]);
    expect(snapshot!.timers[0]!.retries).toBeGreaterThan(0);
  });

  it('are those of the states that are asked for', () => {
    const [open, closed] = crowd(2, {}) as [Peer, Peer];
    closed.close();
    closed.expect({ flags: 'F.' });
    closed.send({ flags: 'F.', seq: 1, ack: 2 });
    closed.expect({ flags: '.' });
    const inspect = new Inspection(open.host);
    const states = (...asked: State[]) => [...inspect.sockets({ states: asked })].map(({ state }) => state);
    expect(states('LISTEN')).toEqual(['LISTEN']);
    expect(states('TIME_WAIT', 'ESTABLISHED')).toEqual(['ESTABLISHED', 'TIME_WAIT']);
    expect(states('SYN_SENT')).toEqual([]);
    expect(inspect.summary()).toEqual({
      states: { LISTEN: 1, ESTABLISHED: 1, TIME_WAIT: 1 },
      orphans: 0,
      ipv4: 1,
      ipv6: 0,
    });
  });

  it('are taken while connections come and go: each that stays comes once, and none twice', () => {
    const peers = crowd(600, {});
    const { host, machine } = peers[0]!;
    const seen: (number | null)[] = [];
    let n = 0;
    for (const { id } of new Inspection(host).sockets({ states: ['ESTABLISHED'] })) {
      seen.push(id);
      // So many that the table doubles, twice; and every second one of the first goes.
      if (n < 900) {
        const fresh = new Peer({ machine, port: 10_000 + n });
        fresh.listener = peers[0]!.listener;
        fresh.connectsToHost();
      }
      if (n < 600 && n % 2 === 0) {
        peers[n]!.abort();
        peers[n]!.takeAll();
      }
      n++;
    }
    expect(new Set(seen).size).toBe(seen.length);
    const staying = peers.filter((_, i) => i % 2 === 1).map((peer) => peer.c.id);
    expect(staying.filter((id) => !seen.includes(id))).toEqual([]);
    machine.packets.length = 0;
  });

  it('that are not wanted are passed over in steps', () => {
    const { host } = new Machine();
    const { tcp } = host;
    const entry = {
      ...{
        state: 'TIME_WAIT' as const,
        recycled: false,
        simultaneous: false,
        finAgain: false,
        ect: false,
        local: host.addresses[0]!,
      },
      ...{
        remote: host.addresses[0]!,
        localPort: 80,
        rcvNxt: 0,
        sndNxt: 0,
        rcvWnd: 0,
        hasTimestamps: false,
        tsRecent: 0,
      },
      ...{ tsRecentAt: 0, tsOffset: 0, answeredAt: tcp.now, expires: tcp.now + 60 * SECOND },
    };
    for (let remotePort = 1; remotePort <= 10_000; remotePort++) tcp.timeWait.add({ ...entry, remotePort });
    const inspect = new Inspection(host);
    expect([...inspect.sockets({ states: ['FIN_WAIT_2'] })]).toEqual([]);
    expect([...inspect.socketSteps({ states: ['FIN_WAIT_2'] })]).toEqual(Array(Math.floor(10_000 / 256)).fill(null));
    expect([...inspect.sockets()]).toHaveLength(10_000);
  });
});
