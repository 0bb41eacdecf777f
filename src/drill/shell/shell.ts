import type { Host } from '../../host/host.ts';
import type { Micros } from '../../time/wheel.ts';
import { Mismatch, Unsupported } from '../terms/errors.ts';
import { Files } from './files.ts';
import { parseGrep } from './grep.ts';
import { Nstat, requireCounters } from './nstat.ts';
import { procNetTcp } from './proc-net.ts';
import { parseCommands, type Simple, type Step } from './syntax.ts';
import { setDefaults, setSysctl, sysctlValue } from './sysctls.ts';

/** What flows through a pipe. */
interface Output {
  lines: string[];
  /** They are counters: what is looked for there and unknown to the host can't be answered. */
  counters?: boolean;
  /** Null: the program would say something that we don't know. No program may read it. */
  known?: false;
}

interface Ended {
  status: number;
  output: Output;
}

/** What a script may ask of the world beside its host. */
export interface ShellUser {
  host: Host;
  /** The device of the script gets another MTU. */
  setMtu(mtu: number): void;
}

const NOTHING: Output = { lines: [] };
const ok = (lines: string[] = []): Ended => ({ status: 0, output: { lines } });
/** Something for people to read. */
const UNREADABLE: Ended = { status: 0, output: { lines: [], known: false } };

/** Commands that change nothing here, and say nothing. */
const SILENT = /^(true|:|sync|logger|chmod|export|ethtool -K|ip (-\d )?(tcp_metrics|route) flush)( |$)/;
/** Commands that change nothing here, and tell of the machine what isn't known. */
const TELLING = /^(ss|date|dmesg|ethtool|uname|ip (-\d )?(addr|link|route|tcp_metrics) show|tc qdisc show)( |$)/;
/** Queues that neither hold back nor drop what a script sends. */
const QUEUE =
  /^tc qdisc (add|del|replace|change) dev \S+ (root|handle \S+ root)( (pfifo|bfifo|noqueue|pfifo_fast))?( limit (\d+))?$/;
const QUEUE_MIN = 1000;
/** The queue that paces every connection. */
const FAIR_QUEUE = /^tc qdisc (add|replace|change) dev \S+ root fq$/;
const PROC_SYS = '/proc/sys/';
/** A parameter of a kernel module is a knob that has the module's name in its own. */
const MODULE_PARAMETER = /^\/sys\/module\/(\w+)\/parameters\/(\w+)$/;

/** The knob that a file of the kernel is; null: it is another file. */
const knobOf = (file: string): string | null => {
  const parameter = MODULE_PARAMETER.exec(file);
  if (parameter !== null) return `${parameter[1]}_${parameter[2]}`;
  return file.startsWith(PROC_SYS) ? file.slice(PROC_SYS.length) : null;
};

/**
 * The commands between backquotes. Nothing is ever executed: this knows what those that scripts use would do to the host
 * and what they would say of it, and ends as sh(1) would. What it can't know is unsupported, never passed.
 */
export class Shell {
  readonly files = new Files();
  private readonly user: ShellUser;
  private readonly nstat = new Nstat();
  private line = 0;
  private pause: Micros = 0;
  private stopsAtFailure = false;

  constructor(user: ShellUser) {
    this.user = user;
  }

  /**
   * @returns for how long it sleeps
   * @throws Unsupported
   * @throws Mismatch when it ends with another status than 0: packetdrill's script fails then
   */
  run(text: string, line: number): Micros {
    this.line = line;
    this.pause = 0;
    this.stopsAtFailure = false;
    const { status, command } = this.steps(parseCommands(text, line));
    if (status !== 0) throw new Mismatch('The command fails', 'exit status 0', `${status}, from: ${command}`);
    return this.pause;
  }

  private steps(steps: readonly Step[]): { status: number; command: string } {
    let last = { status: 0, command: '' };
    for (const [i, step] of steps.entries()) {
      if (step.when === 'succeeded' && last.status !== 0) continue;
      if (step.when === 'failed' && last.status === 0) continue;
      const first = step.pipeline[0]!;
      if (first.words[0] === 'exit') return { status: Number(first.words[1] ?? last.status), command: first.text };
      last = { status: this.pipeline(step), command: step.pipeline.map((simple) => simple.text).join(' | ') };
      const isTested = step.negated || (steps[i + 1]?.when ?? 'always') !== 'always';
      if (this.stopsAtFailure && last.status !== 0 && !isTested) return last;
    }
    return last;
  }

  private pipeline(step: Step): number {
    let ended: Ended = { status: 0, output: NOTHING };
    for (const [i, simple] of step.pipeline.entries()) {
      const input = simple.input === null ? ended.output : { lines: this.linesOf(simple.input) };
      if (i > 0 && input.known === false) throw new Unsupported(`what "${step.pipeline[i - 1]!.text}" says`);
      ended = this.program(simple, input);
      if (simple.output !== null) ended = this.redirect(ended, simple.output);
    }
    return step.negated ? Number(ended.status === 0) : ended.status;
  }

  private redirect({ status, output }: Ended, { file, append }: NonNullable<Simple['output']>): Ended {
    if (file === '/dev/null') return { status, output: NOTHING };
    const knob = knobOf(file);
    if (knob !== null) {
      setSysctl(`${knob}=${output.lines.join(' ')}`, this.line, this.user.host);
    } else if (output.known === false) {
      this.files.remove(file);
    } else {
      const octets = new TextEncoder().encode(output.lines.map((line) => `${line}\n`).join(''));
      if (append) this.files.append(file, octets);
      else this.files.write(file, octets);
    }
    return { status, output: NOTHING };
  }

