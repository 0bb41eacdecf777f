import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { address } from '../../src/wire/address.ts';
import { RecordingUser, stream } from '../support/user.ts';
import { FAULTLESS, Station, TwoHosts, type Wire } from './support/two-hosts.ts';

const ASKED = 5000;
const ANSWERED = 2000;

/** Sends its request and its FIN, and reads the answer to its end. */
class Client extends RecordingUser {
  override onConnected(): void {
    super.onConnected();
    this.connection!.send(stream('peer', 0, ASKED));
    this.connection!.shutdown();
  }
}

/** Reads the request to its end, then answers. */
class Server extends RecordingUser {
  override onReadable(): void {
    super.onReadable();
    if (!this.connection!.atEnd) return;
    this.connection!.send(stream('peer', 0, ANSWERED));
    this.connection!.shutdown();
  }
}

interface Crowd {
  wire: Wire;
  clients: number;
  backlog: number;
  /** When the server begins to accept, in milliseconds. */
  acceptsAfter: number;
}

const anyCrowd: fc.Arbitrary<Crowd> = fc.record({
  wire: fc.record({
    ...Object.fromEntries(Object.entries(FAULTLESS).map(([name, value]) => [name, fc.constant(value)])),
    seed: fc.integer(),
    loss: fc.constantFrom(0, 0, 5),
    jitter: fc.constantFrom(0, 5),
    sysctls: fc.record({
      // A cookie comes back in the number of the first octet only: where that segment is overtaken or finds no room, its
      // connection is lost, or only one end of it lives: the price of remembering nothing (RFC 4987, section 3.6).
      tcp_syncookies: fc.constant(0),
      tcp_timestamps: fc.constantFrom(0, 1),
      // The SYN queue may hold one: it takes many SYNs until everybody was in it.
      tcp_syn_retries: fc.constant(127),
      // SYNs a second apart keep the SYN queue full of entries that live for 7 s only (listen-queues): one may be forgotten
      // before its client, which has backed off, sends its data again.
      tcp_syn_linear_timeouts: fc.constant(0),
      tcp_rto_max_ms: fc.constant(5000),
    }),
  }) as unknown as fc.Arbitrary<Wire>,
  clients: fc.integer({ min: 1, max: 20 }),
  backlog: fc.integer({ min: 0, max: 5 }),
  acceptsAfter: fc.constantFrom(0, 300, 4000),
});

/** As many clients as there are, each 3 ms after the last; the server accepts late, and not at once all. */
function serve({ wire, clients, backlog, acceptsAfter }: Crowd): void {
  const world = new TwoHosts(wire, Station);
  const users: Client[] = [];
  const listener = world.far.host.tcp.listen({ port: 80, backlog, onAcceptable: () => {} });
  const acceptOne = (): void => {
    const c = listener.accept();
    if (c !== null) {
      const user = new Server();
      c.user = user;
      user.connection = c;
      if (c.readableLength > 0 || c.atEnd) user.onReadable();
    }
    world.in(50, acceptOne);
  };
  world.in(acceptsAfter, acceptOne);
  for (let i = 0; i < clients; i++) {
    world.in(3 * i, () => {
      const user = new Client();
      users.push(user);
      user.connection = world.near.host.tcp.connect({ remote: address(world.far.name), remotePort: 80, user });
    });
  }
  world.wait(2_000_000);
  for (const user of users) {
    expect([user.error?.code, user.received, user.closed]).toEqual([undefined, ANSWERED, true]);
  }
  for (const { host } of [world.near, world.far]) {
    expect([[...host.connections()].map((c) => c.state), host.tcp.timeWait.count]).toEqual([[], 0]);
  }
}

describe('more clients than the accept queue takes', () => {
  it('are all served in the end, and nothing is left', () => {
    fc.assert(fc.property(anyCrowd, serve), { numRuns: Number(process.env.TCPGLASS_RUNS ?? 30) });
  }, 120_000);
});
