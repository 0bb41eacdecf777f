import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const TEST = fileURLToPath(new URL('./', import.meta.url));

const WIRE = ['wire', 'wire/icmp', 'wire/options', 'basics'];
const TCP_RECORDS = ['tcp/tcb', 'tcp/variables', 'tcp/queues', 'tcp/tables', 'tcp/terms', ...WIRE, 'time'];
/** What is done, whatever it was that led to it: the rooms in the middle of tcp. */
const TCP_ACTIONS = [
  ...[
    'tcp/opening',
    'tcp/closing',
    'tcp/sending',
    'tcp/recovery',
    'tcp/detection',
    'tcp/receiving',
    'tcp/path',
    'tcp/congestion',
  ],
  ...TCP_RECORDS,
];
const CORE = ['host', 'tcp', 'ip', 'time', ...WIRE];
/** What one file of a scenario may use: what a user's own scenario may. */
const SCENARIO = ['lab/story'];
const SCENARIO_ROOMS = readdirSync(join(SRC, 'lab/scenarios')).map((topic) => `lab/scenarios/${topic}`);
/** One for each sort of things that are explained. */
const GLOSSARY_ROOMS = ['connections', 'segments', 'knobs', 'counters', 'drops', 'words'].map(
  (sort) => `lab/glossary/${sort}`,
);

/**
 * The rooms of the house, one a folder, and what each may use beside itself, types too. Below a top room, `ip`, lie its own
 * rooms, `ip/icmp`; to be allowed the top room is not to be allowed those, but for the doors below. An arrow never points
 * up this list, so a packet's way is one line each way, and the core runs wherever JavaScript does.
 */
