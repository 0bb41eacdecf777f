import type { Played } from '../../lab/story/play.ts';
import { report } from '../../views/lab/report.ts';
import { say } from '../terminal/output.ts';
import { printed } from '../terminal/paint.ts';
import { LogFile } from '../trace/log-file.ts';
import { jsonOf } from './json.ts';
import { nextCommand } from './next.ts';
import { exitCodeOf, playRequest, type Request, readRequest } from './request.ts';

/** @param words what stands behind `lab run` */
export async function runScenario(words: readonly string[]): Promise<void> {
  const request = await readRequest(words);
  if (request.live !== null) {
    const { runBesideKernel } = await import('./live.ts');
    process.exitCode = await runBesideKernel(words);
    return;
  }
  const { show, changes } = request;
  const played = await playRequest(request);
  if (show.log !== null) await saveLog(show.log, played);
  if (show.json) say(JSON.stringify(jsonOf(played, request), null, 2));
  else for (const line of report(played, { ...show, changes, next: nextOf(request) })) say(printed(line));
  process.exitCode = exitCodeOf(played, request);
}

/** Who has begun to change things needs no hint. */
const nextOf = ({ scenario, name, changes }: Request): string | null =>
  changes.length > 0 ? null : nextCommand(scenario, name);

export async function saveLog(path: string, { log }: Played): Promise<void> {
  const file = new LogFile(path);
  for (const entry of log) await file.write(entry);
  await file.end();
}
