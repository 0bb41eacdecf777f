import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findSocket } from '../../../src/control/find.ts';
import { makeRuntimeDirectory, problemOf, runtimeDirectories } from '../../../src/control/place/directory.ts';
import { liveSockets } from '../../../src/control/place/socket-file.ts';
import { serveControl } from '../../../src/control/serve.ts';
import { ownDirectory } from '../../support/processes.ts';
import { tables } from '../support/world.ts';

describe('the runtime directory', () => {
  it('is where the system says, or one of the user’s own', () => {
    const of = (env: NodeJS.ProcessEnv, uid: number): string[] => runtimeDirectories(env, uid).slice(0, 2);
    expect(of({ XDG_RUNTIME_DIR: '/run/user/7' }, 7)).toEqual([
      '/run/user/7/tcpglass',
      expect.stringMatching(/tcpglass-7$/),
    ]);
    expect(of({ XDG_RUNTIME_DIR: 'relative' }, 7)[0]).toMatch(/^\/.*\/tcpglass-7$/);
    expect(of({}, 0)[0]).toBe('/run/tcpglass');
    expect(runtimeDirectories({}, 7).at(-1)).toBe('/dev/shm/tcpglass-7');
  });

  it('is made for its user alone', () => {
    const directory = join(ownDirectory(), 'tcpglass');
    expect(makeRuntimeDirectory([directory])).toBe(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(makeRuntimeDirectory([directory])).toBe(directory);
  });

  it('is no symbolic link, no file, no other user’s, none that others can write to: then it is the next one', () => {
    const base = ownDirectory();
    const [link, file, open, good] = ['link', 'file', 'open', 'good'].map((name) => join(base, name)) as [
      string,
      string,
      string,
      string,
    ];
    mkdirSync(open);
    chmodSync(open, 0o770);
    symlinkSync(base, link);
    writeFileSync(file, '');
    expect(makeRuntimeDirectory([link, file, open, '/nowhere/at/all', good])).toBe(good);
    expect(problemOf(good, 12345)).toBe(`${good} belongs to user ${process.geteuid!()}`);
    expect(() => makeRuntimeDirectory([link, file, open, '/nowhere/at/all'])).toThrow(
      `${link} is a symbolic link; ${file} is no directory; ${open} is open to other users (chmod 700 makes it good); /nowhere/at/all: ENOENT`,
    );
  });

  it.skipIf(process.geteuid!() !== 0)('of another user is not looked into', async () => {
    const directory = ownDirectory();
    const server = await serveControl(tables(), { directory });
    expect(await liveSockets([directory])).toEqual([server.path]);
    chownSync(directory, 65534, 65534);
    expect(await liveSockets([directory])).toEqual([]);
    server.close();
  });
});

describe('a client without a path', () => {
  it('finds the only stack that runs, and asks which where there are more', async () => {
    const base = ownDirectory();
    const [directory, further] = ['first', 'second'].map((name) => makeRuntimeDirectory([join(base, name)])) as [
      string,
      string,
    ];
    const find = () => findSocket(undefined, {}, [join(base, 'none'), directory, further]);
    writeFileSync(join(directory, 'left.sock'), '');
    const other = await serveControl(tables(), { directory: further });
    expect(await find()).toBe(other.path);
    const first = await serveControl(tables(), { directory });
    expect(await find()).toBe(first.path);
    const second = await serveControl(tables(), { directory });
    await expect(find()).rejects.toMatchObject({ code: 'severalStacks' });
    await expect(find()).rejects.toThrow(`--control ${second.path}`);
    for (const server of [first, second, other]) server.close();
    await expect(find()).rejects.toMatchObject({
      code: 'noStack',
      message: expect.stringMatching(
        /^No stack is running for this user: start one with .*, or name its socket with --control/,
      ),
    });
  });

  it('takes the one that is named, in the call or in the environment', async () => {
    expect(await findSocket('/a', { TCPGLASS_CONTROL: '/b' })).toBe('/a');
    expect(await findSocket(undefined, { TCPGLASS_CONTROL: '/b' })).toBe('/b');
  });
});
