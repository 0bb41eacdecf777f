import { allScenarios } from '../../lab/catalogue.ts';
import type { Language } from '../../lab/terms/text.ts';
import { listing } from '../../views/lab/listing.ts';
import { say } from '../terminal/output.ts';
import { outputWidth, printed } from '../terminal/paint.ts';

/** `tcpglass lab list`: what can be played. */
export async function listScenarios(language: Language, isJson: boolean): Promise<void> {
  const scenarios = await allScenarios();
  if (isJson) {
    const known = scenarios.map(({ play: _, ...scenario }) => scenario);
    say(JSON.stringify({ scenarios: known }, null, 2));
    return;
  }
  for (const line of listing(scenarios, { width: Math.min(outputWidth(), 100), language })) say(printed(line));
  say(HINTS[language]);
}

const HINTS: Readonly<Record<Language, string>> = {
  en: 'Play one: tcpglass lab run close. What can be changed in it: tcpglass lab run close --help.',
  zh: '演示一个：tcpglass lab run close。可以改变什么：tcpglass lab run close --help。',
};
