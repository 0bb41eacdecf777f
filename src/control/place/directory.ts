import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const NAME = 'tcpglass';

/**
 * The directories in which control sockets of this user may lie, the best one first: where the system keeps such things
 * (XDG Base Directory Specification; /run for root), else one of our own where every user may make one. /dev/shm is what
 * a container with a read-only root has left.
 */
export function runtimeDirectories(env: NodeJS.ProcessEnv = process.env, uid = process.geteuid!()): string[] {
  const xdg = env.XDG_RUNTIME_DIR;
  return [
    ...(xdg && isAbsolute(xdg) ? [join(xdg, NAME)] : []),
    ...(uid === 0 ? [join('/run', NAME)] : []),
    join(tmpdir(), `${NAME}-${uid}`),
    join('/dev/shm', `${NAME}-${uid}`),
  ];
}

/**
 * Makes the first of them that can be made, or takes it as it is when it is this user's and no other's.
 * @throws Error: none can be; it says what is wrong with each
 */
export function makeRuntimeDirectory(directories = runtimeDirectories()): string {
  const problems: string[] = [];
  for (const directory of directories) {
    const problem = make(directory);
    if (problem === null) return directory;
    problems.push(problem);
  }
  throw new Error(`No directory for control sockets: ${problems.join('; ')}`);
}

function make(directory: string): string | null {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return `${directory}: ${code}`;
  }
  const problem = problemOf(directory);
  if (problem !== null) return problem;
  try {
    accessSync(directory, constants.W_OK); // it may lie on what is read-only by now
    return null;
  } catch (error) {
    return `${directory}: ${(error as NodeJS.ErrnoException).code}`;
  }
}

/**
 * What is wrong with a directory; null: only this user can put anything there. In /tmp others could have made it, as a
 * directory that they can write to, or as a symbolic link to one.
 */
export function problemOf(directory: string, uid = process.geteuid!()): string | null {
  let stats: ReturnType<typeof lstatSync>;
  try {
    stats = lstatSync(directory);
  } catch (error) {
    return `${directory}: ${(error as NodeJS.ErrnoException).code}`;
  }
  if (stats.isSymbolicLink()) return `${directory} is a symbolic link`;
  if (!stats.isDirectory()) return `${directory} is no directory`;
  if (stats.uid !== uid) return `${directory} belongs to user ${stats.uid}`;
  const open = stats.mode & 0o077;
  return open === 0 ? null : `${directory} is open to other users (chmod 700 makes it good)`;
}
