import { expect, it } from 'vitest';
import { ask } from '../../src/lab/ask.ts';
import { allScenarios } from '../../src/lab/catalogue.ts';
import { glossary } from '../../src/lab/glossary/glossary.ts';

const scenarios = await allScenarios();

/** What comes first, as one would type it: `close-lost 4`, or `explain 2msl`. */
function first(question: string): string {
  const [answer] = ask(question, scenarios, glossary);
  if (answer === undefined) return 'nothing';
  if (answer.kind === 'entry') return `explain ${answer.entry.name}`;
  return [answer.scenario.name, ...answer.parameters.values()].join(' ');
}

it.each([
  ['四次挥手过程,状态怎么变', 'close'],
  ['TIME_WAIT', 'explain TIME_WAIT'],
  ['SYN_RECV 是什么状态', 'explain SYN_RECEIVED'],
])('%s: %s', (question, answer) => {
  expect(first(question)).toBe(answer);
});

it.each(['今天天气怎么样', 'what will the weather be tomorrow', '', '???', 'how do I bake bread', '红烧肉怎么做'])(
  'finds nothing about "%s"',
  (question) => {
    expect(first(question)).toBe('nothing');
  },
);
