import { Command } from 'commander';
import { parseImpair } from '../arguments/parse.ts';
import { notes } from '../terminal/help.ts';
import { say } from '../terminal/output.ts';
import { type LookFlags, whichStack, withStack } from './stack-client.ts';

interface Impairment {
  text: string | null;
  seed: number;
}

export function impairCommand(): Command {
  return new Command('impair')
    .description('make the path of a stack that runs misbehave, or stop it')
    .argument('[text]', 'what the path does from now on; off: nothing; left out: shows what it does')
    .addOption(whichStack())
    .option('--json', 'what holds now, as one line of JSON')
    .addHelpText(
      'after',
      notes(`
The language is on one page, src/link/impairment/IMPAIR.md. A new text takes the place of the one before. What was held back arrives
at once when the path is put right.

Exit code: 0, 1 when no stack can be asked, 2 for a wrong command line or text.

Examples:
  tcpglass impair 'delay 50ms; loss 1%'
  tcpglass impair 'drop FIN 1 out'           the first FIN that we send is lost
  tcpglass impair 'out: rate 10mbit queue 50; hold SYN-ACK 3s in'
  tcpglass impair                            what does it do?
  tcpglass impair off`),
    )
    .action((text: string | undefined, flags: LookFlags) => runImpair(text, flags));
}

async function runImpair(text: string | undefined, flags: LookFlags): Promise<void> {
  const wanted = text === undefined || text === 'off' ? text : parseImpair(text);
  const parameters = wanted === undefined ? {} : { text: wanted === 'off' ? null : wanted };
  const now = await withStack(flags, (client) => client.call<Impairment>('impair', parameters));
  if (flags.json) say(JSON.stringify(now));
  else say(now.text === null ? 'The path does nothing to packets.' : `${now.text} (seed ${now.seed})`);
}