const ROOMS: Record<string, string[]> = {
  basics: [],
  'wire/options': [],
  wire: ['wire/options', 'basics'],
  'wire/icmp': ['wire', 'wire/options', 'basics'],
  time: ['basics'],

  // Names; what waits and what is looked up; the records; the actions; the events of RFC 9293, section 3.10; the front.
  'tcp/terms': [...WIRE, 'time'],
  'tcp/queues': ['tcp/terms', ...WIRE, 'time'],
  'tcp/tables': ['tcp/terms', ...WIRE, 'time'],
  'tcp/variables': ['tcp/queues', 'tcp/terms', ...WIRE, 'time'],
  'tcp/tcb': ['tcp/variables', 'tcp/queues', 'tcp/tables', 'tcp/terms', ...WIRE, 'time'],
  'tcp/congestion': TCP_RECORDS,
  'tcp/path': TCP_RECORDS,
  'tcp/receiving': TCP_RECORDS,
  'tcp/detection': TCP_RECORDS,
  'tcp/recovery': ['tcp/detection', 'tcp/path', 'tcp/congestion', ...TCP_RECORDS],
  'tcp/sending': ['tcp/detection', 'tcp/receiving', 'tcp/path', 'tcp/congestion', ...TCP_RECORDS],
  'tcp/closing': ['tcp/sending', 'tcp/receiving', 'tcp/path', ...TCP_RECORDS],
  'tcp/opening': ['tcp/closing', 'tcp/sending', 'tcp/receiving', 'tcp/path', 'tcp/congestion', ...TCP_RECORDS],
  'tcp/user': TCP_ACTIONS,
  'tcp/arriving': TCP_ACTIONS,
  'tcp/timeouts': TCP_ACTIONS,
  tcp: ['tcp/user', 'tcp/arriving', 'tcp/timeouts', ...TCP_ACTIONS],

  'ip/terms': [...WIRE, 'time'],
  'ip/context': ['ip/terms', ...WIRE, 'time'],
  'ip/output': ['ip/context', 'ip/terms', ...WIRE, 'time'],
  'ip/icmp': ['ip/output', 'ip/context', 'ip/terms', ...WIRE, 'time'],
  'ip/fragments': ['ip/icmp', 'ip/context', 'ip/terms', ...WIRE, 'time'],
  'ip/input': ['ip/fragments', 'ip/icmp', 'ip/context', 'ip/terms', ...WIRE, 'time'],
  ip: ['ip/input', 'ip/fragments', 'ip/icmp', 'ip/output', 'ip/context', 'ip/terms', ...WIRE, 'time'],

  host: ['tcp', 'ip', ...WIRE, 'time'],
  'link/offload': WIRE,
  'link/terms': [...WIRE, 'time'],
  'link/impairment/language': ['time', 'basics'],
  'link/impairment/packets': ['link/impairment/language', 'link/offload', ...WIRE, 'time'],
  'link/impairment': [...['link/impairment/packets', 'link/impairment/language', 'link/terms'], ...WIRE, 'time'],
  link: ['link/terms', 'link/offload', ...WIRE],
  'link/stream': ['link', 'link/terms', 'link/offload', ...WIRE],

  'observe/log': ['link', ...CORE],
  'observe/inspect': ['observe/log', ...CORE],

  'net/terms': CORE,
  'net/driver': ['net/terms', 'link', ...CORE],
  'net/socket': ['net/driver', 'net/terms', ...CORE],
  'net/web': ['net/socket', 'net/terms', ...CORE],
  net: ['net/web', 'net/socket', 'net/driver', 'net/terms', 'observe/inspect', 'observe/log', 'link', ...CORE],

  observe: ['observe/log', 'link', ...CORE],

  // What people look at, as text: made from entries of the log alone, or from snapshots alone.
  'views/text': CORE,
  'views/ladder': ['views/text', 'observe/log', ...CORE],
  'views/summary': ['views/text', 'observe/log', ...CORE],
  'views/why': ['views/text', 'observe/inspect', 'observe/log', ...CORE],
  'views/nstat': CORE,
  'views/time-wait': ['views/text', 'observe/inspect', ...CORE],
  'views/filter': ['observe/log', ...CORE],
  'views/ss': ['views/filter', 'views/text', 'observe/inspect', ...CORE],

  'drill/terms': CORE,
  'drill/script': ['drill/terms', ...CORE],
  'drill/packets': ['drill/script', 'drill/terms', ...CORE],
  'drill/ladder': ['views/ladder', 'drill/packets', 'drill/terms', ...CORE],
  'drill/snippet': ['drill/terms', ...CORE],
  'drill/shell': ['views/nstat', 'drill/terms', ...CORE],
  'drill/buffers': ['drill/terms', ...CORE],
  'drill/calls': ['drill/buffers', 'drill/shell', 'drill/packets', 'drill/script', 'drill/terms', ...CORE],
  'drill/run': [
    ...['drill/calls', 'drill/shell', 'drill/snippet', 'drill/ladder', 'drill/packets', 'drill/script', 'drill/terms'],
    ...CORE,
  ],
  drill: ['drill/run', 'drill/ladder', 'drill/script', 'drill/terms', ...CORE],

  'lab/terms': [],
  'lab/world': ['lab/terms', 'observe/inspect', 'observe/log', 'link', ...CORE],
  'lab/simulation': ['link/impairment/packets', 'link', ...CORE],
  'lab/story': ['lab/world', 'lab/terms', 'observe/inspect', 'observe/log', 'link', ...CORE],
  ...Object.fromEntries(SCENARIO_ROOMS.map((room) => [room, SCENARIO])),
  'lab/glossary/terms': ['lab/terms'],
  ...Object.fromEntries(GLOSSARY_ROOMS.map((room) => [room, ['lab/glossary/terms', 'lab/terms', ...CORE]])),
  'lab/glossary': [...GLOSSARY_ROOMS, 'lab/glossary/terms', 'lab/terms', ...CORE],
  'lab/asking': [],
  lab: [
    ...SCENARIO_ROOMS,
    ...['lab/simulation', 'lab/asking', 'lab/glossary', 'lab/glossary/terms', 'lab/story', 'lab/terms', ...CORE],
  ],
  'views/lab': [
    ...[
      'views/ladder',
      'views/text',
      'lab',
      'lab/glossary/terms',
      'lab/story',
      'lab/terms',
      'lab/world',
      'observe/log',
    ],
    ...CORE,
  ],

  // The lab in real time, with the kernel as one of its hosts.
  'live/agent': ['lab/terms', 'link'],
  'live/kernel': ['live/agent', 'lab/world', 'lab/terms', 'observe/log', 'link', ...CORE],
  live: [...['live/kernel', 'live/agent', 'lab/story', 'lab/world', 'lab/terms', 'observe/log', 'link', ...CORE]],

  // For tests of programs that use a network.
  'testing/time': ['net'],
  testing: ['testing/time', 'net', 'views/ladder', 'views/text', 'observe/log', 'link', ...CORE],

  // For programs that know nothing of it.
  register: ['testing', 'net/web', 'net', 'net/terms', ...CORE],

  'services/terms': ['net', ...CORE],
  'services/http': ['services/terms', 'net', ...CORE],
  'services/iperf3': ['services/terms', 'net', ...CORE],
  services: ['services/http', 'services/iperf3', 'services/terms', 'net', ...CORE],

  'control/terms': [],
  'control/place': ['control/terms'],
  'control/server': ['control/terms', 'link'],
  control: [
    ...['control/server', 'control/place', 'control/terms', 'views/filter', 'observe/inspect', 'observe/log', 'link'],
    ...CORE,
  ],

  metrics: ['observe/inspect', ...CORE],

  'cli/terminal': ['views/text', 'observe/log', ...CORE],
  'cli/arguments': ['cli/terminal', 'services', 'link', ...CORE],
  'cli/process': ['cli/terminal', 'link'],
  'cli/stack': [
    'cli/arguments',
    'cli/terminal',
    'control',
    'metrics',
    'views/ss',
    'services',
    'observe',
    'observe/inspect',
    'observe/log',
    'net',
    'link',
    ...CORE,
  ],
  'cli/warm-up': ['cli/arguments', 'services', 'net', 'link', ...CORE],
  'cli/doctor': ['cli/process', 'cli/arguments', 'cli/terminal', 'link'],
  'cli/commands': [
    ...['cli/doctor', 'cli/warm-up', 'cli/stack', 'cli/process', 'cli/arguments', 'cli/terminal'],
    ...['control', 'metrics', 'services', 'drill', 'observe', 'net', 'link', ...CORE],
  ],
  'cli/look': [
    ...['cli/arguments', 'cli/process', 'cli/terminal', 'control'],
    ...['views/nstat', 'views/time-wait', 'views/ss', 'views/why', 'views/summary', 'views/ladder', 'views/filter'],
    ...['views/text', 'observe/inspect', 'observe/log', ...CORE],
  ],
  'cli/trace': [
    ...['cli/look', 'cli/terminal', 'control', 'views/summary', 'views/ladder', 'views/filter', 'views/text'],
    ...['observe/log', ...CORE],
  ],
  'cli/lab/own': ['cli/terminal', 'lab/story', 'lab/terms'],
  'cli/lab/request': [
    ...['cli/lab/own', 'cli/arguments', 'cli/terminal', 'views/lab', 'live'],
    ...['lab', 'lab/story', 'lab/terms', ...CORE],
  ],
  'cli/lab/walk': ['cli/lab/request', 'cli/terminal', 'views/lab', 'views/text', 'lab/story', 'lab/terms', ...CORE],
  'cli/lab': [
    ...['cli/doctor', 'cli/process', 'live', 'observe/log', 'link'],
    ...['cli/lab/walk', 'cli/lab/request', 'cli/lab/own', 'cli/trace', 'cli/arguments', 'cli/terminal', 'views/lab'],
    ...['views/text', 'lab', 'lab/glossary', 'lab/glossary/terms', 'lab/story', 'lab/terms', 'observe/log', ...CORE],
  ],
  'cli/live': [
    ...[
      'cli/lab',
      'cli/lab/request',
      'cli/process',
      'cli/terminal',
      'live',
      'views/lab',
      'views/text',
      'lab/story',
      'lab/terms',
      ...CORE,
    ],
  ],
  cli: ['cli/live', 'cli/lab', 'cli/trace', 'cli/look', 'cli/commands', 'cli/doctor', 'cli/terminal'],
  // The package's front door.
  '': ['net', 'observe/inspect', 'observe/log', 'observe', 'link', ...CORE],
};

