import { parseAddress } from '../../wire/address.ts';
import { FilterError, type HostPattern } from './filter.ts';

/** Names that fingers know; all others are in /etc/services, where a view doesn't look. */
const PORT_NAMES: Readonly<Record<string, number>> = {
  echo: 7,
  discard: 9,
  daytime: 13,
  chargen: 19,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  http: 80,
  https: 443,
  'http-alt': 8080,
};

/** `:80`, `80`, `:http`. */
export function parsePort(text: string): number {
  const name = text.replace(/^:/, '');
  const port = Object.hasOwn(PORT_NAMES, name) ? PORT_NAMES[name]! : /^\d{1,5}$/.test(name) ? Number(name) : NaN;
  if (port <= 0xffff) return port;
  throw new FilterError(`"${text}" is no port: write it as :80`);
}

/** `10.9.0.1`, `10.9.0.0/24`, `10.9.0.1:80`, `[fd00::1]:80`, `fd00::/64`, `*:80`, `:80`. */
export function parseHost(text: string): HostPattern {
  const { address: host, prefix, port } = split(text);
  const pattern: HostPattern = {
    address: null,
    prefix: 0,
    port: port === null || port === '*' ? null : parsePort(port),
  };
  if (host === '' || host === '*') {
    if (prefix === null && text !== '') return pattern;
    throw new FilterError(`"${text}" is no address: write it as 10.9.0.1, 10.9.0.0/24, [fd00::1]:80 or :80`);
  }
  const address = parseAddress(host);
  if (address === null) {
    throw new FilterError(`"${text}" is no address: write it as 10.9.0.1, 10.9.0.0/24, [fd00::1]:80 or :80`);
  }
  const bits = host.includes(':') ? 128 : 32;
  const length = prefix === null ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  if (!(length <= bits)) throw new FilterError(`"/${prefix}" is no prefix length: it is 0 to ${bits}`);
  return { ...pattern, address, prefix: length };
}

/** The parts as they are written. An IPv6 address with a port, or its prefix, may be in brackets. */
function split(text: string): { address: string; prefix: string | null; port: string | null } {
  const bracketed = /^\[([^\]]*)\](?:\/([^:]*))?(?::(.*))?$/.exec(text);
  if (bracketed) {
    const [address, inside] = bracketed[1]!.split('/', 2);
    return { address: address!, prefix: bracketed[2] ?? inside ?? null, port: bracketed[3] ?? null };
  }
  const bare = text.indexOf(':') === text.lastIndexOf(':');
  const colon = bare ? text.indexOf(':') : -1;
  const [address, prefix] = (colon < 0 ? text : text.slice(0, colon)).split('/', 2);
  return { address: address!, prefix: prefix ?? null, port: colon < 0 ? null : text.slice(colon + 1) };
}
