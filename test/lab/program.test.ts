import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { play, scenarioNamed } from '../../src/lab/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('a program plays a scenario as LAB.md says', () => {
  const page = readFileSync(`${ROOT}/src/lab/LAB.md`, 'utf8');
  const [, program = ''] = /## From a program\n\n```js\n(.*?)```/s.exec(page) ?? [];
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT, encoding: 'utf8' });
  const [first, ...entries] = said.trimEnd().split('\n');
  expect(first).toMatch(/^true FIN u, .*The server, who closed first/);
  expect(entries).toContain('1000000 0 segment');
});

it("a program's what-ifs are those of the command line", async () => {
  const whatIf = { path: ['drop FIN 1 from client'], sysctls: { tcp_orphan_retries: 3 } };
  const { log } = await play((await scenarioNamed('close'))!, { whatIf });
  expect(log.filter(({ type }) => type === 'retransmit')).toHaveLength(1);
});
