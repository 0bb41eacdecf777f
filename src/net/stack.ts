import { isIP } from 'node:net';
import { inspect } from 'node:util';
import { Host, type Sysctls } from '../host/host.ts';
import { checkedSysctls } from '../host/sysctls.ts';
import type { InterfaceAddress } from '../ip/ip.ts';
import { parseImpairments } from '../link/impairment/language/parse.ts';
import { openTun } from '../link/open.ts';
import type { Link } from '../link/terms/link.ts';
import type { TunLink } from '../link/tun.ts';
import { Inspection } from '../observe/inspect/inspection.ts';
import { Histories } from '../observe/log/history.ts';
import { type RecordOptions, record } from '../observe/log/record.ts';
import type { LogEntry } from '../observe/log/schema.ts';
import { tcpSysctls } from '../tcp/terms/sysctls.ts';
import type { CongestionControl } from '../tcp/variables/congestion-control.ts';
import type { Random } from '../time/random.ts';
import { address } from '../wire/address.ts';
import { realTime, type StackTime } from './driver/clock.ts';
import { Driver } from './driver/driver.ts';
import { PathImpairment } from './driver/path-impairment.ts';
import { createNet, type HostClasses, hostClasses, type Net } from './net.ts';
import { SystemRandom } from './random.ts';
import { createRawTcp, type RawTcp } from './raw-tcp.ts';
import { nodeError } from './terms/errors.ts';
import { type Web, withWeb } from './web/web.ts';

export interface HostSettings {
  /** Our addresses, with the length of their networks' prefixes: `10.9.0.2/24`, `fd00:9::2/64`. */
  addresses: readonly string[];
  /** Knobs under Linux's names, where they shall differ from Linux's defaults. */
  sysctls?: Partial<Sysctls> | undefined;
  /** What the path does to packets: `delay 50ms; drop FIN 1 out` (src/link/impairment/IMPAIR.md). Default: nothing. */
  impair?: string | undefined;
  /** Where its chance begins, a whole number below 2^32: with the same one a run repeats. Default: by chance. */
  impairSeed?: number | undefined;
  /** How many entries of the event log are remembered of each connection (`stack.inspect.history`), 0 to 10,000. Default: 0. */
  history?: number | undefined;
  /** Where its time comes from; default: it is the time that it is. A test may have another. */
  time?: StackTime | undefined;
  /** Where its chance comes from: sequence numbers, ports, identifications. Default: the operating system. A seeded one is for tests alone. */
  random?: Random | undefined;
}

export interface StackOptions {
  /** The TUN device: created, or attached to when it exists. */
  device: string;
  /** Our address. */
  address: string;
  /** The kernel's address on the device. */
  kernelAddress: string;
  /** Prefix length of the network that both are in. Default: 24. */
  prefix?: number | undefined;
  /** The same for IPv6, if it is wanted. */
  address6?: string | undefined;
  kernelAddress6?: string | undefined;
  prefix6?: number | undefined;
  /** The largest IP packet, in bytes. Default: 1500. */
  mtu?: number | undefined;
  /** Super-segments and checksum offload. Default: true. */
  offload?: boolean | undefined;
  /** What opens the device. Default: `native`. */
  driver?: 'native' | 'tuntap2' | undefined;
  /**
   * How long to look for packets before the event loop sleeps, in microseconds, 0 (never) to 1000. It looks only while
   * packets come faster than that. Default: 50, or 0 on a machine with one core. A matter of the thread's event loop: of
   * several stacks on one, the last that was opened decides. The driver tuntap2 has none of it.
   */
  busyPoll?: number | undefined;
  sysctls?: Partial<Sysctls> | undefined;
  /** What the path does to packets: `delay 50ms; drop FIN 1 out` (src/link/impairment/IMPAIR.md). Default: nothing. */
  impair?: string | undefined;
  /** Where its chance begins, a whole number below 2^32: with the same one a run repeats. Default: by chance. */
  impairSeed?: number | undefined;
  /** How many entries of the event log are remembered of each connection (`stack.inspect.history`), 0 to 10,000. Default: 0. */
  history?: number | undefined;
}

/**
 * A host on a link, running in real time, with the API of node:net, and of what is built on it: node:http, https, tls, http2, fetch.
 *
 * An open stack keeps the process alive, as a listening server does: the kernel may ping it any time. After `unref` only
 * its open sockets and servers do.
 */
