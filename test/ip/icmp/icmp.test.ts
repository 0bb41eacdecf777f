import { describe, expect, it } from 'vitest';
import { address } from '../../../src/wire/address.ts';
import {
  ACK,
  asTcp,
  type Conversation,
  type Family,
  ICMP,
  IpMachine,
  icmpError,
  ip,
  SYN,
  summed,
  type TcpSpec,
  Told,
  tcp,
  UDP,
  udp,
  V4,
  V6,
} from '../../support/ip-machine.ts';

type Case = [name: string, family: Family, type: number, code: number, error: string];

const SOFT: Case[] = [
  ['net unreachable (0)', V4, 3, 0, 'ENETUNREACH'],
  ['host unreachable (1)', V4, 3, 1, 'EHOSTUNREACH'],
  ['source route failed (5)', V4, 3, 5, 'EHOSTUNREACH'],
  ['time exceeded', V4, 11, 0, 'EHOSTUNREACH'],
  ['parameter problem', V4, 12, 0, 'EPROTO'],
  ['IPv6: no route (0)', V6, 1, 0, 'ENETUNREACH'],
  ['IPv6: address unreachable (3)', V6, 1, 3, 'EHOSTUNREACH'],
  ['IPv6: time exceeded', V6, 3, 0, 'EHOSTUNREACH'],
  ['IPv6: parameter problem', V6, 4, 1, 'EPROTO'],
];

const HARD: Case[] = [
  ['protocol unreachable (2)', V4, 3, 2, 'ENOPROTOOPT'],
  ['port unreachable (3)', V4, 3, 3, 'ECONNREFUSED'],
  ['net prohibited (9)', V4, 3, 9, 'EHOSTUNREACH'],
  ['host prohibited (10)', V4, 3, 10, 'EHOSTUNREACH'],
  ['filtered (13)', V4, 3, 13, 'EHOSTUNREACH'],
  ['IPv6: port unreachable (4)', V6, 1, 4, 'ECONNREFUSED'],
  ['IPv6: prohibited (1)', V6, 1, 1, 'EHOSTUNREACH'],
  ['IPv6: against a policy (5)', V6, 1, 5, 'EHOSTUNREACH'],
  ['IPv6: reject route (6)', V6, 1, 6, 'EHOSTUNREACH'],
];

function attempt(family: Family): { machine: IpMachine; talk: Conversation; syn: ReturnType<IpMachine['takeOne']> } {
  const machine = new IpMachine();
  const talk = machine.connect(family);
  return { machine, talk, syn: machine.takeOne() };
}

