import { MAIN } from '../../cli/support/run.ts';
import { WAITING } from '../../support/processes.ts';
import { inNamespace, type NamespaceResult } from '../namespace.ts';

/**
 * Runs a script with `up` beside it: two terminals. In it "$T" is how to run tcpglass, "$D" is a directory of its own, and
 * there is what `WAITING` has.
 */
export function besideUp(script: string, options = ''): Promise<NamespaceResult> {
  const text = `
    T='${process.execPath} ${MAIN}'; D="$XDG_RUNTIME_DIR"; ${WAITING}
    { echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; } 2>/dev/null # else the kernel asks for routers, now and then
    $T up -q ${options} & UP=$!; until_up tun0
    ${script}
    kill -TERM $UP 2>/dev/null; wait $UP`;
  return inNamespace(['sh', '-c', text]);
}
