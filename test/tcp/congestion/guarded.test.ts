import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Cable } from '../../../src/link/cable.ts';
import { createStack } from '../../../src/net/stack.ts';
import type { AckSample } from '../../../src/tcp/variables/ack-sample.ts';
import type { CongestionControl, CongestionWindow } from '../../../src/tcp/variables/congestion-control.ts';
import { Machine } from '../../support/machine.ts';
import { Peer } from '../../support/peer.ts';

/** One that does nothing. */
const IDLE: CongestionControl = { name: 'mine', start() {}, onAck() {}, onCongestion: () => 5, onUndo() {} };

/** A connection of the algorithm, with ten segments out; what it threw is gathered. */
function sendingWith(algorithm: CongestionControl): { peer: Peer; failures: unknown[] } {
  const machine = new Machine();
  const failures: unknown[] = [];
  machine.host.tcp.addCongestionControl(algorithm, (error) => failures.push(error));
  machine.host.sysctls.tcp_congestion_control = algorithm.name;
  const peer = new Peer({ machine }).connectsToHost({ mss: 1000, sackOk: true });
  peer.write(100_000);
  peer.takeAll();
  return { peer, failures };
}

const acknowledge = (peer: Peer, segments: number): number => {
  peer.send({ flags: '.', seq: 1, ack: peer.c.snd.una - peer.hostIss! + 1000 * segments });
  return peer.takeAll().length;
};

/** Three segments beyond the first arrive: it is lost. */
const lose = (peer: Peer): number => {
  peer.send({ flags: '.', seq: 1, ack: 1, sack: [[1001, 4001]] });
  return peer.takeAll().length;
};

it('the example of native-notes/congestion-control.md is one: it takes off a quarter, and adds two segments a round trip', async () => {
  const page = readFileSync('native-notes/congestion-control.md', 'utf8');
  const [, source = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  const object = /const gentle: CongestionControl = (\{[\s\S]*?\n\});/
    .exec(source)?.[1]
    ?.replace(' as { acknowledged: number }', '');
  const gentle = new Function(`return ${object}`)() as CongestionControl;
  const { peer, failures } = sendingWith(gentle);
  expect(acknowledge(peer, 5)).toBe(10);
  const w = peer.c.cc;
  w.ssthresh = w.cwnd = 20;
  w.cwndLimited = true;
  const ack = { delivered: 1 } as AckSample;
  for (let k = 0; k < 21; k++) w.algorithm.onAck(w, ack);
  expect(w.cwnd).toBe(22);
  expect(w.algorithm.onCongestion(w, 20, 'loss')).toBe(16);
  expect(w.algorithm.onCongestion(w, 20, 'timeout')).toBe(10);
  expect(failures).toEqual([]);
});

it.each([
  ['NaN', Number.NaN],
  ['infinite', Number.POSITIVE_INFINITY],
  ['negative', -7],
  ['a text', 'many' as unknown as number],
  ['a fraction', 12.7],
])('a window that is %s does no harm: the connection goes on', (_, cwnd) => {
  const bad = (w: CongestionWindow): void => {
    w.cwnd = cwnd;
    w.ssthresh = cwnd;
  };
  const { peer, failures } = sendingWith({ ...IDLE, onAck: bad, onUndo: bad, onCongestion: () => cwnd });
  for (let k = 0; k < 5; k++) acknowledge(peer, 1);
  expect(lose(peer)).toBeGreaterThanOrEqual(0);
  for (let k = 0; k < 5; k++) acknowledge(peer, 1);
  const { tcpi_snd_cwnd, tcpi_snd_ssthresh } = peer.c.info();
  for (const value of [tcpi_snd_cwnd, tcpi_snd_ssthresh]) {
    expect(Number.isInteger(value)).toBe(true);
    expect(value).toBeGreaterThan(0);
  }
  expect(failures).toEqual([]);
});

it.each(['onAck', 'onCongestion'] as const)('one that throws in %s loses the connection to reno', (part) => {
  const fault = new Error('divided by the moon');
  const { peer, failures } = sendingWith({
    ...IDLE,
    [part]() {
      throw fault;
    },
  });
  if (part === 'onAck') acknowledge(peer, 2);
  else lose(peer);
  expect(failures).toEqual([fault]);
  expect(peer.c.congestionControl).toBe('reno');
  expect(acknowledge(peer, 9)).toBeGreaterThan(0);
});

it.each([
  [{ ...IDLE, name: 'reno' }, 'There is a congestion control "reno" already'],
  [{ ...IDLE, name: 'sixteen-letters-' }, 'A congestion control needs a name of 1 to 15 letters, digits, "-" and "_"'],
  [{ ...IDLE, name: '' }, 'A congestion control needs a name of 1 to 15 letters, digits, "-" and "_"'],
  [{ ...IDLE, onUndo: undefined }, 'The congestion control "mine" has no onUndo()'],
  [null, 'A congestion control needs a name of 1 to 15 letters, digits, "-" and "_"'],
])('what is none is refused: %#', (algorithm, message) => {
  const machine = new Machine();
  expect(() => machine.host.tcp.addCongestionControl(algorithm as CongestionControl, () => {})).toThrow(message);
  expect([...machine.host.tcp.congestionControls.keys()]).not.toContain('mine');
});

it('a stack takes one, and its sockets may choose it', async () => {
  const cable = new Cable();
  const server = createStack(cable.a, { addresses: ['10.0.0.1/24'] });
  const client = createStack(cable.b, { addresses: ['10.0.0.2/24'] });
  client.addCongestionControl(IDLE);
  await new Promise<void>((listening) => server.createServer((socket) => socket.resume()).listen(80, listening));
  const socket = client.connect({ host: '10.0.0.1', port: 80, congestionControl: 'mine' });
  await new Promise((connected) => socket.once('connect', connected));
  expect(client.host.tcp.connections.count).toBe(1);
  const [c] = [...client.host.tcp.connections];
  expect(c!.congestionControl).toBe('mine');
  socket.destroy();
  await Promise.all([client.close(), server.close()]);
});

describe('what it shows and says', () => {
  const hostile: Record<string, unknown> = {
    fine: 1.5,
    text: 'ok',
    nan: Number.NaN,
    infinite: Number.NEGATIVE_INFINITY,
    below: -3,
    large: 'x'.repeat(1 << 20),
    object: {},
    missing: undefined,
    ['k'.repeat(1000)]: 1,
  };
  const throwing = {
    get bandwidth(): number {
      throw new Error('not now');
    },
  };
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, k) => [`n${k}`, k]));

  it.each([
    [hostile, { fine: 1.5, text: 'ok', below: -3 }, { fine: 1.5 }],
    [throwing, { error: 'Error: not now' }, {}],
    [null, {}, {}],
    [undefined, {}, {}],
    ['a text', {}, {}],
    [() => 1, {}, {}],
  ])('is passed on as far as it is plain and of a reasonable size: %#', (given, watched, informed) => {
    const { peer, failures } = sendingWith({ ...IDLE, watch: () => given as never, info: () => given as never });
    const { cc } = peer.c;
    expect(cc.algorithm.watch?.(cc)).toEqual(watched);
    expect(peer.c.congestionInfo()).toEqual(informed);
    expect(failures).toEqual([]);
  });

  it('is cut where it is too much', () => {
    const { peer } = sendingWith({ ...IDLE, watch: () => many });
    expect(Object.keys(peer.c.cc.algorithm.watch!(peer.c.cc))).toHaveLength(64);
  });

  it('may be a fault without a text', () => {
    const watch = () => {
      throw { toString: () => ({}) as string };
    };
    const { peer } = sendingWith({ ...IDLE, watch });
    expect(peer.c.cc.algorithm.watch!(peer.c.cc)).toEqual({ error: 'it threw what has no text' });
  });

  it.each([
    ['a cause that is none', 5],
    ['a cause without a text', { source: 'x' }],
    ['a cause whose text throws', Object.defineProperty({}, 'text', { get: () => JSON.parse('{') })],
  ])('%s is not told', (_, cause) => {
    const { peer, failures } = sendingWith({
      ...IDLE,
      onAck(w) {
        w.cause = cause as never;
        w.causesBefore = [cause, { text: 't'.repeat(1 << 20), source: 'mine' }] as never;
        w.cwnd++;
      },
    });
    const told: { text: string }[] = [];
    peer.host.observe((event) => event.type === 'cwnd' && told.push(event.cause));
    acknowledge(peer, 1);
    expect(told.map(({ text }) => text)).toEqual(['t'.repeat(256)]);
    expect(failures).toEqual([]);
  });
});

