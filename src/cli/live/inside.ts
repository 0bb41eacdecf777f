import { Command } from 'commander';
import { LabError } from '../../lab/terms/errors.ts';
import { type PlayedLive, playLive } from '../../live/play-live.ts';
import { heading, ladderLines } from '../../views/lab/report.ts';
import { inAscii } from '../../views/text/line.ts';
import { jsonOf } from '../lab/json.ts';
import { LIVE } from '../lab/live.ts';
import { type Request, readRequest } from '../lab/request/request.ts';
import { saveLog } from '../lab/run.ts';
import { bringLoopbackUp } from '../process/inside.ts';
import { CliError, oneLine } from '../terminal/errors.ts';
import { note, say } from '../terminal/output.ts';
import { printed, printedInAscii } from '../terminal/paint.ts';
import { comparisonLines } from './comparison.ts';

/** The other half of `lab run --kernel`, in the new namespace. Not for users: hidden. */
export function liveCommand(): Command {
  return new Command(LIVE)
    .argument('[words...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async () => {
      bringLoopbackUp();
      await runLive(await readRequest(process.argv.slice(process.argv.indexOf(LIVE) + 1)));
    });
}

async function runLive(request: Request): Promise<void> {
  const { show, scenario, options, live } = request;
  const seconds = live!.seconds;
  if (process.stderr.isTTY) note(`It takes place in real time: ${seconds ?? 15} s at most.`);
  const played = await asked(request, () =>
    playLive(scenario, { ...options, role: live!.role, ...(seconds !== undefined && { seconds }) }),
  );
  if (show.log !== null) await saveLog(show.log, played.live);
  if (show.json) say(JSON.stringify(comparisonJson(played, request), null, 2));
  else showComparison(played, request);
}

async function asked(request: Request, playing: () => Promise<PlayedLive>): Promise<PlayedLive> {
  try {
    return await playing();
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw new CliError(`"${request.name}" can't be played against the kernel: ${oneLine(error)}`);
  }
}

function showComparison(played: PlayedLive, { show, changes }: Request): void {
  const { language, width, ascii } = show;
  const told = { ...show, changes, next: null, like: null };
  const lines = [
    ...heading(played.live, told),
    [],
    ...ladderLines(played.live, told),
    [],
    ...comparisonLines(played, width, language),
  ];
  for (const line of lines) say(ascii ? inAscii(printedInAscii(line)) : printed(line));
}

function comparisonJson(played: PlayedLive, request: Request): object {
  const { turns, endings, differences, isSame, role, release, notSet, live } = played;
  return { kernel: { role, release, notSet, isSame, turns, endings, differences }, ...jsonOf(live, request) };
}
