import type { Connection } from '../../../src/tcp/user/connection.ts';
import type { Listener } from '../../../src/tcp/user/listener.ts';
import { address } from '../../../src/wire/address.ts';
import { RecordingUser, stream } from '../../support/user.ts';
import { checkInvariants, type Edges } from './invariants.ts';
import { Station, TwoHosts, type Wire } from './two-hosts.ts';

/** A wire, and what two applications do with one connection over it. */
export interface TransferPlan extends Wire {
  /** Octets that each side sends. */
  octets: [near: number, far: number];
  /** Octets that a reader takes at a time, and how many milliseconds it waits before the next; 0: it reads at once. */
  readPause: number;
  /** Both sides open, at once (RFC 9293, figure 7); else the near one does. */
  simultaneous: boolean;
}

const LIMIT_MS = 4 * 3600 * 1000;
const LIMIT_EVENTS = 400_000;
const PORT = 80;

/** One host, its end of the wire, and its application. */
class Side extends Station {
  readonly user = new RecordingUser();
  connection: Connection | null = null;
  octets = 0;
  written = 0;
  shut = false;
  reads = false;
  /** What the invariants compare with. */
  last: Edges | null = null;
}

/** One connection across an impaired wire, both ways. */
export class Transfer extends TwoHosts<Side> {
  private readonly plan: TransferPlan;
  private readonly listener: Listener | null = null;

  constructor(plan: TransferPlan) {
    super(plan, Side);
    this.plan = plan;
    [this.near.octets, this.far.octets] = plan.octets;
    for (const side of [this.near, this.far]) if (plan.readPause > 0) side.user.autoRead = false;
    if (!plan.simultaneous) this.listener = this.far.host.tcp.listen({ port: PORT, onAcceptable: () => {} });
  }

  /** Opens, sends everything both ways, closes. Throws when an octet, an ending or an invariant is wrong. */
  run(): void {
    const { near, far } = this;
    this.open(near, far);
    if (this.plan.simultaneous) this.open(far, near);
    for (let events = 0; !this.isOver(); events++) {
      if (events > LIMIT_EVENTS) throw new Error(`Not over after ${events} events: ${this.situation()}`);
      if (this.nextEvent() === Number.POSITIVE_INFINITY) {
        this.throwIfFailed();
        throw new Error(`Both ends wait for ever: ${this.situation()}`);
      }
      this.step();
      if (this.now > LIMIT_MS * 1000) throw new Error(`Not over after ${LIMIT_MS} ms: ${this.situation()}`);
    }
    this.throwIfFailed();
    for (const [side, other] of [
      [near, far],
      [far, near],
    ] as const) {
      if (side.connection !== null) side.user.read(); // what a slow reader has left
      if (side.user.received !== other.octets)
        throw new Error(`${side.user.received} of ${other.octets} octets arrived`);
    }
  }

  /** An end that gives up doesn't tell the other, which then may wait for ever. */
  private throwIfFailed(): void {
    for (const { user } of [this.near, this.far])
      if (user.error !== null) throw new Error(`An end failed: ${user.error.message}`);
  }

  private open(side: Side, other: Side): void {
    const to = { remote: address(other.name), remotePort: PORT, user: side.user };
    side.connection = side.host.tcp.connect(this.plan.simultaneous ? { ...to, localPort: PORT } : to);
    side.user.connection = side.connection;
    this.finishBatch(side);
  }

  private isOver(): boolean {
    return this.near.user.closed && this.far.user.closed;
  }

  /** Accepts, writes while there is room, closes its side when all is written. */
  protected override application(side: Side): void {
    if (side === this.far && side.connection === null) {
      const c = this.listener?.accept() ?? null;
      if (c === null) return;
      side.connection = side.user.connection = c;
      c.user = side.user;
      if (c.readableLength > 0 || c.atEnd) side.user.onReadable();
    }
    const c = side.connection;
    if (c === null || side.user.closed) return;
    if (this.plan.readPause > 0 && !side.reads) {
      side.reads = true;
      this.readNow(side);
    }
    if (side.shut) return;
    while (side.written < side.octets && c.sendSpace > 0) {
      const count = Math.min(1 + this.chance() * (this.chance() < 50 ? 10 : 400), side.octets - side.written);
      c.send(stream('peer', side.written, count));
      side.written += count;
    }
    if (side.written === side.octets) {
      side.shut = true;
      c.shutdown();
    }
  }

  private readNow(side: Side): void {
    side.user.read(1 + this.chance() * 600);
    this.in(this.plan.readPause, () => this.readNow(side));
  }

  protected override batchDone(side: Side): void {
    if (side.connection !== null) side.last = checkInvariants(side.connection, side.last);
  }

  private situation(): string {
    return [this.near, this.far]
      .map(({ connection: c, user, written, octets }) => {
        if (c === null) return 'no connection';
        const queued = `${c.sendQueueLength} queued, ${c.sent.segments} out`;
        return `${c.state} wrote ${written}/${octets} read ${user.received} (${queued}, window ${c.snd.wnd}, cwnd ${c.cc.cwnd})`;
      })
      .join('; ');
  }
}
