import { networkInterfaces } from 'node:os';
import { type Command, Option } from 'commander';
import type { Sysctls } from '../../host/host.ts';
import { address as toAddress } from '../../wire/address.ts';
import { IPV6_MIN_MTU } from '../../wire/ipv6.ts';
import { usageError } from '../terminal/errors.ts';
import type { TraceFlags } from '../terminal/trace.ts';
import {
  parseBusyPoll,
  parseDevice,
  parseHistory,
  parseImpair,
  parseIpv4,
  parseIpv6,
  parseKnob,
  parseMsl,
  parseMtu,
  parsePrefix,
  parseSeed,
} from './parse.ts';

/** The flags of every command that opens a device, as commander hands them over. */
export interface DeviceFlags extends TraceFlags {
  device: string;
  kernelAddress?: string;
  address?: string;
  prefix: number;
  kernelAddress6?: string;
  address6?: string;
  mtu: number;
  offload: boolean;
  driver: 'native' | 'tuntap2';
  busyPoll?: number;
  msl?: number;
  sysctl?: Partial<Sysctls>;
  impair?: string;
  impairSeed?: number;
  history: number;
}

/** What a stack is opened with. */
export interface StackSettings {
  device: string;
  address: string;
  kernelAddress: string;
  prefix: number;
  /** Both or neither; their network is a /64. */
  address6?: string | undefined;
  kernelAddress6?: string | undefined;
  mtu: number;
  offload: boolean;
  driver: 'native' | 'tuntap2';
  busyPoll?: number | undefined;
  sysctls: Partial<Sysctls>;
  impair?: string | undefined;
  impairSeed?: number | undefined;
  history: number;
}

export interface DeviceDefaults {
  device: string;
  /** Which network: the one that the documentation uses, or the first that no device here has. */
  network: 'documented' | 'free';
}

const DRIVERS =
  'what opens the device: our addon, or the npm package tuntap2 (less than a tenth of the throughput, names it itself)';

export function addDeviceOptions(command: Command, defaults: DeviceDefaults): Command {
  const free = defaults.network === 'free';
  const address = (flags: string, description: string, fallback: string): Option => {
    if (free) description += ` (default: ${fallback} in the first free 10.9.x.0/24)`;
    const option = new Option(flags, description).argParser(parseIpv4);
    return free ? option : option.default(fallback);
  };
  return command
    .option('--device <name>', 'TUN device: created, or attached to when it is there', parseDevice, defaults.device)
    .addOption(address('--kernel-address <ip>', "the kernel's address on it", free ? '.1' : '10.9.0.1'))
    .addOption(address('--address <ip>', 'our address', free ? '.2' : '10.9.0.2'))
    .option('--prefix <length>', 'prefix length of both', parsePrefix, 24)
    .option('--kernel-address6 <ip>', "the kernel's IPv6 address on it, in a /64 (default: no IPv6)", parseIpv6)
    .option('--address6 <ip>', 'our IPv6 address', parseIpv6)
    .option('--mtu <bytes>', 'largest IP packet', parseMtu, 1500)
    .option('--no-offload', 'without checksum offload and super-segments (slower, more to see)')
    .addOption(new Option('--driver <name>', DRIVERS).choices(['native', 'tuntap2']).default('native'))
    .option(
      '--busy-poll <us>',
      'look for packets this long before sleeping, while they come that fast (default: 50; with one core 0)',
      parseBusyPoll,
    )
    .option('--msl <seconds>', 'maximum segment lifetime: TIME_WAIT lasts twice as long (default: 30)', parseMsl)
    .option('--sysctl <name=value>', 'a knob, under its Linux name (repeatable)', parseKnob)
    .option(
      '--impair <text>',
      'make the path misbehave: "delay 50ms; loss 1%; drop FIN 1 out" (repeatable; IMPAIR.md has the language)',
      parseImpair,
    )
    .option('--impair-seed <number>', 'with the same seed its chance is the same', parseSeed)
    .option('--history <entries>', 'remember so many entries of the log for each connection', parseHistory, 16)
    .option('--log <file>', 'write the event log, for `tcpglass trace --read`')
    .option('--trace', 'print each segment and state change')
    .option('--trace-file <file>', 'write them to a file of your own instead');
}

