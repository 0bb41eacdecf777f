import { lookup as dnsLookup, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { type Address, parseAddress } from '../../wire/address.ts';
import type { ConnectOptions } from './args.ts';
import { nodeError } from './errors.ts';

export type Resolved = (error: Error | null, address: string, family: number) => void;

/** The address of `host` if no look-up is needed: an IP literal. */
export const literalAddress = (host: string | undefined): string | null => (host && isIP(host) ? host : null);

/**
 * Looks a name up, with the application's `lookup` or the operating system's. Without a wish for a family only those are
 * asked for that this host has an address of.
 */
export function resolve(options: Partial<ConnectOptions>, own: readonly Address[], done: Resolved): void {
  const host = options.host || 'localhost';
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
  return onlyFamily(own);
}

/** The one family that this host has addresses of; 0: both. */
export function onlyFamily(own: readonly Address[]): number {
  const four = own.some((address) => address.family === 4);
  const six = own.some((address) => address.family === 6);
  return four === six ? 0 : four ? 4 : 6;
}

/** As Linux has it, what means "any address" in a bind means "this host" in a connect (RFC 1122, section 3.2.1.3; ip_route_output_key). */
export function toDestination(text: string): Address {
  const address = toAddress(text);
  if (!address.isUnspecified) return address;
  return toAddress(address.family === 4 ? '127.0.0.1' : '::1');
}

/** Parses an address that `isIP` has accepted; a zone (`%eth0`) means nothing here. */
export const toAddress = (text: string): Address => parseAddress(text.split('%')[0]!)!;
