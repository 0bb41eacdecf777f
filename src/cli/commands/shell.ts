import { resolve } from 'node:path';
import { Command } from 'commander';
import { makeRuntimeDirectory } from '../../control/place/directory.ts';
import type { ServiceName } from '../../services/index.ts';
import { controlOption } from '../arguments/control-option.ts';
import { addDeviceOptions, type DeviceFlags, type StackSettings, stackSettings } from '../arguments/device-options.ts';
import { checkNamespaces } from '../doctor/namespaces.ts';
import { checkTunNode } from '../doctor/tun-node.ts';
import { childEnded, respawnInside, yieldSignalsTo } from '../process/inside.ts';
import { servicesOption } from '../stack/services.ts';
import { CliError } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { note } from '../terminal/output.ts';
import { fileForShell } from '../terminal/trace.ts';

export interface ShellFlags extends DeviceFlags {
  services: ReadonlyMap<ServiceName, number>;
  control?: string;
  quiet?: boolean;
}

/** What the process inside the namespaces is told, as JSON in its command line. */
export interface InsideOrder {
  settings: StackSettings;
  services: [ServiceName, number][];
  trace: boolean;
  /** The trace goes there; undefined: to stderr. */
  traceFile: string | undefined;
  log: string | undefined;
  /** What `--control` said, and where the control socket is by default: a directory of the user that one is outside. */
  control: string | undefined;
  controlDirectory: string | undefined;
  quiet: boolean;
}

export function shellCommand(): Command {
  const command = new Command('shell')
    .description('run a command, or a shell, beside a stack in a private network namespace; needs no root')
    .argument('[command...]', "what to run on the kernel's side (default: $SHELL, else /bin/sh)")
    .passThroughOptions();
  return addDeviceOptions(command, { device: 'tun0', network: 'documented' })
    .addOption(servicesOption())
    .addOption(controlOption())
    .option('-q, --quiet', 'no banner')
    .addHelpText(
      'after',
      notes(`
The command runs in a new user and network namespace: it sees lo and the TUN device, nothing of the host's network, and
is root in there only. Its exit code is ours, and the stack ends with it. TCPGLASS_ADDRESS, TCPGLASS_KERNEL_ADDRESS and
TCPGLASS_CONTROL are in its environment. The trace of a shell at a terminal goes to a file, whose name is said:
\`tail -f\` it in another one.

Examples:
  tcpglass shell                                  the stack is at 10.9.0.2
  tcpglass shell -- curl http://10.9.0.2/         one command
  tcpglass shell --trace -- curl 10.9.0.2/hello   and each segment on stderr
  tcpglass shell --impair 'drop SYN 1' -- curl http://10.9.0.2/     takes 1 s
  tcpglass shell -- sh -c 'ping -c3 10.9.0.2; ss -tan'`),
    )
    .action(async (argv: string[], flags: ShellFlags) => {
      process.exitCode = await runShell(argv, flags);
    });
}

/** Runs `argv` (or the user's shell) inside; resolves to its exit code. */
export async function runShell(argv: readonly string[], flags: ShellFlags): Promise<number> {
  const settings = stackSettings(flags);
  refuseWhereImpossible();
  const atTerminal = argv.length === 0 && process.stdin.isTTY && process.stderr.isTTY;
  const traceFile = fileForShell(flags, atTerminal);
  if (traceFile !== undefined && flags.traceFile === undefined) note(`The trace: tail -f ${traceFile}`);
  const order: InsideOrder = {
    settings,
    services: [...flags.services],
    trace: flags.trace ?? false,
    traceFile,
    log: flags.log === undefined ? undefined : resolve(flags.log),
    control: flags.control,
    controlDirectory: flags.control === undefined ? runtimeDirectory() : undefined,
    quiet: flags.quiet ?? argv.length > 0,
  };
  const run = argv.length > 0 ? argv : [process.env.SHELL || '/bin/sh'];
  const debug = process.argv.includes('--debug') ? ['--debug'] : [];
  const child = respawnInside([INSIDE, ...debug, JSON.stringify(order), ...run]);
  yieldSignalsTo(child);
  return await childEnded(child);
}

/** Inside one has another user id, and finds another place; undefined: there is none. */
function runtimeDirectory(): string | undefined {
  try {
    return makeRuntimeDirectory();
  } catch {
    return undefined;
  }
}

/** The hidden command that `shell` starts inside. */
export const INSIDE = '__inside';

/** Says which of the two is missing before anything is started: the errors from inside would be harder to read. */
function refuseWhereImpossible(): void {
  for (const check of [checkTunNode(), checkNamespaces()]) {
    if (check.ok) continue;
    throw new CliError(
      `Cannot run a shell: ${check.name}: ${check.detail}. To allow it: ${check.fix}. Root needs no shell: \`tcpglass up\`. \`tcpglass doctor\` says what else is missing`,
    );
  }
}
