import type { Host } from '../../host/host.ts';
import type { ImpairmentObserver } from '../../link/impairment/events.ts';
import { SeenPacket } from '../../link/impairment/packets/seen-packet.ts';
import { flagsText } from '../../observe/log/flags-text.ts';
import { type RecordOptions, record } from '../../observe/log/record.ts';
import { type ImpairmentEntry, LOG_VERSION, type LogEntry, type SegmentEntry } from '../../observe/log/schema.ts';
import type { Connection } from '../../tcp/user/connection.ts';
import { Slab } from '../../wire/slab.ts';
import { SocketError } from '../terms/errors.ts';
import type { ForgedSegment } from './attacker.ts';
import type { LabHost } from './lab-host.ts';
import { type LabEntry, Notes } from './notes.ts';
import type { World } from './world.ts';

/** What happened, of all hosts in one log, in the order in which it did. */
export class Journal {
  /** Sees each entry, as it is made. */
  onEntry: ((entry: LabEntry) => void) | null = null;
  /** What an application threw that no socket had told it: a fault of the scenario. */
  fault: unknown = null;
  /** With each segment, some of its connection's variables. */
  withTcb = false;

  private readonly world: World;
  private readonly entries: LabEntry[] = [];
  readonly notes = new Notes(this.entries);
  private readonly stops = new Map<LabHost, () => void>();
  /** The connections of each host that the log knows: one that goes on after a pause is no new one. */
  private readonly introduced = new WeakMap<Host, Set<number>>();
  private isPaused = false;
  private pathTeller: LabHost | null = null;
  private leavesOut: ((address: string) => boolean) | null = null;
  /** The addresses of connections, and the entries that are left out, by their hosts and numbers. */
  private readonly ends = new Map<string, readonly string[]>();
  private readonly hidden = new Set<string>();
  private readonly packet = new SeenPacket();

  constructor(world: World) {
    this.world = world;
  }

  /** What this host does is written down from now on. */
  follow(owner: LabHost, host: Host): void {
    this.stop(owner);
    if (this.isPaused) return;
    const known = this.introduced.get(host) ?? new Set();
    this.introduced.set(host, known);
    const write = (entry: LogEntry): void => {
      if (entry.type === 'log' || (entry.type === 'connection' && known.has(entry.connection))) return;
      if (entry.type === 'connection') known.add(entry.connection);
      this.write({ ...entry, host: owner.index });
    };
    this.stops.set(owner, record(host, write, { tcb: this.withTcb, ...this.pathOf(owner) }));
  }

  /** Of the packets on the path one host tells: the first, on its side of it. */
  private pathOf(owner: LabHost): Pick<RecordOptions, 'impairment'> {
    this.pathTeller ??= owner;
    if (owner !== this.pathTeller) return {};
    const { impairment } = this.world;
    const other = { in: 'out', out: 'in' } as const;
    const observe = (observer: ImpairmentObserver): (() => void) => {
      impairment.observer =
        owner.side === 'left' ? observer : (event) => observer({ ...event, direction: other[event.direction] });
      return () => {
        impairment.observer = null;
      };
    };
    return { impairment: { observe } };
  }

  stop(owner: LabHost): void {
    this.stops.get(owner)?.();
    this.stops.delete(owner);
  }

  /** Nothing is written down until `resume`: what happens a thousand times is the same each time. */
  pause(): void {
    for (const owner of [...this.stops.keys()]) this.stop(owner);
    this.isPaused = true;
  }

  /** From now on, what is about segments from and to these addresses isn't written down. */
  leaveOut(addresses: (address: string) => boolean): void {
    this.leavesOut = addresses;
  }

  private isLeftOut({ host, id, ...entry }: LabEntry): boolean {
    const { local, remote, connection, because } = entry as Partial<SegmentEntry>;
    if (entry.type === 'connection') this.ends.set(`${host} ${connection}`, [entry.local, entry.remote]);
    if (this.leavesOut === null) return false;
    const ends = remote === undefined ? this.ends.get(`${host} ${connection}`) : [remote, local ?? remote];
    const isIt = ends === undefined ? this.hidden.has(`${host} ${because}`) : ends.some(this.leavesOut);
    if (isIt && id !== 0) this.hidden.add(`${host} ${id}`);
    return isIt;
  }

