import { checkNamespaces } from '../doctor/namespaces.ts';
import { checkTunNode } from '../doctor/tun-node.ts';
import { childEnded, respawnInside, yieldSignalsTo } from '../process/inside.ts';
import { CliError } from '../terminal/errors.ts';

/** The hidden command that `lab run --kernel` starts inside. */
export const LIVE = '__live';

/** Plays a scenario live against the kernel of a network namespace of its own. @param words behind `lab run` */
export async function runBesideKernel(words: readonly string[]): Promise<number> {
  for (const check of [checkTunNode(), checkNamespaces()]) {
    if (check.ok) continue;
    throw new CliError(
      `Cannot ask the kernel: ${check.name}: ${check.detail}. To allow it: ${check.fix}. \`tcpglass doctor\` says what else is missing; without --kernel the lab needs nothing of this`,
    );
  }
  const child = respawnInside([LIVE, ...words]);
  yieldSignalsTo(child);
  return await childEnded(child);
}
