import type { Text } from '../../terms/text.ts';

/** What can be explained, in the order in which it is listed; with what a reader calls it. */
export const GLOSSARY_KINDS = {
  state: { en: 'state', zh: '状态' },
  flag: { en: 'flag', zh: '标志位' },
  'header field': { en: 'header field', zh: '首部字段' },
  option: { en: 'option', zh: '选项' },
  timer: { en: 'timer', zh: '定时器' },
  word: { en: 'word', zh: '术语' },
  'error code': { en: 'error code', zh: '错误码' },
  'hold reason': { en: 'what keeps a sender waiting', zh: '发送方等待的原因' },
  knob: { en: 'knob (sysctl)', zh: '内核参数（sysctl）' },
  counter: { en: 'counter', zh: '计数器' },
  'drop reason': { en: 'drop reason', zh: '丢弃原因' },
} as const satisfies Record<string, Text>;

export type GlossaryKind = keyof typeof GLOSSARY_KINDS;

/** One page of the glossary. What is empty or missing isn't shown. */
export interface GlossaryEntry {
  /** As this stack and the RFCs write it: SYN_RECEIVED, tcp_fin_timeout, TcpExtListenDrops, 2msl. */
  readonly name: string;
  readonly kind: GlossaryKind;
  /** What Linux, Wireshark and Chinese books call it. */
  readonly also: readonly string[];
  /** Questions that it answers, in either language, for `lab ask`. */
  readonly asked: readonly string[];
  /** What it is: a few sentences. */
  readonly text: Text;
  /** Of a knob: its default, unit and bounds here. */
  readonly value?: KnobValue;
  /** Of a state: how a connection comes into it, and leaves it. */
  readonly ways: readonly Way[];
  /** What it tells when there are many of them. */
  readonly many?: Text;
  /** Commands that show it (or set it) in this stack, and on Linux. */
  readonly here: readonly string[];
  readonly linux: readonly string[];
  /** RFCs with their sections, files of the kernel. */
  readonly sources: readonly string[];
  /** Scenarios that show it: names, or with what is set, as `close-lost 4`. */
  readonly scenarios: readonly string[];
  /** Other entries that belong to it, by name. */
  readonly see: readonly string[];
}

/** One change of state. */
export interface Way {
  readonly from: string;
  readonly to: string;
  readonly text: Text;
  readonly source: string;
}

export interface KnobValue {
  readonly default: string;
  readonly unit: string;
  /** `0..65535`, or the names that there are. */
  readonly range: string;
}

/** An entry as it is written, in a table whose keys are the names. */
export type Draft = Pick<GlossaryEntry, 'text' | 'sources'> & Partial<Omit<GlossaryEntry, 'name' | 'kind'>>;
export type Drafts = Readonly<Record<string, Draft>>;

/** The entries of a table, all of one kind. */
export const entriesOf = (kind: GlossaryKind, drafts: Drafts): GlossaryEntry[] =>
  Object.entries(drafts).map(([name, draft]) => ({ ...NOTHING, ...draft, name, kind }));

const NOTHING = { also: [], asked: [], ways: [], here: [], linux: [], scenarios: [], see: [] } as const;
