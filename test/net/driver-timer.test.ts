import { afterEach, describe, expect, it } from 'vitest';
import { microseconds } from '../../src/net/clock.ts';
import { Driver } from '../../src/net/driver.ts';
import { Packet } from '../../src/wire/packet.ts';
import { FakeNetwork } from './fake-host.ts';

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** A driver whose host needs to be woken in a moment, and what it then does, in order. */
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
  const dueAfter = (milliseconds: number) => {
    state.deadline = microseconds() + milliseconds * 1000;
    host.onPending!();
  };
  return { log, state, arrives, dueAfter, driver };
}

const until = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe('the driver, when a timer fires', () => {
  it('reads what waits in the link before anything is due', async () => {
    const { log, state, arrives, dueAfter } = setUp();
    state.onPoll = arrives;
    dueAfter(2);
    await until(() => log.includes('advance'));
    expect(log).toEqual(['poll', 'receive', 'advance']);
  });

  it('lets nothing fire that what waited has put off', async () => {
    const { log, state, arrives, dueAfter } = setUp();
    const first = microseconds() + 2000;
    state.onPoll = () => {
      arrives(); // the ACK that the retransmission timer waited for
      state.deadline = first + 30_000;
      state.onPoll = () => {};
    };
    dueAfter(2);
    await until(() => log.includes('receive'));
    expect(log).toEqual(['poll', 'receive']);
    // It is armed again, for then.
    await until(() => log.includes('advance'));
    expect(log).toEqual(['poll', 'receive', 'poll', 'advance']);
    expect(microseconds()).toBeGreaterThanOrEqual(first + 30_000);
  });

  it('does nothing any more when what waited ended the link', async () => {
    const { log, state, dueAfter, driver } = setUp();
    state.onPoll = () => driver.linkDown('deleted');
    dueAfter(2);
    await until(() => log.includes('poll'));
    expect(log).toEqual(['poll']);
  });
});
