import { isAbsolute, resolve } from 'node:path';
import { makeRuntimeDirectory } from './place/directory.ts';
import { checkPath, clear, freePath } from './place/socket-file.ts';
import { ControlServer } from './server/server.ts';
import type { Tables } from './server/tables.ts';
import { ControlError } from './terms/protocol.ts';

export interface ControlPlace {
  /** The socket's path; default: a file named by the device, in `directory`. */
  path?: string | undefined;
  /** Default: the user's runtime directory (`place/directory.ts`), made where it isn't there. */
  directory?: string | undefined;
}

/**
 * Opens a stack's control socket. A socket that a dead process left is replaced, a live one is not.
 * @throws ControlError, or a system error: it can't be made there
 */
export async function serveControl(tables: Tables, { path, directory }: ControlPlace = {}): Promise<ControlServer> {
  if (path === undefined) {
    const place = directory ?? makeRuntimeDirectory();
    for (;;) {
      const free = await freePath(place, tables.hello.device);
      checkPath(free);
      try {
        return await ControlServer.listen(free, tables);
      } catch (error) {
        // The stack of another process, on a device of the same name, was quicker: there is a second path.
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  }
  const given = isAbsolute(path) ? path : resolve(path);
  checkPath(given);
  if (!(await clear(given))) throw new ControlError('failed', `A process listens at ${given} already`);
  return ControlServer.listen(given, tables);
}
