import type { Address } from '../../wire/address.ts';
import { ACK, SYN } from '../../wire/segment.ts';
import { type Seq, seqAdd } from '../../wire/seq.ts';
import type { TcpAction } from '../script/ast.ts';
import type { Settings } from '../script/settings.ts';
import { ScriptError } from '../terms/errors.ts';

/**
 * One connection between script and host: how the numbers in the script and those on the wire belong together.
 *
 * A SYN has the sequence number that the script gives it; all other packets count from the first SYN of their direction,
 * as tcpdump does. Ours has whatever number the host chose, so our direction has two first numbers: the script's and the
 * live one. A later SYN doesn't move them, whether its connection lives, waits in TIME_WAIT or is gone: the numbers behind
 * it go on from the first one (packetdrill's run_packet.c). Timestamps of ours are the script's plus an offset that our
 * first one fixes; what the peer echoes is looked up among those that we sent.
 */
export class Numbers {
  readonly localPort: number;
  readonly remotePort: number;
  readonly local: Address;
  readonly remote: Address;
  /** We opened it: the peer's first number is that of its SYN-ACK. */
  readonly active: boolean;
  /** Our first number as the script has it, and the one on the wire; null until known. */
  private localScript: Seq = 0;
  private localLive: Seq | null = null;
  /** The peer's first number, which is the script's; null until known. */
  private remoteFirst: Seq | null = null;

  /** One beyond the last octet of ours that the script expected. */
  expectedEnd: Seq = 0;

  private firstTs: { script: number; live: number } | null = null;
  private readonly liveTsOf = new Map<number, number>();

  constructor(local: Address, localPort: number, remote: Address, remotePort: number, active: boolean) {
    this.active = active;
    this.local = local.copy();
    this.localPort = localPort;
    this.remote = remote.copy();
    this.remotePort = remotePort;
  }

  /** A SYN of the peer's: the first one says what its other numbers count from. */
  learnRemote({ seq, flags }: TcpAction): void {
    if (this.active && !(flags & ACK)) return;
    this.remoteFirst ??= seq | 0;
  }

  /** Our SYN or SYN-ACK: its number is whatever the host chose. */
  learnLocal(script: number, live: Seq): void {
    this.localScript = script | 0;
    this.localLive = live;
  }

  get localIsKnown(): boolean {
    return this.localLive !== null;
  }

  get localIss(): Seq {
    return this.localLive ?? 0;
  }

  get remoteIss(): Seq {
    return this.remoteFirst ?? 0;
  }

  /** The host knows nothing of this connection any more: the next one with these ends has numbers of its own. */
  forgetLocal(): void {
    this.localLive = null;
    this.firstTs = null;
    this.liveTsOf.clear();
  }

  // ---- From the script to the wire

  localToLive(seq: number, flags: number): Seq {
    return seqAdd(seq, this.localOffset(flags));
  }

  remoteToLive(seq: number, flags: number): Seq {
    return seqAdd(seq, this.remoteOffset(flags));
  }

  // ---- From the wire to the script

  localToScript(seq: Seq, flags: number): number {
    return seqAdd(seq, -this.localOffset(flags)) >>> 0;
  }

  remoteToScript(seq: Seq, flags: number): number {
    return seqAdd(seq, -this.remoteOffset(flags)) >>> 0;
  }

  private localOffset(flags: number): number {
    const live = this.localLive ?? 0;
    return flags & SYN ? seqAdd(live, -this.localScript) : live;
  }

  private remoteOffset(flags: number): number {
    return flags & SYN ? 0 : this.remoteIss;
  }

  // ---- Timestamps

  /** One of ours left, where the script has `script`. @returns it in the script's terms */
  tsToScript(script: number, live: number): number {
    this.firstTs ??= { script, live };
    this.liveTsOf.set(script, live);
    return this.tsInScript(live)!;
  }

  /** Null: no timestamp of ours has been expected yet. */
  tsInScript(live: number): number | null {
    return this.firstTs === null ? null : (this.firstTs.script + (live - this.firstTs.live)) >>> 0;
  }

  /** What the peer echoes. */
  ecrToLive(ecr: number, settings: Settings, line: number): number {
    const sent = this.liveTsOf.get(ecr);
    if (sent !== undefined) return sent;
    if (settings.tsEcrScaled && this.firstTs !== null) return (ecr - this.firstTs.script + this.firstTs.live) | 0;
    throw new ScriptError(line, `The peer echoes timestamp ${ecr}, which no packet of ours had (--tcp_ts_ecr_scaled?)`);
  }
}
