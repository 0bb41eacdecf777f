import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { causes } from '../../src/tcp/terms/causes.ts';
import { SocketOptions } from '../../src/tcp/terms/socket-options.ts';
import { HOST_ADDRESS } from '../support/machine.ts';
import { fresh, quiet, SCENARIOS, SYNCHRONIZED } from './support/state-scenarios.ts';
import { beginWatch, SOURCES, seen, shown } from './support/state-watch.ts';

/**
 * STATES.md against the code. First the text of src/tcp: each cause that a file names must be a row of that file, and each row a
 * cause that its file names. Then each row is made to happen, from each of its states: what an observer sees, and the file on
 * the stack that decided it, must be the table, no more and no less.
 */

// ---- The page

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GROUPS: Record<string, string[]> = {
  any: ['SYN_SENT', 'SYN_RECEIVED', ...SYNCHRONIZED],
  synchronized: SYNCHRONIZED,
};

interface Row {
  states: string[];
  event: string;
  next: string;
  file: string;
}

/** The rows of one section; a row without a next state is a heading. */
function rowsOf(section: string): Row[] {
  const text = readFileSync(`${ROOT}/STATES.md`, 'utf8').split(/^## /m);
  const part = text.find((piece) => piece.startsWith(section))!;
  const rows = [...part.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([A-Z_0-9]+) \| \[([^\]]+)\]\(([^)]+)\) \|$/gm)];
  return rows.map(([, state, event, , next, file, target]) => {
    expect(target).toBe(`src/tcp/${file}`);
    return { states: state!.split(', ').flatMap((s) => GROUPS[s] ?? s), event: event!, next: next!, file: file! };
  });
}

const CONNECTIONS = rowsOf('Connections');
const TIME_WAIT = rowsOf('TIME_WAIT');
const LISTENERS = rowsOf('Listeners');

const lines = (rows: Row[]): string[] =>
  rows.flatMap((row) => row.states.map((from) => `${from} -> ${row.next}: ${row.event} [${row.file}]`)).sort();

// ---- The code

const textOf = (name: string): string => causes[name as keyof typeof causes].text;

/** `cause [file]` for each place of a file that names a cause, but for those of the congestion window. */
const SITES = new Set(
  SOURCES.filter(({ file }) => !/^(congestion|recovery)\//.test(file)).flatMap(({ file, text }) =>
    [...text.matchAll(/\bcauses\.(?!ts\b)(\w+)/g)].map(([, name]) => `${textOf(name!)} [${file}]`),
  ),
);

describe('STATES.md and the text of src/tcp', () => {
  it('name the same causes in the same files', () => {
    const named = new Set([...CONNECTIONS, ...TIME_WAIT].map(({ event, file }) => `${event} [${file}]`));
    expect([...named].sort()).toEqual([...SITES].sort());
  });

  it('have the same next state where the code sets one with a cause; all else is CLOSED', () => {
    const set = SOURCES.flatMap(({ file, text }) => [
      ...[...text.matchAll(/setState\(c, '(\w+)', causes\.(\w+)\)/g)].map((m) => `${m[1]}: ${textOf(m[2]!)} [${file}]`),
      ...[...text.matchAll(/enterTimeWait\(c, causes\.(\w+)\)/g)].map((m) => `TIME_WAIT: ${textOf(m[1]!)} [${file}]`),
    ]);
    const told = CONNECTIONS.filter(({ next }) => next !== 'CLOSED');
    expect([...new Set(told.map(({ next, event, file }) => `${next}: ${event} [${file}]`))].sort()).toEqual(
      [...new Set(set)].sort(),
    );
  });

  it('the state changes in set-state.ts alone; but a light FIN_WAIT_2 is no change', () => {
    const writers = SOURCES.flatMap(({ file, text }) =>
      [...text.matchAll(/\b(\w+\.state) = /g)].map((m) => `${m[1]} [${file}]`),
    );
    expect(writers.sort()).toEqual([
      'c.state [closing/enter-time-wait.ts]',
      'c.state [tcb/set-state.ts]',
      'entry.state [arriving/time-wait.ts]',
    ]);
    const handedOn = SOURCES.flatMap(({ file, text }) =>
      [...text.matchAll(/setState\(c, '(\w+)', cause\)/g)].map((m) => `${m[1]} [${file}]`),
    );
    expect(handedOn.sort()).toEqual(['CLOSED [closing/end.ts]', 'TIME_WAIT [closing/enter-time-wait.ts]']);
  });

  it('no cause is left over', () => {
    const all = SOURCES.map(({ text }) => text).join();
    expect(Object.keys(causes).filter((name) => !all.includes(`causes.${name}`))).toEqual([]);
  });
});

describe('STATES.md and what happens', () => {
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    Error.stackTraceLimit = 40;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it.each(SCENARIOS)('%s', (_name, run) => {
    beginWatch();
    quiet(run());
    const told = new Set([...lines(CONNECTIONS), ...lines(TIME_WAIT)]);
    expect(shown).not.toEqual([]);
    expect(shown.filter((line) => !told.has(line))).toEqual([]);
  });

  it('a listener is in LISTEN until its user closes it', () => {
    const peer = fresh();
    const isListening = () => peer.host.tcp.listeners.find(HOST_ADDRESS, peer.hostPort) !== null;
    const states = [isListening()];
    peer.listen(undefined, new SocketOptions());
    states.push(isListening());
    peer.listener!.close();
    states.push(isListening());
    expect(states).toEqual([false, true, false]);
    expect(lines(LISTENERS)).toEqual([
      'CLOSED -> LISTEN: passive OPEN [user/listen.ts]',
      'LISTEN -> CLOSED: CLOSE by the user [user/listener.ts]',
    ]);
  });

  it('every row for connections happened, from each of its states, and nothing else', () => {
    expect([...seen.connections].sort()).toEqual(lines(CONNECTIONS));
  });

  it('every row for TIME_WAIT happened, and nothing else', () => {
    expect([...seen.timeWait].sort()).toEqual(lines(TIME_WAIT));
  });
});
