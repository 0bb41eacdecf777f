import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NOTES = readdirSync(join(ROOT, 'native-notes')).map((name) => `native-notes/${name}`);

/** The tour through the code is worth nothing once a file has moved. */
it.each(['README.md', 'READING.md', 'STATES.md', 'CONTRIBUTING.md', 'PERFORMANCE.md', ...NOTES])(
  '%s links to files that are there',
  (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, target]) => target!);
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([]);
  },
);
