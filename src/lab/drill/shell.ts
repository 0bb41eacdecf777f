import type { Host } from '../../host/host.ts';
import { parseSysctl, sysctlTable } from '../../host/sysctls.ts';
import type { Micros } from '../../time/wheel.ts';
import { ScriptError, Unsupported } from './errors.ts';

/**
 * What the public scripts' `defaults.sh` sets (Linux's selftests, packetdrill's own tests): the values that a machine in
 * production has. Those that a host doesn't know are passed over.
 */
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
  'tcp_syncookies=1',
];

/** Knobs that a host may lack: nothing of what they tune shows on this side of the wire. */
const WITHOUT_EFFECT = new Set(
  (
    'tcp_min_tso_segs tcp_tso_win_divisor tcp_tso_rtt_log tcp_pacing_ss_ratio tcp_pacing_ca_ratio tcp_limit_output_bytes ' +
    'tcp_autocorking tcp_no_metrics_save tcp_no_ssthresh_metrics_save tcp_mem tcp_fack tcp_low_latency tcp_max_orphans ' +
    'tcp_workaround_signed_windows tcp_thin_linear_timeouts tcp_thin_dupack tcp_early_demux tcp_backlog_ack_defer ' +
    'tcp_comp_sack_delay_ns tcp_comp_sack_nr tcp_comp_sack_slack_ns ' +
    'tcp_fastopen_blackhole_timeout_sec tcp_probe_interval tcp_probe_threshold icmp_ratelimit icmp_ratemask ' +
    'icmp_msgs_burst optmem_max rmem_max wmem_max rmem_default wmem_default default_qdisc flush tcp_stdurg ' +
    'tcp_max_reordering tcp_frto tcp_early_retrans tcp_recovery tcp_sack tcp_dsack netdev_max_backlog'
  ).split(' '),
);

/** Knobs that a host may lack while it behaves as one of these values says. */
const AS_IT_IS: Readonly<Record<string, readonly string[]>> = {
  tcp_ecn: ['0', '2'],
  tcp_ecn_option: ['0', '1', '2'],
  tcp_ecn_fallback: ['0', '1'],
  tcp_congestion_control: ['reno', 'cubic'],
  tcp_syncookies: ['0', '1'],
  tcp_mtu_probing: ['0'],
  tcp_moderate_rcvbuf: ['1'],
  tcp_adv_win_scale: ['1'],
  tcp_app_win: ['31'],
  tcp_abort_on_overflow: ['0'],
  tcp_retrans_collapse: ['0', '1'],
  tcp_shrink_window: ['0'],
  tcp_reflect_tos: ['0'],
  tcp_notsent_lowat: ['4294967295', '-1'],
  tcp_rto_min_us: ['200000'],
  // Clients may ask for a cookie, servers need their socket's leave: what nobody uses doesn't show.
  tcp_fastopen: ['0', '1', '3'],
  // What we send over IPv6 has no flow label.
  auto_flowlabels: ['0'],
  flowlabel_reflect: ['0'],
  bindv6only: ['0'],
};

/** Commands that do nothing that could be seen here. */
const HARMLESS =
  /^(true|:|exit 0|nstat|ss|cat|printf|date|set|export|source|grep|logger|dmesg|sync|rm|chmod|ip (-\d )?tcp_metrics flush|ip (-\d )?route (flush|show)|tc qdisc \w+ dev \S+ root (pfifo|bfifo|noqueue)|ethtool|\/tmp\/sysctl_restore_)/;

/** What a command asked of the world besides knobs: time goes by (`sleep`). */
export interface CommandEffect {
  pause: Micros;
}

/**
 * Does what a command between backquotes asks, as far as it can be had: nothing is ever executed. Setting knobs is what
 * the public scripts use commands for.
 * @throws Unsupported what else it asks
 */
export function runCommand(text: string, line: number, host: Host): CommandEffect {
  const effect: CommandEffect = { pause: 0 };
  for (const command of commandsOf(text)) runOne(command, line, host, effect);
  return effect;
}

/** One command an entry, without comments and redirections. */
function commandsOf(text: string): string[] {
  return text
    .replace(/\\\n/g, ' ')
    .split(/\n|;|&&|\|\|/)
    .map((command) => command.replace(/(^|\s)#.*$/, '').replace(/\s\d?>(>|&)?\s*(\/dev\/null|&?\d)/g, ''))
    .map((command) => command.trim())
    .filter((command) => command !== '');
}

function runOne(command: string, line: number, host: Host, effect: CommandEffect): void {
  const words = wordsOf(command);
  const [name = '', ...args] = words;
  const program = name.slice(name.lastIndexOf('/') + 1);
  if (program === 'defaults.sh') {
    for (const setting of DEFAULTS) setSysctl(setting, line, host);
  } else if (program === 'sysctl') {
    for (const arg of args) if (arg.includes('=')) setSysctl(arg, line, host);
  } else if (program === 'set_sysctls.py') {
    for (const arg of args) setSysctl(arg.replace(/^\/proc\/sys\//, ''), line, host);
  } else if (program === 'sleep') {
    effect.pause += Math.round(Number(/^[\d.]+/.exec(args[0] ?? '')?.[0] ?? 0) * 1e6);
  } else if (/^echo .*>\s*\/proc\/sys\//.test(command)) {
    const [value = '', file = ''] = command.slice(5).split(/\s*>\s*\/proc\/sys\//);
    setSysctl(
      `${file.trim()}=${value
        .replace(/^-n\s+/, '')
        .replace(/["']/g, '')
        .trim()}`,
      line,
      host,
    );
  } else if (!HARMLESS.test(command) && !HARMLESS.test(command.replace(/^\S*\//, '')) && program !== 'echo') {
    throw new Unsupported(`the command ${command}`);
  }
}

/** Words as a shell splits them: quotes hold blanks, `$((...))` is reckoned. */
function wordsOf(command: string): string[] {
  const reckoned = command.replace(/\$\(\(\s*([\d\s*+-]+?)\s*\)\)/g, (_, sum: string) => String(product(sum)));
  const words = reckoned.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replace(/["']/g, ''));
}

const product = (text: string): number => text.split('*').reduce((sum, factor) => sum * Number(factor), 1);

function setSysctl(setting: string, line: number, host: Host): void {
  const equals = setting.indexOf('=');
  const path = setting.slice(0, equals).replace(/\//g, '.');
  const name = path.slice(path.lastIndexOf('.') + 1);
  const value = setting
    .slice(equals + 1)
    .trim()
    .replace(/^0x[0-9a-f]+$/i, (hex) => String(Number(hex)));
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
