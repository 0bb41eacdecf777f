import { type Sysctls, sysctlTable } from '../../../host/sysctls.ts';
import type { Knob } from '../../../time/knobs.ts';
import type { Draft, Drafts, KnobValue } from '../terms/entry.ts';
import { about, LINUX_PREFIX, NOT_ON_LINUX } from './about.ts';
import { chinese } from './chinese.ts';

/** Every knob of a host, from its table: what it says there is said here. */
export const knobs: Drafts = Object.fromEntries(
  (Object.keys(sysctlTable) as (keyof Sysctls)[]).map((name): [string, Draft] => [name, draftOf(name)]),
);

function draftOf(name: keyof Sysctls): Draft {
  const knob: Knob = sysctlTable[name];
  const full = `${LINUX_PREFIX[name] ?? 'net.ipv4.'}${name}`;
  const { also = [], here = [], ...rest } = about[name] ?? {};
  const value = knobValue(knob);
  return {
    ...rest,
    also: [full, ...also],
    text: { en: knob.doc, zh: chinese[name] },
    value,
    here: [`tcpglass up --sysctl "${name}=${value.default}"`, ...here],
    linux: NOT_ON_LINUX.has(name) ? [] : [`sysctl ${full}`],
    sources: [knob.source],
  };
}

function knobValue(knob: Knob): KnobValue {
  const { unit } = knob;
  if ('among' in knob) return { default: knob.default, unit, range: knob.among.join(', ') };
  if ('form' in knob) return { default: knob.default, unit, range: knob.formText };
  return { default: [knob.default].flat().join(' '), unit, range: `${knob.min}..${knob.max}` };
}
