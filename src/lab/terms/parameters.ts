import { LabError } from './errors.ts';
import type { Text } from './text.ts';

/** Something that a reader can change in a scenario. */
export type Parameter = NumberParameter | ChoiceParameter | FlagParameter;

export interface NumberParameter {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly text: Text;
}

export interface ChoiceParameter {
  readonly default: string;
  readonly choices: readonly string[];
  readonly text: Text;
}

export interface FlagParameter {
  readonly default: boolean;
  readonly text: Text;
}

export type Parameters = Readonly<Record<string, Parameter>>;

type ValueOf<P extends Parameter> = P extends { default: number }
  ? number
  : P extends { choices: readonly (infer C)[] }
    ? C
    : boolean;

export type Values<P extends Parameters> = { readonly [Name in keyof P]: ValueOf<P[Name]> };

export type AnyValues = Readonly<Record<string, number | string | boolean>>;

/**
 * The values of a scenario's parameters: what is given, as text, and the defaults of the others.
 * @throws LabError for a name that there isn't, or a value that it can't have
 */
export function valuesOf(parameters: Parameters, given: ReadonlyMap<string, string>): AnyValues {
  for (const name of given.keys()) {
    if (Object.hasOwn(parameters, name)) continue;
    const names = Object.keys(parameters);
    const there = names.length === 0 ? 'it has none' : `there are: ${names.join(', ')}`;
    throw new LabError(`The scenario has no parameter "${name}"; ${there}`);
  }
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      const text = given.get(name);
      return [name, text === undefined ? parameter.default : checkedValue(name, parameter, text)];
    }),
  );
}

function checkedValue(name: string, parameter: Parameter, text: string): number | string | boolean {
  if ('choices' in parameter) {
    if (parameter.choices.includes(text)) return text;
    throw new LabError(`"${name}" is one of these: ${parameter.choices.join(', ')}; not "${text}"`);
  }
  if (typeof parameter.default === 'boolean') {
    if (/^(true|yes|on|1|)$/.test(text)) return true;
    if (/^(false|no|off|0)$/.test(text)) return false;
    throw new LabError(`"${name}" is true or false, not "${text}"`);
  }
  const { min, max } = parameter as NumberParameter;
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new LabError(`"${name}" is a number from ${min} to ${max}, not "${text}"`);
}
