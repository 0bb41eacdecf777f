import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';
import type { CongestionControl, CongestionWindow } from '../../../src/tcp/variables/congestion-control.ts';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

/** A whole algorithm: two segments for each one that arrives (the SYN too), three quarters of the flight after a loss. */
const twice: CongestionControl = {
  name: 'twice',
  start(w: CongestionWindow) {
    w.own = [];
  },
  onAck(w, ack) {
    w.cwnd += 2 * ack.delivered;
  },
  onCongestion(w, flightSize, signal) {
    (w.own as string[]).push(signal);
    return (3 * flightSize) >> 2;
  },
  onUndo(w) {
    w.cwnd = w.priorCwnd + 1;
  },
};

const machineWith = (sysctl = 'reno'): Machine => {
  const machine = new Machine();
  machine.host.tcp.addCongestionControl(twice, (error) => {
    throw error;
  });
  machine.host.sysctls.tcp_congestion_control = sysctl;
  return machine;
};

const wanting = (congestion: string): SocketOptions => Object.assign(new SocketOptions(), { congestion });

/** Ten segments leave, and are acknowledged, two by two. */
function grow(peer: Peer): number {
  peer.write(10_000);
  peer.takeAll();
  const { una } = peer.c.snd;
  const begin = una - peer.hostIss!;
  for (let i = 1; i <= 5; i++) peer.send({ flags: '.', seq: 1, ack: begin + 2000 * i });
  return peer.c.info().tcpi_snd_cwnd;
}

describe('the congestion control of a connection', () => {
  it('is reno, which grows by what arrived in slow start', () => {
    const peer = new Peer({ machine: machineWith() }).connectsToHost({ mss: 1000 });
    expect([peer.c.congestionControl, grow(peer)]).toEqual(['reno', 20]);
  });

  it('is what `tcp_congestion_control` says when it begins', () => {
    const machine = machineWith('twice');
    const early = new Peer({ machine }).connectsToHost({ mss: 1000 });
    machine.host.sysctls.tcp_congestion_control = 'reno';
    const late = new Peer({ machine, port: 40_001, hostPort: 81 }).connectsToHost({ mss: 1000 });
    expect([early.c.congestionControl, late.c.congestionControl]).toEqual(['twice', 'reno']);
    expect([grow(early), grow(late)]).toEqual([32, 20]);
  });

  it('may be chosen among those of `tcp_allowed_congestion_control`, and the usual one; `tcp_available_…` has all', () => {
    const machine = machineWith();
    const { sysctls } = machine.host;
    expect(sysctls.tcp_available_congestion_control).toBe('reno cubic bbr twice');
    sysctls.tcp_allowed_congestion_control = 'cubic twice';
    const peer = new Peer({ machine }).connectsToHost({ mss: 1000 });
    for (const name of ['cubic', 'twice', sysctls.tcp_congestion_control]) {
      peer.c.setCongestionControl(name);
      expect(peer.c.congestionControl).toBe(name);
    }
    expect(() => peer.c.setCongestionControl('bbr')).toThrow('may choose cubic twice');
    sysctls.tcp_allowed_congestion_control = '';
    peer.c.setCongestionControl('bbr');
  });

  it('is reno where the sysctl names what is not there', () => {
    const peer = new Peer({ machine: machineWith('none') }).connectsToHost({ mss: 1000 });
    expect(peer.c.congestionControl).toBe('reno');
  });

  it('is what the user wants of an active OPEN', () => {
    const peer = new Peer({ machine: machineWith() });
    const c = peer.open({ socketOptions: wanting('twice') });
    expect(c.congestionControl).toBe('twice');
    peer.takeAll();
  });

  it('is inherited from the listener, as it is when the SYN comes', () => {
    const machine = machineWith();
    const peers = [0, 1].map((n) => new Peer({ machine, port: 40_000 + n }));
    const listener = peers[0]!.listen(undefined, wanting('twice'));
    peers[1]!.listener = listener;
    for (const peer of peers) {
      peer.send({ flags: 'S', seq: 0, mss: 1000, wnd: 65_535 });
      peer.expect({ flags: 'S.', seq: 0, ack: 1 });
      peer.send({ flags: '.', seq: 1, ack: 1, wnd: 65_535 });
      peer.accept();
      listener.options.congestion = 'reno';
    }
    expect(peers.map(({ c }) => c.congestionControl)).toEqual(['twice', 'reno']);
    expect(peers.map(grow)).toEqual([32, 20]);
  });

  it('changes in the middle: the window stays, what was remembered goes (tcp_reinit_congestion_control)', () => {
    const machine = machineWith();
    const [peer, other] = [0, 1].map((n) => new Peer({ machine, port: 40_000 + n, hostPort: 80 + n }));
    peer!.connectsToHost({ mss: 1000 });
    other!.connectsToHost({ mss: 1000 });
    expect(grow(peer!)).toBe(20);
    peer!.c.cc.priorSsthresh = 100;
    peer!.c.setCongestionControl('twice');
    expect(peer!.c.cc).toMatchObject({ cwnd: 20, priorSsthresh: 0, own: [] });
    expect([peer!.c.settings.congestion, other!.c.settings.congestion]).toEqual(['twice', null]);
    expect(grow(peer!)).toBe(40);
    const { own } = peer!.c.cc;
    peer!.c.setCongestionControl('twice');
    expect(peer!.c.cc.own, 'it is no change to take what is there').toBe(own);
    peer!.c.setCongestionControl('reno');
    expect(peer!.c.cc.own).toBe(null);
    expect(other!.c.congestionControl).toBe('reno');
  });

  it('is none that the host does not have: ENOENT, with those that it has', () => {
    const machine = machineWith();
    const peer = new Peer({ machine }).connectsToHost({ mss: 1000 });
    const refused = {
      code: 'ENOENT',
      message: 'There is no congestion control "fast" here, but: reno, cubic, bbr, twice',
    };
    expect(() => peer.c.setCongestionControl('fast')).toThrow(expect.objectContaining(refused));
    const socketOptions = wanting('fast');
    expect(() => new Peer({ machine }).open({ socketOptions })).toThrow(expect.objectContaining(refused));
    expect(() => new Peer({ machine, hostPort: 81 }).listen(1, socketOptions)).toThrow(
      expect.objectContaining(refused),
    );
    expect([...machine.host.tcp.listeners].map(({ port }) => port)).toEqual([80]);
    expect([peer.c.congestionControl, peer.c.settings.congestion]).toEqual(['reno', null]);
  });
});

