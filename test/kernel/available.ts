import { spawnSync } from 'node:child_process';
import { type Tool, whatToInstall } from '../support/tools.ts';

/** What `npm run build` makes. */
export const DIST = new URL('../../dist', import.meta.url).href;

/** Root makes a network namespace at once; anyone else needs a user namespace around it, in which they are root. */
export const UNSHARE =
  process.getuid?.() === 0 ? ['unshare', '--net', '--'] : ['unshare', '--user', '--map-root-user', '--net', '--'];
let availability: { ok: boolean; reason: string } | undefined;

/** Whether a TUN device can be made in a private namespace here, and if not, why. Looked into once. */
export function kernelAvailable(): { ok: boolean; reason: string } {
  availability ??= lookIntoKernel();
  return availability;
}

/** Without these no test has a namespace; what else one needs, it says itself. */
const BASE: readonly Tool[] = ['unshare', 'ip'];

function lookIntoKernel(): { ok: boolean; reason: string } {
  const missing = whatToInstall(BASE);
  if (missing !== null) return { ok: false, reason: missing };
  const script = `
    const { probeTun } = await import('${DIST}/link/probe.js');
    console.log(probeTun().find((step) => !step.ok)?.detail ?? 'ok');
  `;
  const [command, ...rest] = [...UNSHARE, process.execPath, '--input-type=module', '--eval', script];
  const run = spawnSync(command!, rest, { encoding: 'utf8', timeout: 100_000 });
  if (run.error) return { ok: false, reason: `${UNSHARE.join(' ')}: ${run.error.message}` };
  if (run.status !== 0) return { ok: false, reason: run.stderr.trim().split('\n').slice(0, 8).join('\n') };
  const said = run.stdout.trim();
  return { ok: said === 'ok', reason: said };
}