/**
 * What of a top room's own rooms is there for the others, where they may use the top room: files, or whole rooms. Everything
 * else below it is its own affair.
 */
const DOORS: Record<string, string[]> = {
  tcp: [
    'tcp/terms',
    'tcp/variables/congestion-control.ts',
    'tcp/tcb/tcb.ts',
    'tcp/tcb/events.ts',
    'tcp/variables/ack-sample.ts',
    'tcp/variables/congestion-control.ts',
    'tcp/tables/time-wait-table.ts',
    'tcp/user/connection.ts',
    'tcp/user/listener.ts',
    'tcp/user/succession.ts',
  ],
  ip: ['ip/terms'],
  link: [
    'link/terms',
    'link/offload/gso.ts',
    'link/offload/vnet-header.ts',
    'link/offload/syn-options.ts',
    'link/stream/packet-stream-link.ts',
    'link/impairment',
    'link/impairment/language',
    'link/impairment/packets',
  ],
  net: ['net/terms', 'net/driver/clock.ts', 'net/socket/socket.ts', 'net/web'],
  services: ['services/terms'],
  testing: ['testing/bad-network.ts'],
  lab: ['lab/glossary', 'lab/glossary/terms'],
  control: ['control/terms', 'control/server/server.ts', 'control/server/tables.ts', 'control/place/directory.ts'],
};

