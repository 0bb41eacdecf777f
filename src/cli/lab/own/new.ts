import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CliError, reasonOf, usageError } from '../../terminal/errors.ts';
import { say } from '../../terminal/output.ts';
import { skeleton } from './skeleton.ts';

/** Writes a scenario to begin with; a file that is there stays as it is. */
export function newScenario(path: string): void {
  if (!/\.m?[jt]s$/.test(path)) throw usageError(`"${path}": a scenario is a file that ends in .ts or .mjs`);
  if (/\.js$/.test(path)) throw usageError(`"${path}": call it .mjs, so that Node takes it for a module everywhere`);
  const name = basename(path).replace(/\.\w+$/, '');
  try {
    writeFileSync(path, skeleton(name, path), { flag: 'wx' });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new CliError(`Cannot write ${path}: ${isThere ? 'it is there already' : reasonOf(error)}`);
  }
  const from = /[/\\]/.test(path) ? path : `./${path}`;
  say(`${path} is written. Play it: tcpglass lab run ${from}`);
}