describe('MUST-54: ICMP errors reach TCP (RFC 9293, section 3.9.2.2)', () => {
  it.each(SOFT)(
    'MUST-56, SHLD-25: %s tells the user and aborts no attempt to connect',
    (_, family, type, code, error) => {
      const { machine, talk, syn } = attempt(family);
      talk.icmp(type, code, syn);
      expect(talk.c.state).toBe('SYN_SENT');
      expect(talk.told.events).toEqual([`soft ${error}`]);
      machine.wait(1000);
      expect(asTcp(machine.takeOne()).flags).toBe(SYN);
      talk.answer();
      expect(talk.c.state).toBe('ESTABLISHED');
      expect(talk.told.events).toEqual([`soft ${error}`, 'connected']);
      expect(talk.c.softError).toBeNull();
    },
  );

  it.each([...SOFT, ...HARD])(
    'MUST-56: %s aborts no connection that has been established',
    (_, family, type, code, error) => {
      const machine = new IpMachine();
      const talk = machine.established(family);
      const [sent] = talk.send(100);
      talk.icmp(type, code, sent!);
      expect(talk.c.state).toBe('ESTABLISHED');
      expect(talk.told.events).toEqual(['connected', `soft ${error}`]);
      expect(machine.take()).toEqual([]);
    },
  );

  it.each(HARD)('SHLD-26: %s ends an attempt to connect', (_, family, type, code, error) => {
    const { machine, talk, syn } = attempt(family);
    talk.icmp(type, code, syn);
    expect(talk.c.state).toBe('CLOSED');
    expect(talk.told.events).toEqual([`closed ${error}`]);
    expect(machine.take()).toEqual([]);
    expect([...machine.host.connections()]).toEqual([]);
  });

  it.each(HARD)('SHLD-26: %s ends a passive attempt without a word', (_, family, type, code) => {
    const machine = new IpMachine();
    machine.host.tcp.listen({ port: 80, onAcceptable() {} });
    const { peer, ours } = family;
    machine.receive(tcp({ src: peer, dst: ours, srcPort: 4000, dstPort: 80, seq: 1, flags: SYN }));
    machine.receive(icmpError(family, type, code, machine.takeOne()));
    expect([...machine.host.connections()]).toEqual([]);
    expect(machine.take()).toEqual([]);
  });

  it.each(SOFT)('%s is what the user learns when R2 is reached', (_, family, type, code, error) => {
    const { machine, talk, syn } = attempt(family);
    talk.icmp(type, code, syn);
    machine.wait(600_000);
    expect(talk.told.events).toEqual([`soft ${error}`, `closed ${error}`]);
    const later = machine.established(family);
    const [sent] = later.send(100);
    later.icmp(type, code, sent!);
    machine.wait(3_600_000);
    expect(later.told.events).toEqual(['connected', `soft ${error}`, `closed ${error}`]);
    machine.take();
  });

  it('what is acknowledged after all makes the error forgotten', () => {
    const machine = new IpMachine();
    const talk = machine.established(V4);
    const [sent] = talk.send(100);
    talk.icmp(3, 1, sent!);
    talk.peer({});
    talk.send(100);
    machine.wait(3_600_000);
    expect(talk.told.events.at(-1)).toBe('closed ETIMEDOUT');
    machine.take();
  });

  it('SHLD-20: a user who leaves the callback out hears nothing of it', () => {
    const machine = new IpMachine();
    const told = new Told();
    (told as { onSoftError: unknown }).onSoftError = undefined;
    const talk = machine.connect(V4, undefined, told);
    talk.icmp(3, 1, machine.takeOne());
    expect(told.events).toEqual([]);
    expect(talk.c.softError?.code).toBe('EHOSTUNREACH');
  });

  it('MUST-55: a source quench is silently discarded', () => {
    const machine = new IpMachine();
    const talk = machine.established(V4);
    const [sent] = talk.send(100);
    const { cwnd } = talk.c.cc;
    talk.icmp(4, 0, sent!);
    expect(talk.c).toMatchObject({ state: 'ESTABLISHED', cc: { cwnd }, softError: null });
    expect(machine.take()).toEqual([]);
    expect(machine.drops()).toEqual({ IcmpSourceQuench: 1 });
    expect(machine.host.ip.counters.IcmpInSrcQuenchs).toBe(1);
  });

  it.each([
    ['before what is in flight', -1],
    ['behind it', 101],
  ])('an error about a segment %s is not believed (RFC 5927, section 4.1)', (_, offset) => {
    for (const family of [V4, V6]) {
      const machine = new IpMachine();
      const talk = machine.established(family);
      const [sent] = talk.send(100);
      const forged = sent!.bytes.slice();
      new DataView(forged.buffer).setInt32(forged.length - sent!.payload.length + 4, talk.c.snd.una + offset);
      talk.icmp(family === V4 ? 3 : 1, 1, forged);
      expect(talk.c.softError).toBeNull();
      expect(machine.host.tcp.counters.OutOfWindowIcmps).toBe(1);
    }
  });

  it.each([
    ['of another version', (b: Uint8Array) => Uint8Array.from(b, (x, i) => (i === 0 ? x ^ 0x20 : x)), 'IcmpQuote'],
    ['that is cut short', (b: Uint8Array) => b.subarray(0, 27), 'IcmpQuote'],
    [
      'of an address that is not ours',
      (b: Uint8Array) => Uint8Array.from(b, (x, i) => (i === 15 ? 99 : x)),
      'IcmpQuote',
    ],
    [
      'whose header length is too small',
      (b: Uint8Array) => Uint8Array.from(b, (x, i) => (i === 0 ? 0x44 : x)),
      'IcmpQuote',
    ],
  ] as const)('a quotation %s is dropped', (_, change, reason) => {
    const { machine, talk, syn } = attempt(V4);
    const quote = change(syn.bytes);
    const message = summed(V4.router, V4.ours, ICMP, 2, [3, 1, 0, 0, 0, 0, 0, 0, ...quote.subarray(0, 28)]);
    machine.receive(ip({ src: V4.router, dst: V4.ours, protocol: ICMP, payload: message }));
    expect(machine.drops()).toEqual({ [reason]: 1 });
    expect(talk.c.softError).toBeNull();
  });

  it.each([
    [3, 16],
    [5, 0],
    [13, 0],
    [0, 0],
  ])('a message of type %i, code %i means nothing here', (type, code) => {
    const { machine, talk, syn } = attempt(V4);
    talk.icmp(type, code, syn);
    expect(machine.drops()).toEqual({ IcmpIgnored: 1 });
    expect(talk.told.events).toEqual([]);
  });

  it('an IPv6 error never speaks of an IPv4 connection', () => {
    const { machine, talk, syn } = attempt(V4);
    const mapped = (a: string): number[] => [...Array(10).fill(0), 255, 255, ...a.split('.').map(Number)];
    const header = [0x60, 0, 0, 0, 0, 20, 6, 64, ...mapped(V4.ours), ...mapped(V4.peer)];
    machine.receive(icmpError(V6, 1, 4, Uint8Array.from([...header, ...syn.payload])));
    expect(talk.c.state).toBe('SYN_SENT');
    expect(machine.drops()).toEqual({ IcmpQuote: 1 });
  });
});

