import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/tcp/user/connection.ts';
import { address } from '../../src/wire/address.ts';
import { RecordingUser, stream } from '../support/user.ts';
import { FAULTLESS, Station, TwoHosts, type Wire } from './support/two-hosts.ts';

/** When a side first reads, when it ends, and how; it writes all at once. Milliseconds. */
interface Habits {
  octets: number;
  readsAfter: number;
  endsAfter: number;
  how: 'shutdown' | 'close' | 'abort';
}

const anyHabits: fc.Arbitrary<Habits> = fc.record({
  octets: fc.integer({ min: 0, max: 60_000 }),
  readsAfter: fc.constantFrom(0, 500, 20_000),
  endsAfter: fc.integer({ min: 0, max: 5000 }),
  how: fc.constantFrom('shutdown', 'shutdown', 'close', 'abort'),
});

interface Meeting {
  wire: Wire;
  habits: [near: Habits, far: Habits];
}

const anyMeeting: fc.Arbitrary<Meeting> = fc
  .record({
    seed: fc.integer(),
    loss: fc.constantFrom(0, 5),
    duplication: fc.constantFrom(0, 3),
    jitter: fc.constantFrom(0, 4),
    batch: fc.constantFrom(0, 5, 15),
    offload: fc.boolean(),
    sysctls: fc.record({
      // Longer than any RTO here: a FIN that comes again to nothing gets a RST, which is an error.
      tcp_timewait_len: fc.constant(600_000),
      tcp_sack: fc.constantFrom(0, 1),
      tcp_timestamps: fc.constantFrom(0, 1),
      tcp_rmem: fc.constantFrom<[number, number, number]>([4096, 131_072, 6_291_456], [4096, 8192, 8192]),
    }),
    habits: fc.tuple(anyHabits, anyHabits),
  })
  .map(({ habits, ...wire }) => ({ wire: { ...FAULTLESS, ...wire }, habits }));

/** One side's life with its connection; the recording user compares each octet with the stream. */
function live(world: TwoHosts, c: Connection, user: RecordingUser, habits: Habits): void {
  c.user = user;
  // Who has closed may be gone, and its RST lost: only a probe tells, to a side that has shut down and waits for a FIN.
  c.setKeepAlive(true, 60_000);
  user.connection = c;
  user.autoRead = false;
  const read = (): void => {
    user.read();
    if (!user.closed) world.in(100, read);
  };
  world.in(habits.readsAfter, read);
  if (habits.octets > 0) c.send(stream('peer', 0, habits.octets));
  world.in(habits.endsAfter, () => c[habits.how]());
}

function meet({ wire, habits }: Meeting): void {
  const world = new TwoHosts(wire, Station);
  const users = [new RecordingUser(), new RecordingUser()] as const;
  const listener = world.far.host.tcp.listen({ port: 80, onAcceptable: () => {} });
  const accept = (): void => {
    const c = listener.accept() as Connection | null;
    if (c === null) world.in(20, accept);
    else live(world, c, users[1], habits[1]);
  };
  accept();
  const to = { remote: address(world.far.name), remotePort: 80, user: users[0] };
  live(world, world.near.host.tcp.connect(to) as Connection, users[0], habits[0]);
  world.wait(3_000_000);
  const orderly = habits.every(({ how }) => how === 'shutdown');
  if (orderly) {
    expect(users.map((user) => user.error)).toEqual([null, null]);
    expect(users.map((user) => user.received)).toEqual([habits[1].octets, habits[0].octets]);
  }
  for (const { host } of [world.near, world.far]) {
    expect([[...host.connections()].map((c) => c.state), host.tcp.timeWait.count, host.tcp.orphans]).toEqual([
      [],
      0,
      0,
    ]);
  }
}

describe('two sides that write, read late, and close or abort when they like', () => {
  it('give no wrong octet and leave nothing; in order, both get all', () => {
    fc.assert(fc.property(anyMeeting, meet), { numRuns: Number(process.env.TCPGLASS_RUNS ?? 60) });
  }, 120_000);
});
