import { readFileSync } from 'node:fs';
import { nearest } from '../basics/nearest.ts';

/** What the environment, or a file, says about the stack that a program is to have. Names are those of `openStack`'s options. */
export interface Config {
  /** The TUN device; `cable`: none, but two hosts in this process, one for its servers and one for its clients. Default: tun0. */
  device: string;
  address: string;
  kernelAddress: string;
  prefix?: number;
  address6?: string;
  kernelAddress6?: string;
  prefix6?: number;
  mtu?: number;
  driver?: 'native' | 'tuntap2';
  impair?: string;
  impairSeed?: number;
  /** Of `cable`: `virtual` or `real`, the default. */
  time?: 'real' | 'virtual';
  /** Of `cable`: the ladder goes to stderr when the process ends. */
  ladder?: boolean;
}

type Read = (text: string, name: string) => unknown;

const asText: Read = (text) => text;
const asNumber: Read = (text, name) => {
  if (!/^\d+$/.test(text)) throw new ConfigError(`${name} must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
};
const asFlag: Read = (text, name) => {
  if (!/^(1|true|0|false)$/.test(text)) throw new ConfigError(`${name} must be 1 or 0, not ${JSON.stringify(text)}`);
  return text === '1' || text === 'true';
};
const oneOf =
  (...choices: string[]): Read =>
  (text, name) => {
    if (!choices.includes(text))
      throw new ConfigError(`${name} must be ${choices.join(' or ')}, not ${JSON.stringify(text)}`);
    return text;
  };

/** How each setting is read. */
const SETTINGS: Readonly<Record<keyof Config, Read>> = {
  device: asText,
  address: asText,
  kernelAddress: asText,
  prefix: asNumber,
  address6: asText,
  kernelAddress6: asText,
  prefix6: asNumber,
  mtu: asNumber,
  driver: oneOf('native', 'tuntap2'),
  impair: asText,
  impairSeed: asNumber,
  time: oneOf('real', 'virtual'),
  ladder: asFlag,
};

const PREFIX = 'TCPGLASS_';
const FILE = `${PREFIX}CONFIG`;

/** A setting is wrong: one sentence. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_TCPGLASS_CONFIG';
}

/** `kernelAddress6` is TCPGLASS_KERNEL_ADDRESS6 in the environment. */
const variableOf = (name: string): string => PREFIX + name.replace(/[A-Z]/g, '_$&').toUpperCase();

/**
 * The configuration: the file that TCPGLASS_CONFIG names (JSON), and TCPGLASS_ variables, which win.
 * @throws ConfigError
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  for (const name of Object.keys(environment)) checkVariable(name);
  const config: Record<string, unknown> = { device: 'tun0', address: '10.9.0.2', kernelAddress: '10.9.0.1' };
  const file = environment[FILE];
  if (file !== undefined) Object.assign(config, readFile(file));
  for (const [name, read] of Object.entries(SETTINGS)) {
    const text = environment[variableOf(name)];
    if (text !== undefined) config[name] = read(text, variableOf(name));
  }
  return config as unknown as Config;
}

/** So many letters of a name may be wrong for it to be recognized. */
const TYPED_WRONG = 2;

/** A variable that is near to one of ours was meant to be it. Others are none of ours to judge. */
function checkVariable(name: string): void {
  if (!name.startsWith('TCPGLASS')) return;
  const known = [FILE, ...Object.keys(SETTINGS).map(variableOf)];
  if (known.includes(name)) return;
  const [meant] = nearest(name.toLowerCase(), known, TYPED_WRONG);
  if (meant !== undefined) throw new ConfigError(`There is no ${name}. Did you mean ${meant}?`);
}

function readFile(path: string): object {
  let settings: unknown;
  try {
    settings = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`Cannot read ${path}, which ${FILE} names: ${(error as Error).message}`);
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new ConfigError(`${path} must have a JSON object`);
  }
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]: [string, unknown]) => {
      if (!Object.hasOwn(SETTINGS, name)) {
        throw new ConfigError(`${path} has "${name}"; there are: ${Object.keys(SETTINGS).join(', ')}`);
      }
      if (typeof value === 'object')
        throw new ConfigError(`"${name}" in ${path} must be a text, a number or a truth value`);
      return [name, SETTINGS[name as keyof Config](String(value), `"${name}" in ${path}`)];
    }),
  );
}
