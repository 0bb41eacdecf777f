import type { Micros } from '../../time/wheel.ts';
import { type Address, parseAddress } from '../../wire/address.ts';
import { IPV4_HEADER } from '../../wire/ipv4.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { CONSTANTS } from '../terms/constants.ts';
import { ScriptError, Unsupported } from '../terms/errors.ts';
import type { Script } from './ast.ts';

/** `ipv4-mapped-ipv6`: sockets of AF_INET6, packets of IPv4. */
export type IpVersion = 'ipv4' | 'ipv4-mapped-ipv6' | 'ipv6';

export const isIpVersion = (text: string): text is IpVersion =>
  text === 'ipv4' || text === 'ipv6' || text === 'ipv4-mapped-ipv6';

/** What `--name=value` sets, with packetdrill's own defaults (config.c), but for the addresses. */
export interface Settings {
  ipVersion: IpVersion;
  localIp: Address;
  remoteIp: Address;
  /** AF_INET or AF_INET6: of what family a socket is when the script leaves that open (`socket(..., ...)`). */
  socketFamily: number;
  prefix: number;
  mtu: number;
  /** What the MTU is more than the script says, because IPv6's header is longer (`sameMss`). */
  longerHeader: number;
  bindPort: number;
  connectPort: number;
  /** How far a time may be off: the larger of both, the second being a part of the time since the event before. */
  tolerance: Micros;
  tolerancePercent: number;
  /** Microseconds a tick of the timestamps in the script; 0: how they advance is not looked at. */
  tsTick: Micros;
  /** Echoed timestamps that were never sent are reckoned from the first one. */
  tsEcrScaled: boolean;
  /** A packet must come as one piece; see src/drill/run/expect.ts. */
  strictSegments: boolean;
  /** Not 0: what is injected is a super-segment of payloads of this size. */
  mss: number;
  nonFatal: { packet: boolean; syscall: boolean };
  initScripts: string[];
  defines: Map<string, string>;
  verbose: boolean;
}

/** Settings from outside win over the script's own, as in packetdrill. */
export interface SettingsOverrides {
  ipVersion?: IpVersion | undefined;
  options?: readonly { name: string; value: string | null }[] | undefined;
  /** Over IPv6, the MTU is larger by what its header is longer than IPv4's, so that the script's MSS is right over both. */
  sameMss?: boolean | undefined;
}

/** As the runners of the public scripts have them (Linux's selftests); packetdrill itself draws the local one. */
const DEFAULTS = {
  4: { local: '192.168.0.1', remote: '192.0.2.1', prefix: 16 },
  6: { local: 'fd3d:0a0b:17d6::1', remote: 'fd3d:fa7b:d17d::1', prefix: 48 },
} as const;
/**
 * The Fast Open cookies that Linux makes of those addresses, with the key that the public scripts set, and with one of zeros: their runner
 * hands them over by -D.
 */
const COOKIES = {
  4: { TFO_COOKIE: '3021b9d889017eeb', TFO_COOKIE_ZERO: 'b7c12350a90dc8f5' },
  6: { TFO_COOKIE: 'c1d1e9742a47a9bc', TFO_COOKIE_ZERO: '82af1a8f9a205c34' },
} as const;

/** What stands for words of a script, given ones and those that its runner gives. */
export const definesOf = (ipVersion: IpVersion, given: ReadonlyMap<string, string> = new Map()): Map<string, string> =>
  new Map([...Object.entries(COOKIES[ipVersion === 'ipv6' ? 6 : 4]), ...given]);

/** An interface has no smaller MTU (RFC 791), and no packet is longer. */
export const MTU_MIN = 68;
export const MTU_MAX = 65_535;

