import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { MAIN } from '../../cli/support/run.ts';
import { inNamespace, type NamespaceResult } from '../namespace.ts';

/** Runs a script with `up` beside it: two terminals. In it "$T" is how to run tcpglass. */
export function besideUp(script: string, options = ''): Promise<NamespaceResult> {
  const directory = mkdtempSync(join(tmpdir(), 'ss-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const text = `
    export XDG_RUNTIME_DIR='${directory}'; T='${process.execPath} ${MAIN}'
    $T up -q ${options} & UP=$!; for i in $(seq 200); do [ -S ${directory}/tcpglass/tun0.sock ] && break; sleep 0.05; done
    ${script}
    kill -TERM $UP; wait $UP`;
  return inNamespace(['sh', '-c', text], { timeoutMs: 60_000 });
}
