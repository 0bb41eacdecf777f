import { existsSync, readFileSync } from 'node:fs';

/** Files that container engines put into what they run: Docker; Podman; systemd-nspawn and others that follow systemd. */
const MARKS = ['/.dockerenv', '/run/.containerenv', '/run/systemd/container'];

/** What engines call their control groups; with version 2 they are seldom seen from within. */
const CONTROL_GROUPS = /docker|kubepods|libpod|containerd|crio|lxc/;

/**
 * Do we run in a container? There is no sure sign, so all the usual ones are looked for.
 * @param root where its file system begins
 */
export function inContainer(root = '', environment: NodeJS.ProcessEnv = process.env): boolean {
  // Podman and systemd-nspawn set `container`; Kubernetes tells every pod where its API is.
  if (environment.container || environment.KUBERNETES_SERVICE_HOST) return true;
  return MARKS.some((mark) => existsSync(root + mark)) || CONTROL_GROUPS.test(controlGroupOfInit(root));
}

function controlGroupOfInit(root: string): string {
  try {
    return readFileSync(`${root}/proc/1/cgroup`, 'utf8');
  } catch {
    return ''; // no /proc, or one that shows us our own processes only
  }
}
