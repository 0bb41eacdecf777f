import { describe, it } from 'vitest';
import type { Sysctls } from '../../src/host/host.ts';
import { Transfer } from './support/transfer.ts';
import { FAULTLESS, type Wire } from './support/two-hosts.ts';

/** Knobs and links at the ends of their ranges. */
const EXTREMES: Record<string, { sysctls?: Partial<Sysctls>; mtu?: number; octets?: number; loss?: number }> = {
  'a receive buffer of 256 octets': { sysctls: { tcp_rmem: [256, 256, 256] }, octets: 10_000 },
  'a receive buffer from 256 octets to 1 GiB': { sysctls: { tcp_rmem: [256, 512, 1 << 30] }, octets: 10_000 },
  'a send buffer of 256 octets': { sysctls: { tcp_wmem: [256, 256, 256] } },
  'RTOs from 1 ms': { sysctls: { tcp_rto_min_us: 1000 } },
  'RTOs up to 1 s': { sysctls: { tcp_rto_max_ms: 1000 } },
  'loss after one duplicate ACK': { sysctls: { tcp_reordering: 1 } },
  'loss after 300 duplicate ACKs': { sysctls: { tcp_reordering: 300 } },
  'one octet a turn': { sysctls: { tcp_limit_output_bytes: 1 } },
  'no throttle of challenges': { sysctls: { tcp_invalid_ratelimit: 0 } },
  'one challenge a day': { sysctls: { tcp_invalid_ratelimit: 86_400_000 } },
  'no challenges': { sysctls: { tcp_challenge_ack_limit: 0 } },
  // A FIN that comes again and finds no TIME_WAIT is answered by a RST, which is an error: so none may be lost here.
  'no place for TIME_WAIT': { sysctls: { tcp_max_tw_buckets: 0 }, loss: 0 },
  'TIME_WAIT of 1 ms': { sysctls: { tcp_timewait_len: 1 }, loss: 0 },
  'no orphans': { sysctls: { tcp_max_orphans: 0 } },
  'FIN_WAIT_2 of 1 s': { sysctls: { tcp_fin_timeout: 1 } },
  'packets of 68 bytes': { mtu: 68, octets: 2000 },
  'packets of 100 bytes': { mtu: 100, octets: 5000 },
  'packets of 576 bytes': { mtu: 576 },
  'packets of 65,535 bytes': { mtu: 65_535 },
  'a search for the MTU from 48 octets': { sysctls: { tcp_mtu_probing: 2, tcp_base_mss: 48, tcp_mtu_probe_floor: 48 } },
};

const SEEDS = [1, 2, 3];

describe('knobs at the ends of their ranges', () => {
  it.each(Object.entries(EXTREMES))('%s: every octet arrives, no packet is too long', (name, extreme) => {
    const { sysctls = {}, mtu = 1500, octets = 60_000, loss = 3 } = extreme;
    for (const seed of SEEDS) {
      const wire: Wire = { ...FAULTLESS, seed, loss, duplication: loss, jitter: 5, mtu, offload: seed === 3, sysctls };
      try {
        new Transfer({ ...wire, octets: [octets, octets >> 2], readPause: 0, simultaneous: false }).run();
      } catch (error) {
        throw new Error(`${name}, seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
