import { ACK, RST, SYN } from '../../wire/segment.ts';
import { Arguments, numberOf } from '../calls/arguments.ts';
import { Kernel } from '../calls/kernel.ts';
import { connectionInfo } from '../calls/socket-info.ts';
import { buildIcmp, buildTcp, withAce } from '../packets/build.ts';
import { icmpText, specText } from '../packets/packet-text.ts';
import type { Action, CallAction, Event, IcmpAction, OptionSpec, Script, TcpAction } from '../script/ast.ts';
import type { Settings } from '../script/settings.ts';
import { Shell } from '../shell/shell.ts';
import { runSnippet } from '../snippet/evaluate.ts';
import { Mismatch, ScriptError, Unsupported } from '../terms/errors.ts';
import { compareResult } from './compare-result.ts';
import { Connections } from './connections.ts';
import { expectIcmp, expectTcp, rejectLeftovers } from './expect.ts';
import { SleepingCalls } from './sleeping-calls.ts';
import { Timing } from './timing.ts';
import { World } from './world.ts';

/** Runs one script against one host. */
export class Run {
  readonly world: World;
  readonly connections: Connections;
  /** The line that is being done: where it fails, if it does. */
  line = 0;
  /** Mismatches that the script calls not fatal, and what its snippets print. */
  readonly notes: string[] = [];
  private readonly script: Script;
  private readonly source: readonly string[];
  private readonly settings: Settings;
  private readonly kernel: Kernel;
  private readonly timing: Timing;
  private readonly sleeping: SleepingCalls;
  private readonly shell: Shell;

  /** @param source its lines, for the ladder */
  constructor(script: Script, settings: Settings, seed: number, source: readonly string[]) {
    this.script = script;
    this.source = source;
    this.settings = settings;
    this.world = new World(settings, seed);
    this.connections = new Connections(settings);
    this.world.numbersOf = (tcp) => this.connections.find(tcp.srcPort, tcp.dstPort);
    this.timing = new Timing(settings);
    this.shell = new Shell({ host: this.world.host, setMtu: (mtu) => this.world.setMtu(mtu) });
    this.kernel = new Kernel(this.world.host, settings, this.connections, () => this.world.now, this.shell.files);
    this.sleeping = new SleepingCalls(this.world, this.timing, () => this.kernel.look());
  }

  /** @throws Mismatch, ScriptError or Unsupported, about `line` */
  run(): void {
    for (const name of this.settings.initScripts) this.command(name, 0);
    if (this.script.init !== null) this.command(this.script.init.text, this.script.init.line);
    for (const event of this.script.events) {
      this.line = event.line;
      this.event(event);
    }
    this.finish();
  }

  private event(event: Event): void {
    const { action } = event;
    this.timing.begin(event, this.world.now);
    if (action.type === 'tcp' && action.direction === 'out') this.tolerating('packet', () => this.expect(action));
    else if (action.type === 'icmp' && action.direction === 'out') this.tolerating('packet', () => this.expect(action));
    else {
      // One call at a time: a second one waits for the first, as packetdrill's own thread for calls does.
      if (action.type === 'call') this.sleeping.await();
      this.world.advanceTo(Math.max(this.timing.at, this.world.now));
      this.sleeping.check();
      this.timing.check(this.world.now, 'The event');
      this.perform(action, event.line);
    }
    this.sleeping.check();
    this.timing.end(event);
  }

  private perform(action: Action, line: number): void {
    switch (action.type) {
      case 'tcp':
        this.injectTcp(action, line);
        return;
      case 'icmp':
        this.injectIcmp(action);
        return;
      case 'call':
        this.call(action, line);
        return;
      case 'command':
        this.command(action.text, line);
        return;
      case 'code':
        this.snippet(action.text, line);
        return;
      case 'other':
        throw new Unsupported(action.what);
      default:
        action satisfies never;
    }
  }

