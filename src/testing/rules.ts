import { inspect } from 'node:util';
import { parseImpairments } from '../link/impairment/language/parse.ts';
import { ImpairmentSyntaxError } from '../link/impairment/language/scan.ts';

/** One rule that can't be, and why: a sentence. */
export interface BadRule {
  /** Its place among the rules, from 0. */
  readonly index: number;
  readonly rule: string;
  readonly reason: string;
}

/** Rules that can't be: the message has a line for each of them. */
export class RulesError extends Error {
  override readonly name = 'RulesError';
  readonly code = 'ERR_BAD_NETWORK_RULES';
  readonly bad: readonly BadRule[];

  constructor(bad: readonly BadRule[]) {
    const lines = bad.map(({ index, rule, reason }) => `\n  rules[${index}] ${JSON.stringify(rule)}: ${reason}`);
    super(`Cannot understand ${bad.length === 1 ? 'a rule' : `${bad.length} rules`} of the network:${lines.join('')}`);
    this.bad = bad;
  }
}

/**
 * The text of the rules, in the language of src/link/impairment/IMPAIR.md, when each is right by itself and they don't contradict
 * each other.
 * @throws RulesError
 */
export function rulesText(rules: readonly string[]): string {
  if (!Array.isArray(rules)) throw new TypeError(`rules must be an array, such as ['drop SYN'], not ${inspect(rules)}`);
  const good: string[] = [];
  const bad: BadRule[] = [];
  for (const [index, rule] of rules.entries()) {
    const reason = faultOf(rule) ?? faultOf([...good, rule].join('; '), 'beside the rules before it, ');
    if (reason === null) good.push(rule);
    else bad.push({ index, rule, reason });
  }
  if (bad.length > 0) throw new RulesError(bad);
  return good.join('; ');
}

/** What is wrong with a text. `where`: its place in the text says nothing to a reader of one rule. */
function faultOf(text: unknown, where = ''): string | null {
  if (typeof text !== 'string') return `a rule is a string, and this is ${text === null ? 'null' : `a ${typeof text}`}`;
  try {
    parseImpairments(text);
    return null;
  } catch (error) {
    if (!(error instanceof ImpairmentSyntaxError)) throw error;
    return where === '' ? error.message : where + error.message.replace(/ \(at character \d+\)$/, '');
  }
}
