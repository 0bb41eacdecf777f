import { lookup as dnsLookup, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { type Address, parseAddress } from '../../wire/address.ts';
import type { ConnectOptions } from './args.ts';
import { nodeError } from './errors.ts';

export type Resolved = (error: Error | null, address: string, family: number) => void;

/** The address of `host` if no look-up is needed: an IP literal, or this host itself as `localhost`. */
export function literalAddress(host: string | undefined, own: readonly Address[]): string | null {
  if (host && isIP(host)) return host;
  if (!host || host === 'localhost') return own[0]?.toString() ?? null;
  return null;
}

/**
 * Looks a name up, with the application's `lookup` or the operating system's. Without a wish for a family only those are
 * asked for that this host has an address of.
 */
export function resolve(options: Partial<ConnectOptions>, own: readonly Address[], done: Resolved): void {
  const host = options.host!;
  const lookupOptions: LookupOptions = { family: wantedFamily(options.family, own), hints: options.hints ?? 0 };
  const lookup = options.lookup ?? dnsLookup;
  lookup(host, lookupOptions, (error, found, family) => {
    if (error) return done(error, '', 0);
    const [address, type] = Array.isArray(found) ? [found[0]?.address ?? '', found[0]?.family] : [found, family];
    if (isIP(address)) return done(null, address, type ?? isIP(address));
    done(nodeError(TypeError, 'ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${address}`), '', 0);
  });
}

function wantedFamily(family: unknown, own: readonly Address[]): number {
  if (family === 4 || family === 'IPv4') return 4;
  if (family === 6 || family === 'IPv6') return 6;
  const four = own.some((address) => address.family === 4);
  const six = own.some((address) => address.family === 6);
  return four === six ? 0 : four ? 4 : 6;
}

/** Parses an address that `isIP` has accepted; a zone (`%eth0`) means nothing here. */
export const toAddress = (text: string): Address => parseAddress(text.split('%')[0]!)!;
