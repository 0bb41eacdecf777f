import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ControlError } from '../terms/protocol.ts';
import { problemOf } from './directory.ts';

const ENDING = '.sock';
/** struct sockaddr_un has 108 bytes for a path and its NUL; what is longer would be cut off without a word. */
const LONGEST_PATH = 107;

/** @throws ControlError: no socket can have this path */
export function checkPath(path: string): void {
  if (Buffer.byteLength(path) > LONGEST_PATH || path.includes('\0') || path === '') {
    throw new ControlError('failed', `A socket's path has 1 to ${LONGEST_PATH} bytes: ${path}`);
  }
}

/** Whether a process listens there. */
export function isLive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (live: boolean): void => {
      socket.destroy();
      resolve(live);
    };
    socket.once('connect', () => end(true));
    // EAGAIN: it does, and more clients wait already than its backlog takes.
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'EAGAIN'));
  });
}

/**
 * Makes room for a socket of ours: one whose process is dead is removed.
 * @returns whether the path is free; false: a process listens there
 * @throws ControlError: there is something that is no socket
 */
export async function clear(path: string): Promise<boolean> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return true;
  if (!stats.isSocket()) throw new ControlError('failed', `${path} is there already, and no socket`);
  if (await isLive(path)) return false;
  // It may have been replaced in the meantime, by a process that does the same.
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === stats.ino) unlinkSync(path);
  return true;
}

/** A free path for the stack on `device`; in another network namespace there may be a device of the same name. */
export async function freePath(directory: string, device: string, pid = process.pid): Promise<string> {
  const name = device.replace(/[^\w.-]/g, '_');
  const path = join(directory, `${name}${ENDING}`);
  if (await clear(path)) return path;
  const second = join(directory, `${name}-${pid}${ENDING}`);
  if (await clear(second)) return second;
  throw new ControlError('failed', `${second} is in use`);
}

/** The sockets of the stacks that this user has running: those in the first of the directories that has any. */
export async function liveSockets(directories: readonly string[]): Promise<string[]> {
  for (const directory of directories) {
    if (problemOf(directory) !== null) continue;
    const paths = socketsIn(directory);
    const live = await Promise.all(paths.map(isLive));
    if (live.includes(true)) return paths.filter((_, i) => live[i]);
  }
  return [];
}

function socketsIn(directory: string): string[] {
  const names = readdirSync(directory).filter((name) => name.endsWith(ENDING));
  return names.sort().map((name) => join(directory, name));
}
