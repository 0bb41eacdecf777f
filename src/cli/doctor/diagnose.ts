import { release, type } from 'node:os';
import { BUILD_ADDON, loadAddon } from '../../link/native.ts';
import { type ProbeStep, probeTun } from '../../link/probe.ts';
import { CAP_NET_ADMIN, hasCapability } from '../process/capabilities.ts';
import { respawnInside } from '../process/inside.ts';
import { oneLine } from '../terminal/errors.ts';
import type { Check } from './check.ts';
import { inContainer } from './container.ts';
import { checkNamespaces } from './namespaces.ts';
import { PROBE } from './probe-inside.ts';
import { checkQueue } from './queue.ts';
import { checkTunNode } from './tun-node.ts';

export interface Diagnosis {
  checks: Check[];
  /** Which of the two ways to run works. */
  up: boolean;
  shell: boolean;
}

/** @param device of the devices that are there, this one is looked at. */
export async function diagnose(device: string): Promise<Diagnosis> {
  const system = [checkKernel(), checkNode(), checkAddon()];
  const node = checkTunNode();
  const capability = checkCapability();
  const namespaces = checkNamespaces();
  const base = system.every((check) => check.ok) && node.ok;
  let up = base && capability.ok;
  let shell = base && namespaces.ok;
  const checks = [...system, node, capability, namespaces];
  if (up || shell) {
    const made = checkDevice(shell ? await probeInside() : probeTun());
    checks.push(...made);
    // Both ways lead through the same driver: where it makes no device, neither works.
    up &&= made[0]!.ok;
    shell &&= made[0]!.ok;
    const link = loadAddon().linkInfo(device);
    if (link) checks.push(checkQueue(device, link));
  }
  return { checks, up, shell };
}

function checkKernel(): Check {
  const ok = type() === 'Linux';
  return {
    name: 'kernel',
    ok,
    detail: `${type()} ${release()}`,
    ...(ok ? {} : { fix: "use Linux, or the Docker image: TUN devices as used here are Linux's" }),
  };
}

function checkNode(): Check {
  const ok = Number(process.versions.node.split('.')[0]) >= 20;
  return { name: 'node', ok, detail: process.version, ...(ok ? {} : { fix: 'install Node.js 20 or newer' }) };
}

function checkAddon(): Check {
  const name = 'addon';
  try {
    loadAddon();
    return { name, ok: true, detail: 'built, loads' };
  } catch (error) {
    return { name, ok: false, detail: oneLine(error), fix: BUILD_ADDON };
  }
}

function checkCapability(): Check {
  const ok = hasCapability(CAP_NET_ADMIN);
  const fix = inContainer()
    ? 'give the container the capability NET_ADMIN: `docker run --cap-add NET_ADMIN ...`'
    : 'sudo; or use `tcpglass shell`, which needs none';
  return { name: 'CAP_NET_ADMIN', ok, detail: ok ? 'here' : 'not here (`up` needs it)', ...(ok ? {} : { fix }) };
}

/** Two checks out of the probe's steps: a device can be made; what it offloads. */
export function checkDevice(steps: readonly ProbeStep[]): Check[] {
  const failed = steps.find((step) => !step.ok);
  const device: Check = {
    name: 'TUN device',
    ok: !failed,
    detail: failed ? failed.detail : 'made one, removed it again',
  };
  const offload = steps.find((step) => step.name === 'offload');
  return offload?.ok ? [device, { name: 'offload', ok: true, detail: offload.detail }] : [device];
}

/** Runs the probe in a network namespace of its own, where no other process sees its device. */
function probeInside(): Promise<ProbeStep[]> {
  return new Promise((resolve) => {
    const failed = (detail: string): void => resolve([{ name: 'namespaces', ok: false, detail }]);
    const child = respawnInside([PROBE], 'pipe');
    child.on('message', (steps) => resolve(steps as ProbeStep[]));
    child.on('error', (error) => failed(oneLine(error)));
    child.on('exit', (code) => failed(`the probe ended with exit code ${code}`));
  });
}