export interface Stack<L extends Link = Link> extends Net, Web, AsyncDisposable {
  readonly host: Host;
  readonly link: L;
  /** Connections without streams, for who needs the speed: native-notes/raw-api.md. */
  readonly tcp: RawTcp;
  /** The constructors of its sockets and servers, for a stack that comes after it. @internal */
  readonly classes: HostClasses;
  /** What the path does to packets, who is told of it, and how often it was done. */
  readonly impairment: PathImpairment;
  /**
   * Makes the path misbehave from now on, in the language of src/link/impairment/IMPAIR.md; null: no longer.
   * @throws ImpairmentSyntaxError
   */
  impair(text: string | null): void;
  /**
   * A congestion control algorithm of one's own, to be chosen by its name: `connect({ congestionControl: 'mine' })`, for a server, or
   * for all connections with `stack.host.sysctls.tcp_congestion_control`. What it gets, and what it must answer, `CongestionControl` says;
   * native-notes/congestion-control.md has a whole one. If it throws, the connection is reno's from then on, and the process gets a warning.
   * @throws TypeError where it isn't one, or its name is a built-in one's
   */
  addCongestionControl(algorithm: CongestionControl): void;
  /** What its state is, as plain objects: sockets, TIME_WAIT entries, counters. */
  readonly inspect: Inspection;
  /**
   * Writes down what this stack does from now on: the event log, src/observe/log/LOG.md.
   * @returns a function that ends it
   *
   * @example
   * ```ts
   * const stop = stack.record((entry) => log.write(`${JSON.stringify(entry)}\n`));
   * ```
   */
  record(write: (entry: LogEntry) => void, options?: Pick<RecordOptions, 'wants' | 'tcb' | 'leavesOut'>): () => void;
  /**
   * Closes all sockets and servers, and the link as soon as the peers have taken what was queued, after `linger`
   * milliseconds (default: 500) at the latest; connections that are not done by then are reset.
   */
  close(linger?: number): Promise<void>;
  ref(): void;
  unref(): void;
}

/**
 * Brings a host up on any link. The stack owns the link from now on.
 * @param former constructors of a stack that is closed, to be taken over; for `up` alone
 */
export function createStack<L extends Link>(
  link: L,
  settings: HostSettings,
  former: HostClasses | null = null,
): Stack<L> {
  if (!Array.isArray(settings?.addresses)) {
    throw invalidOption("settings.addresses must be an array such as ['10.0.0.1/24']", settings?.addresses);
  }
  if (!Number.isInteger(link?.mtu) || link.mtu < LEAST_MTU || link.mtu > LONGEST_PACKET) {
    throw invalidOption(`link.mtu must be a whole number from ${LEAST_MTU} to ${LONGEST_PACKET}`, link?.mtu);
  }
  checkImpairment(settings, 'settings');
  checkHistory(settings, 'settings');
  const { time = realTime } = settings;
  const host = new Host({
    addresses: settings.addresses.map(interfaceAddress),
    mtu: link.mtu,
    checksumOffload: link.checksumOffload,
    gsoMaxSize: link.gsoMaxSize,
    sysctls: { ...receiveBuffersFor(link), ...settings.sysctls },
    random: settings.random ?? new SystemRandom(),
    now: time.now(),
    clock: () => time.now(),
    output: (frame) => driver.output(frame),
  });
  const { history = 0 } = settings;
  const driver = new Driver(host, link, time);
  const impairment = new PathImpairment(driver, settings.impairSeed ?? new SystemRandom().next());
  if (settings.impair !== undefined) impairment.set(settings.impair);
  link.start?.();
  const classes = former ?? hostClasses(driver);
  const stack: Omit<Stack<L>, keyof Web> = {
    ...createNet(driver, classes),
    classes,
    host,
    link,
    tcp: createRawTcp(driver),
    impairment,
    impair: (text) => impairment.set(text),
    addCongestionControl: (algorithm) => host.tcp.addCongestionControl(algorithm, warnOf(algorithm)),
    inspect: new Inspection(host, history > 0 ? new Histories(host, { entries: history }) : null),
    record: (write, recorded = {}) => record(host, write, { ...recorded, impairment, date: new Date().toISOString() }),
    close: (linger) => driver.close(linger),
    ref: () => driver.processHold.keepAlive(true),
    unref: () => driver.processHold.keepAlive(false),
    [Symbol.asyncDispose]: () => driver.close(),
  };
  return withWeb(stack);
}

/** The stack goes on, and so does the connection; but its author should know. */
const warnOf =
  ({ name }: CongestionControl) =>
  (error: unknown): void =>
    process.emitWarning(`The congestion control "${name}" threw, and its connection is reno's now: ${inspect(error)}`, {
      code: 'TCPGLASS_CONGESTION_CONTROL',
    });

