import type { Script } from './ast.ts';
import { Mismatch, ScriptError, Unsupported } from './errors.ts';
import { parseScript } from './parser.ts';
import { Run } from './run.ts';
import { type IpVersion, type Settings, settingsOf } from './settings.ts';

export interface DrillOptions {
  /** Over what the script's packets go; default: what the script says, else IPv4. */
  ipVersion?: IpVersion | undefined;
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
  /** Where; 0: nowhere in particular. */
  line: number;
  /** The text of that line. */
  source: string;
  /** In a sentence; empty when it passed. */
  message: string;
  /** What the script expected, and what came instead; empty where that is not the matter. */
  expected: string;
  actual: string;
  /** The last that went over the wire before. */
  ladder: readonly string[];
  /** What is worth knowing besides: what snippets printed, packets that nobody looked at, mismatches that are not fatal. */
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
  const verdict = (status: Verdict['status'], line: number, message: string): Verdict => ({
    status,
    line,
    source: (source.split('\n')[line - 1] ?? '').trim(),
    message,
    expected: '',
    actual: '',
    ladder: run?.world.ladder ?? [],
    notes: run?.notes ?? [],
  });
  try {
    const [script, settings] = prepare(source, options);
    run = new Run(script, settings, options.seed ?? 1);
    run.run();
    return verdict('passed', 0, '');
  } catch (error) {
    if (error instanceof Mismatch) {
      const { expected, actual } = error;
      return { ...verdict('failed', run?.line ?? 0, error.message), expected, actual };
    }
    if (error instanceof Unsupported) return verdict('unsupported', run?.line ?? 0, error.message);
    if (error instanceof ScriptError) return verdict('invalid', error.line || (run?.line ?? 0), error.message);
    // The host itself came to grief: nothing that a peer sends may do that, so it is the worst of failures.
    return verdict('failed', run?.line ?? 0, `The host breaks: ${(error as Error).stack ?? error}`);
  }
}

function prepare(source: string, options: DrillOptions): [Script, Settings] {
  const script = parseScript(source, options.defines);
  for (const event of script.events) {
    if (event.action.type === 'other') throw new Unsupported(event.action.what);
  }
  return [script, settingsOf(script, { ipVersion: options.ipVersion, options: options.options })];
}
