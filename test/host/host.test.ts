import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../src/tcp/terms/socket-options.ts';
import { address } from '../../src/wire/address.ts';
import { foldChecksum, sumBytes } from '../../src/wire/checksum.ts';
import { ICMP, type IpSpec, ip, summed } from '../support/ip-machine.ts';
import { Machine, type SentPacket } from '../support/machine.ts';
import { Peer } from '../support/peer.ts';

type PacketSpec = Partial<IpSpec> & { protocol: number };

/** A packet from a neighbour to the host. */
const ipv4 = (spec: PacketSpec): Uint8Array => ip({ src: '10.0.0.2', dst: '10.0.0.1', fragment: 0, ...spec });

const echo = (data: number[]): number[] => [
  ...summed('10.0.0.2', '10.0.0.1', ICMP, 2, [8, 0, 0, 0, 0x12, 0x34, 0, 5, ...data]),
];

const take = (machine: Machine): SentPacket => {
  machine.settle();
  expect(machine.packets).toHaveLength(1);
  return machine.packets.pop()!;
};

describe('a host is asked for what is not TCP', () => {
  it('answers a ping with the same identifier, number and data (RFC 1122, 3.2.2.6)', () => {
    const machine = new Machine();
    for (const data of [[], [1, 2, 3], Array<number>(1400).fill(9)]) {
      machine.receive(ipv4({ protocol: 1, payload: echo(data) }));
      const { packet, bytes } = take(machine);
      const icmp = bytes.subarray(packet.transportStart);
      expect([String(packet.src), String(packet.dst), packet.protocol]).toEqual(['10.0.0.1', '10.0.0.2', 1]);
      expect([icmp[0], icmp[1], ...icmp.subarray(4)]).toEqual([0, 0, 0x12, 0x34, 0, 5, ...data]);
      expect(foldChecksum(sumBytes(icmp, 0, icmp.length, 0))).toBe(0);
    }
  });

  it('says that no UDP port is open, and quotes the packet (RFC 1122, 3.2.2.1)', () => {
    const machine = new Machine();
    const asked = ipv4({ protocol: 17, payload: [0, 9, 0, 53, 0, 8, 0, 0] });
    machine.receive(asked);
    const { packet, bytes } = take(machine);
    const icmp = bytes.subarray(packet.transportStart);
    expect([icmp[0], icmp[1]]).toEqual([3, 3]);
    expect(icmp.subarray(8)).toEqual(asked);
  });

  it('says that it does not know a protocol, no more often than icmp_msgs_per_sec', () => {
    const machine = new Machine({ sysctls: { icmp_msgs_per_sec: 2 } });
    for (let i = 0; i < 5; i++) machine.receive(ipv4({ protocol: 99, payload: [1, 2, 3, 4, 5, 6, 7, 8] }));
    expect(machine.packets.splice(0)).toHaveLength(2);
    expect(machine.host.ip.drops.get('IcmpRateLimit')).toBe(3);
  });

  it('is silent to what is not for it, cannot be read, or has no sender to answer', () => {
    const machine = new Machine();
    const ping = echo([1]);
    const silent: [PacketSpec, string][] = [
      [{ protocol: 1, payload: ping, dst: '10.0.0.9' }, 'IpNotOurs'],
      [{ protocol: 1, payload: ping, dst: '10.0.0.255' }, 'IpNotUnicast'],
      [{ protocol: 1, payload: ping, dst: '255.255.255.255' }, 'IpNotUnicast'],
      [{ protocol: 1, payload: ping, dst: '224.0.0.1' }, 'IpNotUnicast'],
      [{ protocol: 1, payload: ping, src: '127.0.0.1' }, 'IpMartianSource'],
      [{ protocol: 1, payload: ping, src: '0.0.0.0' }, 'IpMartianSource'],
      [{ protocol: 1, payload: ping, src: '224.0.0.1' }, 'IpMartianSource'],
      [{ protocol: 1, payload: ping, src: '10.0.0.255' }, 'IpMartianSource'],
      [{ protocol: 1, payload: ping, src: '10.0.0.1' }, 'IpMartianSource'],
      [{ protocol: 1, payload: [...ping, 0], fragment: 0x2000 }, 'FragmentLength'],
      [{ protocol: 6, payload: [], fragment: 0x0001 }, 'FragmentLength'],
      [{ protocol: 1, payload: [8, 0, 0, 0, 0, 0, 0, 0] }, 'IcmpChecksum'],
      [{ protocol: 1, payload: [8, 0] }, 'IcmpTruncated'],
    ];
    for (const [spec, reason] of silent) {
      const before = machine.host.ip.drops.get(reason as never);
      machine.receive(ipv4(spec));
      expect(machine.packets, reason).toEqual([]);
      expect(machine.host.ip.drops.get(reason as never), reason).toBe(before + 1);
    }
  });

  it('drops a segment whose checksum is wrong, without a word (MUST-3)', () => {
    const peer = new Peer();
    peer.listen();
    const segment = Array<number>(20).fill(0);
    segment[12] = 0x50;
    segment[13] = 2;
    peer.machine.receive(ipv4({ protocol: 6, payload: segment }));
    peer.expectNothing();
    expect(peer.host.tcp.counters).toMatchObject({ InErrs: 1, InCsumErrors: 1 });
  });
});

