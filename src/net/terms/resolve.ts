import dns, { ADDRCONFIG, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP } from 'node:net';
import { type Address, parseAddress } from '../../wire/address.ts';
import type { ConnectOptions } from './args.ts';
import { invalidIp } from './check-options.ts';
import { nodeError } from './errors.ts';

export type Found = (error: Error | null, found: readonly LookupAddress[]) => void;

/**
 * Looks a name up, with the application's `lookup` or the operating system's. `all`: its addresses are wanted, all of them. The
 * application's is asked as node:net asks it; of the system's only those families are wanted that this host has an address of.
 */
export function lookUp(options: Partial<ConnectOptions>, all: boolean, own: readonly Address[], done: Found): void {
  const host = options.host || 'localhost';
  const family = familyNumber(options.family);
  const answer: Answer = (error, found, type) =>
    done(error, Array.isArray(found) ? found : [{ address: found, family: type as number }]);
  if (options.lookup) {
    const hints = options.hints || (family === 4 || family === 6 ? 0 : ADDRCONFIG);
    const asked = all ? { family, hints, all: true } : { family, hints };
    (options.lookup as unknown as Lookup)(host, asked as LookupAllOptions, answer);
  } else {
    const ours = family === 4 || family === 6 ? family : onlyFamily(own);
    // (Read from the module each time, as by node:net: programs put a look-up of their own there.)
    (dns.lookup as Lookup)(host, { family: ours, hints: options.hints ?? 0, all } as LookupAllOptions, answer);
  }
}

type Answer = (error: Error | null, found: string | LookupAddress[], family?: number) => void;
type Lookup = (host: string, options: LookupAllOptions, answer: Answer) => void;

/** IPv4 and IPv6 as numbers; what is none of both stays what it is, as in node:net. */
function familyNumber(family: unknown): number | undefined {
  if (family === 'IPv4') return 4;
  if (family === 'IPv6') return 6;
  return family as number | undefined;
}

/** Does the application want that family, and no other? */
export const wantsOneFamily = (family: unknown): boolean => [4, 6].includes(familyNumber(family) ?? 0);

/** The one family that this host has addresses of; 0: both. */
export function onlyFamily(own: readonly Address[]): number {
  const four = own.some((address) => address.family === 4);
  const six = own.some((address) => address.family === 6);
  return four === six ? 0 : four ? 4 : 6;
}

/**
 * Of the addresses of a name that which a server listens at: the first, but a link-local one (RFC 4291, section 2.5.6) only if there are no
 * others. A look-up that a program has put in the place of Node's may answer with one, or with none: undefined.
 */
export function toListenAt(found: readonly LookupAddress[] | string): string | undefined {
  if (typeof found === 'string') return found;
  const isLinkLocal = ({ address }: LookupAddress): boolean => /^fe[89ab][0-9a-f]:/i.test(address);
  return (found.find((each) => !isLinkLocal(each)) ?? found[0])?.address;
}

/** What is wrong with what a look-up has found; null: nothing. */
export function wrongAddress({ address, family }: LookupAddress, options: Partial<ConnectOptions>): Error | null {
  if (!isIP(address)) return invalidIp(address);
  if (family === 4 || family === 6) return null;
  const { host, port } = options;
  const message = `Invalid address family: ${family} ${host}:${port}`;
  return Object.assign(nodeError(RangeError, 'ERR_INVALID_ADDRESS_FAMILY', message), { host, port });
}

/** As Linux has it, what means "any address" in a bind means "this host" in a connect (RFC 1122, section 3.2.1.3; ip_route_output_key). */
export function toDestination(text: string): Address {
  const address = toAddress(text);
  if (!address.isUnspecified) return address;
  return toAddress(address.family === 4 ? '127.0.0.1' : '::1');
}

/** Parses an address that `isIP` has accepted; a zone (`%eth0`) means nothing here. */
export const toAddress = (text: string): Address => parseAddress(text.split('%')[0]!)!;
