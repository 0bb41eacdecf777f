import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { bringLoopbackUp, exitCodeOf, yieldSignalsTo } from '../process/inside.ts';
import { openControl } from '../stack/control.ts';
import { curlLine, listServices, serve } from '../stack/services.ts';
import { open } from '../stack/stack.ts';
import { CliError, EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, reasonOf } from '../terminal/errors.ts';
import { note, styled } from '../terminal/output.ts';
import { openLog, openTrace } from '../terminal/trace.ts';
import { INSIDE, type InsideOrder } from './shell.ts';

/** The other half of `shell`, in the new namespaces. Not for users: hidden. */
export function insideCommand(): Command {
  return new Command(INSIDE)
    .argument('<order>')
    .argument('<command...>')
    .passThroughOptions()
    .action(async (order: string, argv: string[]) => {
      process.exitCode = await runInside(JSON.parse(order) as InsideOrder, argv);
    });
}

async function runInside(order: InsideOrder, argv: string[]): Promise<number> {
  const { settings } = order;
  bringLoopbackUp();
  const stack = await open({ settings, trace: openTrace(order, process.stderr), log: openLog(order) });
  let down = false;
  const services = await serve(stack, new Map(order.services), () => {
    if (!down) note(`tcpglass: the device ${stack.link.name} was deleted; the stack is gone`);
    down = true;
  });
  const control = await openControl(stack, order.control, order.controlDirectory);
  if (!order.quiet) {
    const curl = curlLine(settings.address, services.ports);
    note(
      `A network of its own: the kernel is ${settings.kernelAddress} on ${stack.link.name}, tcpglass is ${settings.address}.`,
    );
    note(`Services: ${listServices(services.ports)}`);
    if (curl) note(`Try:      ${styled('bold', curl, process.stderr)}`);
    note('`exit` ends it.');
  }
  const env = {
    TCPGLASS_ADDRESS: settings.address,
    TCPGLASS_KERNEL_ADDRESS: settings.kernelAddress,
    TCPGLASS_CONTROL: control?.path,
  };
  const code = await run(argv, env);
  control?.close();
  services.close();
  await stack.close();
  return code;
}

function run([file, ...args]: string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(file!, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
  yieldSignalsTo(child);
  // Our other half was killed: without it nothing can end this any more.
  process.on('disconnect', () => child.kill('SIGHUP'));
  return new Promise((resolve, reject) => {
    child.on('exit', (code, signal) => resolve(exitCodeOf(code, signal)));
    child.on('error', (error: NodeJS.ErrnoException) => {
      // EACCES for a bare name: only a directory of PATH that may not be searched.
      const missing = error.code === 'ENOENT' || (error.code === 'EACCES' && !file!.includes('/'));
      const reason = missing ? 'there is no such command' : reasonOf(error);
      reject(new CliError(`Cannot run ${file}: ${reason}`, missing ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE));
    });
  });
}
