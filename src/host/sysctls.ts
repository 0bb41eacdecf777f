import { nearest } from '../basics/nearest.ts';
import { type IpSysctls, ipSysctls } from '../ip/terms/sysctls.ts';
import { type TcpSysctls, tcpSysctls } from '../tcp/terms/sysctls.ts';
import type { Knob } from '../time/knobs.ts';

export type Sysctls = TcpSysctls & IpSysctls;

/** Every knob of a host, by Linux's name: default, unit, bounds, source, and what it does. */
export const sysctlTable: { readonly [Name in keyof Sysctls]: Knob } = { ...tcpSysctls, ...ipSysctls };

/** A name or value that a host can't take; the message says what it can. */
export class SysctlError extends Error {}

/**
 * Parses `net.ipv4.tcp_fin_timeout=30` (the prefix may be left out; several numbers are separated by blanks or commas).
 * @throws SysctlError for an unknown name (naming a similar one that is known) or an impossible value
 *
 * @example
 * parseSysctl('net.ipv4.tcp_rmem=4096 65536 1048576') // { tcp_rmem: [4096, 65536, 1048576] }
 */
export function parseSysctl(text: string): Partial<Sysctls> {
  const match = /^\s*([\w./]+)\s*=\s*(.*?)\s*$/.exec(text);
  if (!match) throw new SysctlError(`Not a sysctl: "${text}". Write NAME=VALUE, as net.ipv4.tcp_fin_timeout=30`);
  const name = match[1]!.replace(/^net[./](ipv4|ipv6|core)[./]((route|icmp|conf[./]all)[./])?/, '');
  const words = isText(name) ? [match[2]!] : match[2]!.split(/[\s,]+/);
  const values = words.map((word) => (/^(-?\d+|0[xX][0-9a-fA-F]+)$/.test(word) && !isText(name) ? Number(word) : word));
  checkSysctl(match[1]!, name, values, match[2]!);
  return { [name]: values.length === 1 ? values[0] : values };
}

const isText = (name: string): boolean =>
  Object.hasOwn(sysctlTable, name) && 'form' in sysctlTable[name as keyof Sysctls];

/**
 * Knobs that a program gives, checked; what is undefined is left out, and keeps its default.
 * @throws SysctlError for an unknown name (naming a similar one that is known) or an impossible value
 */
export function checkedSysctls(given: Partial<Sysctls>): Partial<Sysctls> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of entries) checkSysctl(name, name, Array.isArray(value) ? value : [value], String(value));
  return Object.fromEntries(entries);
}

/** @param said what the error calls the knob @param text what it calls the value */
function checkSysctl(said: string, name: string, values: readonly unknown[], text: string): void {
  if (!Object.hasOwn(sysctlTable, name)) {
    throw new SysctlError(`Unknown sysctl ${said}: this host has no such knob${suggestion(name)}`);
  }
  const knob = sysctlTable[name as keyof Sysctls];
  if ('among' in knob) {
    if (values.length === 1 && (knob.among as readonly unknown[]).includes(values[0])) return;
    throw new SysctlError(`${name} takes one of these: ${knob.among.join(', ')}; not "${text}"`);
  }
  if ('readOnly' in knob) throw new SysctlError(`${name} can only be read`);
  if ('form' in knob) {
    if (values.length === 1 && typeof values[0] === 'string' && knob.form.test(values[0])) return;
    throw new SysctlError(`${name} takes ${knob.formText}, not "${text}"`);
  }
  const wanted = typeof knob.default === 'number' ? 1 : knob.default.length;
  const good = values.every((v) => Number.isSafeInteger(v) && (v as number) >= knob.min && (v as number) <= knob.max);
  if (values.length !== wanted || !good || !isAscending(values as number[])) {
    const shape = wanted === 1 ? 'a whole number' : `${wanted} whole numbers, ascending,`;
    throw new SysctlError(`${name} takes ${shape} from ${knob.min} to ${knob.max} (${knob.unit}), not "${text}"`);
  }
}

const isAscending = (values: readonly number[]): boolean => values.every((v, i) => i === 0 || v >= values[i - 1]!);

/** A third of a name may be mistyped; what is further away is another name. */
const TYPED_RIGHT = 2 / 3;

function suggestion(name: string): string {
  const [best] = nearest(name, Object.keys(sysctlTable), name.length * (1 - TYPED_RIGHT));
  return best === undefined ? '' : `. Did you mean ${best}?`;
}
