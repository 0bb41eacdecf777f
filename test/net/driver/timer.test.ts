import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Driver } from '../../../src/net/driver/driver.ts';
import type { TcpConnection } from '../../../src/tcp/terms/user.ts';
import { Packet } from '../../../src/wire/packet.ts';
import { FakeNetwork } from '../support/fake-host.ts';

// The driver's clock and its timer are the test's: milliseconds pass when the test says so.

const ended: (() => void)[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_000_000 });
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
});
afterEach(() => {
  for (const end of ended.splice(0)) end();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Microseconds at the driver's clock. */
const now = (): number => Date.now() * 1000;

/** Time passes. */
const pass = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

/** A driver whose host needs to be woken at `state.deadline`, and what it then does, in order. */
function setUp() {
  const { host, link } = new FakeNetwork().host('10.0.0.1');
  const log: string[] = [];
  const state = { deadline: Infinity, onPoll: () => {} };
  host.nextDeadline = () => state.deadline;
  host.receive = () => log.push('receive');
  host.advance = () => {
    log.push('advance');
    state.deadline = Infinity;
  };
  Object.assign(link, {
    poll() {
      log.push('poll');
      state.onPoll();
    },
  });
  const driver = new Driver(host, link);
  ended.push(() => driver.linkDown('the test is over'));
  const arrives = () => {
    link.receiver!.receive(new Packet());
    link.receiver!.batchEnd();
  };
  /** The host gets something to do, and needs to be woken after so many milliseconds. */
  const dueAfter = (milliseconds: number) => {
    state.deadline = now() + milliseconds * 1000;
    host.onPending!();
    return pass(0);
  };
  return { log, state, arrives, dueAfter, driver, host, link };
}

describe("the driver's timer", () => {
  it('fires when the host needs to be woken, not before', async () => {
    const { log, dueAfter } = setUp();
    await dueAfter(50);
    expect(vi.getTimerCount()).toBe(1);
    await pass(49);
    expect(log).toEqual([]);
    await pass(1);
    expect(log).toEqual(['poll', 'advance']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is set for the end of the millisecond in which the host needs it', async () => {
    const { log, dueAfter } = setUp();
    const set = vi.spyOn(globalThis, 'setTimeout');
    await dueAfter(1.001);
    expect(set.mock.calls.map(([, delay]) => delay)).toEqual([2]);
    await pass(2);
    expect(log).toEqual(['poll', 'advance']);
  });

  it('is set anew for an earlier deadline, and stays as it is for a later one', async () => {
    const { log, dueAfter } = setUp();
    await dueAfter(50);
    await dueAfter(20);
    expect(vi.getTimerCount()).toBe(1);
    await dueAfter(20);
    await pass(20);
    expect(log).toEqual(['poll', 'advance']);
    await pass(100);
    expect(log).toEqual(['poll', 'advance']);
  });

  it('that wakes too early is armed again', async () => {
    const { log, state, dueAfter } = setUp();
    await dueAfter(20);
    state.deadline += 30_000;
    await pass(20);
    expect(log).toEqual([]);
    expect(vi.getTimerCount()).toBe(1);
    await pass(29);
    expect(log).toEqual([]);
    await pass(1);
    expect(log).toEqual(['poll', 'advance']);
  });

  it('can wait for longer than setTimeout can', async () => {
    const { log, dueAfter } = setUp();
    const days = 60 * 24 * 3600 * 1000;
    await dueAfter(days);
    await pass(days - 1);
    expect(log).toEqual([]);
    await pass(1);
    expect(log).toEqual(['poll', 'advance']);
  });

  it('is gone when the link is', async () => {
    const { log, dueAfter, driver } = setUp();
    await dueAfter(20);
    driver.linkDown('deleted');
    expect(vi.getTimerCount()).toBe(0);
    await pass(100);
    expect(log).toEqual([]);
  });
});

describe('the driver, when a timer fires', () => {
  it('reads what waits in the link before anything is due', async () => {
    const { log, state, arrives, dueAfter } = setUp();
    state.onPoll = arrives;
    await dueAfter(2);
    await pass(2);
    expect(log).toEqual(['poll', 'receive', 'advance']);
  });

  it('lets nothing fire that what waited has put off', async () => {
    const { log, state, arrives, dueAfter } = setUp();
    await dueAfter(2);
    state.onPoll = () => {
      arrives(); // the ACK that the retransmission timer waited for
      state.deadline += 30_000;
      state.onPoll = () => {};
    };
    await pass(2);
    expect(log).toEqual(['poll', 'receive']);
    // It is armed again, for then.
    await pass(29);
    expect(log).toEqual(['poll', 'receive']);
    await pass(1);
    expect(log).toEqual(['poll', 'receive', 'poll', 'advance']);
  });

  it('does nothing any more when what waited ended the link', async () => {
    const { log, state, dueAfter, driver } = setUp();
    state.onPoll = () => driver.linkDown('deleted');
    await dueAfter(2);
    await pass(2);
    expect(log).toEqual(['poll']);
  });
});

describe('the driver, when it is closed', () => {
  it('still answers what the peers ask about the resets, before the link goes', async () => {
    const { log, state, arrives, driver, host, link } = setUp();
    // A RST that isn't at RCV.NXT gets a challenge ACK, and that one the RST that counts.
    host.tcp.connections.push({ state: 'ESTABLISHED', abort: () => log.push('abort') } as unknown as TcpConnection);
    state.onPoll = arrives;
    link.flush = () => log.push('flush');
    link.close = () => log.push('close');
    await driver.close(0);
    expect(log).toEqual(['abort', 'flush', 'poll', 'receive', 'close']);
  });
});
