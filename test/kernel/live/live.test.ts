import { expect, it } from 'vitest';
import type { PlayedLive } from '../../../src/live/play-live.ts';
import { DIST, describeKernel, resultOf } from '../namespace.ts';

type Told = Pick<PlayedLive, 'turns' | 'endings' | 'notSet'>;
type Role = 'client' | 'server';

/** What comes later than that in a scenario is not awaited: most of it comes in the first seconds. */
const SECONDS = 8;
/** What should have come by then is waited for so much longer: the machine may be busy. */
const PATIENCE = 60;

/** Plays a scenario against the kernel of a namespace of its own. */
const played = (name: string, role: Role, parameters: Record<string, string> = {}): Promise<Told> =>
  resultOf<Told>(`
    import { scenarioNamed } from '${DIST}/lab/catalogue.js';
    import { playLive } from '${DIST}/live/play-live.js';
    const parameters = new Map(Object.entries(${JSON.stringify(parameters)}));
    const scenario = await scenarioNamed('${name}');
    const { turns, endings, notSet } = await playLive(scenario, { role: '${role}', parameters, seconds: ${SECONDS}, patience: ${PATIENCE} });
    console.log(JSON.stringify({ turns, endings, notSet }));
    process.exit(0);`);

/** The scenarios whose story the kernel tells as we do, by topic; as which end, and with what chosen. */
const SAME: Record<string, readonly [name: string, roles: readonly Role[], parameters?: Record<string, string>][]> = {
  opening: [
    ['handshake', ['server', 'client']],
    ['handshake-lost', ['server', 'client']],
    ['open-both', ['server', 'client']],
    ['data-in-handshake', ['server', 'client']],
    ['refused', ['server', 'client']],
  ],
  closing: [
    ['close', ['server', 'client']],
    ['close', ['server', 'client'], { by: 'server' }],
    ['why-four', ['server', 'client']],
    ['close-both', ['server', 'client']],
    ['linger-0', ['server']],
    ['write-after-close', ['server', 'client']],
    ['close-lost', ['server', 'client']],
    ['fin-wait-1', ['server', 'client']],
    ['process-crash', ['server', 'client']],
  ],
  'time-wait': [
    ['reuse', ['server']],
    ['fin-timeout-myth', ['server']],
    ['who-closes', ['client']],
    ['syn-in-time-wait', ['server', 'client']],
    ['rst-in-time-wait', ['server']],
    ['one-port-many', ['server', 'client']],
  ],
  queues: [
    ['backlog', ['server']],
    ['no-accept', ['server', 'client']],
  ],
};

describeKernel('scenarios with the kernel as one of their hosts', () => {
  const runs = Object.entries(SAME).flatMap(([topic, scenarios]) =>
    scenarios.flatMap(([name, roles, parameters = {}]) =>
      roles.map((role) => ({ topic, name, role, parameters, chosen: Object.values(parameters).join() })),
    ),
  );
  // How long each turn takes is not held: the machine may be busy. That it comes, and what is left in the end, is. They
  // sleep most of the time, so some are played at once.
  it.concurrent.each(runs)('$topic: $name $chosen, the kernel as $role', async ({ name, role, parameters }) => {
    const { turns, endings, notSet } = await played(name, role, parameters);
    expect(turns.filter(({ verdict }) => verdict === 'missing')).toEqual([]);
    expect(turns.filter(({ kernel }) => kernel !== null).length).toBeGreaterThan(1);
    expect(endings.filter(({ same }) => !same)).toEqual([]);
    expect(notSet).toEqual([]);
  });

  // Both SYNs have to cross, however late the process is that holds the kernel's sockets, or the one that has the path.
  it.each(['server', 'client'] as const)(
    'both open at once, and the processes of the kernel as %s are late',
    async (role) => {
      const { turns, endings } = await resultOf<Told>(`
      import { execFileSync } from 'node:child_process';
      import { scenarioNamed } from '${DIST}/lab/catalogue.js';
      import { playLive } from '${DIST}/live/play-live.js';
      const children = () => execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', String(process.pid)], { encoding: 'utf8' })
        .split('\\n').filter((line) => line !== '' && !line.endsWith(' ps')).map((line) => Number.parseInt(line, 10));
      const both = await scenarioNamed('open-both');
      const play = (lab, parameters) => {
        const kernel = lab['${role}'];
        if ('watch' in kernel) {
          const agents = children();
          if (agents.length === 0) throw new Error('The process that holds sockets was not found');
          const { connect } = kernel;
          kernel.connect = (...to) => {
            for (const pid of agents) process.kill(pid, 'SIGSTOP');
            setTimeout(() => agents.forEach((pid) => process.kill(pid, 'SIGCONT')), 200);
            return connect.apply(kernel, to);
          };
          // Longer than a SYN is later, and than the path takes; in the time in which they are opened.
          const busy = setInterval(() => { for (const until = performance.now() + 40; performance.now() < until; ); }, 1);
          setTimeout(() => clearInterval(busy), 500);
        }
        return both.play(lab, parameters);
      };
      const { turns, endings } = await playLive({ ...both, play }, { role: '${role}', seconds: ${SECONDS}, patience: ${PATIENCE} });
      console.log(JSON.stringify({ turns, endings }));
      process.exit(0);`);
      expect(turns.filter(({ verdict }) => verdict === 'missing')).toEqual([]);
      expect(turns.filter(({ kernel }) => kernel !== null).length).toBeGreaterThan(3);
      expect(endings.filter(({ same }) => !same)).toEqual([]);
    },
  );
});
