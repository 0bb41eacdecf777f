// Runs in the thread in which Node resolves and loads modules: what a user's own scenario needs, wherever it lies.
import { readFile } from 'node:fs/promises';
import type { LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The package that takes the types out of TypeScript where Node can't do it itself: before 22.18, and 23.6. */
const STRIPPER: string = '@swc/wasm-typescript';

interface Stripper {
  transformSync(source: string, options: { mode: 'strip-only'; filename: string }): { code: string };
}

/** `tcpglass/lab` is this package, though it isn't installed beside the file. */
export const resolve: ResolveHook = (specifier, context, nextResolve) =>
  nextResolve(specifier, /^tcpglass(\/|$)/.test(specifier) ? { ...context, parentURL: import.meta.url } : context);

export const load: LoadHook = async (url, context, nextLoad) => {
  if (!/^file:.*\.m?ts$/.test(url)) return nextLoad(url, context);
  if ('typescript' in process.features && process.features.typescript) {
    return nextLoad(url, { ...context, format: 'module-typescript' as 'module' });
  }
  const { transformSync } = (await import(STRIPPER)) as Stripper;
  const filename = fileURLToPath(url);
  const { code } = transformSync(await readFile(filename, 'utf8'), { mode: 'strip-only', filename });
  return { format: 'module', source: code, shortCircuit: true };
};
