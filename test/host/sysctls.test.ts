import { describe, expect, it } from 'vitest';
import { checkedSysctls, parseSysctl, sysctlTable } from '../../src/host/sysctls.ts';

const DAY = 86_400;

/** Documentation/networking/ip-sysctl.rst; what else a knob may be is bounded as in net/ipv4/sysctl_net_ipv4.c, or by what it can mean. */
const LINUX = {
  somaxconn: [4096, 0, 65_535],
  tcp_max_syn_backlog: [1024, 1, 2 ** 20],
  tcp_syncookies: [1, 0, 2],
  tcp_abort_on_overflow: [0, 0, 1],
  tcp_synack_retries: [5, 0, 255],
  tcp_retries1: [3, 0, 255],
  tcp_retries2: [15, 0, 255],
  tcp_orphan_retries: [0, 0, 255],
  tcp_fin_timeout: [60, 1, DAY],
  tcp_max_tw_buckets: [262_144, 0, 2 ** 26],
  tcp_max_orphans: [65_536, 0, 2 ** 26],
  tcp_tw_reuse: [2, 0, 2],
  tcp_tw_reuse_delay: [1000, 0, 60_000],
  tcp_rfc1337: [0, 0, 1],
  tcp_fastopen: [1, 0, 2 ** 31 - 1],
  tcp_fastopen_key: [''],
  tcp_fastopen_blackhole_timeout_sec: [0, 0, 2 ** 31 - 1],
  tcp_window_scaling: [1, 0, 1],
  tcp_shrink_window: [0, 0, 1],
  tcp_timestamps: [1, 0, 2],
  tcp_sack: [1, 0, 1],
  tcp_dsack: [1, 0, 1],
  tcp_rmem: [[4096, 131_072, 33_554_432], 256, 2 ** 30],
  tcp_moderate_rcvbuf: [1, 0, 1],
  tcp_rcvbuf_low_rtt: [1000, 0, 2 ** 31 - 1],
  tcp_notsent_lowat: [2 ** 32 - 1, 0, 2 ** 32 - 1],
  tcp_ecn: [2, 0, 5],
  tcp_ecn_fallback: [1, 0, 1],
  tcp_ecn_option: [2, 0, 3],
  tcp_ecn_option_beacon: [3, 0, 3],
  tcp_reordering: [3, 1, 300],
  tcp_max_reordering: [300, 1, 2_147_483_647],
  tcp_recovery: [1, 0, 255],
  tcp_early_retrans: [3, 0, 4],
  tcp_frto: [2, 0, 2],
  tcp_challenge_ack_limit: [2 ** 31 - 1, 0, 2 ** 31 - 1],
  tcp_invalid_ratelimit: [500, 0, 1000 * DAY],
  tcp_keepalive_time: [7200, 1, 32_767],
  tcp_keepalive_intvl: [75, 1, 32_767],
  tcp_keepalive_probes: [9, 1, 127],
  tcp_slow_start_after_idle: [1, 0, 1],
  tcp_rto_min_us: [200_000, 1000, 120_000_000],
  tcp_rto_max_ms: [120_000, 1000, 120_000],
  tcp_min_rtt_wlen: [300, 0, DAY],
  default_qdisc: ['pfifo_fast', ['pfifo_fast', 'fq']],
  tcp_pace_bunched_acks: [1, 0, 1],
  tcp_pacing_ss_ratio: [200, 0, 1000],
  tcp_pacing_ca_ratio: [120, 0, 1000],
  tcp_min_tso_segs: [2, 1, 65_535],
  tcp_tso_rtt_log: [9, 0, 31],
  tcp_base_mss: [1024, 48, 65_535],
  tcp_probe_interval: [600, 1, DAY],
  ip_local_port_range: [[32_768, 60_999], 1, 65_535],
  ip_default_ttl: [64, 1, 255],
  hop_limit: [64, 1, 255],
  ip_no_pmtu_disc: [0, 0, 3],
  min_pmtu: [552, 68, 65_535],
  mtu_expires: [600, 1, DAY],
  accept_source_route: [0, 0, 1],
  ipfrag_time: [30, 1, 2_147_483],
  ipfrag_high_thresh: [4_194_304, 0, 2 ** 31 - 1],
  ipfrag_max_dist: [64, 0, 2 ** 31 - 1],
  ip6frag_time: [60, 1, 2_147_483],
  ip6frag_high_thresh: [4_194_304, 0, 2 ** 31 - 1],
  icmp_echo_ignore_all: [0, 0, 1],
  echo_ignore_all: [0, 0, 1],
  icmp_msgs_per_sec: [10_000, 0, 2 ** 31 - 1],
};