  private linesOf(file: string): string[] {
    if (file === '/dev/null') return [];
    const table = /^\/proc\/net\/tcp(6?)$/.exec(file);
    if (table !== null) return procNetTcp(this.user.host, table[1] === '6' ? 6 : 4);
    const knob = knobOf(file);
    if (knob !== null) return [sysctlValue(knob, this.user.host)];
    const text = new TextDecoder().decode(this.files.read(file));
    return text.replace(/\n$/, '').split('\n');
  }

  private program(simple: Simple, input: Output): Ended {
    const { host } = this.user;
    const [path = '', ...args] = simple.words;
    const name = path.slice(path.lastIndexOf('/') + 1);
    switch (name) {
      case '': // a redirection alone
        return ok();
      case 'false':
        return { status: 1, output: NOTHING };
      case 'set':
        if (args.length > 1 || !/^[-+][eux]+$/.test(args[0] ?? '')) throw new Unsupported(`the command ${simple.text}`);
        if (args[0]!.includes('e')) this.stopsAtFailure = args[0]!.startsWith('-');
        return ok();
      case '.':
      case 'source':
        return this.program({ ...simple, words: args }, input);
      case 'defaults.sh':
        setDefaults(this.line, host);
        // packetdrill's own tests have Fast Open for all listeners, Linux's selftests don't.
        if (path.includes('common/')) setSysctl('tcp_fastopen=0x70403', this.line, host);
        return ok();
      case 'set_sysctls.py':
        for (const arg of args) setSysctl(arg.replace(PROC_SYS, ''), this.line, host);
        return ok();
      case 'sysctl':
        return this.sysctl(args);
      case 'sleep':
        this.pause += Math.round(Number(/^[\d.]+/.exec(args[0] ?? '')?.[0] ?? 0) * 1e6);
        return ok();
      case 'echo':
        return ok([args.filter((arg, i) => i > 0 || !/^-[ne]+$/.test(arg)).join(' ')]);
      case 'printf':
        return UNREADABLE;
      case 'nstat':
        return { status: 0, output: { lines: this.nstat.run(args, host), counters: true } };
      case 'grep':
      case 'egrep':
      case 'fgrep':
        return this.grep(name, args, input);
      case 'cat':
        return args.length === 0 ? { status: 0, output: input } : ok(args.flatMap((file) => this.linesOf(file)));
      case 'wc':
        if (args.join() !== '-l') throw new Unsupported(`the command ${simple.text}`);
        return ok([String(input.lines.length)]);
      case 'sh':
      case 'bash':
        if (args[0] !== '-c' || args.length !== 2) throw new Unsupported(`the command ${simple.text}`);
        return { status: this.steps(parseCommands(args[1]!, this.line)).status, output: { lines: [], known: false } };
      case 'rm':
        return this.remove(args);
      case 'dd':
        this.files.dd(args);
        return ok();
      case 'truncate':
        this.files.truncate(args);
        return ok();
      default:
        return this.machine(`${name} ${args.join(' ')}`.trim());
    }
  }

  private sysctl(args: readonly string[]): Ended {
    const said: string[] = [];
    for (const arg of args.filter((a) => !a.startsWith('-'))) {
      if (arg.includes('=')) setSysctl(arg, this.line, this.user.host);
      else if (args.includes('-n')) said.push(sysctlValue(arg, this.user.host));
      else said.push(`${arg} = ${sysctlValue(arg, this.user.host)}`);
    }
    return ok(said);
  }

  private grep(name: string, args: readonly string[], input: Output): Ended {
    const grep = parseGrep(name === 'grep' ? args : [name === 'egrep' ? '-E' : '-F', ...args]);
    if (input.counters === true) requireCounters(grep.pattern, this.user.host);
    const found = grep.select(grep.files.length > 0 ? grep.files.flatMap((file) => this.linesOf(file)) : input.lines);
    const lines = grep.quiet ? [] : grep.count ? [String(found.length)] : found;
    return { status: found.length > 0 ? 0 : 1, output: { ...input, lines } };
  }

  private remove(args: readonly string[]): Ended {
    const forced = args.some((arg) => /^-\w*f/.test(arg));
    const gone = args.filter((arg) => !arg.startsWith('-')).map((file) => this.files.remove(file));
    return { status: forced || gone.every(Boolean) ? 0 : 1, output: NOTHING };
  }

  /** What is about the machine and its devices. */
  private machine(command: string): Ended {
    const mtu = /^ip link set (?:dev )?\S+ mtu (\d+)$/.exec(command);
    if (mtu !== null) {
      this.user.setMtu(Number(mtu[1]));
      return ok();
    }
    if (FAIR_QUEUE.test(command)) {
      this.user.host.sysctls.default_qdisc = 'fq';
      return ok();
    }
    const queue = QUEUE.exec(command);
    if (queue !== null && (queue[6] === undefined || Number(queue[6]) >= QUEUE_MIN)) return ok();
    if (/^ip (-\d )?tcp_metrics flush( |$)/.test(command)) this.user.host.tcp.fastOpenCache.clear();
    if (SILENT.test(command) || /^sysctl_restore_/.test(command)) return ok();
    if (TELLING.test(command)) return UNREADABLE;
    throw new Unsupported(`the command ${command}`);
  }
}
