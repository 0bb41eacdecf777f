import { spread } from '../../basics/spread.ts';
import type { Address } from '../../wire/address.ts';

/** What a listener is to the table. */
interface TableEntry {
  readonly local: Address;
  readonly port: number;
  readonly ipv6Only: boolean;
  /** It may share its place with others that may, too. */
  readonly reusePort: boolean;
}

/** Who listens where: the passive OPENs of a host, by port. */
export class ListenerTable<L extends TableEntry> {
  private readonly byPort = new Map<number, L[]>();

  /** The listener that gets a segment to `local`; of several that share the place one, by the port that the segment is from. */
  find(local: Address, port: number, remotePort = 0): L | null {
    const list = this.byPort.get(port);
    if (list === undefined) return null;
    for (const listener of list) {
      if (covers(listener.local, local, listener.ipv6Only))
        return listener.reusePort ? shared(list, local, remotePort) : listener;
    }
    return null;
  }

  hasPort(port: number): boolean {
    return this.byPort.has(port);
  }

  /** All that listen on a port, at whatever address. */
  at(port: number): readonly L[] {
    return this.byPort.get(port) ?? [];
  }

  add(listener: L): void {
    this.byPort.set(listener.port, [...this.at(listener.port), listener]);
  }

  remove(listener: L): void {
    const others = this.at(listener.port).filter((other) => other !== listener);
    if (others.length > 0) this.byPort.set(listener.port, others);
    else this.byPort.delete(listener.port);
  }

  *[Symbol.iterator](): IterableIterator<L> {
    for (const list of this.byPort.values()) yield* list;
  }
}

/** As Linux chooses (inet_lhash2_lookup): those at the very address come first, and among them a hash decides. */
function shared<L extends TableEntry>(list: readonly L[], local: Address, remotePort: number): L {
  const all = list.filter((listener) => covers(listener.local, local, listener.ipv6Only));
  const nearer = all.filter((listener) => !listener.local.isUnspecified);
  const among = nearer.length > 0 ? nearer : all;
  return among[(spread(remotePort) >>> 16) % among.length]!;
}

/**
 * Does a listener bound to `bound` get what comes to `address`? As in Linux, :: stands for both families, unless it is for IPv6
 * only, and 0.0.0.0 for one.
 */
export const covers = (bound: Address, address: Address, ipv6Only = false): boolean =>
  bound.isUnspecified ? bound.family === address.family || (bound.family === 6 && !ipv6Only) : bound.equals(address);