/** Doors that only types go through: what they tell of may be named elsewhere, and is made at home. */
const TYPE_DOORS = ['tcp/tcb', 'tcp/variables', 'tcp/tables', 'tcp/user'];

/** Circles of files that are still there, and why. Beside these there are none, types included. */
const CIRCLES: { within: string; why: string }[] = [
  { within: 'tcp/tcb/', why: 'the records name each other: types alone, that tell a reader what belongs to what' },
  { within: 'lab/world/', why: 'a world, its hosts and what they write down name each other: types alone' },
];

/** In tcp/congestion all files are algorithms, or the table of them, but these, which call them for a connection. */
const CALLERS_OF_ALGORITHMS = ['choice', 'pacing', 'window', 'window-use'].map((name) => `tcp/congestion/${name}.ts`);

/** As many files as one can look over; more want rooms. */
const FILES_MAX = 12;

/** The folders of test/ that have no room of src as their counterpart, and what is in them instead. */
const TEST_FOLDERS: { folder: RegExp; holds: string }[] = [
  { folder: /^(\w+\/)?support$/, holds: 'what tests share: hosts in virtual time, peers, fakes' },
  { folder: /^support\/texts$/, holds: 'what two languages of one text must have in common' },
  {
    folder: /^conformance(\/[\w-]+)?$/,
    holds: 'what RFC 9293 requires, by subject: packet scripts, and what none can say',
  },
  { folder: /^net\/as-node$/, holds: 'one behaviour on node:net and on ours, compared' },
  { folder: /^applications(\/programs)?$/, holds: 'what others have written, run on our host' },
  { folder: /^bench$/, holds: 'what is measured, and proves nothing' },
  { folder: /^mutation$/, holds: 'faults put into src, to see which tests notice' },
];

/** Rooms without I/O: no Node module, and no clock, chance or memory but what they are given. */
const PURE = [
  'basics',
  'wire',
  'time',
  'tcp',
  'ip',
  'host',
  'link/terms',
  'link/offload',
  'link/impairment',
  'views',
  'drill',
  'lab',
];
const FORBIDDEN =
  /\b(?:Date\.now|new Date|setTimeout|setInterval|setImmediate|queueMicrotask|Math\.random|performance\.|Buffer\b|process\.|console\.|crypto\.|globalThis)/;

interface Source {
  path: string;
  room: string;
  /** Without comments. */
  code: string;
  imports: string[];
  /** Of the imports: those that are there at run time, too; and of these, those that are loaded together with the file. */
  values: string[];
  atOnce: string[];
}

const roomOf = (path: string): string => (path.includes('/') ? dirname(path) : '');
const topOf = (path: string): string => (path.includes('/') ? path.split('/')[0]! : path);

