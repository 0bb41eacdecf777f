import type { Host } from '../../host/host.ts';
import { parseSysctl, sysctlTable } from '../../host/sysctls.ts';
import { ScriptError, Unsupported } from '../terms/errors.ts';

/** The key that the public scripts' cookies are made with. */
export const FAST_OPEN_KEY_OF_SCRIPTS = 'a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4';

/** What the public scripts' `defaults.sh` sets (Linux's selftests, packetdrill's own tests). */
const DEFAULTS: readonly string[] = [
  'tcp_rmem=4096 540000 15728640',
  'tcp_wmem=4096 262144 4194304',
  'tcp_timestamps=1',
  'tcp_syn_retries=5',
  'tcp_synack_retries=5',
  'tcp_frto=2',
  'tcp_sack=1',
  'tcp_dsack=1',
  'tcp_reordering=3',
  'tcp_slow_start_after_idle=0',
  'tcp_congestion_control=cubic',
  'tcp_early_retrans=4',
  'tcp_recovery=1',
  'tcp_ecn=0',
  'tcp_fastopen=0x3',
  `tcp_fastopen_key=${FAST_OPEN_KEY_OF_SCRIPTS}`,
  'tcp_syncookies=1',
  // Linux's CUBIC has Linux's HyStart, and what scripts say of cwnd follows from it; ours has HyStart++.
  'tcp_cubic_hystart=1',
];

/** Knobs that a host may lack: nothing of what they tune shows on this side of the wire. */
const WITHOUT_EFFECT = new Set(
  (
    'tcp_min_tso_segs tcp_tso_win_divisor tcp_tso_rtt_log tcp_pacing_ss_ratio tcp_pacing_ca_ratio tcp_limit_output_bytes ' +
    'tcp_autocorking tcp_no_metrics_save tcp_no_ssthresh_metrics_save tcp_mem tcp_fack tcp_low_latency tcp_max_orphans ' +
    'tcp_workaround_signed_windows tcp_thin_linear_timeouts tcp_thin_dupack tcp_early_demux tcp_backlog_ack_defer ' +
    'tcp_comp_sack_delay_ns tcp_comp_sack_nr tcp_comp_sack_slack_ns ' +
    'tcp_probe_interval tcp_probe_threshold icmp_ratelimit icmp_ratemask ' +
    'icmp_msgs_burst optmem_max rmem_max wmem_max rmem_default wmem_default flush ' +
    'tcp_max_reordering tcp_frto tcp_early_retrans tcp_recovery tcp_sack tcp_dsack netdev_max_backlog'
  ).split(' '),
);

/** Knobs that a host may lack while it behaves as one of these values says. */
const AS_IT_IS: Readonly<Record<string, readonly string[]>> = {
  tcp_syncookies: ['0', '1'],
  tcp_mtu_probing: ['0'],
  tcp_adv_win_scale: ['1'],
  tcp_app_win: ['31'],
  tcp_abort_on_overflow: ['0'],
  tcp_retrans_collapse: ['0', '1'],
  tcp_shrink_window: ['0'],
  tcp_reflect_tos: ['0'],
  tcp_stdurg: ['0'],
  tcp_rto_min_us: ['200000'],
  // What we send over IPv6 has no flow label.
  auto_flowlabels: ['0'],
  flowlabel_reflect: ['0'],
  bindv6only: ['0'],
};

const nameIn = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/**
 * What a machine in production has, whether the script at hand depends on it or not: so what a host doesn't have, as an
 * algorithm that is most machines' default, is passed over. A script that names one itself gets `Unsupported`.
 */
export function setDefaults(line: number, host: Host): void {
  for (const setting of DEFAULTS) {
    try {
      setSysctl(setting, line, host);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
    }
  }
}

/** `net.ipv4.tcp_sack=0`, or with slashes. @throws Unsupported for what a host doesn't have */
export function setSysctl(setting: string, line: number, host: Host): void {
  const equals = setting.indexOf('=');
  const path = setting.slice(0, equals).trim().replace(/\//g, '.');
  const name = nameIn(path);
  const value = setting
    .slice(equals + 1)
    .trim()
    .replace(/^0x[0-9a-f]+$/i, (hex) => String(Number(hex)))
    // How older scripts write the largest unsigned number.
    .replace(name === 'tcp_notsent_lowat' ? /^-1$/ : /^$/, '4294967295');
  if (name === 'tcp_congestion_control' && !host.tcp.congestionControls.has(value)) {
    throw new Unsupported(`congestion control "${value}"`);
  }
  if (Object.hasOwn(sysctlTable, name)) {
    try {
      Object.assign(host.sysctls, parseSysctl(`${name}=${value}`));
    } catch (error) {
      throw new ScriptError(line, (error as Error).message);
    }
    return;
  }
  if (WITHOUT_EFFECT.has(name) || AS_IT_IS[name]?.includes(value)) return;
  throw new Unsupported(`sysctl ${path}=${value}`);
}

/** A knob's value as `sysctl -n` prints it. @throws Unsupported for what a host doesn't have */
export function sysctlValue(path: string, host: Host): string {
  const name = nameIn(path.replace(/\//g, '.'));
  if (!Object.hasOwn(sysctlTable, name)) throw new Unsupported(`the value of ${path}`);
  const value = host.sysctls[name as keyof typeof host.sysctls];
  return typeof value === 'object' ? value.join('\t') : String(value);
}
