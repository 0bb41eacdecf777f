import { parseImpairments } from '../../link/impairment/language/parse.ts';
import { ImpairmentSyntaxError } from '../../link/impairment/language/scan.ts';
import type { Faults, Impairments } from '../../link/impairment/language/terms.ts';
import { LabError } from '../terms/errors.ts';

/** What a reader adds to a scenario's path, in the language of IMPAIR.md. */
export type PathSettings = readonly string[];

const USUAL = 'delay 10ms';

/**
 * A scenario's path with what the reader wants: a fault of his takes the place of the scenario's, his rules come on top.
 * @param sideOf the side of a host that `from NAME` names
 * @throws LabError
 */
export function pathOf(text: string, added: PathSettings, sideOf: (name: string) => 'left' | 'right'): Impairments {
  return [text, ...added].map((part) => parsed(part, sideOf)).reduce(onTop, parseImpairments(USUAL));
}

function parsed(text: string, sideOf: (name: string) => 'left' | 'right'): Impairments {
  const directed = text.replace(/\bfrom\s+(?:the\s+)?([a-z][\w-]*)/gi, (_, name: string) =>
    sideOf(name.toLowerCase()) === 'left' ? 'out' : 'in',
  );
  try {
    return parseImpairments(directed);
  } catch (error) {
    if (error instanceof ImpairmentSyntaxError) throw new LabError(error.message);
    throw error;
  }
}

function onTop(below: Impairments, above: Impairments): Impairments {
  return {
    out: faultsOnTop(below.out, above.out),
    in: faultsOnTop(below.in, above.in),
    rules: [...below.rules, ...above.rules],
  };
}

function faultsOnTop(below: Faults, above: Faults): Faults {
  const said = Object.entries(above).filter(([, fault]) => fault !== null);
  return { ...below, ...Object.fromEntries(said) };
}