describe('our own ICMP over IPv4', () => {
  it.each([
    ['port unreachable for UDP', UDP, 3],
    ['protocol unreachable for what we do not know', 200, 2],
  ])('%s', (_, protocol, code) => {
    const machine = new IpMachine();
    const packet =
      protocol === UDP
        ? udp(V4.peer, V4.ours, 692)
        : ip({ src: V4.peer, dst: V4.ours, protocol, payload: new Uint8Array(700) });
    machine.receive(packet);
    const { payload, bytes, df } = machine.takeOne();
    expect([payload[0], payload[1], df]).toEqual([3, code, false]);
    expect(bytes.length).toBe(576);
    expect(payload.subarray(8)).toEqual(packet.subarray(0, 548));
    expect([...summed(V4.ours, V4.peer, ICMP, 2, [3, code, 0, 0, ...payload.subarray(4)])]).toEqual([...payload]);
  });
});

// ---- Address validation (RFC 9293, section 3.9.2.3)

describe('MUST-46: OPEN towards an address that is no host', () => {
  it.each([
    ['255.255.255.255', 'limited broadcast'],
    ['10.9.0.255', "our network's broadcast"],
    ['224.0.0.1', 'multicast'],
    ['239.1.2.3', 'multicast'],
    ['0.0.0.0', 'unspecified'],
    ['240.0.0.1', 'class E'],
    ['ff02::1', 'multicast'],
    ['::', 'unspecified'],
  ])('%s is refused: %s', (remote) => {
    const machine = new IpMachine();
    const open = (): unknown => machine.host.tcp.connect({ remote: address(remote), remotePort: 80, user: new Told() });
    expect(open).toThrow(expect.objectContaining({ code: 'ENETUNREACH' }));
    machine.settle();
    expect(machine.take()).toEqual([]);
  });

  it('what looks like a broadcast address of another network is none', () => {
    const machine = new IpMachine();
    const c = machine.host.tcp.connect({ remote: address('10.9.1.255'), remotePort: 80, user: new Told() });
    expect(c.state).toBe('SYN_SENT');
    machine.take();
  });

  it('MUST-43, MUST-45: takes a local address only if it is ours and of the same family', () => {
    const { tcp: host } = new IpMachine().host;
    const open = (local: string) => () =>
      host.connect({ remote: address(V4.peer), remotePort: 80, local: address(local), user: new Told() });
    expect(open('10.9.0.77')).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
    expect(open(V6.ours)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(open(V4.ours)).not.toThrow();
  });
});

describe.each([
  ['SYN', SYN],
  ['ACK', ACK],
])('a segment with %s', (_, flags) => {
  const receive = (src: string, dst: string): IpMachine => {
    const machine = new IpMachine();
    machine.host.tcp.listen({ port: 80, onAcceptable() {} });
    const spec: TcpSpec = { src, dst, srcPort: 4000, dstPort: 80, seq: 1, flags };
    machine.receive(tcp(spec));
    return machine;
  };

  it.each([
    ['255.255.255.255', 'InBcastPkts'],
    ['10.9.0.255', 'InBcastPkts'],
    ['224.0.0.1', 'InMcastPkts'],
    ['239.255.255.250', 'InMcastPkts'],
  ] as const)('MUST-57: to %s is silently discarded', (dst, counter) => {
    const machine = receive(V4.peer, dst);
    expect(machine.take()).toEqual([]);
    expect([...machine.host.connections()]).toEqual([]);
    expect(machine.drops()).toEqual({ IpNotUnicast: 1 });
    expect(machine.host.ip.counters[counter]).toBe(1);
  });

  it.each(['ff02::1', 'ff05::2'])('MUST-57: to %s is silently discarded', (dst) => {
    const machine = receive(V6.peer, dst);
    expect(machine.take()).toEqual([]);
    expect(machine.drops()).toEqual({ IpNotUnicast: 1 });
    expect(machine.host.ip.counters.Ip6InMcastPkts).toBe(1);
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '127.9.9.9',
    '255.255.255.255',
    '10.9.0.255',
    '224.0.0.1',
    '240.0.0.1',
    V4.ours,
  ])('MUST-63: from %s is silently discarded', (src) => {
    const machine = receive(src, V4.ours);
    expect(machine.take()).toEqual([]);
    expect([...machine.host.connections()]).toEqual([]);
    expect(machine.drops()).toEqual({ IpMartianSource: 1 });
    expect(machine.host.ip.counters.InAddrErrors).toBe(1);
  });

  it.each(['::', '::1', 'ff02::1', 'ff00::', V6.ours])('MUST-63: from %s is silently discarded', (src) => {
    const machine = receive(src, V6.ours);
    expect(machine.take()).toEqual([]);
    expect([...machine.host.connections()]).toEqual([]);
    expect(machine.drops()).toEqual({ IpMartianSource: 1 });
    expect(machine.host.ip.counters.Ip6InAddrErrors).toBe(1);
  });

  it('from any other host is answered', () => {
    for (const { peer, ours } of [V4, V6]) expect(receive(peer, ours).take()).toHaveLength(1);
  });
});