it('one that paced and fails is not paced any more: what waited leaves with the next ACK', () => {
  let fails = false;
  const { peer } = sendingWith({
    ...IDLE,
    paces: true,
    control(w) {
      if (fails) throw new Error('no more');
      w.cwnd = 40;
      w.pacingRate = 1;
    },
  });
  acknowledge(peer, 5);
  expect([peer.c.cc.isPaced, peer.c.pacing !== null]).toEqual([true, true]);
  fails = true;
  acknowledge(peer, 1);
  expect(peer.c.cc.isPaced).toBe(false);
  acknowledge(peer, 1);
  expect(peer.c.pacing).toBe(null);
  expect(peer.c.inFlight).toBe(peer.c.cc.cwnd);
});

it('a limit of the user keeps it paced, whatever becomes of the algorithm', () => {
  const { peer } = sendingWith({
    ...IDLE,
    onAck() {
      throw new Error('no more');
    },
  });
  peer.c.setMaxPacingRate(1e6);
  acknowledge(peer, 1);
  acknowledge(peer, 1);
  expect([peer.c.congestionControl, peer.c.cc.isPaced, peer.c.pacing !== null]).toEqual(['reno', true, true]);
});

it('one that throws what throws when it is looked at does no harm', () => {
  const machine = new Machine();
  const failures: unknown[] = [];
  const hostile = Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new TypeError('caught you');
    },
  });
  const algorithm = {
    ...IDLE,
    onAck() {
      throw hostile;
    },
  };
  machine.host.tcp.addCongestionControl(algorithm, (error) => failures.push((error as Error).message));
  machine.host.sysctls.tcp_congestion_control = 'mine';
  const peer = new Peer({ machine }).connectsToHost({ mss: 1000, sackOk: true });
  peer.write(100_000);
  peer.takeAll();
  acknowledge(peer, 1);
  expect(failures).toEqual(['it threw what has no text']);
  expect(peer.c.congestionControl).toBe('reno');
});
