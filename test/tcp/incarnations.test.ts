import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/host/host.ts';
import type { Connection } from '../../src/tcp/user/connection.ts';
import { address } from '../../src/wire/address.ts';
import { FAULTLESS, Station, TwoHosts } from './support/two-hosts.ts';

/** How long a packet may be on its way: below MSL, as every rule about TIME_WAIT supposes. */
const LONGEST_DELAY_MS = 20_000;
const SERVER = address('10.0.0.2');

interface Life {
  /** Milliseconds until the client closes, and after that until it opens again from the same port. */
  length: number;
  pause: number;
  /** How it ends. */
  end: 'client closes' | 'server closes' | 'client aborts' | 'server aborts';
}

interface Story {
  seed: number;
  loss: number;
  duplication: number;
  delay: number;
  timestamps: 0 | 1;
  reuse: 0 | 1;
  cookies: 1 | 2;
  lives: Life[];
}

/** Two hosts on a wire that loses, doubles and delays, and one four-tuple that lives again and again. */
class Repeated extends TwoHosts {
  /** What each incarnation's ends read: octets that say who wrote them. */
  readonly wrong: string[] = [];
  finished = 0;
  private readonly story: Story;

  constructor(story: Story) {
    const sysctls = {
      tcp_timestamps: story.timestamps,
      tcp_tw_reuse: story.reuse,
      tcp_syncookies: story.cookies,
      tcp_timewait_len: 2 * LONGEST_DELAY_MS,
      ip_local_port_range: [5000, 5000] as [number, number],
    };
    super({ ...FAULTLESS, seed: story.seed, beforeWrap: null, sysctls }, Station);
    this.story = story;
    for (const { host } of [this.near, this.far]) host.tcp.clock = () => this.now;
  }

  run(): void {
    const { host: client } = this.near;
    const { host: server } = this.far;
    const listener = server.tcp.listen({
      port: 80,
      onAcceptable: () => {
        for (let c = listener.accept(); c !== null; c = listener.accept()) this.serve(c);
      },
    });
    for (const [index, life] of this.story.lives.entries()) {
      const c = this.open(client, index + 1);
      this.wait(life.length);
      if (c !== null) {
        if (life.end === 'client closes') c.close();
        if (life.end === 'client aborts') c.abort();
      }
      for (const s of server.tcp.connections) {
        if (life.end === 'server closes') s.close();
        if (life.end === 'server aborts') s.abort();
      }
      this.wait(life.pause);
    }
    this.wait(1000);
  }

  /** null: the port is not free yet, which is as good an answer. */
  private open(client: Host, life: number): Connection | null {
    try {
      const c = client.tcp.connect({ remote: SERVER, remotePort: 80, user: this.reader(() => c, 128, life) });
      c.send(new Uint8Array(3000).fill(life));
      return c;
    } catch (error) {
      expect((error as { code: string }).code).toBe('EADDRNOTAVAIL');
      return null;
    }
  }

  private serve(c: Connection): void {
    // The server learns from the first octet which life it is in; all others must agree, and so must what it answers.
    const reader = this.reader(
      () => c,
      0,
      null,
      (life) => c.send(new Uint8Array(3000).fill(128 | life)),
    );
    c.user = reader;
    reader.onReadable();
  }

  private reader(of: () => Connection, side: number, life: number | null, onFirst?: (life: number) => void) {
    let known = life;
    return {
      onConnected: () => {},
      onWritable: () => {},
      onClosed: () => {},
      onReadable: () => {
        const octets = of().read();
        for (const octet of octets ?? []) {
          if (known === null) {
            known = octet & 127;
            if (of().state === 'ESTABLISHED') onFirst?.(known);
          }
          if (octet !== (side | known)) this.wrong.push(`life ${known} read ${octet}`);
          else this.finished++;
        }
      },
    };
  }

  /** A copy may come long after all else of its connection. */
  protected override delays(): number[] {
    const { loss, duplication, delay } = this.story;
    const copies = this.chance() < loss ? 0 : this.chance() < duplication ? 3 : 1;
    const longest = (copy: number): number => (copy === 0 ? delay : LONGEST_DELAY_MS);
    return Array.from({ length: copies }, (_, copy) => 1000 + 1000 * ((this.random.next() >>> 0) % longest(copy)));
  }
}

describe('incarnations of one four-tuple', () => {
  it('never get each other’s octets, through any opening, closing, loss, duplication and delay', () => {
    const life = fc.record({
      length: fc.integer({ min: 1, max: 5000 }),
      pause: fc.integer({ min: 0, max: 15_000 }),
      end: fc.constantFrom<Life['end']>('client closes', 'server closes', 'client aborts', 'server aborts'),
    });
    const story = fc.record<Story>({
      seed: fc.integer(),
      loss: fc.integer({ min: 0, max: 20 }),
      duplication: fc.integer({ min: 0, max: 40 }),
      delay: fc.integer({ min: 1, max: 3000 }),
      timestamps: fc.constantFrom(0, 1),
      reuse: fc.constantFrom(0, 1),
      cookies: fc.constantFrom(1, 2),
      lives: fc.array(life, { minLength: 2, maxLength: 8 }),
    });
    let octets = 0;
    fc.assert(
      fc.property(story, (one) => {
        const world = new Repeated(one);
        world.run();
        octets += world.finished;
        expect(world.wrong).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(octets).toBeGreaterThan(100_000); // it was about something
  });
});
