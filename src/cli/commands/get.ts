import { createWriteStream } from 'node:fs';
import http from 'node:http';
import type { NetConnectOpts, Socket } from 'node:net';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { addDeviceOptions, type DeviceFlags, stackSettings } from '../arguments/device-options.ts';
import { parseSeconds } from '../arguments/parse.ts';
import { resolveTarget, TARGET_HELP } from '../arguments/target.ts';
import { giveUpCapabilities } from '../process/capabilities.ts';
import { onInterrupt } from '../process/signals.ts';
import { type CliStack, open } from '../stack/stack.ts';
import { CliError, reasonOf, usageError } from '../terminal/errors.ts';
import { notes } from '../terminal/help.ts';
import { whenStdoutBreaks } from '../terminal/output.ts';
import { openLog, openTrace } from '../terminal/trace.ts';
import { VERSION } from '../terminal/version.ts';
import { limitSilence } from './silence.ts';

interface GetFlags extends DeviceFlags {
  output?: string;
  include?: boolean;
  fail?: boolean;
  wait?: number;
  fastOpen?: boolean;
}

export function getCommand(): Command {
  const command = new Command('get')
    .description('HTTP GET over our own stack')
    .argument('<url>', 'http://HOST[:PORT]/PATH; HOST "kernel": the kernel\'s side of the device');
  return addDeviceOptions(command, { device: 'tun%d', network: 'free' })
    .option('-o, --output <file>', 'write the body to a file')
    .option('-i, --include', 'the status line and headers, too')
    .option('-f, --fail', 'exit code 1 for a status of 400 and above')
    .option('-w, --wait <seconds>', 'give up after so long without anything sent or received', parseSeconds)
    .option('--fast-open', 'ask for a Fast Open cookie; with --sysctl tcp_fastopen=5 send data in the SYN without one')
    .addHelpText(
      'after',
      notes(`
Redirects are not followed, and there is no TLS.
${TARGET_HELP}
Examples:
  python3 -m http.server 8000 &  tcpglass get http://kernel:8000/
  tcpglass get -i --trace http://kernel:8000/
  tcpglass get --impair 'loss 5% in' --trace http://kernel:8000/
  tcpglass get -o page.html http://192.168.1.7/`),
    )
    .action(async (text: string, flags: GetFlags) => {
      const url = parseUrl(text);
      const settings = stackSettings(flags);
      const address = await resolveTarget(url.hostname, settings);
      const stack = await open({ settings, trace: openTrace(flags, process.stderr), log: openLog(flags) });
      // With one, root may write into a folder of anyone's.
      if (flags.output === undefined || flags.output === '-') giveUpCapabilities();
      try {
        await get(stack, url, address, flags);
      } catch (error) {
        if (error instanceof CliError) throw error;
        url.password = ''; // what goes to a terminal or log is not to have it
        throw new CliError(`Cannot get ${url.href}: ${reasonOf(error)}`, 1, { cause: error });
      } finally {
        await stack.close();
      }
    });
}

export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url) throw usageError(`Cannot get "${text}": it is no URL. Write it as http://HOST[:PORT]/PATH`);
  if (url.protocol !== 'http:') throw usageError(`Cannot get ${text}: only http: URLs can be had here`);
  if (url.port === '0') throw usageError(`Cannot get ${text}: no server can be at port 0`);
  if (url.hostname.startsWith('[')) throw usageError(`Cannot get ${text}: only IPv4 hosts can be had here`);
  return url;
}

async function get(stack: CliStack, url: URL, address: string, flags: GetFlags): Promise<void> {
  const target: NetConnectOpts & { fastOpen: boolean } = {
    host: address,
    port: Number(url.port || 80),
    noDelay: true,
    fastOpen: flags.fastOpen === true,
  };
  const socket = stack.connect(target);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const patience = limitSilence(socket, flags.wait);
  onInterrupt(() => socket.destroy());
  whenStdoutBreaks(() => process.exit(0));
  const transfer = async (): Promise<http.IncomingMessage> => {
    const response = await respond(url, socket as unknown as Socket);
    await save(response, flags);
    return response;
  };
  // The timeout's own words: node:http calls the end that follows it a reset.
  const response = await Promise.race([transfer(), patience]);
  // Both FINs, so that the server isn't left with half a connection when the device goes away.
  socket.end();
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 1000))]);
  const status = response.statusCode ?? 0;
  if (flags.fail && status >= 400) throw new CliError(`The server answered ${status} ${response.statusMessage}`);
}

function respond(url: URL, socket: Socket): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'User-Agent': `tcpglass/${VERSION}`, Accept: '*/*', Connection: 'close' };
    http.get(url, { headers, createConnection: () => socket }, resolve).on('error', reject);
  });
}

async function save(response: http.IncomingMessage, { output: path, include }: GetFlags): Promise<void> {
  const output = path === undefined || path === '-' ? keepOpen(process.stdout) : createWriteStream(path);
  if (include) output.write(headText(response));
  try {
    await pipeline(response, output);
  } catch (error) {
    const ours = (error as NodeJS.ErrnoException).path === path && path !== undefined;
    throw ours ? new CliError(`Cannot write ${path}: ${reasonOf(error)}`, 1, { cause: error }) : error;
  }
}

/** A stream may be ended by `pipeline`; stdout may not. */
const keepOpen = (stream: NodeJS.WriteStream): Writable =>
  new Writable({
    write(chunk, _encoding, done) {
      stream.write(chunk, () => done());
    },
  });

function headText({ httpVersion, statusCode, statusMessage, rawHeaders }: http.IncomingMessage): string {
  let text = `HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n`;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  return `${text}\r\n`;
}
