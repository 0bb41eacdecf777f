import type { Micros } from '../../time/wheel.ts';

/** What a packetdrill script says, as values. Lines count from 1. */
export interface Script {
  /** `--name=value` lines at the head. */
  options: { name: string; value: string | null; line: number }[];
  /** A command before the first event. */
  init: CommandAction | null;
  /** A command behind the last event: it runs whatever happens. */
  cleanup: CommandAction | null;
  events: Event[];
}

export interface Event {
  line: number;
  time: EventTime;
  action: Action;
}

/** When: at a time of the script's clock, after the event before, within a range, or (packets that leave) whenever. */
export type EventTime =
  | { type: 'absolute'; at: Micros; until: Micros | null }
  | { type: 'relative'; at: Micros; until: Micros | null }
  | { type: 'any' };

export type Action = PacketAction | CallAction | CommandAction | CodeAction;

// ---- Packets

export type PacketAction = TcpAction | IcmpAction | OtherPacket;
/** `<`: the script injects it. `>`: the host under test must send it. */
export type Direction = 'in' | 'out';

/** What stands in brackets before the flags: `[ect0]`, `(tos 0x10)`, `[ttl 63]`, `[flowlabel 0x1]`. Null: not said. */
export interface IpSpec {
  /** `ect01`: either of them. */
  ecn: 'noecn' | 'ect0' | 'ect1' | 'ce' | 'ect01' | null;
  tos: number | null;
  ttl: number | null;
  flowLabel: number | null;
}

export interface TcpAction {
  type: 'tcp';
  direction: Direction;
  ip: IpSpec;
  /** `8080>50000`, or null. */
  ports: { src: number; dst: number } | null;
  flags: number;
  /** AccECN's counter, from digits among the flags: three bits that stand where AE, CWR and ECE do. */
  ace: number | null;
  seq: number;
  length: number;
  ack: number;
  /** Null: not said (the peer's is 0, ours is not looked at). */
  win: number | null;
  urg: number;
  /** Null: `<...>`, whatever they are. */
  options: OptionSpec[] | null;
}

export type OptionSpec =
  | { type: 'nop' | 'eol' | 'sackOK' }
  | { type: 'mss' | 'wscale'; value: number }
  | { type: 'TS'; val: number; ecr: number }
  | { type: 'sack'; blocks: { left: number; right: number }[] }
  /** One that is its octets and nothing more to us: FO, FOEXP, md5, ECN. */
  | { type: 'raw'; name: string; bytes: number[] };

export interface IcmpAction {
  type: 'icmp';
  direction: Direction;
  /** 6: spelt `icmpv6`; null: `icmp`, which is that of the IP that the script runs over. */
  family: 6 | null;
  ip: IpSpec;
  typeName: string;
  codeName: string | null;
  mtu: number | null;
  id: number | null;
  /** The segment that the message quotes. */
  quoted: { protocol: 'tcp' | 'udp' | 'raw'; seq: number; length: number };
}

/** UDP, and everything in tunnels: parsed as far as to say that we don't have it. */
export interface OtherPacket {
  type: 'other';
  direction: Direction;
  what: string;
}

// ---- System calls

export interface CallAction {
  type: 'call';
  name: string;
  args: Expression[];
  /** `+0...0.3`: the call blocks, and returns at this time (in the terms of the event's own time); null: at once. */
  end: Micros | null;
  result: Expression;
  /** The name of an errno, `EAGAIN`. */
  errno: string | null;
}

export type Expression =
  /** `...`: the script doesn't say, or doesn't mind. */
  | { type: 'ellipsis' }
  | { type: 'number'; value: number }
  | { type: 'word'; name: string }
  | { type: 'string'; text: string }
  | { type: 'or'; left: Expression; right: Expression }
  | { type: 'list'; items: Expression[] }
  /** `{..., 1000}`. */
  | { type: 'group'; items: Expression[] }
  /** `{sa_family = AF_INET, ...}`. */
  | { type: 'struct'; fields: ReadonlyMap<string, Expression> }
  /** `htons(8080)`. */
  | { type: 'apply'; name: string; args: Expression[] };

// ---- The rest

/** Between backquotes. Nothing is ever executed: src/drill/shell/shell.ts knows what these do. */
export interface CommandAction {
  type: 'command';
  line: number;
  text: string;
}

/** Between %{ and }%. */
export interface CodeAction {
  type: 'code';
  text: string;
}
