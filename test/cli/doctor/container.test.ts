import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { inContainer } from '../../../src/cli/doctor/container.ts';

test.each([
  ['nothing of the kind', {}, {}, false],
  ['an init of its own', { 'proc/1/cgroup': '0::/init.scope\n' }, {}, false],
  ['Docker', { '.dockerenv': '' }, {}, true],
  ['Podman', { 'run/.containerenv': '' }, {}, true],
  ['systemd-nspawn', { 'run/systemd/container': 'systemd-nspawn' }, {}, true],
  ['containerd, control groups of version 1', { 'proc/1/cgroup': '4:cpu:/kubepods/pod1/c2\n' }, {}, true],
  ['an environment that says so', {}, { container: 'podman' }, true],
  ['Kubernetes', {}, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, true],
])('a container is told by its signs: %s', (_, files, environment, expected) => {
  const root = mkdtempSync(join(tmpdir(), 'tcpglass-'));
  try {
    for (const [name, content] of Object.entries<string>(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
    }
    expect(inContainer(root, environment)).toBe(expected);
  } finally {
    rmSync(root, { recursive: true });
  }
});
