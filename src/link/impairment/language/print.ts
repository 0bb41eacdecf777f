import { percentText, rateText, sizeText, timeText } from './quantities.ts';
import type {
  Deed,
  Delay,
  Direction,
  Faults,
  Impairments,
  Limits,
  Loss,
  Rate,
  Reorder,
  Rule,
  Selection,
} from './terms.ts';

/** The shortest text that reads back as the same impairments; empty: there are none. */
export function impairmentsText({ out, in: inward, rules }: Impairments): string {
  const outTexts = faultTexts(out);
  const inTexts = faultTexts(inward);
  const both = outTexts.filter((text) => inTexts.includes(text));
  const only = (texts: readonly string[], direction: Direction): string[] => {
    const own = texts.filter((text) => !both.includes(text));
    return own.length === 0 ? [] : [`${direction}: ${own.join(', ')}`];
  };
  const shared = both.length === 0 ? [] : [both.join(', ')];
  return [...shared, ...only(outTexts, 'out'), ...only(inTexts, 'in'), ...rules.map(ruleText)].join('; ');
}

const faultTexts = (faults: Faults): string[] =>
  (Object.keys(FAULT_TEXT) as (keyof Faults)[]).flatMap((name) => faultText(faults, name) ?? []);

/** One fault, or null where there is none of that name. */
export function faultText<F extends keyof Faults>(faults: Faults, name: F): string | null {
  const fault = faults[name];
  return fault === null ? null : `${name} ${FAULT_TEXT[name](fault)}`;
}

const FAULT_TEXT: { readonly [F in keyof Faults]: (fault: NonNullable<Faults[F]>) => string } = {
  delay: ({ time, jitter }: Delay) => `${timeText(time)}${jitter > 0 ? ` jitter ${timeText(jitter)}` : ''}`,
  loss: lossText,
  duplicate: percentText,
  reorder: ({ chance, behind, time }: Reorder) =>
    `${percentText(chance)} ${behind === null ? `by ${timeText(time ?? 0)}` : `behind ${behind}`}`,
  corrupt: percentText,
  truncate: ({ chance, to }) => `${percentText(chance)}${to === null ? '' : ` to ${sizeText(to)}`}`,
  rate: rateAndQueue,
};

function lossText({ form, mean, burst, toBad, toGood, whenBad, whenGood, ecn }: Loss): string {
  const tail = ecn ? ' ecn' : '';
  if (form === 'random') return `${percentText(mean)}${tail}`;
  if (form === 'burst') return `${percentText(mean)} burst ${burst}${tail}`;
  return `gemodel ${[toBad, toGood, whenBad, whenGood].map(percentText).join(' ')}${tail}`;
}

function rateAndQueue(rate: Rate): string {
  const { bitsPerSecond, mark, codel } = rate;
  const limits = limitsText(rate);
  const queue = `${limits === '' ? '' : ` queue${limits}`}${mark === null ? '' : ` mark${limitsText(mark)}`}`;
  if (codel === null) return `${rateText(bitsPerSecond)}${queue}`;
  const { target, interval, ecn } = codel;
  return `${rateText(bitsPerSecond)}${queue} codel target ${timeText(target)} interval ${timeText(interval)}${ecn ? ' ecn' : ''}`;
}

/** Each with a blank in front of it. */
function limitsText({ packets, bytes, time }: Limits): string {
  const limits: string[] = [];
  if (packets !== null) limits.push(` ${packets}`);
  if (bytes !== null) limits.push(` ${sizeText(bytes)}`);
  if (time !== null) limits.push(` ${timeText(time)}`);
  return limits.join('');
}

export function ruleText({ deed, selection, direction }: Rule): string {
  const way = direction === null ? '' : ` ${direction}`;
  return `${deedText(deed, selection)}${way}`;
}

function deedText(deed: Deed, selection: Selection): string {
  const packets = selectionText(selection);
  switch (deed.verb) {
    case 'hold':
      return `hold ${packets} ${deed.behind === null ? timeText(deed.time ?? 0) : `behind ${deed.behind}`}`;
    case 'duplicate':
      return `duplicate ${packets}${deed.after > 0 ? ` after ${timeText(deed.after)}` : ''}`;
    case 'corrupt':
      return `corrupt ${deed.where === 'anywhere' ? '' : `${deed.where} of `}${packets}`;
    case 'truncate':
      return `truncate ${packets} to ${sizeText(deed.to)}`;
    case 'rst':
      return deed.after === null ? `rst ${packets}` : `rst after ${sizeText(deed.after)}${filtersText(selection)}`;
    case 'blackhole':
      return `blackhole after ${deed.after === null ? packets : `${sizeText(deed.after)}${filtersText(selection)}`}`;
    default:
      return `${deed.verb} ${packets}`;
  }
}

const selectionText = (selection: Selection): string =>
  `${selection.kind}${whichText(selection)}${filtersText(selection)}`;

function whichText({ which }: Selection): string {
  switch (which.type) {
    case 'all':
      return '';
    case 'range':
      return ` ${rangeText(which)}`;
    case 'every':
      return ` every ${which.n}`;
    case 'chance':
      return ` ${percentText(which.chance)}`;
  }
}

function filtersText({ port, seq, overall }: Selection): string {
  const texts = [port === null ? '' : ` port ${port}`, seq === null ? '' : ` seq ${rangeText(seq)}`];
  return `${texts.join('')}${overall ? ' overall' : ''}`;
}

/** `3`, `10-20`, or `10-`. */
function rangeText({ from, to }: { from: number; to: number }): string {
  if (from === to) return `${from}`;
  return to === Number.POSITIVE_INFINITY ? `${from}-` : `${from}-${to}`;
}
