import { readFileSync, writeFileSync } from 'node:fs';
import type { Sysctls } from '../../host/host.ts';

/** Where the knobs of this network namespace lie, by the first letters of their names. */
const pathOf = (name: string): string =>
  name === 'somaxconn' ? '/proc/sys/net/core/somaxconn' : `/proc/sys/net/ipv4/${name}`;

/** A knob's text; null: this kernel has no such knob. */
export function kernelSysctl(name: string): string | null {
  try {
    return readFileSync(pathOf(name), 'latin1').trim();
  } catch {
    return null;
  }
}

/**
 * Sets knobs of the kernel, in this network namespace.
 * @returns those that it doesn't have, or doesn't let us set to that
 */
export function setKernelSysctls(sysctls: Partial<Sysctls>): string[] {
  return Object.entries(sysctls).flatMap(([name, value]) => {
    const text = Array.isArray(value) ? value.join('\t') : String(value);
    try {
      writeFileSync(pathOf(name), text);
      return kernelSysctl(name) === text ? [] : [name];
    } catch {
      return [name];
    }
  });
}