  /** `--non_fatal` makes a mismatch of a kind a remark. */
  private tolerating(kind: 'packet' | 'syscall', act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Mismatch) || !this.settings.nonFatal[kind]) throw error;
      this.notes.push(`line ${this.line}: ${error.message} (not fatal): ${error.expected}, not ${error.actual}`);
    }
  }

  // ---- Packets

  private injectTcp(spec: TcpAction, line: number): void {
    const { world, settings } = this;
    const numbers = this.connections.forInbound(spec);
    const starts = (withAce(spec) & (SYN | ACK | RST)) === SYN;
    const isPeersSyn = (spec.flags & SYN) !== 0 && (spec.flags & RST) === 0;
    if (isPeersSyn) {
      if (starts && !this.connections.isKnownTo(world.host, numbers)) numbers.forgetLocal();
      numbers.learnRemote(spec);
    }
    world.ladder.sent(world.now, specText(spec));
    world.inject(buildTcp(spec, numbers, settings, line), spec.length > settings.mss ? settings.mss : 0);
    // It may be over before anything asks for it: a RST before it is accepted.
    this.connections.connectionOf(numbers, world.host);
  }

  private injectIcmp(spec: IcmpAction): void {
    const numbers = this.connections.current();
    const packet = buildIcmp(spec, numbers);
    this.world.ladder.sent(this.world.now, icmpText(spec));
    this.world.inject(packet, 0);
  }

  private expect(spec: TcpAction | IcmpAction): void {
    if (spec.type === 'icmp') {
      expectIcmp(spec, this.world, this.settings, this.timing);
      return;
    }
    for (const option of spec.options ?? []) refuseOption(option);
    expectTcp(spec, this.world, this.connections, this.kernel, this.settings, this.timing);
  }

  // ---- System calls

  /** What the script says on a line, without the time. */
  private textAt(line: number): string {
    return (this.source[line - 1] ?? '').trim().replace(/^\+?[\d.]+\s*/, '');
  }

  private call(action: CallAction, line: number): void {
    const args = new Arguments(action, line);
    const said = this.world.ladder.happened(this.world.now, null, this.textAt(line));
    const wanted = action.result.type === 'ellipsis' ? -1 : numberOf(action.result, line);
    const operation = this.kernel.begin(args, wanted);
    const result = operation.attempt() ?? (operation.blocking ? null : { value: -1, errno: 'EAGAIN' });
    const compare = (got: NonNullable<typeof result>): void => {
      this.line = line;
      this.tolerating('syscall', () => {
        try {
          compareResult(action, args, got);
        } catch (error) {
          if (error instanceof Mismatch) said.unshift(`expected ${error.expected}, came ${error.actual}`);
          throw error;
        }
      });
    };
    const end = this.timing.endOf(action);
    if (result === null) {
      if (end === null) throw new Mismatch('The call blocks', `${action.name}() returns at once`, 'it blocks');
      this.sleeping.add({ operation, end, line, name: action.name, compare });
    } else {
      if (end !== null) this.timing.checkAt(end, this.world.now, `${action.name}()`);
      compare(result);
    }
    this.world.settle();
    operation.after?.();
  }

  // ---- Commands and snippets

  private command(text: string, line: number): void {
    this.line = line;
    const pause = this.shell.run(text, line);
    if (pause > 0 && this.timing.begun) this.world.advanceTo(this.world.now + pause);
  }

  private snippet(text: string, line: number): void {
    const connection = this.connections.connectionUnderTest(this.world.host);
    const info = connection !== null ? connectionInfo(connection) : this.connections.socketInfo();
    if (info === null) throw new ScriptError(line, 'There is no socket whose tcp_info could be looked at');
    this.notes.push(...runSnippet(text, line, info));
  }

  // ---- The end

  private finish(): void {
    this.sleeping.await();
    this.sleeping.check();
    const last = this.script.events[this.script.events.length - 1];
    rejectLeftovers(last, this.world, this.connections, this.timing);
    const left = this.world.captured.length;
    if (left > 0) this.notes.push(`${left} packets left that the script says nothing about`);
    const { passedOver } = this.world;
    if (passedOver > 0) this.notes.push(`${passedOver} packets of other connections left, and were passed over`);
    if (this.script.cleanup !== null) this.command(this.script.cleanup.text, this.script.cleanup.line);
  }
}

/** Options that the host can't send yet: a script that expects them tests what isn't here. */
function refuseOption(option: OptionSpec): void {
  if (option.type !== 'raw' || option.name !== 'md5') return;
  throw new Unsupported(`TCP MD5 (the option ${option.name})`);
}