const sources: Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
  .map((path) => {
    const code = readFileSync(join(SRC, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
    const statement = /^\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
    const matches = [...code.matchAll(statement)];
    const imports = matches.map((match) => match[1] ?? match[2]!);
    const types = [...code.matchAll(/^\s*(?:import|export) type\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm)].map(
      (m) => m[1]!,
    );
    const values = imports.filter((name) => !types.includes(name));
    const atOnce = matches.flatMap((match) => match[1] ?? []).filter((name) => !types.includes(name));
    return { path, room: roomOf(path), code, imports, values, atOnce };
  });

/** The files that one imports, as paths below src. */
const targetsOf = ({ path, imports }: Source, which = imports): string[] =>
  which.filter((name) => name.startsWith('.')).map((name) => relative(SRC, resolve(SRC, dirname(path), name)));

function mayImport(from: string, target: string): boolean {
  const room = roomOf(target);
  const allowed = ROOMS[from] ?? [];
  if (room === from || allowed.includes(room)) return true;
  const top = topOf(room);
  return (
    top !== topOf(from) && allowed.includes(top) && (DOORS[top] ?? []).some((door) => door === room || door === target)
  );
}

/** The files that these reach by imports of one kind, themselves too. */
function reached(paths: readonly string[], kind: (source: Source) => string[]): string[] {
  const seen = new Set(paths);
  for (const path of seen) {
    const source = sources.find((other) => other.path === path);
    for (const target of source === undefined ? [] : targetsOf(source, kind(source))) seen.add(target);
  }
  return [...seen];
}

/** The sets of files each of which reaches all others of its set (Tarjan's algorithm). */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    let low = order.size;
    order.set(file, low);
    const own = low;
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, lowest.get(next) ?? order.get(next)!);
    }
    lowest.set(file, low);
    if (low === own) {
      const set = stack.splice(stack.indexOf(file));
      if (set.length > 1) found.push(set.sort());
    }
    return low;
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

