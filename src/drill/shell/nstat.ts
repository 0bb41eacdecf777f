import type { Host } from '../../host/host.ts';
import { namedCounters } from '../../host/named-counters.ts';
import { type Counts, growth, nstatLines } from '../../views/nstat/nstat.ts';
import { Unsupported } from '../terms/errors.ts';

/** nstat(8): how far the counters have come since it was last run. */
export class Nstat {
  private last: Counts = {};

  /** @returns what it prints @throws Unsupported for counters that a host doesn't have */
  run(args: readonly string[], host: Host): string[] {
    const flags = args
      .filter((arg) => /^-[a-z]+$/.test(arg))
      .map((arg) => arg.slice(1))
      .join('');
    const unknown = args.find((arg) => arg.startsWith('-') && !/^-[anrsz]+$/.test(arg));
    if (unknown !== undefined) throw new Unsupported(`nstat ${unknown}`);
    const patterns = args.filter((arg) => !arg.startsWith('-'));
    for (const pattern of patterns) requireCounters(pattern, host);
    const now = Object.fromEntries(namedCounters(host));
    const since = flags.includes('a') || flags.includes('r') ? {} : this.last;
    if (!flags.includes('s')) this.last = now;
    if (flags.includes('n')) return [];
    return nstatLines('kernel', growth(now, since, { zeros: flags.includes('z'), patterns }));
  }
}

/** What looks for a counter that a host doesn't have would find nothing, whatever happened: it can't be answered. */
export function requireCounters(pattern: string, host: Host): void {
  const names = [...namedCounters(host).keys()];
  for (const word of pattern.match(/[A-Za-z][A-Za-z0-9]{3,}/g) ?? []) {
    if (!names.some((name) => name.toLowerCase().includes(word.toLowerCase()))) {
      throw new Unsupported(`the counter ${word}`);
    }
  }
}
