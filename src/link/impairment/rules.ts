import { happens, type Random } from '../../time/random.ts';
import { ACK, FIN, RST, SYN } from '../../wire/segment.ts';
import { seqAdd } from '../../wire/seq.ts';
import { type Flow, type FlowSide, Flows } from './flows.ts';
import { ruleText } from './language/print.ts';
import type { Direction, Kind, Rule, Selection, Which } from './language/terms.ts';
import type { SeenPacket } from './packets/seen-packet.ts';

/** A rule that chose a packet. */
export interface Match {
  readonly rule: Rule;
  readonly text: string;
}

/** What is to be done to a packet. Borrowed until the next one is judged. */
export class Judgement {
  /** In the order of the rules. */
  readonly matches: Match[] = [];
  /** The rule behind whose black hole its connection lies. */
  blackhole: string | null = null;
}

/**
 * The rules, and how often each has matched. A rule counts each packet that it is about, what any other rule does to it too;
 * so `drop SYN 1; hold SYN 2 3s` speaks of the first and of the second SYN.
 */
export class Rules {
  readonly flows: Flows;
  readonly #rules: readonly Match[];
  readonly #random: Random;
  /** For packets of no connection, and for rules that count all together: for each rule, outwards and inwards. */
  readonly #counts: Int32Array;
  readonly #judgement = new Judgement();

  constructor(rules: readonly Rule[], random: Random) {
    this.#rules = rules.map((rule) => ({ rule, text: ruleText(rule) }));
    this.#random = random;
    this.#counts = new Int32Array(2 * rules.length);
    this.flows = new Flows(rules.length);
  }

  get length(): number {
    return this.#rules.length;
  }

  judge(seen: SeenPacket, direction: Direction): Judgement {
    const judgement = this.#judgement;
    judgement.matches.length = 0;
    const flow = seen.type === 'TCP' ? this.flows.of(seen, direction) : null;
    judgement.blackhole = flow?.blackhole ?? null;
    for (let i = 0; i < this.#rules.length; i++) {
      const { rule } = this.#rules[i]!;
      if (rule.direction !== null && rule.direction !== direction) continue;
      if (!this.#chooses(rule, 2 * i + (direction === 'in' ? 1 : 0), seen, flow, direction)) continue;
      judgement.matches.push(this.#rules[i]!);
      if (rule.deed.verb === 'blackhole' && flow !== null) flow.blackhole ??= this.#rules[i]!.text;
    }
    return judgement;
  }

  #chooses(rule: Rule, place: number, seen: SeenPacket, flow: Flow | null, direction: Direction): boolean {
    const { deed, selection } = rule;
    const { verb } = deed;
    if (!isOfKind(seen, selection.kind, flow?.[direction === 'out' ? 'in' : 'out'] ?? null)) return false;
    const { port } = selection;
    if (port !== null && seen.srcPort !== port && seen.dstPort !== port) return false;
    if (flow === null) {
      if (selection.seq !== null || verb === 'rst' || verb === 'blackhole') return false;
    } else {
      const from = flow[direction].offsetOf(seen.segment);
      if (!hasSequence(selection, from, from + seen.segment.segLen - 1)) return false;
      // The first octet of data is number 1.
      if ((verb === 'rst' || verb === 'blackhole') && deed.after !== null) {
        return from + seen.segment.length - 1 > deed.after;
      }
    }
    const counts = flow === null || selection.overall ? this.#counts : flow.counts;
    return this.#isOneOf(selection.which, ++counts[place]!);
  }

  #isOneOf(which: Which, count: number): boolean {
    switch (which.type) {
      case 'all':
        return true;
      case 'range':
        return count >= which.from && count <= which.to;
      case 'every':
        return count % which.n === 0;
      case 'chance':
        return happens(this.#random, which.chance);
    }
  }
}

const hasSequence = ({ seq }: Selection, first: number, last: number): boolean =>
  seq === null || (first <= seq.to && last >= seq.from && first <= last);

/** @param other what is known of the other end of the connection */
function isOfKind(seen: SeenPacket, kind: Kind, other: FlowSide | null): boolean {
  const { segment, type } = seen;
  switch (kind) {
    case 'any':
      return true;
    case 'TCP':
    case 'UDP':
    case 'ICMP':
      return type === kind;
    case 'SYN':
      return seen.has(SYN) && !seen.has(ACK);
    case 'SYN-ACK':
      return seen.has(SYN | ACK);
    case 'ACK':
      return seen.isPureAck;
    case 'DATA':
      return type === 'TCP' && segment.length > 0;
    case 'FIN':
      return seen.has(FIN);
    case 'RST':
      return seen.has(RST);
    case 'ACK of SYN-ACK':
      return seen.isPureAck && other?.hasSentSynAck === true && segment.ack === seqAdd(other.first, 1);
    case 'ACK of FIN':
      return seen.isPureAck && other?.hasSentFin === true && segment.ack === other.finEnd;
  }
}
