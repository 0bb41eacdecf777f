import { basename } from 'node:path';
import { runtimeDirectories } from './place/directory.ts';
import { liveSockets } from './place/socket-file.ts';
import { ControlError } from './terms/protocol.ts';

/**
 * The control socket of the stack that is meant: the one that was named, else the one that the environment names
 * (`TCPGLASS_CONTROL`, as `tcpglass shell` sets it), else that of the only one that this user has running.
 * @throws ControlError noStack, severalStacks
 */
export async function findSocket(
  named?: string,
  env = process.env,
  directories = runtimeDirectories(env),
): Promise<string> {
  const given = named ?? env.TCPGLASS_CONTROL;
  if (given) return given;
  const live = await liveSockets(directories);
  if (live.length === 1) return live[0]!;
  if (live.length === 0) {
    const roots = process.geteuid!() === 0 ? '' : '; one of root is seen with `sudo`';
    throw new ControlError(
      'noStack',
      `No stack is running for this user: start one with \`tcpglass start\`, or name its socket with --control${roots}`,
    );
  }
  const list = live.map((path) => `--control ${path}`).join(', ');
  throw new ControlError(
    'severalStacks',
    `${live.length} stacks are running (${live.map((p) => basename(p)).join(', ')}): choose one with ${list}`,
  );
}
