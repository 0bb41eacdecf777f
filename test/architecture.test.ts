import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/**
 * The rooms of the house, and what each may use beside itself. An arrow never points up this list, so a packet's way is one
 * line each way, and the core runs wherever JavaScript does.
 */
const ROOMS: Record<string, string[]> = {
  wire: [],
  time: [],
  tcp: ['wire', 'time'],
  ip: ['wire', 'time'],
  host: ['tcp', 'ip', 'wire', 'time'],
  link: ['wire'],
  net: ['host', 'link', 'tcp', 'ip', 'wire', 'time'],
  observe: ['host', 'link', 'tcp', 'ip', 'wire', 'time'],
  drill: ['host', 'link', 'observe', 'tcp', 'ip', 'wire', 'time'],
  services: ['net', 'observe', 'host', 'link', 'tcp', 'ip', 'wire', 'time'],
  inspect: ['observe', 'net', 'host', 'link', 'tcp', 'ip', 'wire', 'time'],
  cli: ['inspect', 'services', 'drill', 'observe', 'net', 'host', 'link', 'tcp', 'ip', 'wire', 'time'],
  // The package's front door.
  '': ['net', 'host', 'link', 'observe', 'tcp', 'ip', 'wire', 'time'],
};

/** Rooms without I/O: no Node module, and no clock, chance or memory but what they are given. */
const CORE = ['wire', 'time', 'tcp', 'ip', 'host', 'drill'];
const FORBIDDEN =
  /\b(?:Date\.now|new Date|setTimeout|setInterval|setImmediate|queueMicrotask|Math\.random|performance\.|Buffer\b|process\.|console\.|crypto\.|globalThis)/;

interface Source {
  path: string;
  room: string;
  /** Without comments. */
  code: string;
  imports: string[];
}

const sources: Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
  .map((path) => {
    const code = readFileSync(join(SRC, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
    const statement = /^\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
    const imports = [...code.matchAll(statement)].map((match) => match[1] ?? match[2]!);
    return { path, room: path.includes('/') ? path.split('/')[0]! : '', code, imports };
  });

const roomOf = (source: Source, imported: string): string => {
  const target = relative(SRC, resolve(SRC, dirname(source.path), imported));
  return target.includes('/') ? target.split('/')[0]! : '';
};

describe('the house', () => {
  it('has only rooms that are on its plan', () => {
    expect(sources.map(({ room }) => room).filter((room) => !(room in ROOMS))).toEqual([]);
  });

  it('has no arrow that points up', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      for (const imported of source.imports.filter((name) => name.startsWith('.'))) {
        const room = roomOf(source, imported);
        if (room !== source.room && !ROOMS[source.room]?.includes(room))
          wrong.push(`${source.path} imports ${imported}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('imports with the file’s extension, as Node resolves it', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports
        .filter((name) => name.startsWith('.') && !/\.(ts|js|json|node)$/.test(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe.each(CORE)('the core room %s', (room) => {
  const files = sources.filter((source) => source.room === room);

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