describe('a host and its driver', () => {
  it('with nothing to do has no deadline', () => {
    const { host } = new Machine();
    expect(host.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    expect([...host.connections()]).toEqual([]);
  });

  it('lets several look on, and makes no events when none does', () => {
    const peer = new Peer();
    const seen: string[][] = [[], []];
    const ends = seen.map((list) => peer.host.observe((event) => list.push(event.type)));
    peer.connectsToHost();
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toEqual(expect.arrayContaining(['segment', 'state', 'timer']));
    const count = seen[0]!.length;
    for (const end of ends) end();
    expect(peer.host.tcp.events.wants).toBe(0);
    peer.send({ flags: 'F.', seq: 1, ack: 1 });
    peer.expect({ flags: '.', ack: 2 });
    expect(seen[0]).toHaveLength(count);
  });

  it('writes down the cause of each change of state, with its section', () => {
    const peer = new Peer();
    const changes: string[] = [];
    peer.host.observe((e) => e.type === 'state' && changes.push(`${e.from} > ${e.to}: ${e.cause.source}`));
    peer.connectsToHost();
    peer.send({ flags: 'F.', seq: 1, ack: 1 });
    peer.expect({ flags: '.', ack: 2 });
    peer.shutdown();
    peer.expect({ flags: 'F.', seq: 1 });
    peer.send({ flags: '.', seq: 2, ack: 2 });
    expect(changes).toEqual([
      'CLOSED > SYN_RECEIVED: RFC 9293, 3.10.7.2',
      'SYN_RECEIVED > ESTABLISHED: RFC 9293, 3.10.7.4',
      'ESTABLISHED > CLOSE_WAIT: RFC 9293, 3.10.7.4',
      'CLOSE_WAIT > LAST_ACK: RFC 9293, 3.10.4',
      'LAST_ACK > CLOSED: RFC 9293, 3.10.7.4',
    ]);
  });

  it('writes down the cause of each change of the congestion window', () => {
    const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno' } });
    const changes: string[] = [];
    peer.host.observe((e) => e.type === 'cwnd' && changes.push(`${e.cwnd} of ${e.ssthresh}: ${e.cause.text}`));
    peer.connectsToHost({ mss: 1000 });
    const acknowledge = (...acks: number[]): void => {
      for (const ack of acks) peer.send({ flags: '.', seq: 1, ack });
      peer.takeAll();
    };
    peer.write(200_000);
    acknowledge(1001, 2001);
    acknowledge(2001, 2001, 2001);
    acknowledge(peer.c.snd.nxt - peer.hostIss!);
    expect(changes).toEqual([
      `11 of ${0x7fffffff}: slow start`,
      `12 of ${0x7fffffff}: slow start`,
      '12 of 6: a segment is lost: fast retransmit',
      '11 of 6: each ACK lets so much leave as brings the window to the threshold (PRR)',
      '6 of 6: each ACK lets so much leave as brings the window to the threshold (PRR)',
    ]);
    for (let k = 0; k < 6; k++) acknowledge(peer.c.snd.una - peer.hostIss! + 1000);
    peer.next();
    expect(changes.slice(5)).toEqual([
      '6 of 6: loss recovery complete',
      '7 of 6: congestion avoidance',
      '1 of 3: retransmission timeout',
    ]);
  });

  it('writes down that a window shrank in a pause', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    for (let round = 0; round < 3; round++) {
      peer.write(40_000);
      peer.takeAll();
      peer.send({ flags: '.', seq: 1, ack: peer.c.snd.nxt - peer.hostIss! });
    }
    for (peer.takeAll(); peer.c.inFlight > 0; peer.takeAll()) {
      peer.send({ flags: '.', seq: 1, ack: peer.c.snd.nxt - peer.hostIss! });
    }
    const changes: string[] = [];
    peer.host.observe((e) => e.type === 'cwnd' && changes.push(`${e.cwnd}: ${e.cause.text}`));
    peer.wait(60_000);
    peer.write(10);
    peer.takeAll();
    expect(changes).toEqual(['10: idle for longer than an RTO']);
  });

  it('a window shrinks for a pause only when the pause ends, however often sending was tried meanwhile', () => {
    const peer = new Peer().connectsToHost({ mss: 1000 });
    const ack = (wnd: number) => peer.send({ flags: '.', seq: 1, ack: peer.c.snd.nxt - peer.hostIss!, wnd });
    for (let round = 0; round < 4; round++) {
      peer.write(60_000);
      peer.takeAll();
      ack(60_000);
    }
    for (peer.takeAll(); peer.c.inFlight > 0; peer.takeAll()) ack(60_000);
    ack(0);
    const { cwnd } = peer.c.cc;
    expect(cwnd).toBeGreaterThan(40);
    const changes: string[] = [];
    peer.host.observe((e) => e.type === 'cwnd' && changes.push(`${e.cwnd}: ${e.cause.text}`));
    peer.write(10_000);
    for (let i = 0; i < 5; i++) {
      peer.wait(70);
      ack(0);
      peer.takeAll();
    }
    expect(changes).toEqual([]);
    ack(60_000);
    peer.takeAll();
    expect(changes).toEqual([`${cwnd >> 1}: idle for longer than an RTO`]);
  });

  it('tells applications once per batch, however many segments it had', () => {
    const peer = new Peer().connectsToHost();
    let calls = 0;
    const { user } = peer;
    const readable = user.onReadable.bind(user);
    user.onReadable = () => {
      calls++;
      readable();
    };
    peer.batch(() => {
      for (let i = 0; i < 10; i++) peer.send({ flags: '.', seq: 1 + 100 * i, ack: 1, data: 100 });
    });
    expect([calls, user.received]).toEqual([1, 1000]);
    peer.expect({ flags: '.', ack: 1001 });
  });
});