describe('the house', () => {
  it('has only rooms that are on its plan, and all of those', () => {
    expect([...new Set(sources.map(({ room }) => room))].sort()).toEqual(Object.keys(ROOMS).sort());
  });

  it('has a plan whose arrows don’t point up', () => {
    const names = Object.keys(ROOMS);
    const wrong = names.flatMap((room, i) =>
      ROOMS[room]!.filter((below) => names.indexOf(below) >= i || !names.includes(below)).map((b) => `${room} -> ${b}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no import that the plan doesn’t have', () => {
    const wrong = sources.flatMap((source) =>
      targetsOf(source)
        .filter((target) => !mayImport(source.room, target))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('imports files that are there, with their extension, as Node resolves them', () => {
    const wrong = sources.flatMap((source) =>
      targetsOf(source)
        .filter((target) => !/\.(ts|js|json|node)$/.test(target) || !existsSync(join(SRC, target)))
        .map((target) => `${source.path}: ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no circle of files, types included, but those that are known', () => {
    const found = circles(new Map(sources.map((source) => [source.path, targetsOf(source)])));
    const isWithin = (set: string[], within: string): boolean => set.every((file) => file.startsWith(within));
    expect(found.filter((set) => !CIRCLES.some(({ within }) => isWithin(set, within)))).toEqual([]);
    const opened = CIRCLES.filter(({ within }) => !found.some((set) => isWithin(set, within)));
    expect(opened, 'these are gone: strike them from the list').toEqual([]);
  });

  it('has no circle in the addon, a header and its C file taken as one', () => {
    const native = join(SRC, 'link/native');
    const graph = new Map<string, string[]>();
    for (const file of readdirSync(native).filter((name) => /\.[ch]$/.test(name))) {
      const subject = file.slice(0, -2);
      const included = [...readFileSync(join(native, file), 'utf8').matchAll(/^#include "([^"]+)\.h"$/gm)];
      const others = included.map((match) => match[1]!).filter((name) => name !== subject);
      graph.set(subject, [...(graph.get(subject) ?? []), ...others]);
    }
    expect(graph.get('addon')).toContain('device');
    expect(circles(graph)).toEqual([]);
  });

  it('has no circle of files at run time', () => {
    expect(circles(new Map(sources.map((source) => [source.path, targetsOf(source, source.values)])))).toEqual([]);
  });

  it('lets only types through doors that are for types', () => {
    const wrong = sources.flatMap((source) =>
      targetsOf(source, source.values)
        .filter((target) => topOf(target) !== topOf(source.path) && TYPE_DOORS.includes(roomOf(target)))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('says at the top of one file what each room of tcp is for', () => {
    const rooms = Object.keys(ROOMS).filter((room) => room.startsWith('tcp/'));
    const said = sources.flatMap(({ path }) => {
      const [, room] = /^\/\/ (tcp\/\w+): ./.exec(readFileSync(join(SRC, path), 'utf8')) ?? [];
      return room === undefined ? [] : [room === roomOf(path) ? room : `${path} speaks of ${room}`];
    });
    expect(said.sort()).toEqual(rooms.sort());
  });

  it('shows a congestion control algorithm no connection and no host, types included, however far away', () => {
    const room = sources.filter((source) => source.room === 'tcp/congestion').map(({ path }) => path);
    const algorithms = room.filter((path) => !CALLERS_OF_ALGORITHMS.includes(path));
    expect(algorithms).toContain('tcp/congestion/newreno.ts');
    const seen = reached(algorithms, ({ imports }) => imports);
    expect(seen).toContain('tcp/variables/congestion-control.ts');
    const hidden = ['tcp/tcb/tcb.ts', 'tcp/tcb/context.ts'];
    expect(hidden.filter((path) => seen.includes(path))).toEqual([]);
  });

  it('loads a command for the one that names it alone, and the stack for none that only asks another process', () => {
    const atOnce = ({ atOnce }: Source): string[] => atOnce;
    const main = reached(['cli/main.ts'], atOnce);
    expect(main.filter((path) => /^cli\/(commands|doctor|lab|look|stack|trace)\//.test(path))).toEqual([]);
    expect(reached(['cli/main.ts'], ({ values }) => values)).toContain('tcp/tcp.ts');
    const look = sources.filter(({ room }) => room === 'cli/look').map(({ path }) => path);
    expect(look).toContain('cli/look/ss.ts');
    expect(reached(look, atOnce)).not.toContain('tcp/tcp.ts');
  });

  it('finds a circle where there is one', () => {
    const graph = { a: ['b', 'c'], b: ['d'], c: ['a'], d: ['e'], e: ['b'], f: ['a', 'f'] };
    expect(circles(new Map(Object.entries(graph))).sort()).toEqual([
      ['a', 'c'],
      ['b', 'd', 'e'],
    ]);
  });

  it(`has no room of more than ${FILES_MAX} files`, () => {
    const counts = new Map<string, number>();
    for (const { room } of sources) counts.set(room, (counts.get(room) ?? 0) + 1);
    const crowded = [...counts].filter(([, count]) => count > FILES_MAX).map(([room]) => room);
    expect(crowded).toEqual([]);
  });
});

describe('the tests', () => {
  const files = readdirSync(TEST, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.(ts|mjs)$/.test(path) && !path.includes('node_modules'),
  );
  const folders = [...new Set(files.map(roomOf))];
  /** A kernel on the other side is needed for `kernel/tcp`, which is about `tcp`. */
  const subjectOf = (folder: string): string => folder.replace(/^kernel\/?/, '');

  it('lie where src has what they are about, or in a folder that is known for something else', () => {
    const hasPlace = (folder: string): boolean =>
      Object.hasOwn(ROOMS, subjectOf(folder)) || TEST_FOLDERS.some((known) => known.folder.test(folder));
    expect(folders.filter((folder) => !hasPlace(folder))).toEqual([]);
    expect(TEST_FOLDERS.filter((known) => !folders.some((folder) => known.folder.test(folder)))).toEqual([]);
  });

  it(`are at most ${FILES_MAX} files a folder`, () => {
    expect(folders.filter((folder) => files.filter((path) => roomOf(path) === folder).length > FILES_MAX)).toEqual([]);
  });
});

describe.each(PURE)('the core room %s', (top) => {
  const files = sources.filter(({ room }) => room === top || room.startsWith(`${top}/`));

  it('imports nothing from outside of the house', () => {
    const foreign = files.flatMap(({ path, imports }) =>
      imports.filter((name) => !name.startsWith('.')).map((name) => `${path} imports ${name}`),
    );
    expect(foreign).toEqual([]);
  });

  it('names no clock, no timer, no chance, no process', () => {
    const named = files.flatMap(({ path, code }) =>
      code.split('\n').flatMap((line) => (FORBIDDEN.test(line) ? [`${path}: ${line.trim()}`] : [])),
    );
    expect(named).toEqual([]);
  });
});
