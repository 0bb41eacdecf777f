import type { NetConnectOpts } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { Command } from 'commander';
import type { ServiceSocket } from '../../services/terms/net-api.ts';
import { addDeviceOptions, type DeviceFlags, stackSettings } from '../arguments/device-options.ts';
import { parsePort, parseSeconds } from '../arguments/parse.ts';
import { resolveTarget, TARGET_HELP } from '../arguments/target.ts';
import { giveUpCapabilities } from '../process/capabilities.ts';
import { onInterrupt } from '../process/signals.ts';
import { open } from '../stack/stack.ts';
import { CliError, reasonOf } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { note, whenStdoutBreaks } from '../terminal/output.ts';
import { openLog, openTrace } from '../terminal/trace.ts';
import { limitSilence } from './silence.ts';

interface ConnectFlags extends DeviceFlags {
  wait?: number;
  fastOpen?: boolean;
  stdin: boolean;
  verbose?: boolean;
}

export function connectCommand(): Command {
  const command = new Command('connect')
    .description('connect stdin and stdout to a TCP port, as nc does, over our own stack')
    .argument('<host>', 'IPv4 address or name; "kernel": the kernel\'s side of the device')
    .argument('<port>', 'TCP port', parsePort);
  return addDeviceOptions(command, { device: 'tun%d', network: 'free' })
    .option('-w, --wait <seconds>', 'give up after so long without anything sent or received', parseSeconds)
    .option('--fast-open', 'ask for a Fast Open cookie; with --sysctl tcp_fastopen=5 send data in the SYN without one')
    .option('-d, --no-stdin', 'only receive')
    .option('-v, --verbose', 'say on stderr when the connection is there')
    .addHelpText(
      'after',
      notes(`
The end of stdin closes our direction only (FIN); we go on receiving until the other side closes its own.
${TARGET_HELP}
Examples:
  nc -l 9000 &  echo hello | tcpglass connect kernel 9000
  tcpglass connect -d kernel 13
  tcpglass connect --trace -w 5 192.168.1.7 22`),
    )
    .action(async (host: string, port: number, flags: ConnectFlags) => {
      const settings = stackSettings(flags);
      const address = await resolveTarget(host, settings);
      const stack = await open({ settings, trace: openTrace(flags, process.stderr), log: openLog(flags) });
      giveUpCapabilities();
      try {
        const target: NetConnectOpts & { fastOpen: boolean } = {
          host: address,
          port,
          allowHalfOpen: true,
          noDelay: true,
          fastOpen: flags.fastOpen === true,
        };
        const socket = stack.connect(target);
        onInterrupt(() => socket.destroy());
        whenStdoutBreaks(() => socket.destroy());
        if (flags.verbose) socket.once('connect', () => note(`Connected to ${address} port ${port}`));
        const patience = limitSilence(socket, flags.wait);
        await Promise.race([converse(socket, flags.stdin ? process.stdin : null, process.stdout), patience]);
      } catch (error) {
        throw new CliError(`Cannot talk to ${host} port ${port}: ${reasonOf(error)}`, 1, { cause: error });
      } finally {
        await stack.close();
      }
    });
}

/** Joins socket and streams; resolves when both directions are closed, rejects when the connection fails. */
export function converse(
  socket: ServiceSocket,
  input: (Readable & { isTTY?: boolean }) | null,
  output: Writable,
): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.pipe(output, { end: false });
    input?.pipe(socket);
    socket.once('end', () => {
      // A user at a terminal has seen the end; a pipe may have more to say in its direction.
      if (!input || input.isTTY) socket.end();
    });
  });
}