/** Their documentation says what is different, and why. */
const OURS = {
  tcp_wmem: [[4096, 16_384, 33_554_432], 256, 2 ** 30], // Linux: 4 MiB
  tcp_syn_retries: [7, 1, 127], // Linux: 6
  tcp_syn_linear_timeouts: [4, 0, 127],
  tcp_timewait_len: [60_000, 1, 1000 * DAY], // a constant in Linux
  tcp_tw_recycle: [0, 0, 1], // gone from Linux 4.12
  tcp_limit_output_bytes: [262_144, 1, 2 ** 30], // Linux: 4 MiB
  tcp_mtu_probing: [1, 0, 2], // Linux: 0
  tcp_mtu_probe_floor: [512, 48, 65_535], // Linux: 48
  tcp_congestion_control: ['cubic', ['reno', 'cubic', 'bbr']],
  tcp_available_congestion_control: ['reno cubic bbr'],
  tcp_allowed_congestion_control: [''], // Linux: reno, and the default
  tcp_cubic_hystart: [1, 0, 2],
  tcp_reno_hystart: [0, 0, 2],
  tcp_cubic_hystart_detect: [3, 1, 3],
  tcp_cubic_hystart_low_window: [16, 0, 1 << 22],
  tcp_cubic_hystart_ack_delta_us: [2000, 1, 1_000_000],
  tcp_cubic_fast_convergence: [1, 0, 1],
  tcp_cubic_tcp_friendliness: [1, 0, 1],
};

function bounds(name: string): unknown[] {
  const knob = sysctlTable[name as keyof typeof sysctlTable];
  if ('form' in knob) return [knob.default];
  return 'among' in knob ? [knob.default, knob.among] : [knob.default, knob.min, knob.max];
}

describe('the sysctls', () => {
  it.each(Object.entries({ ...LINUX, ...OURS }))('%s has its default and its bounds', (name, expected) => {
    expect(bounds(name)).toEqual(expected);
  });

  it('that are names take those that there are, and say which', () => {
    expect(parseSysctl('net.ipv4.tcp_congestion_control=reno')).toEqual({ tcp_congestion_control: 'reno' });
    for (const bad of ['vegas', '1', 'reno reno', '']) {
      const refused = `tcp_congestion_control takes one of these: reno, cubic, bbr; not "${bad}"`;
      expect(() => parseSysctl(`tcp_congestion_control=${bad}`), bad).toThrow(refused);
    }
    expect(() => checkedSysctls({ tcp_congestion_control: 'vegas' })).toThrow(
      'takes one of these: reno, cubic, bbr; not "vegas"',
    );
    expect(() => parseSysctl('tcp_sack=reno')).toThrow('tcp_sack takes a whole number');
  });

  it('take hexadecimal numbers, as bits are written', () => {
    expect(parseSysctl('net.ipv4.tcp_fastopen=0x402')).toEqual({ tcp_fastopen: 1026 });
    expect(() => parseSysctl('tcp_fastopen=0x')).toThrow('a whole number');
  });

  it('that are texts take those of their form, a comma or a blank among them', () => {
    const key = '1a2b3c4d-0-ffffffff-1';
    for (const good of ['', key, `${key},${key}`]) {
      expect(parseSysctl(`net.ipv4.tcp_fastopen_key=${good}`)).toEqual({ tcp_fastopen_key: good });
    }
    for (const bad of ['0', `${key},`, `${key},${key},${key}`, 'g-0-0-0', '123456789-0-0-0']) {
      expect(() => parseSysctl(`tcp_fastopen_key=${bad}`), bad).toThrow(`tcp_fastopen_key takes a key as`);
    }
    expect(() => checkedSysctls({ tcp_fastopen_key: 5 as unknown as string })).toThrow('not "5"');
  });

  it('that only tell can not be set', () => {
    expect(() => parseSysctl('tcp_available_congestion_control=reno')).toThrow('can only be read');
  });

  it('are these, and no others', () => {
    expect(Object.keys(sysctlTable).sort()).toEqual(Object.keys({ ...LINUX, ...OURS }).sort());
  });
});