/** Checks the flags against each other. */
export function stackSettings(flags: DeviceFlags): StackSettings {
  const network = firstFreeNetwork(flags);
  const kernelAddress = flags.kernelAddress ?? `${network}.1`;
  const address = flags.address ?? `${network}.2`;
  const { prefix } = flags;
  if (address === kernelAddress) {
    throw usageError(`Cannot use ${address} for both sides: give --address and --kernel-address different addresses`);
  }
  const mask = prefixMask(prefix);
  if ((toWord(address) & mask) !== (toWord(kernelAddress) & mask)) {
    throw usageError(
      `${address} and ${kernelAddress} are not in one /${prefix} network: change --address, --kernel-address or --prefix`,
    );
  }
  for (const ip of [address, kernelAddress]) {
    const problem = unusable(ip, prefix);
    if (problem) throw usageError(`Cannot use ${ip}: it is ${problem}`);
  }
  return {
    device: flags.device,
    address,
    kernelAddress,
    prefix,
    ...pair6(flags),
    mtu: flags.mtu,
    offload: flags.offload,
    driver: flags.driver,
    busyPoll: flags.busyPoll,
    sysctls: { ...timeWait(flags.msl), ...flags.sysctl },
    history: flags.history,
    impair: flags.impair,
    impairSeed: flags.impairSeed,
  };
}

/** 2MSL (RFC 9293, section 3.4.2), in the milliseconds of its knob. */
const timeWait = (msl: number | undefined): Partial<Sysctls> =>
  msl === undefined ? {} : { tcp_timewait_len: Math.round(2 * msl * 1000) };

/** The IPv6 addresses, where they are wanted. */
function pair6({ address6, kernelAddress6, mtu }: DeviceFlags): Pick<StackSettings, 'address6' | 'kernelAddress6'> {
  if (address6 === undefined && kernelAddress6 === undefined) return {};
  if (address6 === undefined || kernelAddress6 === undefined) {
    throw usageError('IPv6 needs both sides: give --address6 and --kernel-address6');
  }
  const [ours, kernels] = [toAddress(address6), toAddress(kernelAddress6)];
  if (ours.equals(kernels)) {
    throw usageError(
      `Cannot use ${address6} for both sides: give --address6 and --kernel-address6 different addresses`,
    );
  }
  if (ours.w0 !== kernels.w0 || ours.w1 !== kernels.w1) {
    throw usageError(`${address6} and ${kernelAddress6} are not in one /64 network`);
  }
  if (ours.isMulticast || ours.isUnspecified || ours.family === 4) {
    throw usageError(`Cannot use ${address6}: no host can have it`);
  }
  if (mtu < IPV6_MIN_MTU) throw usageError(`IPv6 needs an --mtu of at least ${IPV6_MIN_MTU}`);
  return { address6, kernelAddress6 };
}

export function toWord(ip: string): number {
  return ip.split('.').reduce((word, part) => (word << 8) | Number(part), 0);
}

export const prefixMask = (prefix: number): number => (prefix === 0 ? 0 : -1 << (32 - prefix));

/** Why no host can have this address, or null. */
function unusable(ip: string, prefix: number): string | null {
  const word = toWord(ip);
  const first = word >>> 24;
  if (first === 0) return 'in 0.0.0.0/8, "this network"';
  if (first === 127) return 'a loopback address';
  if (first >= 240) return 'in 240.0.0.0/4, reserved';
  if (first >= 224) return 'a multicast address';
  const host = word & ~prefixMask(prefix);
  if (prefix < 31 && host === 0) return `the address of the network itself (/${prefix})`;
  if (prefix < 31 && host === ~prefixMask(prefix)) return `the network's broadcast address (/${prefix})`;
  return null;
}

/** The first three numbers of a /24 that this machine's devices leave alone, from 10.9.1 on. */
function firstFreeNetwork(flags: DeviceFlags): string {
  const given = flags.kernelAddress ?? flags.address;
  if (given !== undefined) return given.split('.').slice(0, 3).join('.');
  const taken = Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map((a) => a.address) ?? []);
  for (let n = 1; n < 255; n++) {
    if (!taken.some((ip) => ip.startsWith(`10.9.${n}.`))) return `10.9.${n}`;
  }
  throw usageError('All of 10.9.1.0/24 to 10.9.254.0/24 are in use here: give --kernel-address and --address');
}
