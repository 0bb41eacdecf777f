import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { drill, reportText } from '../../src/lab/index.ts';

const here = dirname(fileURLToPath(import.meta.url));
const scripts = readdirSync(here, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.pkt'))
  .sort();

describe('packet scripts', () => {
  it('are there', () => {
    expect(scripts.length).toBeGreaterThan(10);
  });

  it.each(scripts)('%s', (name) => {
    const source = readFileSync(join(here, name), 'utf8');
    const verdict = drill(source);
    const story = reportText({ file: name, ipVersion: 'ipv4', ...verdict }, false).join('\n');
    expect(verdict.status, story).toBe('passed');
  });

  it.each(scripts)('%s says what it proves', (name) => {
    expect(readFileSync(join(here, name), 'utf8')).toMatch(/^\/\/[^\n]*RFC \d+/);
  });

  it.each(scripts)('%s comes out the same with another seed', (name) => {
    const source = readFileSync(join(here, name), 'utf8');
    expect(drill(source, { seed: 77 }).status).toBe('passed');
  });
});
