import { once } from 'node:events';
import { Command } from 'commander';
import type { ControlServer } from '../../control/server/server.ts';
import type { MetricsServer } from '../../metrics/server.ts';
import type { HostClasses } from '../../net/net.ts';
import type { ServiceName } from '../../services/index.ts';
import { controlOption } from '../arguments/control-option.ts';
import { addDeviceOptions, type DeviceFlags, type StackSettings, stackSettings } from '../arguments/device-options.ts';
import { type HostAndPort, type Publication, parseMetrics, parsePublication } from '../arguments/parse.ts';
import { queueAdvice } from '../doctor/queue.ts';
import { giveUpCapabilities } from '../process/capabilities.ts';
import { compileEarly } from '../process/compile-early.ts';
import { serveBeforeCompiling } from '../process/compiler-priority.ts';
import { dieOf } from '../process/signals.ts';
import { openControl } from '../stack/control.ts';
import { openMetrics } from '../stack/metrics.ts';
import { type Published, publish } from '../stack/publish.ts';
import { curlLine, listServices, serve, servicesOption } from '../stack/services.ts';
import { socketTable } from '../stack/sockets.ts';
import { type CliStack, open } from '../stack/stack.ts';
import { CliError, usageError } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { limitDraining, note, say, styled, whenStdoutBreaks } from '../terminal/output.ts';
import { openLog, openTrace } from '../terminal/trace.ts';
import { warmUp } from '../warm-up/warm-up.ts';

export interface UpFlags extends DeviceFlags {
  services: ReadonlyMap<ServiceName, number>;
  publish?: Publication[];
  control?: string;
  metrics?: HostAndPort;
  warmUp: boolean;
  json?: boolean;
  quiet?: boolean;
}

export function upCommand(): Command {
  const command = new Command('up').description('bring the stack up on a TUN device and serve until Ctrl-C');
  return addUpOptions(command)
    .addHelpText(
      'after',
      notes(`
Needs CAP_NET_ADMIN (root, or \`docker run --cap-add NET_ADMIN --device /dev/net/tun\`); without it, see \`shell\`.
It keeps none: as soon as the device is there and the ports are bound it gives up every capability, in all of its threads,
and no program that it could start gets one back (no_new_privs). Its user id stays. The device goes with the process.
Before it takes the device, it serves connections in memory for 0.4 seconds: those that come are as fast from the first one on.
SIGUSR2 (\`kill -USR2 PID\`) has it print its sockets to stderr, as \`ss -tano\` does. A second Ctrl-C waits for nothing.
From another terminal \`tcpglass ss\`, \`tcpglass timewait\` and \`tcpglass nstat\` show what its state is.

Examples:
  tcpglass up                                  then: curl http://10.9.0.2/
  tcpglass up --trace --services http          HTTP only, with a trace
  tcpglass up --publish 8080:80                127.0.0.1:8080 leads to port 80
  tcpglass up --publish 0.0.0.0:8080:80        from everywhere
  tcpglass up --impair 'delay 100ms' --trace   each way, so 200 ms a round trip
  tcpglass up --impair 'out: rate 10mbit queue 50; in: loss 1%; drop FIN 1'
  tcpglass up --address 10.1.2.3 --kernel-address 10.1.2.1 --msl 1
  tcpglass up --sysctl net.ipv4.tcp_fin_timeout=30 --sysctl tcp_syn_retries=2`),
    )
    .action(async (flags: UpFlags) => runUp(flags));
}

export function addUpOptions(command: Command): Command {
  return addDeviceOptions(command, { device: 'tun0', network: 'documented' })
    .addOption(servicesOption())
    .option(
      '--publish <[bind:]hostport:port>',
      "lead a port of the kernel's side to ours (repeatable)",
      parsePublication,
    )
    .addOption(controlOption())
    .option(
      '--metrics <[host:]port>',
      "counters for Prometheus, on the kernel's side: http://HOST:PORT/metrics",
      parseMetrics,
    )
    .option('--no-warm-up', 'be up half a second earlier; the first connections are slower then')
    .option('--json', 'say what is up as one line of JSON (a trace then goes to stderr)')
    .option('-q, --quiet', 'say nothing');
}

/** Only services listen at our address, so a published port without one could never be reached. */
function refuseUnserved({ services, publish = [] }: UpFlags): void {
  const ports = new Set(services.values());
  for (const { hostPort, port } of publish) {
    if (ports.has(port)) continue;
    throw usageError(`Cannot publish ${hostPort}:${port}: no service is at port ${port} (${listServices(services)})`);
  }
}

/** Everything that `up` holds open. */
interface Running {
  stack: CliStack;
  services: { readonly ports: ReadonlyMap<ServiceName, number>; close(): void };
  published: Published[];
  control: ControlServer | null;
  metrics: MetricsServer | null;
}

