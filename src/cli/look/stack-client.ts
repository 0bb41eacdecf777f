import { Option } from 'commander';
import { ControlClient } from '../../control/client.ts';
import { findSocket } from '../../control/find.ts';
import { ControlError } from '../../control/terms/protocol.ts';
import { CliError } from '../terminal/errors.ts';

/** Of every command that looks at a stack that runs. */
export interface LookFlags {
  control?: string;
  json?: boolean;
  watch?: number | true;
}

/** Where the stack is that is looked at. */
export const whichStack = (): Option =>
  new Option(
    '--control <path>',
    'the control socket of the stack (default: of the only one that this user has running)',
  );

/** Has `look` talk to a stack, and closes the connection behind it. @throws CliError: none is there, or it refuses */
export async function withStack<T>(
  { control }: LookFlags,
  look: (client: ControlClient, socket: string) => Promise<T>,
): Promise<T> {
  try {
    const socket = await findSocket(control);
    const client = await ControlClient.connect(socket);
    try {
      return await look(client, socket);
    } finally {
      client.close();
    }
  } catch (error) {
    throw error instanceof ControlError ? new CliError(error.message, 1, { cause: error }) : error;
  }
}
