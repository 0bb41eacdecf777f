import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TcpEvent } from '../../../src/tcp/tcb/events.ts';
import type { Cause } from '../../../src/tcp/terms/causes.ts';
import type { Peer } from '../../support/peer.ts';

/** Every change of state that a watched host's TCP makes, with the file of src/tcp that decided it. */

const TCP = fileURLToPath(new URL('../../../src/tcp', import.meta.url));

/** The text of src/tcp, without the list of causes itself. */
export const SOURCES = readdirSync(TCP, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'terms/causes.ts')
  .map((file) => ({ file, text: readFileSync(`${TCP}/${file}`, 'utf8') }));

/** Lines `from -> to: cause [file]`. */
export const seen = { connections: new Set<string>(), timeWait: new Set<string>() };
/** What has been seen since `beginWatch`. */
export let shown: string[] = [];
/** The state of each entry, so that a restart tells where it came from. */
const entries = new Map<string, string>();

/** Functions that get their cause from their caller. */
const HAND_ON = new Set(
  SOURCES.flatMap(({ text }) => [...text.matchAll(/\b(\w+)\([^()]*\bcause: Cause\b/g)].map(([, name]) => name!)),
);

/** The file of the innermost function on the stack that names its cause. */
function decidedBy(): string {
  const frames = [...new Error().stack!.matchAll(/at (?:\w+\.)?(\w+) \(\S*src\/tcp\/([\w/-]+\.ts)/g)];
  return frames.find(([, name, file]) => file !== 'tcb/tell.ts' && !HAND_ON.has(name!))![2]!;
}

/** A scenario begins. */
export function beginWatch(): void {
  shown = [];
  entries.clear();
}

function note(set: Set<string>, from: string, to: string, cause: Cause): void {
  const line = `${from} -> ${to}: ${cause.text} [${decidedBy()}]`;
  set.add(line);
  shown.push(line);
}

function observe(event: TcpEvent): void {
  if (event.type === 'state') {
    const { from, to, cause } = event;
    note(seen.connections, from, to, cause);
  } else if (event.type === 'timeWait') {
    const { action, cause, entry } = event;
    const key = `${entry.remote}:${entry.remotePort} ${entry.localPort}`;
    const from = action === 'enter' ? 'FIN_WAIT_2' : entries.get(key)!;
    const to = action === 'leave' ? 'CLOSED' : entry.state;
    entries.set(key, to);
    // A connection's own change to TIME_WAIT has been told as such.
    if (action === 'enter' && to === 'TIME_WAIT') return;
    note(seen.timeWait, from, to, cause);
  }
}

export function watched(peer: Peer): Peer {
  peer.host.observe(observe);
  return peer;
}
