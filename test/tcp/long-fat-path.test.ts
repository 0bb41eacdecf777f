import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/tcp/user/connection.ts';
import { address } from '../../src/wire/address.ts';
import { seqDiff } from '../../src/wire/seq.ts';
import { FAULTLESS, Station, TwoHosts, type Wire } from './support/two-hosts.ts';

/** What 1 Gbit/s holds in 100 ms. */
const FULL = 12_500_000;
const PORT = 80;
const CHUNK = new Uint8Array(65_536);

/** A host with an application that writes, or reads, as fast as it may. */
class End extends Station {
  connection: Connection | null = null;
  received = 0;

  readonly user = {
    onConnected: () => {},
    onClosed: () => {},
    onReadable: () => {
      this.received += this.connection!.skip();
    },
    onWritable: () => {
      const { connection } = this;
      while (connection!.sendSpace > 0) connection!.send(CHUNK);
    },
  };
}

/** One bulk transfer over a path of 100 ms with all the rate in the world, so that only windows and buffers limit it. */
class Bulk extends TwoHosts<End> {
  private readonly listener;

  constructor(wire: Partial<Wire>) {
    super({ ...FAULTLESS, delay: 50, offload: true, beforeWrap: null, ...wire }, End);
    this.listener = this.far.host.tcp.listen({ port: PORT, onAcceptable: () => {} });
    const { near } = this;
    near.connection = near.host.tcp.connect({ remote: address(this.far.name), remotePort: PORT, user: near.user });
    near.user.onWritable();
  }

  protected override application(side: End): void {
    if (side !== this.far || side.connection !== null) return;
    side.connection = this.listener.accept();
    if (side.connection === null) return;
    side.connection.user = side.user;
    side.user.onReadable();
  }

  get sender(): Connection {
    return this.near.connection!;
  }

  /** Octets on their way. */
  get out(): number {
    return seqDiff(this.sender.snd.nxt, this.sender.snd.una);
  }
}

describe('100 ms at 1 Gbit/s', () => {
  it('fill without a knob: window and send buffer grow to what they hold', () => {
    const bulk = new Bulk({});
    bulk.wait(1600);
    expect(bulk.out).toBeGreaterThan(FULL);
    expect(bulk.far.connection!.info().tcpi_rcv_rtt).toBeGreaterThanOrEqual(100_000);
    const { received } = bulk.far;
    bulk.wait(500);
    expect(bulk.far.received - received).toBeGreaterThan(5 * FULL);
    expect(bulk.sender.holds().now).toBe('rwnd');
    expect(bulk.sender.info().tcpi_sndbuf_limited).toBe(0);
  });

  it('the window opens in time for slow start: it holds the sender back no sooner than it has come to its end', () => {
    const bulk = new Bulk({});
    for (let round = 1; bulk.sender.snd.wnd < FULL; round++) {
      bulk.wait(100);
      expect(round).toBeLessThan(16);
      if (bulk.sender.snd.wnd < FULL) expect(bulk.sender.info().tcpi_rwnd_limited).toBe(0);
    }
  });

  it('no more than tcp_rmem and tcp_wmem allow: half of the one, all of the other', () => {
    const narrow = new Bulk({ sysctls: { tcp_rmem: [4096, 131_072, 6_291_456] } });
    narrow.wait(3000);
    expect(narrow.out).toBeLessThanOrEqual(3_145_728);
    expect(narrow.out).toBeGreaterThan(3_145_728 - 1460);
    const short = new Bulk({ sysctls: { tcp_wmem: [4096, 16_384, 4_194_304] } });
    short.wait(3000);
    expect(short.out).toBeGreaterThanOrEqual(4_194_304);
    expect(short.out).toBeLessThan(4_194_304 + CHUNK.length);
    expect(short.sender.holds().now).toBe('sndbuf');
  });
});
