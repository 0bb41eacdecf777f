import type { Played } from '../../lab/story/play.ts';
import { report } from '../../views/lab/report.ts';
import { say } from '../terminal/output.ts';
import { printed } from '../terminal/paint.ts';
import { LogFile } from '../trace/log-file.ts';
import { jsonOf } from './json.ts';
import { nextCommand } from './request/next.ts';
import { exitCodeOf, playRequest, type Request, readRequest } from './request/request.ts';

/** @param words what stands behind `lab run` */
export async function runScenario(words: readonly string[]): Promise<void> {
  const request = await readRequest(words);
  if (request.live !== null) {
    const { runBesideKernel } = await import('./live.ts');
    process.exitCode = await runBesideKernel(words);
    return;
  }
  const { show } = request;
  const played = await playRequest(request);
  if (show.log !== null) await saveLog(show.log, played);
  if (show.json) say(JSON.stringify(jsonOf(played, request), null, 2));
  else await tell(played, request);
  process.exitCode = exitCodeOf(played, request);
}

async function tell(played: Played, request: Request): Promise<void> {
  const { show, changes, like, walk } = request;
  const options = { ...show, changes, like, next: nextOf(request) };
  if (walk === 'step') await (await import('./walk/step.ts')).step(played, options);
  else if (walk === 'quiz') await (await import('./walk/quiz.ts')).quiz(played, options);
  else for (const line of report(played, options)) say(printed(line));
}

/** Who has begun to change things needs no hint. */
const nextOf = ({ scenario, name, changes }: Request): string | null =>
  changes.length > 0 ? null : nextCommand(scenario, name);

export async function saveLog(path: string, { log }: Played): Promise<void> {
  const file = new LogFile(path);
  for (const entry of log) await file.write(entry);
  await file.end();
}
