import { type Kind, type Scenario, TOPICS, type Topic } from '../../lab/story/scenario.ts';
import type { Language } from '../../lab/terms/text.ts';
import type { Line } from '../text/line.ts';
import { filled } from '../text/wide.ts';
import { KIND_NAMES, TOPIC_NAMES } from './words.ts';

export interface ListingOptions {
  width: number;
  language: Language;
}

const INDENT = '      ';

/** All scenarios by topic, each with its question. */
export function listing(scenarios: readonly Scenario[], { width, language }: ListingOptions): Line[] {
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
  return TOPICS.flatMap((topic: Topic): Line[] => {
    const lines = scenarios.filter((scenario) => scenario.topic === topic).flatMap(known);
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
