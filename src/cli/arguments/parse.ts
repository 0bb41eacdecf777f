import { isIPv4, isIPv6 } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { Sysctls } from '../../host/host.ts';
import { parseSysctl } from '../../host/sysctls.ts';
import { parseImpairments } from '../../link/impairment/language/parse.ts';

/** Parsers of option values. What they throw, commander reports with the option's name. */

function integer(text: string, min: number, max: number, what: string): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new InvalidArgumentError(`It takes ${what} from ${min} to ${max}.`);
}

export const parsePort = (text: string): number => integer(text, 1, 65_535, 'a port');

/** 576 is what every IPv4 host must be able to receive (RFC 791). */
export const parseMtu = (text: string): number => integer(text, 576, 65_535, 'a number of bytes');

export const parseBusyPoll = (text: string): number => integer(text, 0, 1000, 'a number of microseconds');

/** At least two addresses besides network and broadcast; 31 is a point-to-point link (RFC 3021). */
export const parsePrefix = (text: string): number => integer(text, 1, 31, 'a prefix length');

export function parseIpv4(text: string): string {
  if (isIPv4(text)) return text;
  throw new InvalidArgumentError('It takes an IPv4 address such as 10.9.0.2.');
}

export function parseIpv6(text: string): string {
  if (isIPv6(text) && !text.includes('%')) return text;
  throw new InvalidArgumentError('It takes an IPv6 address such as fd00:9::2.');
}

/** A name the kernel takes (dev_valid_name, at most 15 bytes), or a pattern with one %d. */
export function parseDevice(text: string): string {
  const plain = text.replace('%d', '0');
  const valid = Buffer.byteLength(text) <= 15 && /^[^/:\s%]+$/.test(plain) && plain !== '.' && plain !== '..';
  if (valid) return text;
  throw new InvalidArgumentError('It takes a device name of at most 15 characters, or a pattern such as tun%d.');
}

/** The language of src/link/impairment/IMPAIR.md; given twice, both hold. */
export function parseImpair(text: string, previous?: string): string {
  const all = previous === undefined ? text : `${previous}; ${text}`;
  try {
    parseImpairments(all);
    return all;
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}

export const parseHistory = (text: string): number => integer(text, 0, 10_000, 'entries');

export const parseSeed = (text: string): number => integer(text, 0, 4_294_967_295, 'a whole number');

const LONGEST_MSL = 43_200;

export function parseMsl(text: string): number {
  const seconds = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0 && seconds <= LONGEST_MSL) return seconds;
  throw new InvalidArgumentError(`It takes seconds, more than 0 and at most ${LONGEST_MSL}.`);
}

export function parseSeconds(text: string): number {
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError('It takes seconds, more than 0.');
}

export function parseKnob(text: string, previous: Partial<Sysctls> = {}): Partial<Sysctls> {
  try {
    return { ...previous, ...parseSysctl(text) };
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

export interface HostAndPort {
  host: string;
  port: number;
}

/** `[HOST:]PORT`; an IPv6 HOST is in brackets. 127.0.0.1 where none is given. */
export function parseMetrics(text: string): HostAndPort {
  const match = /^(?:(\[[^\]]+\]|[^:[\]]+):)?(\d+)$/.exec(text);
  if (!match) throw new InvalidArgumentError('It takes [HOST:]PORT, such as 9100 or 0.0.0.0:9100.');
  const host = match[1] === undefined ? '127.0.0.1' : match[1].replace(/^\[|\]$/g, '');
  if (!isIPv4(host) && !isIPv6(host)) throw new InvalidArgumentError(`${host} is no IP address to bind to.`);
  return { host, port: integer(match[2]!, 0, 65_535, 'a port') };
}

/** A port of the kernel's side that leads to one of ours. */
export interface Publication {
  bind: string;
  hostPort: number;
  port: number;
}

/** `[BIND:]HOSTPORT:PORT` as Docker writes it, but bound to 127.0.0.1 unless told otherwise. An IPv6 BIND is in brackets. */
export function parsePublication(text: string, previous: readonly Publication[] = []): Publication[] {
  const match = /^(?:(\[[^\]]+\]|[^:[\]]+):)?(\d+):(\d+)$/.exec(text);
  if (!match) throw new InvalidArgumentError('It takes [BIND:]HOSTPORT:PORT, such as 8080:80 or 0.0.0.0:8080:80.');
  const bind = match[1] === undefined ? '127.0.0.1' : match[1].replace(/^\[|\]$/g, '');
  if (!isIPv4(bind) && !isIPv6(bind)) throw new InvalidArgumentError(`${bind} is no IP address to bind to.`);
  return [...previous, { bind, hostPort: integer(match[2]!, 0, 65_535, 'a host port'), port: parsePort(match[3]!) }];
}
