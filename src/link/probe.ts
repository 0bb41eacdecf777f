import { explain } from './errors.ts';
import { loadAddon, NativeTun } from './native.ts';

/** One thing that was tried: whether it worked, and what was found, or what to do. */
export interface ProbeStep {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** IFF_* bits of TUNGETFEATURES (linux/if_tun.h). */
const FEATURES = { IFF_VNET_HDR: 0x4000, IFF_MULTI_QUEUE: 0x0100 };

/**
 * Tries, step by step, what a TUN link needs, and stops at the first step that fails. The device it creates has no
 * address, is never up, and is gone when this returns.
 */
export function probeTun(): ProbeStep[] {
  const steps: ProbeStep[] = [];
  const attempt = (name: string, action: () => string): boolean => {
    try {
      steps.push({ name, ok: true, detail: action() });
      return true;
    } catch (error) {
      steps.push({ name, ok: false, detail: (explain(error, 'a TUN device') as Error).message });
      return false;
    }
  };
  let device: NativeTun | undefined;
  try {
    void (
      attempt('TUN addon', loadIt) &&
      attempt('/dev/net/tun', () => `opens; the driver knows ${featureNames(loadAddon().features())}`) &&
      attempt('create a device', () => {
        device = new NativeTun('tcpglass%d', { offload: true, multiQueue: false });
        return `granted (${device.name}, removed again)`;
      }) &&
      attempt('offload', () => offloadNames(device!))
    );
  } finally {
    device?.close();
  }
  return steps;
}

function loadIt(): string {
  loadAddon();
  return 'loaded';
}

function featureNames(bits: number): string {
  const names = Object.entries(FEATURES).filter(([, bit]) => (bits & bit) !== 0);
  return names.length === 0 ? 'no extras' : names.map(([name]) => name).join(', ');
}

function offloadNames({ grant }: NativeTun): string {
  if (!grant.vnetHeader) return 'none: packets are cut to the MTU and summed in software';
  const kinds = [grant.checksum && 'checksum', grant.tso4 && 'TSO4', grant.tso6 && 'TSO6'].filter(Boolean);
  return `vnet_hdr${kinds.length > 0 ? `, ${kinds.join(', ')}` : ''}`;
}
