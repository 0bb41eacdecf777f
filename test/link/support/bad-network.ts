import { Host, type Sysctls } from '../../../src/host/host.ts';
import { Cable } from '../../../src/link/cable.ts';
import { ImpairedLink } from '../../../src/link/impairment/impaired-link.ts';
import { parseImpairments } from '../../../src/link/impairment/language/parse.ts';
import type { Link } from '../../../src/link/terms/link.ts';
import type { TcpConnection } from '../../../src/tcp/terms/user.ts';
import { SeededRandom } from '../../../src/time/random.ts';
import { address } from '../../../src/wire/address.ts';
import { RecordingUser } from '../../support/user.ts';

const BEGIN = 1_000_000;

export interface Station {
  host: Host;
  link: Link;
}

/** Two hosts in virtual time. `near` is behind a bad path; `far`, which listens at port 80, is beside it on the cable. */
export class BadNetwork {
  readonly cable = new Cable({ offload: true });
  readonly path: ImpairedLink;
  readonly near: Station;
  readonly far: Station;
  /** What was done to packets: `12.5 dropped out by drop FIN 1`, in milliseconds. */
  readonly told: string[] = [];
  /** The far host's users of accepted connections. */
  readonly accepted: RecordingUser[] = [];
  #now = BEGIN;

  constructor(impairments: string, { seed = 1, sysctls = {} }: { seed?: number; sysctls?: Partial<Sysctls> } = {}) {
    this.path = new ImpairedLink(this.cable.a, {
      impairments: parseImpairments(impairments),
      random: new SeededRandom(seed),
      clock: () => this.#now,
    });
    this.path.impairment.observer = ({ now, action, direction, by }) =>
      this.told.push(`${(now - BEGIN) / 1000} ${action} ${direction} by ${by}`);
    this.near = this.#station('10.0.0.1', this.path, seed, sysctls);
    this.far = this.#station('10.0.0.2', this.cable.b, seed + 77, sysctls);
    const listener = this.far.host.tcp.listen({
      port: 80,
      onAcceptable: () => {
        for (let next = listener.accept(); next !== null; next = listener.accept()) this.accepted.push(userOf(next));
      },
    });
  }

  /** In milliseconds. */
  get now(): number {
    return (this.#now - BEGIN) / 1000;
  }

  /** Opens a connection from near to far; its user sends what a peer does in the eyes of the far one. */
  connect(): RecordingUser {
    const user = new RecordingUser();
    user.connection = this.near.host.tcp.connect({ remote: address('10.0.0.2'), remotePort: 80, user });
    this.#settle();
    return user;
  }

  /** Does something now, and lets both hosts answer. */
  do(what: () => void): void {
    what();
    this.#settle();
  }

  /** Lets milliseconds pass. */
  wait(milliseconds: number): void {
    const until = this.#now + milliseconds * 1000;
    for (let next = this.#next(); next <= until; next = this.#next()) {
      this.#now = Math.max(this.#now, next);
      this.path.advance(this.#now);
      for (const { host } of [this.near, this.far]) if (host.nextDeadline() <= this.#now) host.advance(this.#now);
      this.#settle();
    }
    this.#now = until;
  }

  #next(): number {
    return Math.min(this.near.host.nextDeadline(), this.far.host.nextDeadline(), this.path.nextDeadline());
  }

  #settle(): void {
    do {
      for (const { host, link } of [this.near, this.far]) {
        host.deliver(this.#now);
        host.flush(this.#now);
        link.flush();
      }
    } while (this.cable.deliver() > 0);
  }

  #station(name: string, link: Link, seed: number, sysctls: Partial<Sysctls>): Station {
    const host = new Host({
      addresses: [{ address: address(name), prefix: 24 }],
      mtu: link.mtu,
      checksumOffload: link.checksumOffload,
      gsoMaxSize: link.gsoMaxSize,
      sysctls,
      random: new SeededRandom(seed),
      now: BEGIN,
      output: (frame) => link.send(frame),
    });
    link.attach({
      receive: (packet) => host.receive(packet, this.#now),
      batchEnd: () => host.deliver(this.#now),
      linkDown: () => {},
    });
    return { host, link };
  }
}

function userOf(connection: TcpConnection): RecordingUser {
  const user = new RecordingUser();
  user.connection = connection;
  connection.user = user;
  return user;
}
