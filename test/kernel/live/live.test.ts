import { expect, it } from 'vitest';
import type { PlayedLive } from '../../../src/live/play-live.ts';
import { DIST, describeKernel, resultOf } from '../namespace.ts';

type Told = Pick<PlayedLive, 'turns' | 'endings' | 'notSet'>;

/** Plays a scenario against the kernel of a namespace of its own. */
const played = (name: string, role: 'client' | 'server', parameters: Record<string, string> = {}): Promise<Told> =>
  resultOf<Told>(`
    import { scenarioNamed } from '${DIST}/lab/catalogue.js';
    import { playLive } from '${DIST}/live/play-live.js';
    const parameters = new Map(Object.entries(${JSON.stringify(parameters)}));
    const { turns, endings, notSet } = await playLive(await scenarioNamed('${name}'), { role: '${role}', parameters, seconds: 30 });
    console.log(JSON.stringify({ turns, endings, notSet }));
    process.exit(0);`);

/** The scenarios whose story the kernel tells as we do, whichever end it is; with what is chosen in them. */
const SAME: readonly [name: string, role: 'client' | 'server', parameters?: Record<string, string>][] = [
  ['close', 'server'],
  ['close', 'client'],
  ['close', 'server', { by: 'server' }],
  ['close', 'client', { by: 'server' }],
];

describeKernel('scenarios with the kernel as one of their hosts', () => {
  // How long each turn takes is not held: the machine may be busy. That it comes, and what is left in the end, is.
  it.each(SAME)('%s, with the kernel as %s (%o)', async (name, role, parameters) => {
    const { turns, endings, notSet } = await played(name, role, parameters);
    expect(turns.filter(({ verdict }) => verdict === 'missing')).toEqual([]);
    expect(turns.filter(({ kernel }) => kernel !== null).length).toBeGreaterThan(2);
    expect(endings.filter(({ same }) => !same)).toEqual([]);
    expect(notSet).toEqual([]);
  });
});