export function settingsOf(script: Script, overrides: SettingsOverrides): Settings {
  const values = new Map<string, { value: string; line: number }>();
  const defines = new Map<string, string>();
  const all = [...script.options, ...(overrides.options ?? []).map((o) => ({ ...o, line: 0 }))];
  for (const { name, value, line } of all) {
    if (name === 'define') define(defines, value ?? '', line);
    else values.set(name, { value: value ?? '', line });
  }
  for (const [name, { line }] of values) checkKnown(name, line);
  const text = (name: string, fallback: string): string => values.get(name)?.value ?? fallback;
  const number = (name: string, fallback: number, min: number, max: number): number => {
    const given = values.get(name);
    if (given === undefined) return fallback;
    const value = /^\d+(\.\d+)?$/.test(given.value) ? Number(given.value) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new ScriptError(given.line, `--${name} takes a number from ${min} to ${max}, not "${given.value}"`);
  };
  const ipVersion = overrides.ipVersion ?? text('ip_version', 'ipv4');
  if (!isIpVersion(ipVersion)) {
    throw new ScriptError(values.get('ip_version')?.line ?? 0, `No such --ip_version: ${ipVersion}`);
  }
  const family = ipVersion === 'ipv6' ? 6 : 4;
  const defaults = DEFAULTS[family];
  const longer = family === 6 && overrides.sameMss ? IPV6_HEADER - IPV4_HEADER : 0;
  const ip = (name: string, fallback: string): Address => {
    const parsed = parseAddress(text(name, fallback).replace(/\/\d+$/, ''));
    if (parsed?.family === family) return parsed;
    if (parsed !== null) throw new Unsupported(`--${name}=${text(name, '')} over IPv${family}`);
    throw new ScriptError(values.get(name)?.line ?? 0, `--${name} takes an address, not "${text(name, '')}"`);
  };
  const nonFatal = text('non_fatal', '').split(/[, ]+/);
  return {
    ipVersion,
    localIp: ip('local_ip', defaults.local),
    remoteIp: ip('remote_ip', defaults.remote),
    socketFamily: ipVersion === 'ipv4' ? CONSTANTS.AF_INET! : CONSTANTS.AF_INET6!,
    prefix: family === 4 ? (prefixOf(values.get('netmask_ip')) ?? defaults.prefix) : defaults.prefix,
    mtu: Math.min(MTU_MAX, number('mtu', 1500, MTU_MIN, MTU_MAX) + longer),
    longerHeader: longer,
    bindPort: number('bind_port', 8080, 1, 65_535),
    connectPort: number('connect_port', 8080, 1, 65_535),
    tolerance: number('tolerance_usecs', 4000, 1, 1e9),
    tolerancePercent: number('tolerance_percent', 12.5, 0, 100),
    tsTick: number('tcp_ts_tick_usecs', 0, 0, 1_000_000),
    tsEcrScaled: values.has('tcp_ts_ecr_scaled'),
    strictSegments: values.has('strict_segments'),
    mss: number('mss', 0, 1, 65_535),
    nonFatal: { packet: nonFatal.includes('packet'), syscall: nonFatal.includes('syscall') },
    initScripts: text('init_scripts', '').split(',').filter(Boolean),
    defines,
    verbose: values.has('verbose'),
  };
}

function define(defines: Map<string, string>, text: string, line: number): void {
  const match = /^(\w+)=(.*)$/s.exec(text);
  if (!match) throw new ScriptError(line, `--define takes NAME=VALUE, not "${text}"`);
  defines.set(match[1]!, match[2]!);
}

/** Options that change nothing here: there is no wire, no device and no interpreter. */
const WITHOUT_EFFECT = ['gateway_ip', 'speed', 'code_command', 'code_format', 'dry_run', 'debug', 'send_omit_free'];
const WITH_EFFECT =
  'ip_version local_ip remote_ip netmask_ip mtu bind_port connect_port tolerance_usecs tolerance_percent tcp_ts_tick_usecs tcp_ts_ecr_scaled strict_segments mss non_fatal init_scripts verbose'.split(
    ' ',
  );

function checkKnown(name: string, line: number): void {
  if (WITH_EFFECT.includes(name) || WITHOUT_EFFECT.includes(name) || name === 'code_sockopt') return;
  if (name === 'is_anyip' || name.startsWith('wire_') || name.startsWith('so_')) throw new Unsupported(`--${name}`);
  throw new ScriptError(line, `There is no option --${name}`);
}

function prefixOf(mask: { value: string; line: number } | undefined): number | null {
  if (mask === undefined) return null;
  const parsed = parseAddress(mask.value);
  const inverse = parsed?.family === 4 ? ~parsed.w3 >>> 0 : 1;
  if ((inverse & (inverse + 1)) !== 0) throw new ScriptError(mask.line, `Not a netmask: ${mask.value}`);
  return Math.clz32(inverse);
}