  resume(): void {
    this.isPaused = false;
    for (const owner of this.world.hosts) if (owner.isOn) this.follow(owner, owner.host);
  }

  /** A socket's call failed: its application is told, and so is the log. @returns what it is told with */
  failed(
    owner: LabHost,
    connection: Connection | null,
    call: string,
    { code, message }: { code: string; message: string },
  ): SocketError {
    const text = { en: `${call} fails: ${code}`, zh: `${call} 失败：${code}` };
    const entry = { id: 0, time: this.world.now, type: 'note', kind: 'application', text } as const;
    this.write({ ...entry, host: owner.index, ...(connection !== null && { connection: connection.id }) });
    return new SocketError(code, message);
  }

  /** A segment that no host has sent arrives. */
  forged(by: string, { from, to, flags, seq, data = '' }: ForgedSegment): void {
    if (this.isPaused) return;
    this.write({
      ...{ id: 0, time: this.world.now, host: 0, type: 'impairment', action: 'injected', rule: by, by },
      ...this.endsOf(from, to),
      ...{ flags, seq: seq >>> 0, length: data.length },
    });
  }

  /** A packet goes no further: it is not for any host, or a router doesn't pass it on. @param why as in `dropped on the way: ...` */
  dropped(octets: Uint8Array, why: string): void {
    const { packet } = this;
    packet.read(new Slab(octets));
    if (this.isPaused || packet.type !== 'TCP') return;
    const { src, srcPort, dst, dstPort, flags, seq, length } = packet.segment;
    this.write({
      ...{ id: 0, time: this.world.now, host: 0, type: 'impairment', action: 'dropped', rule: why },
      ...this.endsOf([`${src}`, srcPort], [`${dst}`, dstPort]),
      ...{ flags: flagsText(flags), seq: seq >>> 0, length },
    });
  }

  /** A packet has come to an address that no host has, not even one that is switched off. */
  arrivedNowhere(octets: Uint8Array): void {
    this.packet.read(new Slab(octets));
    const { dst } = this.packet.packet;
    if (this.world.hosts.some(({ address }) => address.equals(dst))) return;
    this.dropped(octets, 'no host has this address');
  }

  /** The ends of a packet, from the side that `out` leaves. */
  private endsOf(
    from: readonly [string, number],
    to: readonly [string, number],
  ): Pick<ImpairmentEntry, 'direction' | 'local' | 'localPort' | 'remote' | 'remotePort'> {
    const sideOf = (end: string): string | undefined =>
      this.world.hosts.find((host) => `${host.address}` === end)?.side;
    const isOut = sideOf(to[0]) === 'right' || sideOf(from[0]) === 'left';
    const [[local, localPort], [remote, remotePort]] = isOut ? [from, to] : [to, from];
    return { direction: isOut ? 'out' : 'in', local, localPort, remote, remotePort };
  }

  /** An application ended by an exception. */
  applicationFailed(_owner: LabHost, error: unknown): void {
    if (!(error instanceof SocketError)) this.fault ??= error;
  }

  /** The whole log: its header, and all entries in the order of their times. */
  log(): LabEntry[] {
    for (const stop of this.stops.values()) stop();
    this.stops.clear();
    this.notes.momentEnds();
    const hosts = this.world.hosts.map(({ name, address }) => ({ name, addresses: [`${address}`] }));
    const addresses = hosts.flatMap((host) => host.addresses);
    const head = { id: 0, time: this.entries[0]?.time ?? this.world.now, host: 0 } as const;
    const header: LabEntry = { ...head, type: 'log', version: LOG_VERSION, program: 'tcpglass', addresses, hosts };
    // What arrived for nobody is told when it is known to be for nobody: later, but with its time.
    return [header, ...this.entries.sort((a, b) => a.time - b.time)];
  }

  /** Something has happened. */
  write(entry: LabEntry): void {
    if (this.isLeftOut(entry)) return;
    this.entries.push(entry);
    this.onEntry?.(entry);
  }
}
