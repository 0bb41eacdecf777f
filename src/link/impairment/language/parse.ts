import { FAULTS } from './parse-faults.ts';
import { parseRule, RULE_VERBS } from './parse-rule.ts';
import { scan, type Words } from './scan.ts';
import { type Direction, type Faults, type Impairments, NO_FAULTS, type Rule } from './terms.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const FAULT_NAMES = Object.keys(FAULTS) as (keyof Faults)[];
const NAMES = [...new Set([...FAULT_NAMES, ...RULE_VERBS])];

/**
 * Reads impairments as a user writes them; IMPAIR.md, one folder up, has the language.
 * @throws ImpairmentSyntaxError
 * @example
 * parseImpairments('out: delay 20ms jitter 5ms, loss 3% burst 4; drop FIN 2 out; hold SYN-ACK 3s in');
 */
export function parseImpairments(text: string): Impairments {
  const out: Writable<Faults> = { ...NO_FAULTS };
  const inward: Writable<Faults> = { ...NO_FAULTS };
  const rules: Rule[] = [];
  for (const words of scan(text)) {
    const rule = parseRule(words);
    if (rule !== null) rules.push(rule);
    else readFault(words, out, inward);
    if (words.peek() !== null) words.expected('"," or ";" or the end', ['in', 'out']);
  }
  return { out, in: inward, rules };
}

function readFault(words: Words, out: Writable<Faults>, inward: Writable<Faults>): void {
  const name = words.take(...FAULT_NAMES) as keyof Faults | null;
  if (name === null) words.expected(`one of ${NAMES.join(', ')}`, NAMES);
  const fault = FAULTS[name](words);
  if (words.direction !== 'in') setOnce(words, out, name, fault, 'out');
  if (words.direction !== 'out') setOnce(words, inward, name, fault, 'in');
}

function setOnce<F extends keyof Faults>(
  words: Words,
  faults: Writable<Faults>,
  name: F,
  value: Faults[F],
  direction: Direction,
): void {
  if (faults[name] !== null) words.wrong(`"${name}" is given twice for the direction "${direction}"`);
  faults[name] = value;
}
