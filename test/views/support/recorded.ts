import { record } from '../../../src/observe/log/record.ts';
import type { LogEntry } from '../../../src/observe/log/schema.ts';
import type { Connection } from '../../../src/tcp/user/connection.ts';
import type { Listener } from '../../../src/tcp/user/listener.ts';
import { address } from '../../../src/wire/address.ts';
import { RecordingUser, stream } from '../../support/user.ts';
import { FAULTLESS, Station, TwoHosts, type Wire } from '../../tcp/support/two-hosts.ts';

/** A client (near) and a server (far) at port 80 in virtual time, whose hosts' logs are kept. */
export class RecordedHosts extends TwoHosts {
  readonly logs: { near: LogEntry[]; far: LogEntry[] } = { near: [], far: [] };
  client: Connection | null = null;
  server: Connection | null = null;
  private readonly listener: Listener;

  constructor(wire: Partial<Wire> = {}, tcb = false) {
    super({ ...FAULTLESS, ...wire }, Station);
    record(this.near.host, (entry) => this.logs.near.push(entry), { tcb });
    record(this.far.host, (entry) => this.logs.far.push(entry), { tcb });
    this.listener = this.far.host.tcp.listen({ port: 80, onAcceptable: () => {} });
  }

  connect(): void {
    this.atOnce('client');
    const user = new RecordingUser();
    user.verify = false;
    this.client = this.near.host.tcp.connect({
      remote: address(this.far.name),
      remotePort: 80,
      localPort: 40000,
      user,
    });
    user.connection = this.client;
  }

  /** Has an end write so many octets, as far as there is room. */
  write(from: 'client' | 'server', octets: number): void {
    this.atOnce(from);
    const c = this[from]!;
    c.send(stream('host', 0, Math.min(octets, c.sendSpace)));
  }

  /** Has its user close it. */
  close(end: 'client' | 'server'): void {
    this.atOnce(end);
    this[end]!.close();
  }

  /** A host takes the time from what moves it. */
  private atOnce(end: 'client' | 'server'): void {
    (end === 'client' ? this.near : this.far).host.advance(this.now);
  }

  protected override application(side: Station): void {
    if (side !== this.far) return;
    const c = this.listener.accept();
    if (c === null) return;
    const user = new RecordingUser();
    user.verify = false;
    user.connection = this.server = c;
    c.user = user;
    if (c.readableLength > 0 || c.atEnd) user.onReadable();
  }
}