/**
 * Where each segment takes a place of its own in the link's queue, a connection's window is half of the queue at the most: the
 * kernel drops what it has no place for. A window is half of a buffer, and the queue of a device that we make is long enough
 * for the largest as it is.
 */
function receiveBuffersFor({ gsoMaxSize, queueLength = 0, mtu }: Link): Partial<Sysctls> {
  if (gsoMaxSize > 0 || queueLength === 0) return {};
  const [least, first, largest] = tcpSysctls.tcp_rmem.default;
  return { tcp_rmem: [least, first, Math.max(first, Math.min(largest, queueLength * mtu))] };
}

/**
 * Opens a TUN device and brings a host of our own up on it, as the kernel's neighbour.
 *
 * @example
 * ```ts
 * import { openStack } from 'tcpglass';
 *
 * const stack = await openStack({ device: 'tun0', kernelAddress: '10.9.0.1', address: '10.9.0.2' });
 * stack.http.createServer((request, response) => response.end(`You asked for ${request.url}\n`)).listen(80);
 * // curl http://10.9.0.2/hello
 * ```
 */
export async function openStack(options: StackOptions, former: HostClasses | null = null): Promise<Stack<TunLink>> {
  checkOptions(options);
  const { prefix = 24, prefix6 = 64 } = options;
  const link = await openTun({
    name: options.device,
    address: options.kernelAddress,
    prefix,
    peer: options.address,
    address6: options.kernelAddress6,
    prefix6,
    peer6: options.address6,
    mtu: options.mtu ?? 1500,
    offload: options.offload ?? true,
    driver: options.driver,
    busyPoll: options.busyPoll,
  });
  const addresses = [`${options.address}/${prefix}`];
  if (options.address6 !== undefined) addresses.push(`${options.address6}/${prefix6}`);
  try {
    const { sysctls, impair, impairSeed, history } = options;
    return createStack(link, { addresses, sysctls, impair, impairSeed, history }, former);
  } catch (error) {
    link.close();
    throw error;
  }
}

/**
 * Before a device is made: an option's error names the option.
 * @throws TypeError with Node's code ERR_INVALID_ARG_TYPE, SysctlError, ImpairmentSyntaxError
 */
function checkOptions(options: StackOptions): void {
  for (const name of ['device', 'kernelAddress', 'address'] as const) {
    if (typeof options?.[name] !== 'string') throw invalidOption(`options.${name} must be a string`, options?.[name]);
  }
  for (const name of ['kernelAddress', 'address', 'kernelAddress6', 'address6'] as const) {
    const family = name.endsWith('6') ? 6 : 4;
    const value = options[name];
    if (value !== undefined && isIP(value) !== family) {
      throw invalidOption(`options.${name} must be an IPv${family} address`, value);
    }
  }
  checkedSysctls(options.sysctls ?? {});
  checkImpairment(options, 'options');
  checkHistory(options, 'options');
}

/** Each host and router must forward so much in one piece (RFC 791, section 3.2). */
const LEAST_MTU = 68;
const LONGEST_PACKET = 65_535;

const HISTORY_MOST = 10_000;

function checkHistory({ history }: Pick<StackOptions, 'history'>, where: string): void {
  if (history === undefined || (Number.isInteger(history) && history >= 0 && history <= HISTORY_MOST)) return;
  throw invalidOption(`${where}.history must be a whole number from 0 to ${HISTORY_MOST}`, history);
}

/** @throws ImpairmentSyntaxError */
function checkImpairment({ impair, impairSeed }: Pick<StackOptions, 'impair' | 'impairSeed'>, where: string): void {
  if (impair !== undefined && typeof impair !== 'string')
    throw invalidOption(`${where}.impair must be a string`, impair);
  parseImpairments(impair ?? '');
  if (impairSeed === undefined || (Number.isInteger(impairSeed) && impairSeed >= 0 && impairSeed < 2 ** 32)) return;
  throw invalidOption(`${where}.impairSeed must be a whole number from 0 to 4294967295`, impairSeed);
}

const invalidOption = (rule: string, value: unknown): Error =>
  nodeError(TypeError, 'ERR_INVALID_ARG_TYPE', `${rule}. Received ${inspect(value)}`);

function interfaceAddress(text: string): InterfaceAddress {
  const [ip = '', length] = text.split('/');
  const parsed = address(ip);
  const whole = parsed.family === 4 ? 32 : 128;
  if (length === undefined) return { address: parsed, prefix: whole };
  if (!/^\d{1,3}$/.test(length) || Number(length) > whole) {
    throw invalidOption(`The prefix of ${ip} must be a whole number from 0 to ${whole}`, length);
  }
  return { address: parsed, prefix: Number(length) };
}
