import { readFileSync } from 'node:fs';

/** Bit numbers of linux/capability.h. */
export const CAP_NET_ADMIN = 12;
export const CAP_SYS_ADMIN = 21;

/** Whether /proc/self/status (or `status`) has this capability in CapEff. */
export function hasCapability(bit: number, status = readStatus()): boolean {
  const match = /^CapEff:\s*([0-9a-fA-F]+)$/m.exec(status);
  return match !== null && ((BigInt(`0x${match[1]}`) >> BigInt(bit)) & 1n) === 1n;
}

function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
