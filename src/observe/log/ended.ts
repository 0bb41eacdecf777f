import type { Ends } from './record-segment.ts';

/** More that wait at once are forgotten, the oldest first: what comes for them is of no connection then. */
const MOST = 10_000;

const keyOf = (e: Ends): string => `${e.local} ${e.localPort} ${e.remote} ${e.remotePort}`;

/**
 * Which connection an entry of the TIME_WAIT table was, of those that a log has seen enter it: the table itself doesn't keep
 * that. So the peer's FIN that comes again is shown where it belongs.
 */
export class EndedConnections {
  private readonly ids = new Map<string, number>();

  add(ends: Ends, id: number): void {
    const key = keyOf(ends);
    this.ids.delete(key);
    this.ids.set(key, id);
    if (this.ids.size > MOST) this.ids.delete(this.ids.keys().next().value!);
  }

  find(ends: Ends): number | undefined {
    return this.ids.size === 0 ? undefined : this.ids.get(keyOf(ends));
  }

  remove(ends: Ends): void {
    this.ids.delete(keyOf(ends));
  }
}