describe("what a user's callback throws", () => {
  /** Two connections whose SYNs time out in the same run of the timers, and users that throw their names then. */
  const throwing = (): { machine: Machine; told: string[] } => {
    const machine = new Machine();
    const told: string[] = [];
    for (const name of ['first', 'second']) {
      const onClosed = (): never => {
        told.push(name);
        throw new Error(name);
      };
      machine.host.tcp.connect({ remote: address('10.0.0.2'), remotePort: 80, user: { onReadable() {}, onClosed } });
    }
    return { machine, told };
  };

  it('comes out of deliver, when the others were told', () => {
    const { machine, told } = throwing();
    expect(() => machine.wait(300_000)).toThrow(/^(first|second)$/);
    expect(told.sort()).toEqual(['first', 'second']);
    expect(() => machine.wait(300_000)).not.toThrow();
    machine.packets.length = 0; // SYNs
  });

  it('comes to onUserFault, and nowhere else', () => {
    const { machine, told } = throwing();
    const faults: string[] = [];
    machine.host.onUserFault = (fault) => faults.push((fault as Error).message);
    machine.wait(300_000);
    expect(faults).toEqual(told);
    expect(faults).toHaveLength(2);
    machine.packets.length = 0;
  });
});

describe('what connections are given', () => {
  const to = { remote: address('10.0.0.2'), remotePort: 80, user: { onReadable() {}, onClosed() {} } };

  it('is their own: options with which several are opened stay as they are', () => {
    const machine = new Machine();
    const socketOptions = new SocketOptions();
    const [one, other] = [1, 2].map(() => machine.host.tcp.connect({ ...to, socketOptions }));
    one!.setKeepAlive(true, 5000);
    expect([socketOptions.keepAlive, other!.settings.keepAlive, one!.settings.keepAlive]).toEqual([false, false, true]);
    machine.packets.length = 0; // SYNs
  });

  it.each([
    [0, 2.5],
    [0.5, 3],
    [Number.NaN, 3],
    [-1, 3],
    [0, 11],
    [4, 3],
  ])('is no slice from %d to %d', (from, end) => {
    const machine = new Machine();
    const connection = machine.host.tcp.connect(to);
    machine.packets.length = 0; // a SYN
    expect(() => connection.send(new Uint8Array(10), from, end)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(connection.sendQueueLength).toBe(0);
  });
});
