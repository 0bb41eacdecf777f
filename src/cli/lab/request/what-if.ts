import type { Sysctls } from '../../../host/host.ts';
import { parseSysctl, SysctlError } from '../../../host/sysctls.ts';
import type { Scenario } from '../../../lab/story/scenario.ts';
import { LabError } from '../../../lab/terms/errors.ts';
import type { Text } from '../../../lab/terms/text.ts';
import { parseSeed } from '../../arguments/parse.ts';

/** What can be changed in every scenario, beside its own parameters: with `--set NAME=VALUE`, and as an option of its own. */
export const GENERAL: Readonly<Record<string, { value: string; text: Text }>> = {
  loss: {
    value: 'percent',
    text: { en: 'the path loses so many packets, each way: 20%', zh: '路径的丢包率，双向：20%' },
  },
  delay: { value: 'time', text: { en: 'how long a packet takes, each way: 50ms', zh: '单程时延：50ms' } },
  jitter: { value: 'time', text: { en: 'give or take so much: 5ms', zh: '时延抖动：5ms' } },
  rate: { value: 'rate', text: { en: 'as much as the path carries: 10mbit', zh: '路径带宽：10mbit' } },
  msl: {
    value: 'seconds',
    text: { en: 'MSL: TIME_WAIT lasts 2 of them (default: 30)', zh: 'MSL：TIME_WAIT 为 2 个 MSL（默认 30）' },
  },
};

/** The option for a parameter: `--for-ever` for `forEver`. */
export const optionNameOf = (parameter: string): string =>
  parameter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What the reader wants to be otherwise, as the command line has it. */
export interface Wishes {
  /** `--set` and the options of single parameters: names and values. */
  set: ReadonlyMap<string, string>;
  lose: readonly string[];
  impair: readonly string[];
  sysctl: readonly string[];
}

export interface WhatIfOfWishes {
  parameters: Map<string, string>;
  path: string[];
  sysctls: Partial<Sysctls>;
  sysctlsOf: Map<string, Partial<Sysctls>>;
  seed: number | undefined;
}

/** The longest MSL that the knob takes, in seconds. */
const LONGEST_MSL = 43_200;

/** @throws LabError, SysctlError */
export function whatIfOf({ parameters: own = {} }: Scenario, { set, lose, impair, sysctl }: Wishes): WhatIfOfWishes {
  const parameters = new Map<string, string>();
  const general = new Map<string, string>();
  for (const [name, value] of set) {
    const known = Object.keys(own).find((parameter) => parameter === name || optionNameOf(parameter) === name);
    if (known === undefined && [...Object.keys(GENERAL), 'seed'].includes(name)) general.set(name, value);
    else parameters.set(known ?? name, value);
  }
  const sysctls: Partial<Sysctls> = { ...mslKnob(general.get('msl')) };
  const sysctlsOf = new Map<string, Partial<Sysctls>>();
  for (const text of sysctl) {
    const [, host, knob] = /^(?!net\.)([a-z][\w-]*)\.([^=]*=.*)$/.exec(text) ?? [];
    if (host === undefined) Object.assign(sysctls, parsedKnob(text));
    else sysctlsOf.set(host, { ...sysctlsOf.get(host), ...parsedKnob(knob!) });
  }
  const path = [...faultsOf(general), ...impair, ...lose.map((packets) => `drop ${packets}`)];
  const seed = general.get('seed');
  return { parameters, path, sysctls, sysctlsOf, seed: seed === undefined ? undefined : parseSeed(seed) };
}

function faultsOf(general: ReadonlyMap<string, string>): string[] {
  const [loss, delay, jitter, rate] = ['loss', 'delay', 'jitter', 'rate'].map((name) => general.get(name));
  const faults: string[] = [];
  if (loss !== undefined) faults.push(`loss ${loss}`);
  if (delay !== undefined || jitter !== undefined) {
    faults.push(`delay ${delay ?? '10ms'}${jitter === undefined ? '' : ` jitter ${jitter}`}`);
  }
  if (rate !== undefined) faults.push(`rate ${rate}`);
  return faults;
}

/** An MSL of 0 is as short as the knob can have it. */
function mslKnob(text: string | undefined): Partial<Sysctls> {
  if (text === undefined) return {};
  const seconds = /^\d{1,5}(\.\d{1,3})?s?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (seconds <= LONGEST_MSL) return { tcp_timewait_len: Math.max(1, Math.round(2 * seconds * 1000)) };
  throw new LabError(`"msl" is a number of seconds from 0 to ${LONGEST_MSL}, not "${text}"`);
}

function parsedKnob(text: string): Partial<Sysctls> {
  try {
    return parseSysctl(text);
  } catch (error) {
    if (error instanceof SysctlError) throw new LabError(error.message);
    throw error;
  }
}
