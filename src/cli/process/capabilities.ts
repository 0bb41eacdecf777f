import { readFileSync } from 'node:fs';
import { loadAddon } from '../../link/native.ts';
import { oneLine } from '../terminal/errors.ts';
import { note } from '../terminal/output.ts';

/** Bit numbers of linux/capability.h. */
export const CAP_NET_ADMIN = 12;
export const CAP_SYS_ADMIN = 21;

/** Whether /proc/self/status (or `status`) has this capability in CapEff. */
export function hasCapability(bit: number, status = readStatus()): boolean {
  const match = /^CapEff:\s*([0-9a-fA-F]+)$/m.exec(status);
  return match !== null && ((BigInt(`0x${match[1]}`) >> BigInt(bit)) & 1n) === 1n;
}

/**
 * Gives up all capabilities, in every thread and for good: what is open stays open, and nothing later needs one. So an
 * attacker who finds a way into this process has the rights of its user id, and no others.
 */
export function giveUpCapabilities(): void {
  try {
    loadAddon().dropCapabilities();
  } catch (error) {
    // With the driver tuntap2 there may be no addon.
    note(`tcpglass: goes on with the capabilities it has: ${oneLine(error)}`);
  }
}

function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
