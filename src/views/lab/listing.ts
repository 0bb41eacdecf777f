import type { Coming } from '../../lab/coming.ts';
import { type Kind, type Scenario, TOPICS, type Topic } from '../../lab/story/scenario.ts';
import type { Language } from '../../lab/terms/text.ts';
import type { Line } from '../text/line.ts';
import { filled } from '../text/wide.ts';
import { KIND_NAMES, TOPIC_NAMES, WORDS } from './words.ts';

export interface ListingOptions {
  width: number;
  language: Language;
}

const INDENT = '      ';

/** All scenarios by topic, each with its question; those that wait for an algorithm are told as such. */
export function listing(
  scenarios: readonly Scenario[],
  coming: readonly Coming[],
  { width, language }: ListingOptions,
): Line[] {
  const question = (text: string): Line[] =>
    filled(text, width - INDENT.length).map((line) => [{ text: `${INDENT}${line}` }]);
  const known = (scenario: Scenario): Line[] => [
    [
      { text: `  ${scenario.name}`, style: 'turn' },
      { text: `${positionalText(scenario)}  ` },
      { text: KIND_NAMES[scenario.kind][language], style: STYLES[scenario.kind] },
    ],
    ...question(scenario.question[language]),
  ];
  const later = ({ name, needs, question: asked }: Coming): Line[] => [
    [{ text: `  ${name}  ` }, { text: `${WORDS.needs[language]} ${needs[language]}`, style: 'faint' }],
    ...question(asked[language]).map((line) => line.map((span) => ({ ...span, style: 'faint' as const }))),
  ];
  return TOPICS.flatMap((topic: Topic): Line[] => {
    const lines = [
      ...scenarios.filter((scenario) => scenario.topic === topic).flatMap(known),
      ...coming.filter((scenario) => scenario.topic === topic).flatMap(later),
    ];
    return lines.length === 0 ? [] : [[{ text: TOPIC_NAMES[topic][language], style: 'heading' }], ...lines, []];
  });
}

const STYLES = { tutorial: 'state', useful: 'why', weird: 'slow' } as const satisfies Record<Kind, string>;

/** ` client|server`, where a value can follow the name. */
function positionalText({ positional, parameters = {} }: Scenario): string {
  const parameter = positional === undefined ? undefined : parameters[positional];
  if (parameter === undefined) return '';
  return ` [${'choices' in parameter ? parameter.choices.join('|') : positional!.toUpperCase()}]`;
}
