import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that tests call on the kernel's side, and the Debian package of each. */
export const PACKAGES = {
  bash: 'bash',
  curl: 'curl',
  iperf3: 'iperf3',
  ip: 'iproute2',
  mount: 'mount',
  nstat: 'iproute2',
  ping: 'iputils-ping',
  python3: 'python3',
  setpriv: 'util-linux',
  ss: 'iproute2',
  tcpdump: 'tcpdump',
  unshare: 'util-linux',
} as const;

export type Tool = keyof typeof PACKAGES;

const isInstalled = (tool: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, tool)));

/** Those that this user's PATH doesn't have. */
export const lacking = (tools: readonly Tool[]): Tool[] => tools.filter((tool) => !isInstalled(tool));

/** "not installed: ping (apt-get install iputils-ping)", or null when all are here. */
export function whatToInstall(tools: readonly Tool[] = Object.keys(PACKAGES) as Tool[]): string | null {
  const missing = lacking(tools);
  if (missing.length === 0) return null;
  const packages = [...new Set(missing.map((tool) => PACKAGES[tool]))];
  return `not installed: ${missing.join(', ')} (apt-get install ${packages.join(' ')})`;
}
