import { describe, expect, it } from 'vitest';
import { nextCommand } from '../../../../src/cli/lab/request/next.ts';
import { exitCodeOf, playRequest, readRequest } from '../../../../src/cli/lab/request/request.ts';
import { optionNameOf } from '../../../../src/cli/lab/request/what-if.ts';
import { allScenarios } from '../../../../src/lab/catalogue.ts';

describe.each((await allScenarios()).map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
  it('can be played with what is suggested, and that is a change', async () => {
    const command = nextCommand(scenario, name).replace('tcpglass lab run ', '');
    const words = (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
    const request = await readRequest(words);
    expect(request.changes).not.toEqual([]);
    expect(exitCodeOf(await playRequest(request), request)).toBe(0);
  });

  it('has an option for each of its parameters, also where all scenarios have one of that name', async () => {
    for (const [parameter, { default: usual, ...more }] of Object.entries(scenario.parameters ?? {})) {
      const option = optionNameOf(parameter);
      const value = 'choices' in more ? more.choices.at(-1)! : 'max' in more ? String(more.max) : String(!usual);
      const isFlag = typeof usual === 'boolean';
      const words = isFlag ? [`--${usual ? 'no-' : ''}${option}`] : [`--${option}`, value];
      expect((await readRequest([name, ...words])).options.parameters!.get(parameter)).toBe(value);
      expect((await readRequest([name, '--set', `${parameter}=${value}`])).options.parameters!.get(parameter)).toBe(
        value,
      );
    }
  });
});
