import type { Rung } from './ladder/ladder.ts';
import { Run } from './run/run.ts';
import type { Script } from './script/ast.ts';
import { parseScript } from './script/parser.ts';
import { definesOf, type IpVersion, isIpVersion, type Settings, settingsOf } from './script/settings.ts';
import { Mismatch, ScriptError, Unsupported } from './terms/errors.ts';

export interface DrillOptions {
  /** Over what the script's packets go; default: what the script says, else IPv4. */
  ipVersion?: IpVersion | undefined;
  /**
   * Over IPv6, the MTU is 20 octets more than the script says (or packetdrill's default), so that one script with the MSS of
   * IPv4 in it runs over both. The public scripts' runners do the same (`--mtu=1520`).
   */
  sameMss?: boolean | undefined;
  /** As packetdrill's own command line: `{ name: 'tolerance_usecs', value: '10000' }`. They win over the script's. */
  options?: readonly { name: string; value: string | null }[] | undefined;
  /** What words in the script stand for. */
  defines?: ReadonlyMap<string, string> | undefined;
  /** The host's random numbers; the same seed gives the same run. */
  seed?: number | undefined;
}

/** How a script came out. */
export interface Verdict {
  /** `unsupported`: it asks what can't be had here, and says nothing about the host. `invalid`: it can't be read. */
  status: 'passed' | 'failed' | 'unsupported' | 'invalid';
  /** Over what its packets went. */
  ipVersion: IpVersion;
  /** Where; 0: nowhere in particular. */
  line: number;
  /** The text of that line. */
  source: string;
  /** In a sentence; empty when it passed. */
  message: string;
  /** What the script expected, and what came instead; empty where that is not the matter. */
  expected: string;
  actual: string;
  /** What went over the wire and what applications did, up to the end; where a packet is wrong, that one is marked. */
  ladder: readonly Rung[];
  /** What is worth knowing besides: what snippets printed, packets that no event looked at, mismatches that are not fatal. */
  notes: readonly string[];
}

/**
 * Runs a packetdrill script against a host in virtual time: no device, no waiting, the same result each time. Nothing in
 * a script is ever executed outside.
 *
 * @example
 * const verdict = drill(source);
 * if (verdict.status === 'failed') console.log(verdict.line, verdict.expected, verdict.actual);
 */
export function drill(source: string, options: DrillOptions = {}): Verdict {
  let run: Run | null = null;
  let ipVersion = options.ipVersion ?? 'ipv4';
  const verdict = (status: Verdict['status'], line: number, message: string, wrong?: Mismatch): Verdict => ({
    status,
    ipVersion,
    line,
    source: (source.split('\n')[line - 1] ?? '').trim(),
    message,
    expected: '',
    actual: '',
    ladder: run?.world.ladder.rungs(wrong) ?? [],
    notes: run?.notes ?? [],
  });
  try {
    const [script, settings] = prepare(source, options);
    ipVersion = settings.ipVersion;
    run = new Run(script, settings, options.seed ?? 1, source.split('\n'));
    run.run();
    return verdict('passed', 0, '');
  } catch (error) {
    if (error instanceof Mismatch) {
      const { expected, actual } = error;
      return { ...verdict('failed', run?.line ?? 0, error.message, error), expected, actual };
    }
    if (error instanceof Unsupported) return verdict('unsupported', run?.line ?? 0, error.message);
    if (error instanceof ScriptError) return verdict('invalid', error.line || (run?.line ?? 0), error.message);
    // The host itself came to grief: nothing that a peer sends may do that, so it is the worst of failures.
    return verdict('failed', run?.line ?? 0, `The host breaks: ${(error as Error).stack ?? error}`);
  }
}

function prepare(source: string, options: DrillOptions): [Script, Settings] {
  const ipVersion = options.ipVersion ?? ipVersionsOf(source)[0]!;
  const script = parseScript(source, definesOf(ipVersion, options.defines));
  for (const event of script.events) {
    if (event.action.type === 'other') throw new Unsupported(event.action.what);
  }
  return [script, settingsOf(script, options)];
}

/**
 * Over what a script is to be run that should run over both: the one IP that it says it is for (`--ip_version=ipv4` at its
 * head, or as in packetdrill's own run_all.py an `ipv4.pkt` at the end of its name), else IPv4 and IPv6.
 */
export function ipVersionsOf(source: string, file = ''): readonly IpVersion[] {
  const said = scriptOptions(source).findLast((option) => option.name === 'ip_version')?.value ?? '';
  if (isIpVersion(said)) return [said];
  if (file.endsWith('v4.pkt')) return ['ipv4'];
  return file.endsWith('v6.pkt') ? ['ipv6'] : ['ipv4', 'ipv6'];
}

function scriptOptions(source: string): Script['options'] {
  try {
    return parseScript(source, definesOf('ipv4')).options;
  } catch {
    return []; // it can't be read: over whatever
  }
}