export async function runUp(flags: UpFlags): Promise<void> {
  compileEarly();
  serveBeforeCompiling();
  const settings = stackSettings(flags);
  refuseUnserved(flags);
  const ended = untilToldToEnd(flags.trace === true && flags.traceFile === undefined);
  const lost = new AbortController();
  // Without services there is no listener that could notice; but without the device nothing keeps the event loop busy.
  process.once('beforeExit', () => lost.abort());
  const ending = new AbortController();
  void ended.then(() => ending.abort());
  const former = flags.warmUp ? await warmUp(settings, flags.services, ending.signal) : null;
  if (ending.signal.aborted) return;
  const running = await start(settings, flags, () => lost.abort(), former);
  process.on('SIGUSR2', () => note(socketTable(running.stack.inspect)));
  if (flags.json) say(JSON.stringify(summary(settings, running)));
  else if (!flags.quiet) announce(settings, running);
  await Promise.race([ended, once(lost.signal, 'abort')]);
  await end(running);
  if (lost.signal.aborted)
    throw new CliError(`The device ${running.stack.link.name} is gone: another program deleted it`);
}

async function start(
  settings: StackSettings,
  flags: UpFlags,
  onDeleted: () => void,
  former: HostClasses | null,
): Promise<Running> {
  const trace = openTrace(flags, flags.json ? process.stderr : process.stdout);
  const stack = await open({ settings, trace, log: openLog(flags), former });
  const published: Published[] = [];
  let control: ControlServer | null = null;
  let metrics: MetricsServer | null = null;
  try {
    const services = await serve(stack, flags.services, onDeleted);
    for (const publication of flags.publish ?? []) published.push(await publish(publication, settings.address));
    if (flags.metrics) metrics = await openMetrics(stack, flags.metrics);
    // Last: where the socket is, all that was asked for is there.
    control = await openControl(stack, flags.control);
    giveUpCapabilities();
    return { stack, services, published, control, metrics };
  } catch (error) {
    control?.close();
    metrics?.close();
    for (const relay of published) relay.close();
    await stack.close();
    throw error;
  }
}

async function end({ stack, services, published, control, metrics }: Running): Promise<void> {
  control?.close();
  metrics?.close();
  for (const relay of published) relay.close();
  services.close();
  await stack.close();
}

/** How long a slow reader of our output may hold up the end, in milliseconds. */
const DRAIN_MS = 500;

/** Resolves at the first signal. A second one waits for nothing. */
function untilToldToEnd(tracing: boolean): Promise<void> {
  return new Promise((resolve) => {
    let told = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (told) dieOf(signal);
        told = true;
        limitDraining(DRAIN_MS);
        resolve();
      });
    }
    // A trace that has no reader any more was the purpose; a first message without one was not.
    whenStdoutBreaks(() => tracing && resolve());
  });
}

function announce(settings: StackSettings, { stack, services, published, metrics }: Running): void {
  const { address, kernelAddress, prefix } = settings;
  const { name, mtu, gsoMaxSize } = stack.link;
  const offload = gsoMaxSize > 0 ? 'checksum and segmentation offload' : 'no offload';
  say(`${styled('green', name)} is up: kernel ${kernelAddress}/${prefix}, tcpglass ${address}, MTU ${mtu}, ${offload}`);
  if (settings.address6) say(`IPv6:      kernel ${settings.kernelAddress6}/64, tcpglass ${settings.address6}`);
  const queue = queueAdvice(name, stack.link.queueLength);
  if (queue) say(`Queue:     ${queue}`);
  const { text, seed } = stack.impairment;
  if (text !== null) say(`Impaired:  ${text} (seed ${seed})`);
  say(`Services:  ${listServices(services.ports)}`);
  for (const { bind, hostPort, port } of published)
    say(`Published: ${socketText(bind, hostPort)} -> ${address}:${port}`);
  if (metrics) say(`Metrics:   http://${socketText(metrics.host, metrics.port)}/metrics`);
  const curl = curlLine(address, services.ports);
  if (curl) say(`Try:       ${styled('bold', curl)}`);
  say('Ctrl-C ends it.');
}

function summary(settings: StackSettings, { stack, services, published, control, metrics }: Running): object {
  const { address, kernelAddress, prefix } = settings;
  return {
    device: stack.link.name,
    mtu: stack.link.mtu,
    queueLength: stack.link.queueLength,
    offload: stack.link.gsoMaxSize > 0,
    kernelAddress,
    address,
    prefix,
    ...(settings.address6 && { kernelAddress6: settings.kernelAddress6, address6: settings.address6 }),
    ...(stack.impairment.text !== null && { impair: stack.impairment.text, impairSeed: stack.impairment.seed }),
    services: Object.fromEntries(services.ports),
    published: published.map(({ bind, hostPort, port }) => ({ bind, hostPort, port })),
    control: control?.path ?? null,
    metrics: metrics === null ? null : { host: metrics.host, port: metrics.port },
  };
}

const socketText = (bind: string, port: number): string =>
  bind.includes(':') ? `[${bind}]:${port}` : `${bind}:${port}`;