describe('an algorithm is asked', () => {
  const sending = (): Peer => {
    const peer = new Peer({ machine: machineWith('twice') }).connectsToHost({ mss: 1000, sackOk: true });
    peer.write(20_000);
    peer.takeAll();
    return peer;
  };

  it('how far the window falls, once for a flight with losses', () => {
    const peer = sending();
    for (let i = 2; i <= 6; i++) peer.send({ flags: '.', seq: 1, ack: 1, sack: [[1001, 1 + 1000 * i]] });
    peer.takeAll();
    // Twelve were out, and two more left for the first two blocks (limited transmit).
    const expected = (3 * 14) >> 2;
    expect(peer.c.cc).toMatchObject({ own: ['loss'], ssthresh: expected });
  });

  it('after a time-out too, which says that it is one', () => {
    const peer = sending();
    peer.wait(1500);
    peer.takeAll();
    expect(peer.c.cc.own).toEqual(['timeout']);
    expect(peer.c.cc).toMatchObject({ cwnd: 1, ssthresh: (3 * 12) >> 2 });
  });

  it('where the window goes back to, when nothing was lost (RFC 4015)', () => {
    const peer = sending();
    for (let i = 2; i <= 4; i++) peer.send({ flags: '.', seq: 1, ack: 1, sack: [[1001, 1 + 1000 * i]] });
    peer.takeAll();
    expect(peer.c.cc).toMatchObject({ priorCwnd: 12, ssthresh: 10 });
    peer.send({ flags: '.', seq: 1, ack: 4001, sack: [[1, 1001]] });
    peer.takeAll();
    // One more than before; one of the four segments had not been known to have arrived, and one came twice.
    expect(peer.c.cc.cwnd).toBe(12 + 1 + 4);
  });
});

it('what waited for its time of departure leaves, where the next algorithm does not pace', () => {
  const peer = new Peer({ sysctls: { tcp_congestion_control: 'bbr' } }).connectsToHost({ mss: 1000 });
  peer.write(30_000);
  // The first ten are not spread. All of them are acknowledged at once, so that nothing is out by whose ACK more could leave.
  expect(peer.takeAll()).toHaveLength(10);
  peer.send({ flags: '.', seq: 1, ack: 10_001 });
  expect([peer.takeAll().length, peer.c.hold, peer.c.inFlight]).toEqual([0, 'pacing', 0]);
  peer.c.setCongestionControl('reno');
  expect(peer.takeAll()[0]).toMatchObject({ seq: 10_001 });
});

describe('an algorithm that says why it does things (`because`)', () => {
  const cause = (text: string) => ({ text, source: 'RFC 5681' });

  /** A peer of a host, and what is told of its connection's window from now on. */
  function listened() {
    const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno' } });
    const told: string[] = [];
    peer.host.observe((event) => {
      if (event.type === 'cwnd') told.push(event.cause.text);
    });
    return { peer, told };
  }

  it('is heard of each, in their order, from its choice on', () => {
    const { peer, told } = listened();
    const { congestionControls } = peer.host.tcp;
    congestionControls.set('telling', {
      ...twice,
      name: 'telling',
      start(w) {
        w.own = [];
        w.because(cause('begins'));
      },
      control(w) {
        w.because(cause('one thing'));
        w.because(cause('another'));
      },
      onState: (w) => w.because(cause(`is in ${w.congestionState}`)),
      onPauseEnd: (w) => w.because(cause('pause over')),
    });
    peer.connectsToHost({ mss: 1000 });
    told.length = 0;
    peer.c.setCongestionControl('telling');
    peer.write(1000);
    peer.takeAll();
    expect(told).toEqual(['begins', 'pause over']);
    peer.send({ flags: '.', seq: 1, ack: 1001 });
    expect(told.slice(2)).toEqual(['one thing', 'another']);
    told.length = 0;
    peer.write(1000);
    peer.wait(1500);
    peer.takeAll();
    expect(told).toContain('is in Loss');
  });

  it('is heard of each that it did with an ACK, and none is kept', () => {
    const { peer, told } = listened();
    peer.host.tcp.congestionControls.set('telling', {
      ...twice,
      name: 'telling',
      onAck(w, ack) {
        w.because(cause('sees an ACK'));
        w.because(cause('sees its octets'));
        w.cwnd += ack.delivered;
      },
    });
    peer.connectsToHost({ mss: 1000 });
    peer.c.setCongestionControl('telling');
    peer.write(3000);
    peer.takeAll();
    told.length = 0;
    for (let i = 1; i <= 3; i++) peer.send({ flags: '.', seq: 1, ack: 1 + 1000 * i });
    expect(told).toEqual(Array.from({ length: 3 }, () => ['sees an ACK', 'sees its octets']).flat());
    expect(peer.c.cc.causesBefore).toHaveLength(1);
  });
});
