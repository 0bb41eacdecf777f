import { inspectCalls } from '../../control/inspect-calls.ts';
import { logStream } from '../../control/log-stream.ts';
import { type ControlPlace, serveControl } from '../../control/serve.ts';
import type { ControlServer } from '../../control/server/server.ts';
import type { Tables } from '../../control/server/tables.ts';
import { ControlError, type Parameters, PROTOCOL } from '../../control/terms/protocol.ts';
import { CliError, oneLine } from '../terminal/errors.ts';
import { note } from '../terminal/output.ts';
import { VERSION } from '../terminal/version.ts';
import type { CliStack } from './stack.ts';

/**
 * Opens the control socket of a stack. Where its default place can't be had the stack goes on without.
 * @param choice what `--control` said: a path, `none`, or undefined
 * @param directory the default place's, where another process has looked for it
 * @throws CliError: it can't be where the user wants it
 */
export async function openControl(
  stack: CliStack,
  choice: string | undefined,
  directory?: string,
): Promise<ControlServer | null> {
  if (choice === 'none') return null;
  const place: ControlPlace = { path: choice, directory };
  try {
    return await serveControl(controlTables(stack), place);
  } catch (error) {
    if (choice !== undefined)
      throw new CliError(`Cannot open the control socket: ${oneLine(error)}`, 1, { cause: error });
    note(`tcpglass: goes on without a control socket (see --control): ${oneLine(error)}`);
    return null;
  }
}

/** What can be asked of a stack over its control socket, and the streams that there are. */
function controlTables(stack: CliStack): Tables {
  const addresses = stack.host.addresses.map(String);
  return {
    hello: { tcpglass: VERSION, protocol: PROTOCOL, pid: process.pid, device: stack.link.name, addresses },
    calls: new Map([...inspectCalls(stack.inspect), ['impair', (parameters) => impair(stack, parameters)]]),
    streams: new Map([['log', logStream(stack)]]),
  };
}

/** Changes what the path does to packets, or (without `text`) tells it; null takes all away. */
function impair(stack: CliStack, { text }: Parameters): object {
  if (text !== undefined) {
    if (text !== null && typeof text !== 'string') {
      throw new ControlError('badParameters', '"text" is impairments in the language of IMPAIR.md, or null');
    }
    try {
      stack.impair(text);
    } catch (error) {
      throw new ControlError('badParameters', oneLine(error));
    }
  }
  return { text: stack.impairment.text, seed: stack.impairment.seed };
}
